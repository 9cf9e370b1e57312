#!/bin/bash
# 70-latency.sh - a keystroke does not wait behind a download
#
# The exchange's modems have 4 kB of their own behind CTS.  The same line once
# behind masqd and once behind pppd and the kernel's forwarding, at the same
# time (see latency.sh for the drawing).
#
# world: uml
# limit: 300
. "${WORLD_TREE-.}/tests/e2e/latency.sh"

latency_world </dev/null
measure ann 30 &
first=$!
measure ben 30
wait $first
figures ann 'masqd, 33,600 bit/s, MTU 576'
figures ben 'pppd and the kernel on the same line'
claim 'behind masqd a ping takes less than 0.35 s beside a download' \
	[ "$(figure ann median)" -lt 350 ]
claim 'also 95 of 100' [ "$(figure ann p95)" -lt 600 ]
claim 'behind the kernel more than a second' \
	[ "$(figure ben median)" -gt 1000 ]
claim 'every ping is answered' \
	[ "$(figure ann answered)" -ge $(($(figure ann sent) - 1)) ]
# In 40 s with their beginning; the longer one of `make bench` is nearer.
claim 'the download is as fast as behind the kernel, but for 8 of 100' \
	[ $(($(figure ann rate) * 100)) -ge $(($(figure ben rate) * 92)) ]
only_the_queue_drops()
{
	same '' "$(masqctl drops --json | json "' '.join(d['name']
		for d in find('drops') if d['count'] and
		d['name'] in ('link-busy', 'no-session'))")"
}
claim 'what masqd drops is dropped by its queue' only_the_queue_drops
