#!/bin/bash
# 32-provider-ppp.sh - the uplink is a PPP link to a provider
#
#	[desk] 10.65.0.9 -- eth1 - masqlan - masqd - ppp0 ~~~ pppd in [inet] -- [far]
#
# The link comes after masqd, with a new address at the next call, and the same
# at the one after that; last it is dialled on demand, by the packet that must
# not be lost.
# world: uml
# limit: 400
. "${WORLD_TREE-.}/tests/e2e/lib.sh"
. "$here/desk.sh"

# The provider's end: gives out the address that a file says.  It is up at once:
# no script is run first.
provider()
{
	rm -f /etc/ppp/ip-pre-up
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

dial_on_demand() # ADDRESS [PPPD OPTION...]
{
	dial_up "$@" demand ipcp-accept-local ipcp-accept-remote \
		10.64.64.64:10.112.112.112
}

# The provider gives the address and answers the one datagram of a flow.
answered() # WORD ADDRESS
{
	at desk python3 "$here/talker.py" ask $SERVER "$1" >"$LOG/asked"
	contains "$LOG/asked" "^$1 $2:"
}

# With nothing on the line for some seconds an uplink is in doubt.
provider_hangs_up()
{
	kill $(processes pppd '198.51.100.200:')
	wait_for 10 no_process pppd '198.51.100.200:'
	sleep 5
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
home_desk
talker_serves
capture provider inet any net 198.51.100.200/29

lan_conf 'interface = "ppp0"' | masqd_start

dial_up 198.51.100.201
claim 'the provider is called: masqd has its address' wait_for 20 \
	shown 198.51.100.201
claim 'a computer reaches the Internet' at desk ping -c 1 -W 4 $SERVER
claim 'and fetches 200 kB' desk_fetches 200k
claim 'from the address that the provider gave' contains \
	"$LOG/web-$SERVER.log" '^198.51.100.201 '

talker_talks
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
claim 'a new flow of TCP works' desk_fetches page.html
hang_up_uplink
dial_up 198.51.100.202
claim 'called again: the same address' wait_for 20 shown 198.51.100.202
claim 'and the host leaves its ports alone' desk_fetches 200k
hang_up_uplink

dial_on_demand 198.51.100.203
claim 'on demand: the interface waits' wait_for 20 shown 10.64.64.64
talk demand
claim 'the one datagram that made it dial is answered' \
	said "demand udp demand 198.51.100.203:$port"
claim 'the address is the new one' wait_for 10 shown 198.51.100.203
claim 'pages come' desk_fetches page.html
hang_up_uplink

for last in 4 5 6; do
	dial_on_demand 198.51.100.20$last
	wait_for 20 shown 10.64.64.64
	claim "one datagram dials and is answered: 198.51.100.20$last" \
		answered call$last 198.51.100.20$last
	hang_up_uplink
done

dial_on_demand 198.51.100.201 persist holdoff 1
wait_for 20 shown 10.64.64.64
claim 'the page that made it dial comes' desk_fetches page.html
echo 198.51.100.202 >/run/address
provider_hangs_up
claim 'the provider has hung up: it is dialled again, to another address' \
	answered again 198.51.100.202
provider_hangs_up
claim 'and to the same' answered same 198.51.100.202
claim 'no private address was seen by the provider' captured_no_lan provider
