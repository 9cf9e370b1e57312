#!/bin/bash
# 12-endings.sh - however a call ends, its session, its lease, its pppd and
# its interface end within 3 s, and the next call works
#
#	[caller-ann] - sub1 ~ bank1 - masqd (keeper, gateway, pppd)
#
# The pool has one address: a lease that is not returned is seen at once.
# world: uml
# limit: 240
. "${WORLD_TREE-.}/tests/e2e/lib.sh"

internet
telephones --bank 1 --subscribers 1 --rate 230400 --ring 600
POOL=10.64.0.7-10.64.0.7
before=$(namespaces)
masqd_conf 1 | masqd_start
lines_ready bank1

# A call in the middle of a transfer.
busy_call()
{
	rm -f "$LOG/ann.2m"
	dial ann 1 alice secret1
	need "$1: ann is online" wait_for 30 online ann
	FETCH_TIME=15 fetch ann 2m >/dev/null 2>&1 &
	need "$1: a transfer is under way" wait_for 20 [ -s "$LOG/ann.2m" ]
	pppd=$(masqd_pppds)
}

# What must be so within 3 s after the end.
ended()
{
	claim "$1: pppd and its interface are gone within 3 s" \
		wait_for 3 no_trace
	claim "$1: ann's modem hears of it" wait_for 10 \
		no_process pppd 'ipparam ann'
}

survived()
{
	claim "$1: the session has ended within 3 s" wait_for 3 sessions_are 0
	claim "$1: no interface stays in the callers' namespace" \
		wait_for 3 no_units
	ended "$1"
	claim "$1: the line is idle again" wait_for 10 lines_idle bank1
}

busy_call 'carrier lost'
order drop sub1 >/dev/null
survived 'carrier lost'

busy_call 'pppd killed'
kill -9 $pppd
survived 'pppd killed'

busy_call 'hang-up by masqctl'
claim 'masqctl hangs up' masqctl hangup bank1
survived 'hang-up by masqctl'

all_gone()
{
	ended "$1"
	claim "$1: masqd is gone within 3 s" wait_for 3 no_process masqd
	claim "$1: its namespace is gone" wait_for 3 same_namespaces
}

same_namespaces()
{
	same '' "$(namespaces | grep -vxF "$before" |
		grep -vxF "$(ip netns exec caller-ann readlink /proc/self/ns/net)")"
}

restart()
{
	masqd_again
	lines_ready bank1
}

busy_call 'gateway killed'
kill -9 "$gateway"
all_gone 'gateway killed'
restart

busy_call 'keeper killed'
kill -9 "$keeper"
all_gone 'keeper killed'
restart

busy_call 'SIGTERM'
kill "$keeper"
all_gone 'SIGTERM'
claim 'SIGTERM: no socket stays' not ls $control /run/masqd/plugin
restart

dial ann 1 alice secret1
claim 'and the next call works' wait_for 30 online ann
claim 'with the only address of the pool' same 10.64.0.7 "$(address_of ann)"
claim 'and fetches' fetch ann page.html
