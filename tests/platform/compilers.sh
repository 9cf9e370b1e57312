#!/bin/sh
# Everything builds without a warning with gcc and with clang.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
n=0 bad=0
for compiler in gcc clang; do
	n=$((n + 1))
	if ! command -v $compiler >/dev/null; then
		echo "ok $n - builds with $compiler # SKIP no $compiler here"
	elif out=$(make -s CC=$compiler B="$B/$compiler" all 2>&1); then
		echo "ok $n - builds with $compiler"
	else
		echo "not ok $n - builds with $compiler"
		echo "$out" | sed 's/^/# /'
		bad=1
	fi
done
echo "1..$n"
exit $bad
