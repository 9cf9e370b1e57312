#!/bin/bash
# 33-provider-slip.sh - the uplink is a SLIP link to a provider
#
#	[desk] 10.65.0.9 -- eth1 - masqlan - masqd - sl0 ~~~ sl1 [inet] -- [far]
#
# world: uml
# limit: 180
. "${WORLD_TREE-.}/tests/e2e/lib.sh"

at()
{
	ip netns exec "$@"
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
	at desk curl -sSf --max-time 60 -o "$LOG/desk" "http://$SERVER/$1" &&
		cmp "$LOG/desk" "/run/web/$1"
}

# A SLIP interface on a port, up with its addresses.
slip() # NAME PORT OURS THEIRS [NAMESPACE]
{
	start "$1" ldattach -d SLIP "$2"
	wait_for 10 ip link show "$1" || return
	[ -z "${5-}" ] || ip link set "$1" netns "$5" || return
	ip ${5:+-n "$5"} addr add "$3" peer "$4" dev "$1" &&
		ip ${5:+-n "$5"} link set "$1" up
}

internet
ip route del default
ip link set up0 down
ip link add eth1 type veth peer name desk
ip netns add desk
ip link set desk netns desk
ip -n desk addr add 10.65.0.9/24 dev desk
ip -n desk link set desk up
ip -n desk link set lo up
start nullmodem python3 "$here/nullmodem.py" /run/ours /run/theirs
wait_for 10 grep -q ready "$LOG/nullmodem.log"
need 'a SLIP link to the provider' slip sl0 /run/ours 198.51.100.201 \
	198.51.100.200
need 'its other end' slip sl1 /run/theirs 198.51.100.200 198.51.100.201 inet
ip route add default dev sl0
need 'the host reaches the provider' wait_for 10 ping -c 1 -W 2 198.51.100.200
capture provider inet sl1

{
	echo 'uplink { interface = "auto" }'
	masqd_conf 0 | grep -v '^uplink'
	cat <<-END
	network "lan" { tun = "masqlan" from = "eth1"
		subnet = "10.65.0.0/24" gateway = "10.65.0.1" }
	END
} | masqd_start
ip -n desk route add default via 10.65.0.1

claim 'masqd has the SLIP link' sh -c 'masqctl status | grep sl0.*198.51.100.201'
claim 'a computer reaches the Internet' at desk ping -c 1 -W 4 $SERVER
claim 'and fetches a page' fetched page.html
claim 'and 128 kB in which every octet is at every place' fetched every
claim 'no segment was longer than the link carries' captured_none provider \
	'greater 297'
claim 'the server saw the provider'"'"'s address' contains \
	"$LOG/web-$SERVER.log" '^198.51.100.201 '
ip addr flush dev sl0
ip addr add 198.51.100.211 peer 198.51.100.200 dev sl0
ip -n inet route add 198.51.100.211 dev sl1
ip route replace default dev sl0
claim 'another address on the same line' wait_for 10 sh -c \
	'masqctl status | grep sl0.*198.51.100.211'
claim 'and a page from there' fetched page.html
claim 'no private address was seen by the provider' none_private
