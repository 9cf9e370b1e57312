#!/bin/bash
# 41-natdiscovery.sh - what public probes say of the gateway
#
#	[inside] turnutils_natdiscovery, stun, traceroute, mtr
#	   - masqd - [inet] - [far] turnserver on two addresses
#
# world: native
# limit: 120
. "${WORLD_TREE-.}/tests/e2e/native.sh"

coturn=$B/coturn/root/usr
if [ ! -x "$coturn/bin/turnutils_natdiscovery" ]; then
	echo "ok 1 - public probes # SKIP coturn could not be fetched," \
	    "see $B/coturn/log"
	echo 1..1
	trap - EXIT
	exit 0
fi
libraries=$(find "$coturn/lib" -name '*.so*' -printf '%h:' | sort -u)

coturn() # PROGRAM ARGUMENT...
{
	LD_LIBRARY_PATH=$libraries "$coturn/bin/$1" "${@:2}"
}

discover() # OPTION...: into $LOG/discovery
{
	timeout 60 ip netns exec inside env LD_LIBRARY_PATH="$libraries" \
	    "$coturn/bin/turnutils_natdiscovery" "$@" $SERVER \
	    >"$LOG/discovery" 2>&1
	cat "$LOG/discovery"
}

says() # OPTION SENTENCE
{
	discover "$1"
	contains "$LOG/discovery" "$2"
}

native_world </dev/null
# Newer ones must be told; older ones have no such word.
rfc5780=
coturn turnserver -h 2>&1 | grep -q -- '--rfc5780' && rfc5780=--rfc5780
stun_listens()
{
	test 4 -le "$(in_far ss -Hlun 'sport = :3478 or sport = :3479' |
		grep -c "$SERVER\|$SECOND")"
}
start turnserver ip netns exec far env LD_LIBRARY_PATH="$libraries" \
    "$coturn/bin/turnserver" -n --listening-ip=$SERVER \
    --listening-ip=$SECOND $rfc5780 --stun-only --no-cli --no-tls --no-dtls \
    --no-tcp --no-tcp-relay --log-file=stdout --userdb=/run/turndb \
    --pidfile=/run/turnserver.pid
need 'a STUN server is up on two addresses and ports' wait_for 10 stun_listens

claim 'turnutils_natdiscovery: endpoint-independent mapping' \
	says -m 'NAT with Endpoint Independent Mapping'
claim 'turnutils_natdiscovery: address-dependent filtering' \
	says -f 'NAT with Address Dependent Filtering'
claim 'turnutils_natdiscovery: hairpinning' \
	says -H 'successful hairpinning'
stun_says()
{
	timeout 60 ip netns exec inside stun $SERVER -v >"$LOG/stun" 2>&1
	contains "$LOG/stun" "$1"
}
claim 'stun: independent mapping, a filter by address, random ports, hairpin' \
	stun_says 'Primary: Independent Mapping, Address Dependent Filter.*will hairpin'

hops() # TRACEROUTE OPTION...: gateway, router, server, each in its place
{
	local found
	in_inside traceroute -n -q 1 -w 2 -m 5 "$@" $SERVER >"$LOG/trace" 2>&1
	found=$(sed -n 's/^ *[0-9][0-9]*  \([0-9.*][0-9.]*\).*/\1/p' \
	    "$LOG/trace" | tr '\n' ' ')
	cat "$LOG/trace"
	same "10.9.0.1 $router $SERVER " "$found"
}

router=203.0.113.1
for how in -I -U -T; do
	claim "traceroute $how shows every hop" hops $how
done
mtr_hops()
{
	local found
	in_inside mtr -n -r -c 2 -i 0.3 "$@" $SERVER >"$LOG/mtr" 2>&1
	cat "$LOG/mtr"
	found=$(sed -n 's/^ *[0-9][0-9]*\.|-- \([0-9.?]*\) *0\.0%.*/\1/p' \
	    "$LOG/mtr" | tr '\n' ' ')
	same "10.9.0.1 $router $SERVER " "$found"
}
claim 'mtr shows every hop' mtr_hops
claim 'mtr --udp shows every hop' mtr_hops --udp
claim 'mtr --tcp shows every hop' mtr_hops --tcp -P 80
