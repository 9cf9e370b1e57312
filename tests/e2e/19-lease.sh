#!/bin/bash
# 19-lease.sh - an address that a caller asks for is given if it is free and
# in the pool; otherwise he gets another
#
#	[caller-ann] - sub1 ~ bank1 - masqd     pool 10.64.0.2-10.64.0.250
#	[caller-ben] - sub2 ~ bank2 /
#
# world: uml
. "${WORLD_TREE-.}/tests/e2e/lib.sh"

internet
telephones --bank 2 --subscribers 2 --rate 230400 --ring 600
masqd_conf 2 | masqd_start
lines_ready bank1 bank2

dial ann 1 alice secret1 10.64.0.77: ipcp-accept-local
need 'ann asks for 10.64.0.77 and is online' wait_for 30 online ann
claim 'she has it' same 10.64.0.77 "$(address_of ann)"
claim 'and reaches the Internet with it' fetch ann page.html

dial ben 2 bob secret2 10.64.0.77: ipcp-accept-local
need 'ben asks for the same address and is online' wait_for 30 online ben
claim 'he has another, of the pool' \
	sh -c "echo $(address_of ben) | grep -x '10\.64\.0\.[0-9]*' |
	grep -vx 10.64.0.77"
hang_up ben
claim 'his session has ended' wait_for 5 sessions_are 1

dial ben 2 bob secret2 192.168.7.7: ipcp-accept-local
need 'ben asks for an address of elsewhere and is online' wait_for 30 online ben
claim 'he has one of the pool' \
	sh -c "echo $(address_of ben) | grep -x '10\.64\.0\.[0-9]*'"
claim 'and reaches the Internet with it' fetch ben page.html
