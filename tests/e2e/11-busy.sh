#!/bin/bash
# 11-busy.sh - all lines taken: BUSY; after a hang-up a line answers again
# within 5 s, twenty times in a row
#
#	[caller-ann]   - sub1 ~ bank1 - masqd     ann keeps her line
#	[caller-ben]   - sub2 ~ bank2 /
#	[caller-carol] - sub3 ~ BUSY
#
# world: uml
# limit: 240
. "${WORLD_TREE-.}/tests/e2e/lib.sh"

internet
telephones --bank 2 --subscribers 3 --rate 115200 --ring 600 --training 100
masqd_conf 2 | masqd_start
lines_ready bank1 bank2

dial ann 1 alice secret1
dial ben 2 bob secret2
need 'ann is online' wait_for 30 online ann
need 'ben is online' wait_for 30 online ben
dial carol 3 carol secret3
claim 'the third caller hears BUSY' wait_for 10 heard carol BUSY
# Her pppd puts the mode of her modem's tty back before it ends.
claim 'and gives up' wait_for 30 no_process pppd 'ipparam carol( |$)'
hang_up ben
claim 'a line answers within 5 s after each of 20 hang-ups' \
	python3 "$here/answers.py" sub3 $BANK 20 5
sed 's/^/# /' "$LOG/claim.$claims"
dial ben 2 bob secret2
claim 'and then takes a call' wait_for 30 online ben
claim 'ann was never disturbed' fetch ann page.html
