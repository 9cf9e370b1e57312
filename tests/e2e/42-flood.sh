#!/bin/bash
# 42-flood.sh - one caller scans the Internet, 10,000 new flows a second; the
# others' ping and download stay as they were
#
#	10.10.0.5 flood.py --- the link "den" \
#	[inside] ping, curl -- the link "lab"  - masqd - [inet] - [far] web
#
# world: native
# limit: 120
. "${WORLD_TREE-.}/tests/e2e/native.sh"
if grep -q 'User Mode Linux' /proc/cpuinfo; then
	echo 'ok 1 - one caller floods # SKIP too slow a kernel for the rate'
	exit 0
fi

native_world <<EOC
network "den" { socket = "$folder/den" subnet = "10.10.0.0/24"
	gateway = "10.10.0.1" mtu = 1500 }
EOC
web far $SERVER 80
head -c 60000000 /dev/zero >/run/web/big
need 'a web server answers' wait_for 10 in_inside curl -sfo /dev/null \
    --max-time 2 "http://$SERVER/page.html"

# Octets a second of a download; what a ping takes, in the median and at most,
# in microseconds, and how many of 200 came back.
download()
{
	in_inside curl -sf --max-time 30 -o /dev/null -w '%{speed_download}' \
	    "http://$SERVER/big" | sed 's/[.,].*//'
}
pings()
{
	in_inside ping -c 200 -i 0.01 -W 2 $SERVER |
		sed -n 's/.*time=\([0-9.]*\) ms/\1/p' | sort -n |
		awk '{ t[NR] = $1 * 1000 }
		END { printf "%d %d %d\n", t[int((NR + 1) / 2)], t[NR], NR }'
}
new_flows() # of 40 fetches, each a flow of its own, how many came
{
	local i came=0
	for ((i = 0; i < 40; i++)); do
		in_inside curl -sfo /dev/null --max-time 2 \
		    "http://$SERVER/page.html" && came=$((came + 1))
	done
	echo $came
}
measure() # WHEN
{
	pings | read -r median most came
	speed=$(download)
	fetched=$(new_flows)
	note "$1: ping $median us in the median, $most us at most," \
	    "$came of 200; download $((speed / 1000000)) MB/s;" \
	    "$fetched of 40 new flows"
}
drop_count() # NAME...
{
	"$B/masqd/masqctl" --socket $control drops --json | json "sum(d['count']
		for d in find('drops') if d['name'] in '$*'.split())"
}

measure 'before'
median_before=$median speed_before=$speed
start flood "$here/flood.py" $folder/den 10000
flood=$pid
need 'the flood begins' wait_for 10 contains "$LOG/flood.log" ready
measure 'during'
need 'the flood was there all the time' kill -0 "$flood"
kill "$flood"
wait_for 5 contains "$LOG/flood.log" attempts
note "$(tail -n 1 "$LOG/flood.log")"
refused=$(drop_count caller-rate caller-mappings caller-flows)
note "$refused attempts were refused by the caller's limits"

at_least() # WANTED FOUND
{
	[ "$2" -ge "$1" ] || { echo "wanted at least $1, found $2"; return 1; }
}
rate=$(sed -n 's/ attempts.*//p' "$LOG/flood.log")
claim 'there were about 10,000 attempts a second' at_least 9000 "${rate:-0}"
claim 'no ping of another caller was lost' same 200 "$came"
claim 'in the median a ping took at most 2 ms longer' \
	at_least "$median" $((median_before + 2000))
claim 'another caller had at least half the speed of before' \
	at_least $((speed_before / 2)) "$speed"
claim 'another caller opened every flow it wanted' same 40 "$fetched"
claim 'the flood was refused by name' at_least 20000 "$refused"
claim 'nobody ran out of ports or of room' same 0 \
	"$(drop_count ports-full mappings-full flows-full)"
