#!/bin/bash
# 06-syslog.sh - in the background masqd logs to syslog, also when syslog was
# started anew, which the gateway itself may not connect to
#
#	masqd (keeper, gateway) ---- /dev/log ---- syslog, once and again
# world: uml
. "${WORLD_TREE-.}/tests/e2e/lib.sh"

syslog() # NAME: what comes goes to $LOG/NAME.log
{
	rm -f /dev/log
	start "$1" python3 -u -c 'import socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("/dev/log")
while True:
    print(s.recv(4096).decode("latin-1"))'
	need "$1 listens" wait_for 10 [ -S /dev/log ]
}

peer() # comes to the uplink and goes
{
	python3 -c 'import socket
socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET).connect("/run/sys/uplink")'
}

syslog first
ip link set lo up
cat >/run/sys.conf <<-EOF
	uplink { socket = "/run/sys/uplink" address = "192.0.2.9" }
	plugin-socket = "/run/sys/plugin"
	control { socket = "/run/sys/control" }
EOF
claim 'masqd goes to the background' masqd --config /run/sys.conf
claim 'the gateway logs to syslog' \
	wait_for 10 contains "$LOG/first.log" 'masqd.*gateway: ready: uplink'
kill "$pid"
wait_for 10 gone "$pid"
peer
syslog second
peer
claim 'and to the next one' \
	wait_for 10 contains "$LOG/second.log" 'gateway: uplink .*: a peer is there'
keeper=$(pgrep -o -x masqd)
kill "$keeper"
claim 'so does the keeper' \
	wait_for 10 contains "$LOG/second.log" 'keeper: stopped by signal 15'
claim 'and masqd has ended' wait_for 10 gone "$keeper"
