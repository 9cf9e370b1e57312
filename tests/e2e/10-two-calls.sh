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
# And the other way round: what ben's computer says of a closed port.
his_closed_port()
{
	in_far python3 -c "import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('$SERVER', 7777))
print('listens', flush=True)
s.settimeout(30)
s.connect(s.recvfrom(10)[1])
s.settimeout(0.2)
for i in range(100):
    try:
        s.send(b'anybody?')
        s.recv(1)
    except TimeoutError:
        pass
    except ConnectionRefusedError:
        raise SystemExit(0)
raise SystemExit('no port unreachable')" >"$LOG/closed" &
	local server=$!
	wait_for 10 grep -q listens "$LOG/closed"
	on ben bash -c "echo -n hello >/dev/udp/$SERVER/7777"
	wait "$server"
}
claim 'the server hears of a closed UDP port of a caller' his_closed_port
claim 'an error that quotes was on the uplink' wait_for 5 \
	captured_some uplink "icmp[0] = 3 and src $UPLINK and dst $SERVER"

# A router far away whose next link carries 600 octets.  Its ICMP error has to
# reach the caller's computer, whose segments are 1500 long.
narrow_path()
{
	ip -n inet link set far0 mtu 600
	in_far python3 -c "import socket
s = socket.create_server(('$SERVER', 7778))
print('listens', flush=True)
c = s.accept()[0]
while data := c.recv(65536):
    print(end=data.decode('latin-1'))" >"$LOG/sunk" &
	local server=$!
	wait_for 10 grep -q listens "$LOG/sunk"
	head -c 60000 /run/web/200k | base64 -w 0 >"$LOG/sent"
	on ben bash -c "cat '$LOG/sent' >/dev/tcp/$SERVER/7778"
	wait "$server"
	ip -n inet link set far0 mtu 1500
	tail -c +9 "$LOG/sunk" | cmp - "$LOG/sent"
}
claim 'a file goes up a path that is narrow further on' narrow_path
claim 'where a router had to say so' wait_for 5 \
	captured_some uplink "icmp[0] = 3 and icmp[1] = 4 and dst $UPLINK"
claim 'and the caller has heard it' sh -c \
	"ip netns exec caller-ben ip route get $SERVER | grep -q 'mtu 600'"

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

errors()
{
	on ben cat /sys/class/net/ppp0/statistics/rx_errors
}
order errors sub2 0.000005 >/dev/null
claim 'over a line with errors a file arrives whole' fetch ben every
order errors sub2 0 >/dev/null
claim "and there were some: $(errors) damaged frames" [ "$(errors)" -gt 0 ]

hang_up ann
hang_up ben
claim 'after hang-up the lines are idle' wait_for 10 lines_idle bank1 bank2
claim 'and the sessions have ended' wait_for 3 sessions_are 0
claim 'no pppd and no interface stays' wait_for 3 no_trace
claim 'nor in the namespace of the callers' wait_for 3 no_units
