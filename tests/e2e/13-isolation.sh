#!/bin/bash
# 13-isolation.sh - a caller reaches nothing but masqd: not the gateway host,
# not another caller, not the uplink untranslated; with ip_forward=1 set by
# mistake, with masqd stopped, and before the link is handed over
#
#	[caller-ann] - sub1 ~ bank1 - masqd    host: a web server on port 8080
#	[caller-ben] - sub2 ~ bank2 /          of 198.51.100.1, .9 and 192.0.2.1
#	rude.py      - sub3 ~ bank3 /
#	        sends IP packets without logging in
# world: uml
# limit: 180
. "${WORLD_TREE-.}/tests/e2e/lib.sh"

internet
telephones --bank 3 --subscribers 3 --rate 230400 --ring 600
masqd_conf 3 | masqd_start
lines_ready bank1 bank2 bank3

web - 0.0.0.0 8080
need 'the host has a web server of its own' \
	wait_for 10 curl -sfo /dev/null http://$UPLINK:8080/page.html
sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.forwarding=1
in_callers sysctl -qw net.ipv4.ip_forward=1
claim 'ip_forward is set, by mistake' \
	same '1 1' "$(cat /proc/sys/net/ipv4/ip_forward) $(in_callers \
		cat /proc/sys/net/ipv4/ip_forward)"
capture host - any
dial ann 1 alice secret1
dial ben 2 bob secret2
need 'ann is online' wait_for 30 online ann
need 'ben is online' wait_for 30 online ben
ben_has=$(address_of ben)
web caller-ben "$ben_has" 8080
wait_for 10 on ben curl -sfo /dev/null "http://$ben_has:8080/page.html"

unreachable() # ADDRESS
{
	not on ann curl -sf --max-time 2 -o /dev/null \
		"http://$1:8080/page.html"
}

nothing_reached() # WHEN
{
	local address
	for address in $UPLINK $UPLINK_SECOND $OTHER $GATEWAY; do
		claim "$1: ann does not reach the host at $address" \
			unreachable $address
	done
	claim "$1: nor another caller" unreachable "$ben_has"
}

nothing_seen() # WHEN
{
	claim "$1: no private address on any interface of the host" \
		captured_none host 'net 10.64.0.0/24'
	claim "$1: nor on the uplink's other end" captured_no_private uplink
}

claim 'ann reaches the Internet' fetch ann page.html
nothing_reached 'masqd runs'
nothing_seen 'masqd runs'

kill -STOP "$gateway" "$keeper"
nothing_reached 'masqd stopped'
claim 'masqd stopped: nor the Internet' \
	not on ann ping -c 2 -i 0.2 -W 1 $SERVER
nothing_seen 'masqd stopped'
kill -CONT "$gateway" "$keeper"
claim 'masqd goes on: ann reaches the Internet' \
	wait_for 20 on ann ping -c 1 -W 2 $SERVER

claim 'what leaves for the Internet is in the capture' wait_for 5 \
	captured_some host "src $UPLINK and dst $SERVER"
claim 'packets before the login are sent' timeout 60 \
	python3 "$here/rude.py" sub3 $BANK $UPLINK $UPLINK_SECOND $OTHER \
	$GATEWAY $SERVER "$ben_has" "$(address_of ann)"
sent=$(tail -n 1 "$LOG/claim.$claims")
reached()
{
	local octets
	octets=$(sed -n 's/.*line bank3: call ended .*, \([0-9]*\) octets in,.*/\1/p' \
	    "$LOG/masqd.log")
	[ "$octets" -ge "$sent" ] || { echo "$octets of $sent"; return 1; }
}
claim 'and a pppd was there' contains "$LOG/masqd.log" 'line bank3: pppd'
claim "and its call has carried them, $sent octets" wait_for 10 reached
nothing_seen 'before the login'
claim 'nobody has logged in' sessions_are 2
claim 'the web server of the host met only the host' \
	same "$UPLINK" "$(sed -n 's/ - - .*GET.*//p' "$LOG/web-0.0.0.0.log" |
		sort -u)"
claim 'the web server of ben met only ben' \
	same "$ben_has" "$(sed -n 's/ - - .*GET.*//p' "$LOG/web-$ben_has.log" |
		sort -u)"
