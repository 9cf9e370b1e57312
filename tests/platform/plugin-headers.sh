#!/bin/sh
# masq.c is one source for pppd 2.4.9 (Debian 12) and 2.5 (Debian 13):
# compile it against the headers of both, with gcc and clang, and load what
# came out into that release's own pppd where it runs here.
#
# The headers that are not installed are fetched (see packages).
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
case $B in /*) ;; *) B=$PWD/$B ;; esac
count=0 failed=0
. tests/platform/packages

result() { # 0|other name
	count=$((count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $count - $2"
	else
		failed=$((failed + 1))
		echo "not ok $count - $2"
	fi
}

skip() { # name reason
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}

installed() { # the version of the ppp-dev that is installed
	dpkg-query -W -f '${Version}' ppp-dev 2>/dev/null
}

compile() { # compiler include folder version
	log=$3/log
	mkdir -p "$3"
	${MAKE:-make} -s CC="$1" PPPD_INCLUDE="$2" B="$3" \
	    "$3/pppd-plugin/masq.so" >"$log" 2>&1
	status=$?
	sed 's/^/# /' "$log"
	result $status "masq.so compiles for pppd $4 with $1"
}

# pppd says which of its options it knows before it looks for /dev/ppp, so
# that this needs neither a kernel with PPP nor root.
load() { # pppd plugin name
	"$1" --version >/dev/null 2>&1 || {
		skip "$3" "that pppd does not run here"
		return
	}
	if [ "$(id -u)" != 0 ]; then
		skip "$3" "only root may name a plugin to pppd"
		return
	fi
	said=$("$1" notty plugin "$2" masq-line headers \
	    masq-socket /nowhere/masqd 2>&1)
	case $said in
	*"masqd is not there (/nowhere/masqd"*) result 0 "$3" ;;
	*)
		echo "# $said"
		result 1 "$3"
		;;
	esac
}

try() { # suite version
	include=/usr/include pppd=/usr/sbin/pppd
	case $(installed) in
	"$2"*) ;;
	*)
		folder=$B/headers/$1
		include=$folder/root/usr/include
		pppd=$folder/root/usr/sbin/pppd
		if ! fetch "$1" "$folder" ppp ppp-dev; then
			skip "masq.so compiles for pppd $2 ($1)" \
			    "its headers cannot be fetched: no mirror in reach"
			return
		fi
		;;
	esac
	for compiler in gcc clang; do
		if ! command -v $compiler >/dev/null; then
			skip "masq.so compiles for pppd $2 with $compiler" \
			    "no $compiler"
			continue
		fi
		compile $compiler "$include" "$B/headers/$compiler-$2" "$2"
	done
	load "$pppd" "$B/headers/gcc-$2/pppd-plugin/masq.so" \
	    "pppd $2 takes masq.so and its options"
}

try bookworm 2.4.9
try trixie 2.5
echo "1..$count"
[ $failed = 0 ]
