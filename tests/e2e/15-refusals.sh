#!/bin/bash
# 15-refusals.sh - what goes wrong is said clearly, and harms nobody else
#
#	[caller-ann]   - sub1 ~ bank1 - masqd     the pool has one address
#	[caller-ben]   - sub2 ~ bank2 /
#	                        bank3 (modem silent), bank4 (answers ERROR)
# world: uml
# limit: 300
. "${WORLD_TREE-.}/tests/e2e/lib.sh"

internet
telephones --bank 4 --subscribers 2 --rate 230400 --ring 600
order silent bank3 >/dev/null
order error bank4 >/dev/null
POOL=10.64.0.7-10.64.0.7
masqd_conf 4 | masqd_start
lines_ready bank1 bank2
log=$LOG/masqd.log

claim 'a silent modem: the line is bad, and says why' \
	wait_for 60 gives bank3 'does not answer'
claim 'a modem that answers ERROR: the line is bad, and says why' \
	wait_for 60 gives bank4 ERROR
claim 'the log names both lines' contains "$log" 'line bank3: .*not answer'
claim 'and the other' contains "$log" 'line bank4: .*ERROR'
# They are tried again less and less often: it is seen at the end.
order normal bank3 >/dev/null
order normal bank4 >/dev/null

refused() # CALLER
{
	wait_for 30 contains "$LOG/caller-$1.log" 'pppd ends with'
}

dial ann 1 alice not-her-password
claim 'a wrong password ends the call' refused ann
claim 'the log has line and user' \
	wait_for 3 contains "$log" 'line bank1: user alice: .*password'
claim 'and not the password' contains_not "$log" 'not-her-password'
claim 'the caller never got an address' not online ann

: >"$LOG/caller-ann.log"
dial ann 1 nobody-we-know secret1
claim 'an unknown user ends the call' refused ann
claim 'the log has the name' wait_for 3 contains "$log" 'user nobody-we-know'
claim 'no session was made' sessions_are 0
claim 'the lines are idle' wait_for 10 lines_idle bank1 bank2

dial ann 1 alice secret1
need 'alice is online' wait_for 30 online ann
dial ben 2 bob secret2
claim 'the pool is exhausted: the second caller is refused' refused ben
claim 'the log gives the reason' \
	wait_for 3 contains "$log" 'bob.*(pool|address)'
claim 'and the call has its cause' wait_for 10 line_is bank2 last_cause \
	Service-Unavailable
claim 'alice is not disturbed' fetch ann page.html
hang_up ann
claim 'her address returns' wait_for 3 sessions_are 0
: >"$LOG/caller-ben.log"
wait_for 10 lines_idle bank1 bank2
# His pppd will hang when it is told to end.
echo "disconnect \"trap '' TERM HUP; sleep 600\"" >>/run/ppp-options
dial ben 2 bob secret2
claim 'then bob gets it' wait_for 30 online ben

# While bank3 and bank4 wait for their next trial.
masqctl hangup bank1 >/dev/null
claim 'modems that work again are taken back' \
	wait_for 60 lines_idle bank3 bank4
claim 'a pppd that hangs is killed, and its line idle again' \
	wait_for 40 lines_idle bank1
claim 'and the log says so' contains "$log" 'line bank1: its pppd .*killed'
