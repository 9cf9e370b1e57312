#!/bin/bash
# 80-bank.sh - 24 lines at once: modems on ttys, soft modems on ptys, TCP;
# PPP, SLIP and CSLIP; and then calls that go wrong in every way
#
#	[caller-1]..[caller-16] - sub1..sub16 ~ bank1..8  (N_GSM ttys)  \
#	                                      ~ bank9..16 (soft1..8, ptys) masqd
#	[caller-17]..[caller-24] ---- tcp:127.0.0.1:2323, 8 calls       /
#
# CALLS=N for so many calls that go wrong; `make soak` wants more.
# world: uml
# limit: 1200
. "${WORLD_TREE-.}/tests/e2e/lib.sh"

calls=${CALLS:-40}
seed=${SEED:-1995}
note "SEED=$seed CALLS=$calls"

internet
soft=()
for i in {1..8}; do
	soft+=(--pty-bank "/run/masqd/soft$i")
done
telephones --bank 8 "${soft[@]}" --pty-subscribers 16 --rate 115200 \
	--ring 400 --training 100

for i in {1..24}; do
	echo "u$i : $(hash "secret$i") : : "
	head -c 30000 /dev/urandom >"/run/web/of$i"
done | tee $accounts >/dev/null
chgrp masqd $accounts
chmod 640 $accounts

{
	masqd_conf 0
	for i in {1..8}; do
		echo "line \"bank$i\" { port = \"serial:/run/exchange/bank$i\"
			protocols = { \"ppp\", \"slip\", \"login\" } }"
		echo "line \"soft$i\" { port = \"pty:/run/masqd/soft$i\"
			protocols = { \"ppp\", \"slip\", \"login\" } }"
	done
	echo 'line "net" { port = "tcp:127.0.0.1:2323" calls = 8
		protocols = { "ppp", "slip", "login" } }'
} | masqd_start
lines=()
for i in {1..8}; do
	lines+=("bank$i" "soft$i" "net/$i")
done

# Caller N: its protocol, and where it dials.
protocol() # N
{
	local all=(ppp slip cslip)
	echo "${all[$1 % 3]}"
}

over_tcp() # N
{
	[ "$1" -gt 16 ]
}

call() # N [USER]
{
	local n=$1 user=u${2:-$1} secret=secret${2:-$1} to=127.0.0.1:2323
	caller_home "$n"
	rm -f "/run/caller-$n.up" "$LOG/caller-$n.log"
	if [ "$(protocol "$n")" != ppp ]; then
		over_tcp "$n" || to="/run/exchange/sub$n"
		start "caller-$n" python3 "$here/slip_caller.py" "$n" "$to" \
		    "$user" "$secret" "$(protocol "$n")" \
		    $(over_tcp "$n" || echo $BANK)
	elif over_tcp "$n"; then
		start "caller-$n" on "$n" pppd nodetach debug noauth noccp \
		    noipv6 defaultroute usepeerdns ipparam "$n" \
		    ip-up-script "$here/caller" user "$user" \
		    password "$secret" lcp-echo-interval 0 pty \
		    "nsenter -n -t 1 python3 $here/dialler.py plain 2323 u$n"
	else
		dial "$n" "$n" "$user" "$secret"
	fi
}

all_online()
{
	local i
	for i in {1..24}; do
		online "$i" || return
	done
}

# Each its own file, all at once.
get() # N FILE
{
	on "$1" curl -sSf --max-time 120 -o "$LOG/got.$1" "http://$SERVER/$2"
}

all_fetched()
{
	local i pids=()
	for i in {1..24}; do
		get "$i" "of$i" &
		pids+=($!)
	done
	wait "${pids[@]}"
	for i in {1..24}; do
		cmp "/run/web/of$i" "$LOG/got.$i" || return
	done
}

# What must be the same after the last call as before the first.  The sockets
# that hold outside ports are not: a port is held for two minutes after its use.
descriptors() # of both processes, without those holds
{
	local holds address=016433C6 # $UPLINK
	holds=$(awk -v at="$address:" 'index($2, at) == 1 { print $10 }' \
	    /proc/net/tcp /proc/net/udp)
	find "/proc/$gateway/fd" "/proc/$keeper/fd" -printf '%l\n' |
		sed -n 's/.*:\[\(.*\)\]/\1/; /./p' |
		grep -vcxF "${holds:-none}"
}

memory() # of both processes, kB
{
	cat "/proc/$gateway/status" "/proc/$keeper/status" |
		sed -n 's/^RssAnon:[^0-9]*\([0-9]*\).*/\1/p' | awk "{ n += \$1 } END { print n }"
}

need 'all 24 lines are ready' wait_for 60 lines_idle "${lines[@]}"
for i in {1..24}; do
	call "$i"
done
claim 'all 24 callers are online at once' wait_for 120 all_online
claim 'in 24 sessions' sessions_are 24
claim 'each fetches, all at once, byte for byte' all_fetched

# The process of caller N's computer that holds the line.
computer() # N
{
	pppd_of "$1"
	processes python3 "slip_caller.py $1 "
}

is_off() # N
{
	same '' "$(computer "$1")" && not online "$1"
}

end_call() # N [SIGNAL]
{
	local id
	for id in $(computer "$1"); do
		kill -s "${2:-TERM}" "$id"
	done
	wait_for 30 is_off "$1" || { echo "$1: does not end"; return 1; }
	rm -f "/run/caller-$1.up"
}

# The exchange's name of the modem on which a user's call is; "" over TCP.
modem_of() # USER
{
	masqctl lines --json | json "([('bank' + str(int(l['name'][4:]) +
		(8 if l['name'].startswith('soft') else 0)))
		for l in find('lines') if l.get('user') == '$1' and
		not l['name'].startswith('net/')] + [''])[0]"
}

# Of a modem, and of a stream.
faults=(quit killed dropped silent error garbage stuck-dcd ring-storm speed)
tcp_faults=(quit killed reset half-closed deaf)

# The process that holds the TCP stream of caller N.
stream() # N
{
	processes python3 "(slip_caller.py $1 |dialler.py .* u$1 )"
}

# Had the modem that caller N rang a fault by our order while he called, or so
# lately that its line was not yet well again?
met_a_fault() # N BEGUN
{
	local modem
	modem=$(sed -n "s/^sub$1 rings //p" "$LOG/exchange.log" | tail -n 1)
	[ -n "$(find "$LOG" -name "fault.$modem" -newermt "@$(($2 - 150))")" ]
}

# Or there is nothing more to wait for.
answered() # N PID
{
	online "$1" || ! kill -0 "$2"
}

ordered() # FAULT MODEM
{
	touch "$LOG/fault.$2"
	order "$1" "$2"
}

# A call ends in that way; the modem is where the call is.
go_wrong() # N FAULT MODEM
{
	local n=$1
	case $2 in
	quit) end_call "$n" ;;
	killed) end_call "$n" KILL ;;
	reset) kill -s USR1 $(stream "$n"); end_call "$n" ;;
	half-closed) kill -s USR2 $(stream "$n"); end_call "$n" ;;
	deaf)
		on "$n" curl -s --max-time 4 -o /dev/null "http://$SERVER/of1" &
		kill -s STOP $(stream "$n")
		wait $!
		end_call "$n" KILL ;;
	dropped)
		order drop "$3"
		end_call "$n" ;;
	*)
		ordered "$2" "$3"
		end_call "$n"
		sleep $((RANDOM % 8)) # of a fault's length, not for an event
		ordered normal "$3" ;;
	esac
}

# One call of caller N; false: it did not get through, or carried nothing.
wrong_call() # N FAULT
{
	local n=$1
	call "$n"
	wait_for 120 answered "$n" "$pid"
	if ! online "$n" || ! get "$n" page.html; then
		echo "$n, $2: lost"
		tail -n 5 "$LOG/caller-$n.log"
		end_call "$n" KILL
		return 1
	fi
	go_wrong "$n" "$2" "$(modem_of "u$n")" || end_call "$n" KILL
	return 0
}

# One of six people, who calls again and again.
person() # FIRST CALLS
{
	local i n kind begun
	RANDOM=$((seed + $1))
	for ((i = 0; i < $2; i++)); do
		n=$(($1 + 6 * (RANDOM % 4)))
		kind=${faults[RANDOM % ${#faults[@]}]}
		! over_tcp "$n" ||
			kind=${tcp_faults[RANDOM % ${#tcp_faults[@]}]}
		begun=$EPOCHSECONDS
		wrong_call "$n" "$kind" && continue
		met_a_fault "$n" "$begun" && kind=ours || kind=real
		touch "$LOG/lost.$kind.$1.$i.$2"
	done >>"$LOG/person-$1.log" 2>&1
}

six_people() # CALLS
{
	local i people=()
	for i in {1..6}; do
		person "$i" $((($1 + 5) / 6)) &
		people[i]=$!
	done
	wait "${people[@]}"
}

lost() # ours|real
{
	find "$LOG" -name "lost.$1.*" | wc -l
}

pkill -f 'slip_caller.py [0-9]|ipparam [0-9]'
need 'all have hung up, and every line is idle' \
	wait_for 120 lines_idle "${lines[@]}"
rm -f /run/caller-*.up
claim 'no session stays' wait_for 5 sessions_are 0
descriptors_before=$(descriptors)

# What the first calls leave in the heap is used by all that follow.
warm=$((calls / 4))
six_people $warm
memory_before=$(memory)
six_people $((calls - warm))
note "of $calls calls $(lost ours) met a modem that was out of order by us"
claim 'no other call was lost' same 0 "$(lost real)"
claim 'and few of those' [ $(($(lost ours) * 10)) -le "$calls" ]
claim 'every line is idle again' wait_for 150 lines_idle "${lines[@]}"
claim 'no session, no lease is left' wait_for 5 sessions_are 0
claim 'the whole pool is free' same 0 \
	"$(masqctl status --json | json "it['pool']['lent']")"
claim 'no pppd and no interface is left' no_trace
claim 'no descriptor more than before' same "$descriptors_before" \
	"$(descriptors)"
note "memory: $memory_before kB before, $(memory) kB after"
claim 'and no memory that grows with the calls' \
	[ "$(memory)" -le $((memory_before + 512)) ]
