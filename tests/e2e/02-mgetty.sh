#!/bin/bash
# 02-mgetty.sh - the exchange is nobody's friend: Debian's mgetty and pppd,
# as they are, answer a call on the ttys that masqd uses elsewhere
#
#	[caller-ann] pppd, chat - sub1 ~~~ bank1 - mgetty, pppd 10.99.0.1
#	        10.99.0.2
#
# world: uml
. "${WORLD_TREE-.}/tests/e2e/lib.sh"

telephones --bank 1 --subscribers 1 --rate 115200 --ring 900

tty=$(basename "$(readlink /run/exchange/bank1)")
mkdir -p /etc/mgetty /var/log/mgetty
cat >/etc/mgetty/mgetty.config <<-EOF
	port $tty
	  speed 115200
	  data-only yes
	  debug 6
EOF
echo '/AutoPPP/ - - /usr/sbin/pppd auth require-pap' >/etc/mgetty/login.config
chmod 600 /etc/mgetty/login.config
# `connect true`: without it pppd opens the tty once more to wait for the
# carrier, and N_GSM of Linux 6.1 never wakes an open() that waits.
cat >"/etc/ppp/options.$tty" <<-EOF
	10.99.0.1:10.99.0.2
	connect true
	debug
	logfile $LOG/pppd.log
	noccp
	noipv6
EOF
echo '* * "secret" *' >/etc/ppp/pap-secrets
chmod 600 /etc/ppp/pap-secrets
ln -s "$LOG/mgetty.log" "/var/log/mgetty/mg_$tty.log"
start init bash -c "while :; do setsid /sbin/mgetty '$tty'; sleep 0.2; done"

waits()
{
	order state | grep -q '^bank1 .* idle DTR' &&
		grep -c 'waiting\.\.\.' "$LOG/mgetty.log" |
			grep -qx "$1"
}

claim 'mgetty sets the modem up and waits for a call' wait_for 20 waits 1
dial ann 1 mgettyuser secret
claim 'the caller is online' wait_for 30 online ann
claim 'the caller has the address that pppd gave' \
	same 10.99.0.2 "$(address_of ann)"
claim 'echo goes both ways' on ann ping -c 3 -i 0.2 -W 5 10.99.0.1
hang_up ann
claim 'pppd at the other end is gone too' wait_for 10 no_process pppd
claim 'mgetty waits for the next call' wait_for 20 waits 2
