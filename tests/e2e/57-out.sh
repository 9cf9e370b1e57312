#!/bin/bash
# 57-out.sh - a modem of the bank dials out for another program, and is taken
# out of service so that the exchange finds it busy
#
#	[caller-ann] - sub1 ~ bank1 - masqd, or a pppd with `lock`
#
# world: uml
# limit: 240
. "${WORLD_TREE-.}/tests/e2e/lib.sh"

internet
telephones --bank 1 --subscribers 2 --rate 115200 --ring 600 --training 100
masqd_conf 1 | masqd_start
lines_ready bank1
bank=$(readlink -f /run/exchange/bank1)
lock=/run/lock/LCK..${bank##*/}
mkdir -p /run/lock

# A program that dials out: it locks, asks the modem, and goes on to PPP that
# nobody answers.
cat >/run/ask <<'END'
#!/bin/sh
exec chat -V -t 5 '' AT OK ATI OK AT OK
END
chmod +x /run/ask
dials()
{
	pppd "$bank" 115200 lock nodetach noauth local noip connect /run/ask \
	    lcp-max-configure 3 lcp-restart 1 nodefaultroute
}

claim 'an idle line holds no lock file' not test -e "$lock"
start pppd-out dials
dialler=$pid
claim 'pppd gets the idle modem, the line is out' wait_for 10 line_is bank1 state out
wait_for 60 gone "$dialler"
claim 'the modem answered it, and nobody else read along' \
	contains "$LOG/pppd-out.log" 'Connect:|ConnectFailed|LCP: timeout'
claim 'the lock gone, the line comes back' wait_for 20 line_is bank1 state idle

dial ann 1 alice secret1
claim 'ann dials in on it' wait_for 40 online ann
claim 'a line with a call holds the lock file' test -e "$lock"
claim 'which keeps pppd away' not dials
sed 's/^/# /' "$LOG/claim.$claims"
claim 'ann was not disturbed' fetch ann page.html

claim 'busy-out waits for the end of the call' masqctl busy-out bank1
claim 'ann is still there' fetch ann page.html
hang_up ann
claim 'then the line is out of service' wait_for 15 line_is bank1 state busy-out
dial ben 2 bob secret2
claim 'and the exchange finds it busy' wait_for 20 heard ben BUSY
hang_up ben
masqctl restore bank1
claim 'restored, it is set up' wait_for 20 line_is bank1 state idle
dial ann 1 alice secret1
claim 'and takes a call' wait_for 40 online ann
