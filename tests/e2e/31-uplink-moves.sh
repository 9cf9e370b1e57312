#!/bin/bash
# 31-uplink-moves.sh - the uplink comes late, changes its address in mid
# session, goes down and up, and moves with the default route
#
#	[desk] 10.65.0.9 -- eth1 - masqlan - masqd -- up0 ---- [inet] -- [far]
#	                                          `-- spare0 --'
# world: uml
# limit: 180
. "${WORLD_TREE-.}/tests/e2e/lib.sh"
. "$here/desk.sh"

FIRST=198.51.100.77 NEXT=198.51.100.78 SPARE=100.64.9.1

# What address the held ports are bound to.
held_on()
{
	ss -Hltn 'sport >= :61000' | awk '{ sub(/[%:].*/, "", $4); print $4 }' |
		sort -u
}

internet
home_desk
talker_serves
ip addr flush dev up0
sysctl -qw net.ipv4.conf.up0.promote_secondaries=1

lan_conf 'interface = "auto"' | masqd_start
at desk ping -c 1 -W 2 $SERVER >"$LOG/none" 2>&1
claim 'no uplink at start: callers are told' contains "$LOG/none" \
	'Net Unreachable'

ip addr add $FIRST/24 dev up0
ip route add default via $ROUTER
claim 'an address and a route: it works without a restart' wait_for 10 \
	at desk ping -c 1 -W 1 $SERVER
claim 'and pages come' desk_fetches page.html
claim 'masqctl shows the address' sh -c "masqctl status | grep $FIRST"

talker_talks
talk before
claim 'flows of UDP and TCP are open' said "before tcp before $FIRST"
port=$(sed -n 's/^before udp before .*:\([0-9]*\)$/\1/p' "$LOG/talk")

ip addr add $NEXT/24 dev up0
ip addr del $FIRST/24 dev up0
claim 'the address has changed: the holds are on the new one' wait_for 10 \
	same $NEXT "$(wait_for 10 test "$(held_on)" = $NEXT; held_on)"
claim 'masqd has seen it' wait_for 10 sh -c "masqctl status | grep $NEXT"
talk after
claim 'UDP goes on, from the new address and the same port' \
	said "after udp after $NEXT:$port"
claim 'TCP is reset' said 'after tcp (ConnectionResetError|BrokenPipeError)'
claim 'a new flow of TCP works' desk_fetches 200k

ip link set up0 down
claim 'the interface is down: callers are told' wait_for 10 sh -c \
	'ip netns exec desk ping -c 1 -W 2 203.0.113.80 | grep "Net Unreachable"'
ip link set up0 up
ip route add default via $ROUTER
claim 'up again: it works' wait_for 10 at desk ping -c 1 -W 1 $SERVER
talk again
claim 'and the flow of UDP still goes on' said "again udp again $NEXT:$port"

ip -n inet link set inet0 down
claim 'no carrier: callers are told' wait_for 10 sh -c \
	'ip netns exec desk ping -c 1 -W 2 203.0.113.80 | grep "Net Unreachable"'
ip -n inet link set inet0 up
claim 'carrier again: it works' wait_for 10 at desk ping -c 1 -W 1 $SERVER

wire spare0 - $SPARE/24 spare1 inet 100.64.9.2/24
ip route replace default via 100.64.9.2 dev spare0
claim 'the default route moves, and auto with it' wait_for 10 sh -c \
	"masqctl status | grep 'spare0.*$SPARE'"
talk elsewhere
claim 'UDP goes on from there' said "elsewhere udp elsewhere $SPARE:$port"
claim 'and new flows of TCP' desk_fetches 200k
ip link del spare0
ip route add default via $ROUTER
claim 'the interface is taken away, the first one serves again' wait_for 10 \
	at desk ping -c 1 -W 1 $SERVER
claim 'pages come' desk_fetches page.html
claim 'no private address was seen' same '' \
	"$(python3 "$here/private.py" "$LOG/uplink.pcap" 10.65.0.0/24)"
