#!/bin/bash
# 10-two-calls.sh - two callers at a time browse behind one address
#
#	[caller-ann] - sub1 ~ bank1 - masqd - up0 - [inet] - [far] www
#	[caller-ben] - sub2 ~ bank2 /     198.51.100.1
#
# world: uml
. "${WORLD_TREE-.}/tests/e2e/lib.sh"

internet
telephones --bank 2 --subscribers 2 --rate 460800 --ring 900
masqd_conf 2 | masqd_start
lines_ready bank1 bank2

# ann's frames are small and without TCP options, so that the file `every`
# has each octet at each place of a frame.
caller_home ann
on ann sysctl -qw net.ipv4.tcp_timestamps=0
dial ann 1 alice secret1 mtu 296 mru 296
dial ben 2 bob secret2
need 'ann is online' wait_for 30 online ann
need 'ben is online' wait_for 30 online ben
note "ann has $(address_of ann), ben $(address_of ben)"
claim 'their addresses are of the pool' \
	sh -c "echo $(address_of ann) $(address_of ben) |
	grep -Ex '10\.64\.0\.[0-9]+ 10\.64\.0\.[0-9]+'"
claim 'and differ' not same "$(address_of ann)" "$(address_of ben)"
claim 'the gateway answers ping on the inside' \
	on ann ping -c 3 -i 0.2 -W 5 $GATEWAY
claim 'masqctl knows two sessions' sessions_are 2
capture ann caller-ann ppp0

both()
{
	local first
	fetch ann every &
	first=$!
	fetch ben 200k && wait $first
}
claim 'both fetch a file at the same time, by name, whole' both
claim 'ann fetches 200 kB' fetch ann 200k
claim 'ben fetches a page' fetch ben page.html
claim 'the file came in segments of 256 octets' \
	[ "$(captured ann 'src port 80 and ip[2:2] = 296' | wc -l)" -ge 512 ]

claim 'echo reaches the server' on ben ping -c 3 -i 0.2 -W 5 $SERVER
claim 'traceroute runs' on ann traceroute -n -q 1 -w 3 $SERVER
trace()
{
	same "$GATEWAY $ROUTER $SERVER" \
		"$(awk '/^ *[0-9]/ { print $2 }' "$LOG/claim.$1" | xargs)"
}
claim 'and shows gateway, router and server' trace $claims

# A closed port: the answer quotes the packet that caused it.
closed_port()
{
	on ben python3 -c "import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(5)
s.connect(('$SERVER', 9))
s.send(b'anybody?')
try:
    s.recv(1)
except ConnectionRefusedError:
    raise SystemExit(0)
raise SystemExit('no port unreachable')"
}
claim 'a closed UDP port is seen as such' closed_port
claim 'a closed TCP port refuses' \
	sh -c "ip netns exec caller-ben curl -s --max-time 10 http://$SERVER:9/;
	[ \$? = 7 ]"

claim 'masqctl shows mappings of both' masqctl mappings
contains_users()
{
	contains "$LOG/claim.$1" alice && contains "$LOG/claim.$1" bob
}
claim 'by their names' contains_users $claims

claim 'the web server met the uplink address only' \
	same $UPLINK "$(sed -n 's/ - - .*GET.*//p' "$LOG/web-$SERVER.log" |
		sort -u)"
claim 'no private address was on the uplink, quoted ones included' \
	captured_no_private uplink

hang_up ann
hang_up ben
claim 'after hang-up the lines are idle' wait_for 10 lines_idle bank1 bank2
claim 'and the sessions have ended' wait_for 3 sessions_are 0
claim 'no pppd and no interface stays' wait_for 3 no_trace
claim 'nor in the namespace of the callers' wait_for 3 no_units
