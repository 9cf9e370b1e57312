#!/bin/bash
# 35-ports.sh - ports below 1024: callers' own, and forwards, held against the
# host's own stack
#
#	[desk] 10.65.0.9 -- eth1 - masqlan - masqd -- up0 ---- [inet] -- [far]
# world: uml
# limit: 180
. "${WORLD_TREE-.}/tests/e2e/lib.sh"
. "$here/desk.sh"

seen_port() # of a datagram from the caller's port 700
{
	at desk python3 - <<-END
	import socket
	s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	s.bind(("", 700))
	s.settimeout(5)
	s.sendto(b"x", ("$SERVER", 7007))
	print(s.recv(100).decode().strip().rsplit(":", 1)[1])
	END
}

from_outside() # PORT
{
	in_far curl -sSf --max-time 5 -o /dev/null "http://$UPLINK:$1/page.html"
}

refused() # PORT: the host answers with RST
{
	in_far curl -s --max-time 5 "http://$UPLINK:$1/"
	same 7 $?
}

internet
home_desk
talker_serves
web desk 10.65.0.9 8000
web - $UPLINK 8088
{
	lan_conf 'interface = "up0" privileged-ports = "600-1023"'
	cat <<-END
	forward "low" { protocol = "tcp" port = 80 to = "10.65.0.9:8000" }
	forward "taken" { protocol = "tcp" port = 8088 to = "10.65.0.9:8000" }
	END
} | masqd_start
at desk ping -c 1 -W 2 $SERVER >/dev/null

port=$(seen_port)
claim "a caller's port below 1024 stays below ($port)" \
	test "${port:-0}" -ge 600 -a "${port:-0}" -lt 1024
claim 'a program of the host cannot take such a port' not python3 -c "
import socket
s = socket.socket()
s.bind(('$UPLINK', 601))"
claim 'a forward below 1024 is reached from outside' from_outside 80
claim 'a port that a program of the host has is not taken from it' sh -c \
	"ip netns exec far curl -sf --max-time 5 http://$UPLINK:8088/page.html"
claim 'which is said' contains "$LOG/masqd.log" 'taken.*8088.*in use'
claim 'another port of the host is closed' refused 8090
claim 'a forward is added while masqd runs' masqctl forward add live tcp 8090 \
	10.65.0.9:8000
claim 'and is reached from outside' wait_for 10 from_outside 8090
sysctl -qw net.ipv4.conf.up0.promote_secondaries=1
ip addr del $UPLINK/24 dev up0
UPLINK=$UPLINK_SECOND
claim 'the address has changed: the forwards are on the new one' wait_for 10 \
	from_outside 80
claim 'both' wait_for 10 from_outside 8090
claim 'a forward is taken away' masqctl forward del live
