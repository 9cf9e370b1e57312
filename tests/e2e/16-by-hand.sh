#!/bin/bash
# 16-by-hand.sh - masq.so under a pppd that masqd did not start, as an mgetty
# user has it: options in a file, on a pty
#
#	[caller-ann] pppd - /run/pty/caller = /run/pty/bank - pppd file ...
#	                                                        masq.so - masqd
# world: uml
. "${WORLD_TREE-.}/tests/e2e/lib.sh"

internet
masqd_conf 0 | masqd_start
mkdir /run/pty
start pty python3 "$here/ptys.py" /run/pty/caller /run/pty/bank
need 'two ptys are joined' wait_for 5 [ -e /run/pty/bank ]
cat >/run/by-hand <<-EOF
	plugin masq.so
	masq-socket /run/masqd/plugin
	masq-line byhand
	auth
	require-pap
	local
	nocrtscts
	noccp
	noipv6
	nodetach
	debug
EOF

answer() # a pppd as mgetty would start it
{
	start by-hand pppd /run/pty/bank 115200 file /run/by-hand "$@"
	answering=$pid
}

call() # USER PASSWORD
{
	caller_home ann
	rm -f /run/caller-ann.up
	start caller-ann on ann pppd /run/pty/caller 115200 nodetach debug \
	    noauth local nocrtscts noccp noipv6 defaultroute usepeerdns \
	    ipparam ann ip-up-script "$here/caller" user "$1" password "$2"
}

answer
call alice secret1
claim 'alice is online' wait_for 30 online ann
claim 'masqctl knows her' sh -c 'masqctl sessions | grep alice'
claim 'with the line that the file names' \
	sh -c 'masqctl sessions | grep byhand'
claim 'she fetches 200 kB' fetch ann 200k
claim 'the server met the uplink address' \
	same $UPLINK "$(sed -n 's/ - - .*GET.*//p' "$LOG/web-$SERVER.log" |
		sort -u)"
claim 'masqctl hangs her up' masqctl hangup byhand
claim 'the session ends' wait_for 3 sessions_are 0
claim 'pppd ends' wait_for 5 gone $answering
claim 'nothing stays' wait_for 3 no_trace
hang_up ann

# What would make a link by another way is refused.
for option in demand multilink; do
	: >"$LOG/by-hand.log"
	answer $option
	claim "the option $option is refused" wait_for 5 gone $answering
	claim 'with a clear line' \
		contains "$LOG/by-hand.log" "$option does not go with"
done

# A kernel PPPoE channel: there before masq.so, as pppoe-server has it, or put in
# the pty's place behind it.
for order in 'plugin rp-pppoe.so up0 plugin masq.so' \
    'plugin masq.so plugin rp-pppoe.so up0'; do
	: >"$LOG/by-hand.log"
	start by-hand pppd noauth nodetach $order
	claim "refused: $order" wait_for 10 gone $pid
	claim 'with a clear line' \
		contains "$LOG/by-hand.log" 'PPPoE .*cannot be kept apart'
done

: >"$LOG/by-hand.log"
answer
call alice secret1
claim 'alice is online again' wait_for 30 online ann
fault kill -9 "$gateway"
claim 'the gateway dies: pppd ends within 3 s' within 3 gone $answering
claim 'and nothing stays' within 3 no_trace
claim 'its log says why' contains "$LOG/by-hand.log" 'the call ends: masqd is gone'
claim 'masqd has ended as well' wait_for 10 no_process masqd
hang_up ann

: >"$LOG/by-hand.log"
answer
claim 'masqd absent: pppd ends at once' wait_for 5 gone $answering
claim 'with a clear line' contains "$LOG/by-hand.log" 'masqd'
claim 'and no interface' no_trace
