#!/bin/bash
# 56-callers-ppp.sh - callers who speak PPP, style by style, over TCP
#
#	[caller-STYLE] pppd - dialler.py - 127.0.0.1:2323 (telnet by itself),
#	                                   127.0.0.1:2324 (telnet = "yes") masqd
#
# dialler.py does what the style does before PPP, and to the octets of PPP.
# 52-callers.py has those who speak SLIP.
# world: uml
# limit: 600
. "${WORLD_TREE-.}/tests/e2e/lib.sh"

internet
{
	masqd_conf 0
	cat <<-EOC
	line "guess" { port = "tcp:127.0.0.1:2323" calls = 12
		protocols = { "ppp", "slip", "login" } }
	line "telnet" { port = "tcp:127.0.0.1:2324" calls = 12 telnet = "yes"
		protocols = { "ppp", "slip", "login" } }
	EOC
} | masqd_start

# call CALLER STYLE PORT [PPPD OPTION...]
call()
{
	local caller=$1 style=$2 port=$3
	shift 3
	caller_home "$caller"
	rm -f "/run/caller-$caller.up"
	start "caller-$caller" on "$caller" pppd nodetach debug noauth noccp \
	    noipv6 defaultroute usepeerdns ipparam "$caller" \
	    ip-up-script "$here/caller" lcp-echo-interval 0 "$@" \
	    pty "nsenter -n -t 1 python3 $here/dialler.py $style $port"
}

user_of() # CALLER: as masqd has it
{
	masqctl sessions | awk -v a="$(address_of "$1")" 'index($0, a)' |
		grep -o 'alice\|bob\|carol'
}

as() # CALLER USER
{
	same "$2" "$(user_of "$1")"
}

# The web server's file has every octet at every place.
works() # CALLER USER
{
	as "$1" "$2" && fetch "$1" every
}

# masqd's own pppds have no ipparam.
all_hang_up()
{
	kill $(processes pppd 'ipparam ') && wait_for 60 sessions_are 0
}

say() # STYLE: in words
{
	case $1 in
	plain) echo 'LCP at once' ;;
	prompt) echo 'LCP while the prompt stands' ;;
	trumpet) echo 'a text login, then ppp' ;;
	cable) echo "Windows' null modem" ;;
	tcpser*) echo "tcpser's greeting" ;;
	dosbox*) echo "DOSBox in telnet mode" ;;
	qemu) echo "QEMU's telnet port" ;;
	telnet) echo 'a telnet program' ;;
	esac
}

styles=(plain prompt cable tcpser dosbox qemu)
for style in "${styles[@]}"; do
	call "$style" "$style" 2323 user bob password secret2
done
# Who has logged in by text is not asked again: no password is given here.
logins=(trumpet tcpser-login dosbox-login telnet)
for style in "${logins[@]}"; do
	call "$style" "$style" 2323
done
for style in "${styles[@]}"; do
	claim "$(say "$style"): online" wait_for 40 online "$style"
	claim "$(say "$style"): as bob, every octet comes" works "$style" bob
done
for style in "${logins[@]}"; do
	claim "$(say "$style"), logged in by text: online" \
	    wait_for 40 online "$style"
	claim "$(say "$style"), logged in by text: alice, every octet comes" \
	    works "$style" alice
done
claim 'all hang up, no session is left' all_hang_up

for style in dosbox dosbox-login telnet; do
	call "$style-2" "$style" 2324 user bob password secret2
done
claim 'DOSBox in telnet mode on a line that speaks telnet' \
	wait_for 40 online dosbox-2
claim 'every octet comes' works dosbox-2 bob
claim 'the same with a text login' wait_for 40 online dosbox-login-2
claim 'every octet comes' works dosbox-login-2 alice
claim 'a telnet program there' wait_for 40 online telnet-2
claim 'every octet comes' works telnet-2 alice
claim 'all hang up' all_hang_up
claim 'no password stands in the log' contains_not "$LOG/masqd.log" secret1
