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

heard_of_it()
{
	claim "$1: ann's modem hears of it" wait_for 10 \
		no_process pppd 'ipparam ann'
}

is_idle() # WHAT CAUSE
{
	claim "$1: the line is idle again" wait_for 10 lines_idle bank1
	claim "$1: the cause is $2" line_is bank1 last_cause "$2"
}

survived() # WHAT CAUSE
{
	claim "$1: the session has ended within 3 s" within 3 sessions_are 0
	claim "$1: pppd and its interface are gone within 3 s" \
		within 3 no_trace
	claim "$1: no interface stays in the callers' namespace" \
		within 3 no_units
	heard_of_it "$1"
	is_idle "$1" "$2"
}

busy_call 'carrier lost'
fault order drop sub1 >/dev/null
survived 'carrier lost' Lost-Carrier

busy_call 'pppd killed'
fault kill -9 $pppd
survived 'pppd killed' NAS-Error

busy_call 'hang-up by masqctl'
claim 'masqctl hangs up' fault masqctl hangup bank1
survived 'hang-up by masqctl' Admin-Reset

busy_call 'hang-up by the caller'
fault kill "$(pppd_of ann)"
survived 'hang-up by the caller' User-Request

: >"$LOG/caller-ann.log"
dial ann 1 alice wrong
claim 'a wrong password ends the call' wait_for 30 \
	contains "$LOG/caller-ann.log" 'pppd ends with'
is_idle 'a wrong password' User-Error

# A computer that hangs: its modem keeps the carrier.
echo 'noccp lcp-echo-interval 1 lcp-echo-failure 3' >/run/ppp-options
dial ann 1 alice secret1
need 'ann is online' wait_for 30 online ann
kill -STOP "$(pppd_of ann)"
claim 'a caller that answers no LCP echo has no session any more' \
	wait_for 30 sessions_are 0
kill -CONT "$(pppd_of ann)"
heard_of_it 'no LCP echo'
is_idle 'no LCP echo' Lost-Carrier
echo noccp >/run/ppp-options

all_gone() # WHAT STATUS
{
	claim "$1: pppd and its interface are gone within 3 s" \
		within 3 no_trace
	claim "$1: masqd is gone within 3 s" within 3 no_process masqd
	claim "$1: its namespace is gone" within 3 same_namespaces
	claim "$1: masqd's exit status is $2" masqd_ended "$2"
	heard_of_it "$1"
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
fault kill -9 "$gateway"
all_gone 'gateway killed' 1
restart

busy_call 'keeper killed'
fault kill -9 "$keeper"
all_gone 'keeper killed' 137
restart

busy_call 'SIGTERM'
fault kill "$keeper"
all_gone SIGTERM 0
claim 'SIGTERM: no socket stays' not ls $control /run/masqd/plugin
restart

dial ann 1 alice secret1
claim 'and the next call works' wait_for 30 online ann
claim 'with the only address of the pool' same 10.64.0.7 "$(address_of ann)"
claim 'and fetches' fetch ann page.html
