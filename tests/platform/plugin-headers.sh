#!/bin/sh
# masq.c is one source for pppd 2.4.9 (Debian 12) and 2.5 (Debian 13):
# compile it against the headers of both, with gcc and clang, and load what
# came out into that release's own pppd where it runs here.
#
# The headers that are not installed are fetched from the mirror that this
# machine's apt uses, by an apt with folders of its own; nothing is installed.
# They stay below $B, so that a second run needs no network.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
case $B in /*) ;; *) B=$PWD/$B ;; esac
count=0 failed=0

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

# Where this machine's apt finds Debian itself.
mirror() {
	# shellcheck disable=SC2016
	apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' \
	    2>/dev/null | grep '/debian/*$' | head -n 1
}

fetch() { # suite folder: unpacks ppp and ppp-dev of that suite there
	[ -e "$2/root/usr/include/pppd/pppd.h" ] && return 0
	mirror=$(mirror)
	[ -n "$mirror" ] || return 1
	mkdir -p "$2/state/lists/partial" "$2/cache/archives/partial" \
	    "$2/etc" "$2/root"
	keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	echo "deb [signed-by=$keyring] $mirror $1 main" >"$2/etc/sources.list"
	: >"$2/state/status"
	set -- "$1" "$2" -qq -o Dir::State="$2/state" -o Dir::Cache="$2/cache" \
	    -o Dir::Etc::sourcelist="$2/etc/sources.list" \
	    -o Dir::Etc::sourceparts=- -o Dir::State::status="$2/state/status" \
	    -o APT::Sandbox::User="$(id -un)" -o APT::Default-Release= \
	    -o Acquire::http::Timeout=20 -o Acquire::Retries=1
	suite=$1 folder=$2
	shift 2
	apt-get "$@" update >"$folder/log" 2>&1 || return 1
	(cd "$folder" && apt-get "$@" download "ppp/$suite" "ppp-dev/$suite") \
	    >>"$folder/log" 2>&1 || return 1
	for package in "$folder"/*.deb; do
		dpkg-deb -x "$package" "$folder/root" || return 1
	done
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
		if ! fetch "$1" "$folder"; then
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
