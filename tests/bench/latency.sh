#!/bin/bash
# latency.sh RATE [no] - a ping beside a download, masqd and the kernel side
# by side on lines of RATE bit/s; "no": masqd without its queue
#
# world: uml
# limit: 240
. "${WORLD_TREE-.}/tests/e2e/latency.sh"

RATE=${1:-33600}
name=$RATE
[ "${2-}" != no ] || name=$RATE-unqueued
eval "$(declare -f masqd_conf | sed '1s/masqd_conf/usual_conf/')"
masqd_conf()
{
	usual_conf "$@" | sed "/^callers/s/}/queue = ${queue:-yes} }/"
}
queue=${2-}
latency_world </dev/null
measure ann 75 &
first=$!
measure ben 75
wait $first
for caller in ann ben; do
	who=masqd
	[ $caller = ann ] || who=kernel
	echo "latency/$name-$who-ping-median $(figure $caller median) ms"
	echo "latency/$name-$who-ping-95-of-100 $(figure $caller p95) ms"
	echo "latency/$name-$who-ping-worst $(figure $caller worst) ms"
	echo "latency/$name-$who-download $(figure $caller rate) octets/s"
done
echo "latency/$name-download-missing $(awk -v a="$(figure ann rate)" \
    -v b="$(figure ben rate)" 'BEGIN { print (1 - a / b) * 100 }') %"
