#!/bin/bash
# 37-slirp.sh - the provider of the SLIP uplink is slirp, in somebody's shell
#
#	[desk] 10.65.0.9 -- eth1 - masqlan - masqd - sl0 ~~~ slirp [inet] -- [far]
#	                                     10.0.2.15    10.0.2.2
# world: uml
# limit: 180
. "${WORLD_TREE-.}/tests/e2e/lib.sh"
. "$here/desk.sh"

FETCH_TIME=60
internet
ip route del default
ip link set up0 down
home_desk
start nullmodem python3 "$here/nullmodem.py" /run/ours /run/theirs
wait_for 10 grep -q ready "$LOG/nullmodem.log"
start slirp in_inet sh -c 'exec slirp-fullbolt "mtu 552" <>/run/theirs >&0'
start sl0 ldattach -d SLIP /run/ours
need 'a SLIP link to slirp' wait_for 10 ip link show sl0
ip addr add 10.0.2.15 peer 10.0.2.2 dev sl0
ip link set sl0 mtu 552 up
ip route add default dev sl0
need 'the host fetches a page through it' wait_for 20 \
	curl -sSf --max-time 5 -o /dev/null "http://$SERVER/page.html"

lan_conf 'interface = "auto"' | masqd_start
claim 'masqd has the link' sh -c 'masqctl status | grep sl0.*10.0.2.15'
claim 'a computer behind it fetches a page' desk_fetches page.html
claim 'and 128 kB in which every octet is at every place' desk_fetches every
claim 'by name' at desk curl -sSf --max-time 30 -o /dev/null "http://$WWW/page.html"
