#!/bin/bash
# 70-latency.sh - a keystroke does not wait behind a download, neither one's own
# nor another caller's
#
# The exchange's modems have 4 kB of their own behind CTS.  The same line once
# behind masqd and once behind pppd and the kernel's forwarding, at the same
# time (see latency.sh for the drawing).  A third caller only pings:
#
#	[caller-carol] - sub3 ~ bank3 - masqd
#
# world: uml
# limit: 300
. "${WORLD_TREE-.}/tests/e2e/latency.sh"

# The caller who only pings, for so long.
pings() # SECONDS FILE
{
	on carol ping -n -i 0.5 -w "$1" -W 30 "$SERVER" >"$LOG/$2"
}

median() # FILE
{
	sed -n 's/.*time=\([0-9]*\).*/\1/p' "$LOG/$1" | sort -n |
		awk '{ t[NR] = $1 } END { print t[int((NR + 1) / 2)] }'
}

latency_world --bank 3 --subscribers 3 <<-EOF
	line "bank3" { port = "serial:/run/exchange/bank3" speed = 115200
		protocols = { "ppp" } }
EOF
NUMBER=$((BANK + 3)) dial carol 3 carol secret3 refuse-eap
need 'another caller of masqd is online' wait_for 30 online carol
pings 4 alone
measure ann 30 &
first=$!
pings 38 beside &
second=$!
measure ben 30
wait $first $second
figures ann 'masqd, 33,600 bit/s, MTU 576'
figures ben 'pppd and the kernel on the same line'
claim 'behind masqd a ping takes less than 0.35 s beside a download' \
	[ "$(figure ann median)" -lt 350 ]
claim 'also 95 of 100' [ "$(figure ann p95)" -lt 600 ]
claim 'behind the kernel more than a second' \
	[ "$(figure ben median)" -gt 1000 ]
claim 'every ping is answered' \
	[ "$(figure ann answered)" -ge $(($(figure ann sent) - 1)) ]
# In 40 s with their beginning, beside whatever else runs here; how much it really
# is tells `make bench`.
claim 'and the download goes on beside it, nearly as fast as behind the kernel' \
	[ $(($(figure ann rate) * 100)) -ge $(($(figure ben rate) * 75)) ]
only_the_queue_drops()
{
	same '' "$(masqctl drops --json | json "' '.join(d['name']
		for d in find('drops') if d['count'] and
		d['name'] in ('link-busy', 'no-session'))")"
}
claim 'what masqd drops is dropped by its queue' only_the_queue_drops
note "another caller's ping: $(median alone) ms, beside the download $(median beside) ms"
claim "another caller's ping stays as it was" \
	[ "$(median beside)" -lt $(($(median alone) + 100)) ]
