#!/bin/bash
# 32-provider-ppp.sh - the uplink is a PPP link to a provider
#
#	[desk] 10.65.0.9 -- eth1 - masqlan - masqd - ppp0 ~~~ pppd in [inet] -- [far]
#
# The link comes after masqd, with a new address at the next call, and last it
# is dialled on demand, by the packet that must not be lost.
# world: uml
# limit: 180
. "${WORLD_TREE-.}/tests/e2e/lib.sh"

at()
{
	ip netns exec "$@"
}

talk() # WORD
{
	echo "$1" >"$LOG/words"
	wait_for 30 grep -q "^$1 tcp" "$LOG/talk"
}

said()
{
	contains "$LOG/talk" "$1"
}

# tcpdump shows what ICMP errors quote, too.
none_private()
{
	captured provider -v >"$LOG/provider.text"
	contains "$LOG/provider.text" "$SERVER" &&
		contains_not "$LOG/provider.text" '10\.65\.0\.'
}

fetched()
{
	at desk curl -sSf --max-time 20 -o "$LOG/desk" "http://$SERVER/$1" &&
		cmp "$LOG/desk" "/run/web/$1"
}

# The provider's end: gives out the address that a file says.
provider()
{
	cat >/run/provider <<-'END'
	#!/bin/sh
	exec ip netns exec inet pppd notty local noauth nodetach noccp \
		"198.51.100.200:$(cat /run/address)"
	END
	chmod +x /run/provider
	echo 10.1.1.1 >/run/address
}

dial_up() # ADDRESS [PPPD OPTION...]
{
	echo "$1" >/run/address
	shift
	start uplink pppd pty /run/provider local noauth nodetach noccp \
		noipv6 defaultroute unit 0 "$@"
	uplink=$pid
}

hang_up_uplink()
{
	kill "$uplink"
	wait_for 10 not ip link show ppp0
}

shown() # ADDRESS
{
	masqctl status | grep -q "ppp0.*$1"
}

internet
provider
ip route del default
ip link set up0 down
ip link add eth1 type veth peer name desk
ip netns add desk
ip link set desk netns desk
ip -n desk addr add 10.65.0.9/24 dev desk
ip -n desk link set desk up
ip -n desk link set lo up
start talker in_far python3 "$here/talker.py" serve $SERVER
capture provider inet any net 198.51.100.200/29

{
	echo 'uplink { interface = "ppp0" }'
	masqd_conf 0 | grep -v '^uplink'
	cat <<-END
	network "lan" { tun = "masqlan" from = "eth1"
		subnet = "10.65.0.0/24" gateway = "10.65.0.1" }
	END
} | masqd_start
ip -n desk route add default via 10.65.0.1

dial_up 198.51.100.201
claim 'the provider is called: masqd has its address' wait_for 20 \
	shown 198.51.100.201
claim 'a computer reaches the Internet' at desk ping -c 1 -W 4 $SERVER
claim 'and fetches 200 kB' fetched 200k
claim 'from the address that the provider gave' contains \
	"$LOG/web-$SERVER.log" '^198.51.100.201 '

mkfifo "$LOG/words"
start talk at desk python3 "$here/talker.py" talk $SERVER "$LOG/words" \
	"$LOG/talk"
talk before
port=$(sed -n 's/^before udp before .*:\([0-9]*\)$/\1/p' "$LOG/talk")
hang_up_uplink
at desk ping -c 1 -W 2 $SERVER >"$LOG/gone" 2>&1
claim 'hung up: callers are told' contains "$LOG/gone" 'Net Unreachable'
dial_up 198.51.100.202
claim 'called again: another address' wait_for 20 shown 198.51.100.202
talk after
claim 'UDP goes on, from the new address and the same port' \
	said "after udp after 198.51.100.202:$port"
claim 'TCP is reset' said 'after tcp (ConnectionResetError|BrokenPipeError)'
claim 'a new flow of TCP works' fetched page.html
hang_up_uplink

dial_up 198.51.100.203 demand nopersist ipcp-accept-local \
	ipcp-accept-remote 10.64.64.64:10.112.112.112
claim 'on demand: the interface waits' wait_for 20 shown 10.64.64.64
talk demand
# Of the datagram that makes the uplink dial it is only told what became of it:
# it is kept and sent again, but not yet every time.
if said "demand udp demand 198.51.100.203:$port" >/dev/null; then
	note 'the one datagram that made it dial was answered'
else
	note 'the one datagram that made it dial was lost'
fi
claim 'the address is the new one' wait_for 10 shown 198.51.100.203
claim 'pages come' fetched page.html
hang_up_uplink

dial_up 198.51.100.204 demand nopersist ipcp-accept-local \
	ipcp-accept-remote 10.64.64.64:10.112.112.112
claim 'on demand again' wait_for 20 shown 10.64.64.64
claim 'the page that made it dial comes' fetched page.html
claim 'no private address was seen by the provider' none_private
