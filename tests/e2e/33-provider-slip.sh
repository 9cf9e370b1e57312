#!/bin/bash
# 33-provider-slip.sh - the uplink is a SLIP link to a provider
#
#	[desk] 10.65.0.9 -- eth1 - masqlan - masqd - sl0 ~~~ sl1 [inet] -- [far]
#
# world: uml
# limit: 180
. "${WORLD_TREE-.}/tests/e2e/lib.sh"
. "$here/desk.sh"

# A SLIP interface on a port, up with its addresses.
slip() # NAME PORT OURS THEIRS [NAMESPACE]
{
	start "$1" ldattach -d SLIP "$2"
	wait_for 10 ip link show "$1" || return
	[ -z "${5-}" ] || ip link set "$1" netns "$5" || return
	ip ${5:+-n "$5"} addr add "$3" peer "$4" dev "$1" &&
		ip ${5:+-n "$5"} link set "$1" up
}

FETCH_TIME=60
internet
ip route del default
ip link set up0 down
home_desk
start nullmodem python3 "$here/nullmodem.py" /run/ours /run/theirs
wait_for 10 grep -q ready "$LOG/nullmodem.log"
need 'a SLIP link to the provider' slip sl0 /run/ours 198.51.100.201 \
	198.51.100.200
need 'its other end' slip sl1 /run/theirs 198.51.100.200 198.51.100.201 inet
ip route add default dev sl0
need 'the host reaches the provider' wait_for 10 ping -c 1 -W 2 198.51.100.200
capture provider inet sl1

lan_conf 'interface = "auto"' | masqd_start

claim 'masqd has the SLIP link' sh -c 'masqctl status | grep sl0.*198.51.100.201'
claim 'a computer reaches the Internet' at desk ping -c 1 -W 4 $SERVER
claim 'and fetches a page' desk_fetches page.html
claim 'and 128 kB in which every octet is at every place' desk_fetches every
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
claim 'and a page from there' desk_fetches page.html
claim 'no private address was seen by the provider' captured_no_lan provider
