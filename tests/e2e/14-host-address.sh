#!/bin/bash
# 14-host-address.sh - the host and masqd use one address at the same time,
# and the host's stack answers nothing of the callers' traffic
#
#	[caller-ann] - sub1 ~ bank1 - masqd \
#	                    curl on the host - 198.51.100.1 - [inet] - [far] www
#
# A packet that the host's stack sends has TTL 64 on the uplink, one of a
# caller's that masqd has passed on has less.
# world: uml
. "${WORLD_TREE-.}/tests/e2e/lib.sh"

internet
telephones --bank 1 --subscribers 1 --rate 230400 --ring 600
masqd_conf 1 | masqd_start
lines_ready bank1
dial ann 1 alice secret1
need 'ann is online' wait_for 30 online ann

host_fetches()
{
	curl -sSf --max-time 30 -o "$LOG/host.200k" "http://$WWW/200k" &&
		cmp "$LOG/host.200k" /run/web/200k
}

both()
{
	fetch ann 200k &
	host_fetches && host_fetches && wait $!
}

stack_is_quiet()
{
	captured_none uplink "src $UPLINK and ip[8] = 64 and
		(tcp[tcpflags] & tcp-rst != 0 or icmp[icmptype] = icmp-unreach)"
}

# The outside ports that ann's flows had, as the server's side sees them:
# TTL 63 is what masqd leaves of 64.
outside_port() # FILTER
{
	captured uplink "src $UPLINK and ip[8] < 64 and $1" |
		sed -n "s/.* IP $UPLINK\.\([0-9]*\) > .*/\1/p" | tail -n 1
}

late() # PORTS...
{
	in_far python3 "$here/late.py" $SERVER $UPLINK "$@" &&
		# A marker: what was answered was answered before this.
		in_far ping -c 2 -i 0.5 -W 2 $UPLINK
}

claim 'the host fetches files while ann does' both
claim 'the stack of the host was quiet' stack_is_quiet
tcp=$(outside_port 'tcp dst port 80')
udp=$(outside_port 'udp dst port 53')
note "ann's flows had the outside ports tcp $tcp, udp $udp"
claim 'no program of the host can take an outside port of a flow' \
	not python3 -c "import socket
socket.socket().bind(('$UPLINK', $tcp))"
claim 'late segments of all kinds come after the flow has ended' \
	late "$tcp" "$udp"
claim 'the stack of the host does not answer them' stack_is_quiet
hang_up ann
claim 'ann hangs up' wait_for 3 sessions_are 0
claim 'and late segments come again' late "$tcp" "$udp"
claim 'the stack of the host does not answer them either' stack_is_quiet
claim 'the host still fetches' host_fetches
claim 'nobody has the ports 60998 and 60999' late 60999 60998
claim 'so the stack answers there, and the capture shows it' \
	not stack_is_quiet
