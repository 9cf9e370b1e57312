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

masqd_stop
: >"$LOG/by-hand.log"
answer
claim 'masqd absent: pppd ends at once' wait_for 5 gone $answering
claim 'with a clear line' contains "$LOG/by-hand.log" 'masqd'
claim 'and no interface' no_trace
