#!/bin/bash
# 60-auth.sh - how a PPP caller proves who it is, and what its account changes
#
#	[caller-ann] pppd - /run/pty/ann-caller = /run/pty/ann - pppd, masq.so
#	[caller-ben] pppd - /run/pty/ben-caller = /run/pty/ben - pppd, masq.so
#	                                                             |
#	                                                           masqd
# world: uml
# limit: 600
. "${WORLD_TREE-.}/tests/e2e/lib.sh"

internet
mkdir /run/pty
for caller in ann ben; do
	start "pty-$caller" python3 "$here/ptys.py" /run/pty/$caller-caller \
	    /run/pty/$caller
	need "$caller has a pty" wait_for 5 [ -e /run/pty/$caller ]
	caller_home $caller
done

: >$accounts
chmod 600 $accounts
cat >$accounts <<-EOF
	# who may call in this script
	hashed : $(hash secret1)
	clear : {clear}secret2 : : ppp, no-vj
	fixed : {clear}secret3 : 10.64.7.9 : one-call
	slip : {clear}secret4 : : slip
	brief : {clear}secret5 : : session=3
	idler : {clear}secret6 : : idle=2
	somebody : * : 10.64.7.10
EOF

options() # CALLER
{
	echo 'plugin masq.so masq-socket /run/masqd/plugin auth local'
	echo "masq-line $1 nocrtscts noccp noipv6 nodetach debug"
	echo 'lcp-restart 1' # what is lost while one of the two starts
}

# Call, and answer with a pppd of somebody's; more options: the caller's.
# ANSWER: more of those of the pppd that answers.
call() # CALLER USER PASSWORD [PPPD OPTION...]
{
	local caller=$1 user=$2 password=$3
	shift 3
	rm -f "/run/caller-$caller.up"
	: >"$LOG/answer-$caller.log"
	: >"$LOG/caller-$caller.log"
	wait_for 10 no_process pppd "/run/pty/$caller"
	options $caller >/run/options-$caller
	start "answer-$caller" pppd "/run/pty/$caller" 115200 \
	    file /run/options-$caller ${ANSWER-}
	answering=$pid
	start "caller-$caller" on $caller pppd "/run/pty/$caller-caller" \
	    115200 nodetach debug noauth local nocrtscts noccp noipv6 \
	    lcp-restart 1 \
	    ipparam $caller ip-up-script "$here/caller" \
	    user "$user" password "$password" "$@"
}

is_online() # CALLER METHOD
{
	wait_for 20 online "$1" &&
		contains "$LOG/answer-$1.log" "has logged in by $2\$"
}

is_refused() # CALLER PATTERN
{
	wait_for 20 gone $answering &&
		contains "$LOG/answer-$1.log" "line $1: $2" &&
		not online "$1"
}

over() # CALLER
{
	hang_up $1
	wait_for 10 gone $answering
}

MD5=refuse-pap
V2='refuse-pap refuse-chap refuse-mschap'
V1='refuse-pap refuse-chap refuse-mschap-v2'
PAP='refuse-chap refuse-mschap refuse-mschap-v2 refuse-eap'

restart() # CONFIGURATION
{
	[ -z "${keeper-}" ] || masqd_stop
	{ masqd_conf 0 | grep -v '^auth'; echo "$1"; } | masqd_start
}

restart 'auth = "accounts"'
call ann hashed secret1
claim 'a caller that does everything is asked for PAP' is_online ann PAP
over ann
call ann hashed wrong
claim 'a wrong password is refused' is_refused ann 'user hashed: wrong password'
claim 'and masqd says so, with line and user' \
	wait_for 3 contains "$LOG/masqd.log" 'line ann: user hashed: wrong password'
call ann 'OFFICE\hashed' secret1 $PAP
claim 'the domain that Windows sends in front of a name does not count' \
	is_online ann PAP
over ann

call ann clear secret2 $MD5
claim 'a caller that refuses PAP is asked for CHAP' is_online ann CHAP
claim 'no-vj: header compression is rejected' \
	contains "$LOG/answer-ann.log" 'sent .IPCP ConfRej.*compress VJ'
claim 'and not asked for' \
	contains_not "$LOG/answer-ann.log" 'sent .IPCP ConfReq.*compress VJ'
over ann
call ann clear wrong $MD5
claim 'a wrong password is refused' is_refused ann 'user clear: wrong password'
call ann clear secret2 $V2
claim 'one that refuses MD5 as well is asked for MS-CHAPv2' \
	is_online ann MS-CHAPv2
over ann
call ann clear wrong $V2
claim 'a wrong password is refused' is_refused ann 'user clear: wrong password'
call ann 'OFFICE\clear' secret2 $V2
claim 'MS-CHAPv2 with a domain' is_online ann MS-CHAPv2
over ann
call ann clear secret2 $V1
claim 'one of 1995 is asked for MS-CHAP' is_online ann MS-CHAP
over ann
call ann hashed secret1 $MD5
claim 'CHAP with a hashed password: the log says why not, and where' \
	is_refused ann 'user hashed: .*accounts:2: CHAP needs the password itself'
call ann nobody secret1 $MD5
claim 'CHAP with a name that is unknown' \
	is_refused ann 'user nobody: there is no such account'

call ann slip secret4
claim 'an account for SLIP is refused' is_refused ann 'user slip: the account is not for PPP'

call ann fixed secret3
claim 'a user with an address of its own has it' is_online ann PAP
claim 'and no other' same 10.64.7.9 "$(address_of ann)"
first=$answering
call ben fixed secret3
claim 'one-call: a second call is refused' \
	is_refused ben 'no lease: masqd refuses: the user has a call already'
claim 'and the first goes on' online ann
answering=$first
over ann

ANSWER='masq-user somebody noauth' call ann ignored ignored
claim 'who has logged in by text is not asked again' wait_for 20 online ann
claim 'and has the address of the account' same 10.64.7.10 "$(address_of ann)"
over ann

call ann brief secret5
claim 'session=3 lets the caller in' is_online ann PAP
claim 'and ends the call' wait_for 10 gone $answering
claim 'for that reason' contains "$LOG/masqd.log" \
	"user brief.*ended: the session's time is over"
call ann idler secret6
claim 'idle=2 lets the caller in' is_online ann PAP
claim 'and ends the call' wait_for 10 gone $answering
claim 'for that reason' contains "$LOG/masqd.log" 'user idler.*ended: .*idle'

# masqctl changes the file; what it writes lets callers in.
account()
{
	masqctl --accounts $accounts account "$@"
}

cp $accounts /run/accounts.before
claim 'masqctl makes an account' sh -c "echo secret8 | masqctl -a $accounts \
	account add newbie 10.64.7.12 no-vj"
call ann newbie secret8
claim 'with which a caller gets in at once' is_online ann PAP
claim 'with its address' same 10.64.7.12 "$(address_of ann)"
over ann
python3 - $accounts >"$LOG/terminal" <<-'EOF'
	import os, pty, sys
	pid, fd = pty.fork()
	if pid == 0:
	    os.execvp("masqctl", ["masqctl", "-c", "-a", sys.argv[1],
	                          "account", "password", "newbie"])
	said = b""
	for _ in range(2):
	    while not said.endswith(b": "):
	        said += os.read(fd, 100)
	    os.write(fd, b"secret9\n")
	    said += b"|"
	try:
	    while more := os.read(fd, 100):
	        said += more
	except OSError:
	    pass
	print(said, os.waitpid(pid, 0)[1])
EOF
claim 'masqctl asks twice at a terminal, without echo' \
	contains_not "$LOG/terminal" secret9
call ann newbie secret9 $MD5
claim 'a password in clear is good for CHAP' is_online ann CHAP
over ann
claim 'masqctl lists it as such' \
	sh -c "masqctl -a $accounts account list | grep -E \
	'^newbie +clear +10\.64\.7\.12 +no-vj'"
claim 'a name that is taken, or an option that is none, changes nothing' \
	sh -c "! echo x | masqctl -a $accounts account add newbie &&
	! echo x | masqctl -a $accounts account add other vj=no"
claim 'masqctl takes it away' account del newbie
claim 'and all else is as it was' cmp $accounts /run/accounts.before
call ann newbie secret9
claim 'who had it is refused' is_refused ann \
	'user newbie: there is no such account'

restart 'auth = "accounts" ppp-auth = { "mschapv2", "chap", "pap" }'
call ann clear secret2
claim 'the order is the configured one' is_online ann MS-CHAPv2
over ann
call ann hashed secret1 $PAP
claim 'and a caller that can do PAP only comes in as well' is_online ann PAP
claim 'after having been offered the others' \
	contains "$LOG/answer-ann.log" 'sent .LCP ConfReq.*auth chap MS-v2'
over ann

restart 'auth = "accounts" ppp-auth = { "chap" }'
call ann clear secret2 $PAP
claim 'what is not in the list is never accepted' \
	wait_for 20 gone $answering
claim 'and the log says so' contains "$LOG/answer-ann.log" \
	'peer refused to authenticate'

# Debian's PAM, with the users and passwords of this world's host.
cp "$tree/etc/pam" /etc/pam.d/masqd
{ grep -v '^dialler:' /etc/passwd
echo 'dialler:x:4711:4711::/nonexistent:/usr/sbin/nologin'; } >/run/passwd
echo "dialler:$(hash secret7):19000:0:99999:7:::
root:$(hash secret8):19000:0:99999:7:::" >/run/shadow
mv /run/passwd /etc/passwd
mv /run/shadow /etc/shadow
chmod 600 /etc/shadow
echo 'dialler : * : 10.64.7.11' >>$accounts
restart 'auth = "pam"
	line "desk" { port = "tcp:127.0.0.1:5060" protocols = { "slip", "login" } }'
call ann dialler secret7
claim 'PAM lets a user of the host in' is_online ann 'PAP and PAM'
claim 'with the address of the accounts file' \
	same 10.64.7.11 "$(address_of ann)"
over ann
call ann dialler wrong
claim 'a wrong password is refused' is_refused ann \
	'user dialler: PAM, service masqd: Authentication failure'
call ann root secret8
claim 'root is no caller' is_refused ann 'user root: PAM'
call ann dialler secret7 $MD5
claim 'CHAP does not go with PAM' wait_for 20 gone $answering

# What a caller of the TCP line reads when it has logged in by text, or not.
by_text() # USER PASSWORD
{
	PYTHONPATH=$here python3 - "$1" "$2" <<-'EOF'
		import sys
		from cslip import Caller
		caller = Caller(5060)
		for answer in sys.argv[1:]:
		    caller.read_until(b": ", 20)
		    caller.say(answer.encode() + b"\r")
		print(caller.read_until(b": ", 20))
EOF
}
by_text dialler secret7 >"$LOG/text"
claim 'PAM lets a user in who logs in by text' \
	contains "$LOG/text" 'Protocol: '
by_text dialler wrong >"$LOG/text"
claim 'a wrong password is refused' contains "$LOG/text" 'Login incorrect'
claim 'and the log says so' contains "$LOG/masqd.log" \
	'line desk.*: user dialler: wrong password'
by_text root secret8 >"$LOG/text"
claim 'root is no caller' contains "$LOG/text" 'Login incorrect'

restart 'auth = "none"'
ANSWER='masq-user fixed noauth' call ann ignored ignored
claim 'where nobody checks, a text login lets everybody in' \
	wait_for 20 online ann
claim 'but gives nobody the address of another' \
	same 10.64.0.2 "$(address_of ann)"
over ann
claim 'no password is in a log' contains_not "$LOG/masqd.log" 'secret[0-9]'
claim 'also not of pppd' contains_not "$LOG/answer-ann.log" 'secret[0-9]'
