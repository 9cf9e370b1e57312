#!/bin/bash
# 62-quirks.sh - callers whose PPP is old or odd, against masqd and pppd
#
#	ppp_peer.py (a caller of some style) - pty = pty - pppd, masq.so - masqd
#
# world: uml
# limit: 300
. "${WORLD_TREE-.}/tests/e2e/lib.sh"

internet
mkdir /run/pty
start ptys python3 "$here/ptys.py" /run/pty/caller /run/pty/bank
need 'there is a pty' wait_for 5 [ -e /run/pty/bank ]
POOL=10.64.0.254-10.64.1.3
masqd_conf 0 | masqd_start

# As masqd starts it: the presets that every caller gets, and one more; but
# that a caller who answers no echo is found out within seconds.  By the second
# `debug' pppd logs echoes while the link is up, too.
echo 'debug lcp-echo-interval 1 lcp-echo-failure 3' >/run/echo
call() # STYLE [PRESET]
{
	wait_for 10 no_process pppd /run/pty/bank
	said=$LOG/peer-$1.log
	start "answer-$1" pppd /run/pty/bank 115200 local nocrtscts nodetach \
	    plugin masq.so masq-socket /run/masqd/plugin masq-line "$1" \
	    debug auth file "$tree/etc/presets/base" \
	    file "$tree/etc/presets/${2-base}" file /run/echo
	answering=$pid
	start "peer-$1" python3 "$here/ppp_peer.py" /run/pty/caller "$1" \
	    alice secret1
	peer=$pid
}

says() # PATTERN
{
	contains "$said" "^$1\$"
}

# pppd, which counts three unanswered ones, has sent so many more.
echoes()
{
	[ "$(grep -c 'sent .LCP EchoReq' "$LOG/answer-$1.log")" -ge 6 ]
}

over()
{
	kill "$peer"
	wait_for 10 gone "$peer"
	wait_for 10 gone "$answering"
}

call ka9q mac
claim 'KA9Q: empty Configure-Request, no magic number: it logs in' \
	wait_for 20 says 'logged in'
claim 'IPCP option 1, the only one it knows, is answered with both addresses' \
	wait_for 10 says 'nak 8021 1=10\.64\.0\.254\.10\.64\.0\.1'
claim 'and it is online by that' wait_for 10 says 'online 10\.64\.0\.254'
claim 'masqd knows its address' sh -c "masqctl sessions | grep '10\.64\.0\.254'"
claim 'pppd sends it LCP echoes' wait_for 20 echoes ka9q
claim 'which it answers with nothing in them' \
	contains "$LOG/answer-ka9q.log" 'rcvd .LCP EchoRep id=0x[0-9a-f]*\]'
claim 'and it is still there' sessions_are 1
over

call pap
claim 'one that rejects all but PAP and its address is online' \
	wait_for 20 says 'online 10\.64\.1\.1'
claim 'no address ends in .255 or .0' \
	sh -c "masqctl sessions | grep '10\.64\.1\.1'"
claim 'LCP echoes with a magic number of zero keep it there' wait_for 20 \
	echoes pap
claim 'and it is still there' sessions_are 1
over

call windows win95
claim 'CBCP is rejected' wait_for 20 says 'rejected c021 13'
claim 'Windows is online' wait_for 20 says 'online 10\.64\.1\.2'
claim 'NetBEUI is rejected, not met with silence' wait_for 5 says \
	'protocol-rejected 803f'
claim 'so is IPX' wait_for 5 says 'protocol-rejected 802b'
claim 'so is compression control' wait_for 5 says 'protocol-rejected 80fd'
claim 'so are link quality reports' wait_for 5 says 'protocol-rejected c025'
claim 'an echo of odd length comes back as it was' wait_for 5 says 'echo odd'
claim 'both DNS servers are told' says "nak 8021 .*129=$SERVER.*131=$SERVER.*"
claim 'NBNS servers are rejected' says 'rejected 8021 130 132'
claim 'VJ compression of RFC 1332 is accepted' says 'compression 6'
over

call old
claim 'who wants an address of its own is told another' \
	wait_for 20 says 'nak 8021 .*3=10\.64\.1\.3'
claim 'and is online with that' wait_for 20 says 'online 10\.64\.1\.3'
claim 'the VJ option of four octets is no obstacle' \
	sh -c "grep -Ex 'compression 4|rejected 8021 2' $said"
note "$(grep -E 'compression|rejected' "$said")"
over
claim 'no session is left' wait_for 5 sessions_are 0

for preset in "$tree"/etc/presets/*; do
	claim "pppd knows all options of the preset $(basename "$preset")" \
		pppd dryrun notty noauth file "$preset"
done
