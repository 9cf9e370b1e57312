#!/bin/bash
# 18-timeouts.sh - a caller that is idle, and one that stays too long, is hung
# up, and the line says why
#
#	[caller-ann] - sub1 ~ bank1 - masqd
#
# world: uml
. "${WORLD_TREE-.}/tests/e2e/lib.sh"

internet
telephones --bank 1 --subscribers 1 --rate 230400 --ring 600
masqd_conf 1 | sed 's/^callers {/& idle-timeout = 4/' | masqd_start
lines_ready bank1
dial ann 1 alice secret1
need 'ann is online' wait_for 30 online ann
claim 'she is hung up when idle' wait_for 20 sessions_are 0
claim 'and the line is idle again' wait_for 10 lines_idle bank1
claim 'it says why' line_is bank1 last_cause Idle-Timeout

masqd_stop
masqd_conf 1 | sed 's/^callers {/& session-timeout = 6/' | masqd_start
lines_ready bank1
dial ann 1 alice secret1
need 'ann is online again' wait_for 30 online ann
on ann ping -q -i 0.5 $SERVER >/dev/null 2>&1 &
claim 'she is hung up in mid talk when her time is over' \
	wait_for 20 sessions_are 0
kill $!
claim 'and the line is idle again' wait_for 10 lines_idle bank1
claim 'it says why' line_is bank1 last_cause Session-Timeout
