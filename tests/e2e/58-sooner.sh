#!/bin/bash
# 58-sooner.sh - from CONNECT to the first packet that leaves translated, for
# a caller who speaks PPP at once: masqd beside mgetty's AutoPPP, on lines of
# one kind
#
#	[caller-ann] - sub1 ~ bank1 - masqd ---------- up0 - [inet] - [far]
#	[caller-ben] - sub2 ~ bank2 - mgetty, pppd,
#	                              the kernel's masquerade /
#
# world: uml
# limit: 240
. "${WORLD_TREE-.}/tests/e2e/lib.sh"

CALLS=3

internet
telephones --bank 2 --subscribers 2 --rate 33600 --ring 900
masqd_conf 1 | masqd_start
lines_ready bank1

tty=$(basename "$(readlink /run/exchange/bank2)")
mkdir -p /etc/mgetty /var/log/mgetty
cat >/etc/mgetty/mgetty.config <<-EOC
	port $tty
	  speed 115200
	  data-only yes
	  debug 6
EOC
echo '/AutoPPP/ - - /usr/sbin/pppd auth require-pap' >/etc/mgetty/login.config
chmod 600 /etc/mgetty/login.config
# See 02-mgetty.sh.
cat >"/etc/ppp/options.$tty" <<-EOC
	10.99.0.1:10.99.0.2
	ms-dns $SERVER
	connect true
	debug
	logfile $LOG/pppd.log
	noccp
	noipv6
EOC
echo '* * "secret" *' >/etc/ppp/pap-secrets
chmod 600 /etc/ppp/pap-secrets
ln -s "$LOG/mgetty.log" "/var/log/mgetty/mg_$tty.log"
sysctl -qw net.ipv4.ip_forward=1
iptables-legacy -t nat -A POSTROUTING -s 10.99.0.0/24 -o up0 -j MASQUERADE
start init bash -c "while :; do setsid /sbin/mgetty '$tty'; sleep 0.2; done"

mgetty_waits() # for its call number so much
{
	order state | grep -q '^bank2 .* idle DTR' &&
		grep -c 'waiting\.\.\.' "$LOG/mgetty.log" | grep -qx "$1"
}

# What the caller's computer has to say as soon as it is online.
cat >/run/ask <<-EOC
	#!/bin/sh
	"$here/caller" "\$@"
	exec ping -n -c 20 -i 0.2 $SERVER
EOC
chmod 755 /run/ask

# Dial; chat(8) without a return behind CONNECT, pppd without its wait for the
# other end's first frame: LCP comes at once.
call() # CALLER N NUMBER USER PASSWORD
{
	local caller=$1
	rm -f "/run/connect.$caller"
	dial "$caller" "$2" "$4" "$5" connect-delay 1 ip-up-script /run/ask \
	    connect "chat -v -s -S -t 60 ABORT BUSY ABORT 'NO CARRIER' \
	    '' ATZ OK ATE1V1Q0X4 OK ATDT$3 CONNECT '\\c' &&
	    date +%s.%N >/run/connect.$caller"
}

# The first ping on the uplink after CONNECT, in ms from there.
took() # CALLER
{
	[ -s "/run/connect.$1" ] || return
	captured uplink -tt "icmp[0] = 8 and src $UPLINK and dst $SERVER" |
		awk -v from="$(cat "/run/connect.$1")" '
		$1 > from + 0 { printf "%.0f\n", ($1 - from) * 1000; ok = 1; exit }
		END { exit !ok }'
}

# One call, and its figure.
figure() # CALLER N NUMBER USER PASSWORD
{
	call "$@"
	need "$1 gets through" wait_for 60 online "$1"
	need 'and its ping leaves' wait_for 10 took "$1"
	took "$1" >>"$LOG/$1.figures"
	hang_up "$1"
}

median() # CALLER
{
	sort -n "$LOG/$1.figures" | sed -n "$(((CALLS + 1) / 2))p"
}

for ((i = 1; i <= CALLS; i++)); do
	need 'masqd waits' wait_for 20 lines_idle bank1
	figure ann 1 $((BANK + 1)) alice secret1
	need 'mgetty waits' wait_for 30 mgetty_waits $i
	figure ben 2 $((BANK + 2)) mgettyuser secret
done
masqd=$(median ann) mgetty=$(median ben)
note "CONNECT to the first translated packet, ms, median of $CALLS calls:" \
    "masqd $masqd ($(tr '\n' ' ' <"$LOG/ann.figures")), mgetty $mgetty" \
    "($(tr '\n' ' ' <"$LOG/ben.figures"))"
for caller in ann ben; do
	note "LCP's first frame was sent $(grep -ac 'sent \[LCP ConfReq id=0x1 ' \
	    "$LOG/caller-$caller.log") times in $CALLS calls of $caller"
done
claim 'masqd is sooner by a second and a half at least' \
    [ $((mgetty - masqd)) -ge 1500 ]
