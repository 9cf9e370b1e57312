# lib.sh - what the whole-system scripts stand on
#
# A script is called by `world` (see there), sources this file and speaks TAP:
#
#	#!/bin/bash
#	# NN-name.sh - what it shows, and a drawing of who talks to whom
#	# world: uml
#	. "${WORLD_TREE-.}/tests/e2e/lib.sh"
#	internet
#	telephones --bank 2 --subscribers 2
#	masqd_conf | masqd_start
#	dial ann 1 alice secret1
#	claim 'alice is online' wait_for 20 online ann
#
# `claim SENTENCE COMMAND...` is one line of TAP: ok when the command
# succeeds.  Its output is shown only when it fails.  wait_for polls an event;
# no script sleeps where there is an event.  The plan, and after a failure
# the logs, are printed at the end.
#
# The set-up, as the scripts name it (namespaces in brackets):
#
#	[caller-ann] pppd --- /run/exchange/sub1 ~~~ bank1 --- masqd
#	                         the telephone exchange       |
#	     the gateway host: the world's own namespace      | up0
#	                  198.51.100.1, .9 on up0; 192.0.2.1 on lan0
#	                                                      |
#	[inet] router 198.51.100.2 on inet0, 203.0.113.1 on far0
#	                                                      |
#	[far] www.example.net = 203.0.113.80: web, DNS and UDP echo
#
# Where a function starts a daemon, its log is $LOG/NAME.log.

set -u
shopt -s lastpipe # `masqd_conf | masqd_start` must not be a subshell
tree=${WORLD_TREE:?run me by tests/e2e/world}
: "${B:?}" "${LOG:?}"
here=$tree/tests/e2e
exchange=$B/tests/exchange/exchange
export PATH=$B/masqd:$PATH

UPLINK=198.51.100.1 UPLINK_SECOND=198.51.100.9 OTHER=192.0.2.1
ROUTER=198.51.100.2 SERVER=203.0.113.80 WWW=www.example.net
GATEWAY=10.64.0.1
BANK=5550100
config=/run/masqd.conf accounts=/run/accounts control=/run/masqd/control

# ---- TAP -----------------------------------------------------------------

claims=0 failures=0 daemons=()

claim() # SENTENCE COMMAND...
{
	local sentence=$1 output=$LOG/claim.$((++claims))
	shift
	if "$@" >"$output" 2>&1; then
		echo "ok $claims - $sentence"
		return 0
	fi
	echo "not ok $claims - $sentence"
	echo "# failed: $*"
	sed 's/^/#   /' "$output" | tail -n 30
	failures=$((failures + 1))
	return 0
}

# What the script cannot do without: it ends here if this fails.
need() # SENTENCE COMMAND...
{
	local before=$failures
	claim "$@"
	[ "$failures" = "$before" ] || exit 1
}

note()
{
	echo "# $*"
}

now() # ms
{
	local time=$EPOCHREALTIME
	time=${time/[.,]/}
	echo $((time / 1000))
}

wait_for() # SECONDS COMMAND...
{
	local end=$(($(now) + $1 * 1000))
	shift
	wait_until $end "$@"
}

# A fault happens now, by this command; what follows it has one deadline.
fault() # COMMAND...
{
	fault_at=$(now)
	"$@"
}

within() # SECONDS COMMAND...: after the fault
{
	local end=$((fault_at + $1 * 1000))
	shift
	wait_until $end "$@"
}

wait_until() # TIME (ms) COMMAND...
{
	local end=$1
	shift
	until "$@" >/dev/null 2>&1; do
		if [ "$(now)" -ge "$end" ]; then
			"$@"
			return
		fi
		sleep 0.05
	done
}

not()
{
	! "$@"
}

# True when $1 is $2, otherwise says both.
same() # WANTED FOUND
{
	[ "$1" = "$2" ] || { echo "wanted: $1"; echo "found:  $2"; return 1; }
}

contains() # FILE PATTERN (extended regular expression)
{
	grep -Eq -- "$2" "$1" || { echo "$1 has no $2:"; tail -n 20 "$1";
		return 1; }
}

contains_not() # FILE PATTERN
{
	! grep -E -- "$2" "$1"
}

dump_logs()
{
	local log
	for log in "$LOG"/*.log; do
		[ -s "$log" ] || continue
		echo "# --- $log"
		tail -n "${DUMP_LINES:-40}" "$log" | tr -d '\000\r' | sed 's/^/#   /'
	done
}

at_end()
{
	local code=$? pid
	trap - EXIT
	[ "$code" = 0 ] || [ "$failures" != 0 ] ||
		{ echo "not ok $((++claims)) - the script ends ($code)"
		failures=1; }
	for pid in "${daemons[@]}"; do
		kill -9 "$pid" 2>/dev/null
	done
	[ "$failures" = 0 ] || dump_logs
	echo "1..$claims"
	[ "$failures" = 0 ] || exit 1
	exit 0
}
trap at_end EXIT

# ---- processes -----------------------------------------------------------

# Start a daemon; its process id is in $pid.
start() # NAME COMMAND...
{
	start_child "$@"
	disown "$pid"
}

# The same, as a child whose exit status the script can wait for.
start_child() # NAME COMMAND...
{
	local name=$1
	shift
	"$@" >>"$LOG/$name.log" 2>&1 </dev/null &
	pid=$!
	daemons+=("$pid")
}

gone() # PID
{
	! kill -0 "$1" 2>/dev/null || [ "$(state_of "$1")" = Z ]
}

state_of() # PID
{
	sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null
}

# Process ids whose program is called NAME and whose command line matches.
processes() # NAME [PATTERN]
{
	local id
	for id in $(pgrep -x "$1"); do
		tr '\0' ' ' 2>/dev/null <"/proc/$id/cmdline" |
			grep -Eq -- "${2:-.}" && echo "$id"
	done
	return 0
}

no_process() # NAME [PATTERN]
{
	same '' "$(processes "$@")"
}

# ---- the Internet --------------------------------------------------------

in_inet() { ip netns exec inet "$@"; }
in_far() { ip netns exec far "$@"; }

# A pair of interfaces: NAME1 [NAMESPACE1] - NAME2 [NAMESPACE2], "-" is ours.
wire() # NAME1 NAMESPACE1 ADDRESS1 NAME2 NAMESPACE2 ADDRESS2
{
	ip link add "$1" type veth peer name "$4" || return
	wire_end "$1" "$2" "$3" && wire_end "$4" "$5" "$6"
}

wire_end() # NAME NAMESPACE ADDRESS
{
	local at=()
	if [ "$2" != - ]; then
		ip link set "$1" netns "$2"
		at=(-n "$2")
	fi
	ip "${at[@]}" addr add "$3" dev "$1"
	ip "${at[@]}" link set "$1" up
}

# The uplink of the gateway host and all behind it; web server and DNS.
internet()
{
	local name
	for name in inet far; do
		ip netns add "$name"
		ip -n "$name" link set lo up
	done
	wire up0 - $UPLINK/24 inet0 inet $ROUTER/24
	wire far0 inet 203.0.113.1/24 far1 far $SERVER/24
	ip addr add $UPLINK_SECOND/24 dev up0
	ip link add lan0 type dummy
	ip addr add $OTHER/24 dev lan0
	ip link set lan0 up
	ip route add default via $ROUTER
	ip -n far route add default via 203.0.113.1
	in_inet sysctl -qw net.ipv4.ip_forward=1 net.ipv4.icmp_ratelimit=0
	in_far sysctl -qw net.ipv4.icmp_ratelimit=0
	capture uplink inet inet0
	# The host's own resolver, from which masqd learns what to hand out.
	echo "nameserver $SERVER" >/etc/resolv.conf
	start dns in_far dnsmasq --keep-in-foreground --no-resolv --no-hosts \
	    --conf-file=/dev/null --user=root --pid-file= --log-queries \
	    --log-facility=- --address=/$WWW/$SERVER
	web far $SERVER 80
	need 'the web server behind the uplink answers the host' \
	    wait_for 20 curl -sfo /dev/null --max-time 2 "http://$WWW/page.html"
}

# What the web servers serve.
web_files()
{
	[ ! -d /run/web ] || return 0
	mkdir /run/web
	echo '<h1>The Internet</h1>' >/run/web/page.html
	head -c 200000 /dev/urandom >/run/web/200k
	head -c 2000000 /dev/urandom >/run/web/2m
	# In pieces of 256 octets every octet is at every place once in 64 kB.
	python3 -c 'import sys
sys.stdout.buffer.write(bytes((o + o // 256) % 256 for o in range(1 << 17)))' \
	    >/run/web/every
}

# A web server in a namespace ("-": the host); its log names who asked.
web() # NAMESPACE ADDRESS PORT
{
	local at=(ip netns exec "$1")
	[ "$1" != - ] || at=()
	web_files
	start "web-$2" "${at[@]}" python3 -u -m http.server --bind "$2" \
	    --directory /run/web --protocol HTTP/1.1 "$3"
}

# Capture an interface, to $LOG/NAME.pcap. NAMESPACE "-" is the host.
capture() # NAME NAMESPACE INTERFACE [FILTER...]
{
	local name=$1 at=(ip netns exec "$2") interface=$3
	[ "$2" != - ] || at=()
	shift 3
	# Not by -w FILE: tcpdump would chown it, which an ordinary user's
	# world cannot do to a file of the machine's.
	start "capture-$name" "${at[@]}" sh -c \
	    'file=$1; shift; exec tcpdump -U -n -w - "$@" >"$file"' \
	    sh "$LOG/$name.pcap" -i "$interface" "$@"
	wait_for 10 grep -q listening "$LOG/capture-$name.log" ||
		need "tcpdump listens on $interface" false
}

# What a capture holds.
captured() # NAME [TCPDUMP ARGUMENT...]
{
	local name=$1
	shift
	tcpdump -n -r "$LOG/$name.pcap" "$@" 2>/dev/null
}

# Some packet of the capture matches; with wait_for, since it is written late.
captured_some() # NAME FILTER
{
	[ -n "$(captured "$1" -c 1 "$2")" ]
}

# No packet of the capture matches; that it has any at all shows that it works.
captured_none() # NAME FILTER
{
	tcpdump -d "$2" >/dev/null || return
	wait_for 10 captured_some "$1" '' || { echo "nothing captured"; return 1; }
	same '' "$(captured "$1" "$2" | head -n 5)"
}

# No packet has these 10.64 addresses, in headers or quoted, anywhere.
captured_no_private() # NAME
{
	local found
	found=$(python3 "$here/private.py" "$LOG/$1.pcap" 10.64.0.0/24)
	same '' "$found"
}

# ---- the telephone exchange ----------------------------------------------

telephones() # [EXCHANGE OPTION...]
{
	start exchange "$exchange" --number $BANK --links /run/exchange \
	    --control /run/exchange.control "$@"
	need 'the telephone exchange is ready' wait_for 30 has_ttys
	# As the shipped udev rule does it.
	local link
	for link in /run/exchange/bank*; do
		[ ! -e "$link" ] || { chgrp masqd "$link"; chmod 660 "$link"; }
	done
}

has_ttys()
{
	local link
	for link in /run/exchange/*; do
		[ -c "$link" ] || return
	done
}

order() # ORDER...
{
	"$exchange" order /run/exchange.control "$@"
}

# ---- callers -------------------------------------------------------------

on() # CALLER COMMAND...
{
	local caller=$1
	shift
	ip netns exec "caller-$caller" "$@"
}

caller_home() # CALLER
{
	ip netns list | grep -q "^caller-$1\\b" && return 0
	mkdir -p "/etc/netns/caller-$1"
	: >"/etc/netns/caller-$1/resolv.conf"
	ip netns add "caller-$1"
	ip -n "caller-$1" link set lo up
}

# Dial from subscriber line N as USER; pppd runs until the call ends.
# Extra pppd options follow; NUMBER in the environment: whom to call.
dial() # CALLER N USER PASSWORD [PPPD OPTION...]
{
	local caller=$1 line=/run/exchange/sub$2 user=$3 password=$4
	shift 4
	caller_home "$caller"
	rm -f "/run/caller-$caller.up" "$LOG/caller-$caller.code"
	start "caller-$caller" on "$caller" "$here/caller" "$caller" "$line" \
	    "${NUMBER:-$BANK}" "$user" "$password" "$@"
}

pppd_of() # CALLER
{
	processes pppd "ipparam $1( |\$)"
}

online() # CALLER
{
	[ -e "/run/caller-$1.up" ] && [ -n "$(address_of "$1")" ]
}

address_of() # CALLER
{
	on "$1" ip -o -4 addr show dev ppp0 2>/dev/null |
		sed -n 's/.*inet \([0-9.]*\).*/\1/p'
}

hang_up() # CALLER
{
	local id
	id=$(pppd_of "$1")
	[ -z "$id" ] || kill "$id"
	wait_for 10 no_process pppd "ipparam $1( |\$)"
}

# What the modem said to the caller who could not get through.
heard() # CALLER RESULT
{
	grep -q "$2" "$LOG/caller-$1.log"
}

fetch() # CALLER PATH: into $LOG/CALLER.PATH, and compare
{
	on "$1" curl -sSf --max-time "${FETCH_TIME:-60}" -o "$LOG/$1.$2" \
	    "http://$WWW/$2" && cmp "$LOG/$1.$2" "/run/web/$2"
}

# ---- masqd ---------------------------------------------------------------

# The configuration most scripts use; more sections on the standard input of
# masqd_start can follow.
masqd_conf() # [LINES]
{
	local i
	cat <<-EOF
	uplink { interface = "up0" }
	callers { gateway = "$GATEWAY" pool = "${POOL:-10.64.0.2-10.64.0.250}" }
	auth = "accounts"
	accounts = "$accounts"
	presets = "$tree/etc/presets"
	ppp-options = "/run/ppp-options"
	control { socket = "$control" group = "masqadmin" }
	log { level = "debug" mappings = yes }
	EOF
	for ((i = 1; i <= ${1:-2}; i++)); do
		echo "line \"bank$i\" { port = \"serial:/run/exchange/bank$i\"" \
		    'speed = 115200 modem = "auto" protocols = { "ppp" } }'
	done
}

# Users alice (secret1), bob (secret2), carol (secret3).
masqd_accounts()
{
	local user n=0
	: >$accounts
	chmod 600 $accounts
	for user in alice bob carol; do
		n=$((n + 1))
		# crypt(5), SHA-512
		echo "$user : $(hash "secret$n") : : "
	done >>$accounts
	chgrp masqd $accounts
	[ -e /run/ppp-options ] || echo 'noccp' >/run/ppp-options
}

hash() # PASSWORD
{
	perl -e 'print crypt($ARGV[0], q($6$) . $ARGV[1] . q($))' "$1" "salt$$"
}

# masqd finds its pppd plugin where it is installed.
plugin_install()
{
	local directory
	for directory in /usr/lib/pppd/*/; do
		cp "$B/pppd-plugin/masq.so" "$directory" || return
	done
}

# Start masqd with the configuration on standard input.
masqd_start()
{
	cat >$config
	mkdir -p /run/masqd
	[ -e $accounts ] || masqd_accounts
	plugin_install
	masqd_again
}

masqd_again()
{
	start_child masqd masqd --config $config --foreground
	keeper=$pid
	need 'masqd is up' wait_for 15 masqctl status
	gateway=$(pgrep -P "$keeper" -u masqd | head -n 1)
}

# Wait until the lines are ready to answer.
lines_ready() # LINE...
{
	need "ready to answer: $*" wait_for 20 lines_idle "$@"
}

masqd_stop()
{
	kill "$keeper"
	wait_for 10 gone "$keeper"
}

# masqd has ended, with that exit status.
masqd_ended() # STATUS
{
	wait "$keeper"
	same "$1" $?
}

# A value of a line: line_is bank1 state idle
line_is() # LINE KEY VALUE
{
	same "$3" "$(line_has "$1" "$2")"
}

line_has() # LINE KEY
{
	masqctl lines --json | json "[l for l in find('lines')
		if l['name'] == '$1'][0].get('$2')"
}

# A line that is BAD or ABSENT gives a reason, until it is tried again.
gives() # LINE REASON
{
	line_has "$1" reason | grep "$2"
}

lines_idle() # LINE...
{
	local name
	for name; do
		line_is "$name" state idle || return
	done
}

sessions() # how many
{
	masqctl sessions --json | json "len(find('sessions'))"
}

sessions_are() # COUNT
{
	same "$1" "$(sessions)"
}

# Evaluate a Python expression over the JSON on standard input: `it` is all
# of it, find(NAME) the list of that name, or all of it if it is the list.
json() # EXPRESSION
{
	python3 -c 'import json, sys
it = json.load(sys.stdin)
def find(name):
    return it if isinstance(it, list) else it[name]
print(eval(" ".join(sys.argv[1].split()), globals()))' "$1"
}

# Run a command in the callers' namespace, which masqd holds open.
in_callers()
{
	local fd
	fd=$(find "/proc/$gateway/fd" "/proc/$keeper/fd" -lname 'net:*' |
		head -n 1)
	[ -n "$fd" ] || { echo 'masqd holds no namespace'; return 1; }
	nsenter "--net=$fd" "$@"
}

# Network namespaces that some process is in or holds, as kernel names.
namespaces()
{
	find /proc/[0-9]*/ns/net /proc/[0-9]*/fd -lname 'net:*' \
	    -printf '%l\n' 2>/dev/null | sort -u
}

masqd_pppds()
{
	processes pppd 'masq\.so'
}

# Nothing that a call leaves behind: no pppd of masqd's, no ppp interface.
no_trace()
{
	same '' "$(masqd_pppds)" && same '' "$(ls /sys/class/net | grep ppp)"
}

# No ppp interface in the callers' namespace either.
no_units()
{
	same '' "$(in_callers ip -o link | grep ppp)"
}
