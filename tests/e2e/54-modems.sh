#!/bin/bash
# 54-modems.sh - each family of modems is known by what it says of itself, set
# up by its profile, and its bugs are met: no line stays stuck
#
#	[caller-usr] - sub1 ~ bank1, ... [caller-86box] - sub10 ~ bank10 \
#	                      bank11 ...: one fault each                  - masqd
# world: uml
# limit: 600
. "${WORLD_TREE-.}/tests/e2e/lib.sh"

families=(usr rockwell lucent zyxel multitech elsa gsm tcpser zimodem 86box)
profiles=(usr rockwell lucent zyxel multitech elsa gsm soft soft soft)
# Which of them tell the caller's number.
tells=(yes yes yes yes yes no yes no no no)
# Bugs, met while the modem is set up, so that the line works all the same: of
# families, and one each of plain modems.
bugs=(speed '' '' late-ok '' echo echo speed '' '')
faults=(short-line wedged fax stuck-dcd)
# Not to be helped as long as they last; the reason that is given.  (Silence
# and ERROR are in 15-refusals.)
worse=(garbage ring-storm)
reasons=('not answer' 'there is no call')
first=$((${#families[@]} + 1)) bad=$((first + ${#faults[@]}))
count=$((bad + ${#worse[@]}))

internet
list=${families[*]}
# One modem more, to be plugged in elsewhere.
telephones --bank $((count + 1)) --pty-subscribers ${#families[@]} \
    --rate 33600 --ring 900 --personality "${list// /,}"
for i in "${!bugs[@]}"; do
	[ -z "${bugs[i]}" ] || order "${bugs[i]}" bank$((i + 1)) >/dev/null
done
for i in "${!faults[@]}"; do
	order personality bank$((first + i)) plain >/dev/null
	order "${faults[i]}" bank$((first + i)) >/dev/null
done
for i in "${!worse[@]}"; do
	order personality bank$((bad + i)) plain >/dev/null
	order "${worse[i]}" bank$((bad + i)) >/dev/null
done
{
	echo "modems = \"$tree/etc/modems\""
	# The number comes between the first two rings.
	masqd_conf $count | sed 's/speed = /rings = 2 &/'
} | masqd_start
log=$LOG/masqd.log

# A value of the line's modem.
modem_is() # LINE KEY VALUE
{
	same "$3" "$(masqctl lines --json | json "[l for l in find('lines')
		if l['name'] == '$1'][0]['modem']['$2']")"
}

model() # LINE
{
	masqctl lines --json | json "[l for l in find('lines')
		if l['name'] == '$1'][0]['modem']['model']"
}

for i in "${!families[@]}"; do
	line=bank$((i + 1))
	claim "${families[i]}: the line is ready" wait_for 40 lines_idle $line
	claim "it is known as ${profiles[i]}: $(model $line)" \
		modem_is $line family "${profiles[i]}"
	[ "${families[i]}" = multitech ] || claim \
		'and knows all that its profile says' \
		contains_not "$log" "$line: the modem refuses"
done
claim 'one does not, and the log names what it refuses' \
	contains "$log" 'line bank5: the modem refuses AT\+IFC=2,2'
claim 'and nothing else' same 1 "$(grep -c 'bank5: the modem refuses' "$log")"
for i in "${!faults[@]}"; do
	line=bank$((first + i))
	claim "${faults[i]}: the line is ready" wait_for 60 lines_idle $line
done
claim 'a modem that loses what is beyond twelve octets has lost nothing' \
	contains_not "$log" "line bank$first: .*(refuses|answer)"
strapped=$((first + 3))
claim 'that carrier detect is always high is told' \
	contains "$log" "line bank$strapped: carrier detect is high"
for i in "${!worse[@]}"; do
	line=bank$((bad + i))
	claim "${worse[i]}: the line is bad, with its reason" \
		wait_for 120 gives $line "${reasons[i]}"
done
order normal bank$((bad + 1)) >/dev/null
ln -sfn "$(readlink /run/exchange/bank$((count + 1)))" /run/exchange/bank$bad
claim 'it comes back when another modem has its place' \
	wait_for 120 lines_idle bank$bad
claim 'which is used now' sh -c "'$exchange' order /run/exchange.control state |
	grep -q 'bank$((count + 1)) .* DTR '"
claim 'or when its own is well again' wait_for 120 lines_idle bank$((bad + 1))

# A call to each family, all at once: what CONNECT said, and what the modem said
# after it.
for i in "${!families[@]}"; do
	NUMBER=$((BANK + i + 1)) dial "${families[i]}" $((i + 1)) alice secret1
done
for i in "${!families[@]}"; do
	line=bank$((i + 1)) number=$((BANK + 101 + i))
	[ "${tells[i]}" = yes ] || number=
	claim "a call to ${families[i]}: online" \
		wait_for 60 online "${families[i]}"
	claim 'the rate of the telephone line is known' modem_is $line tx 33600
	claim "the calling number: ${number:-none}" line_is $line caller "$number"
done
for i in "${!families[@]}"; do
	hang_up "${families[i]}"
done
for i in "${!families[@]}"; do
	claim "${families[i]}: ready for the next one" \
		wait_for 20 lines_idle bank$((i + 1))
done

said() # LINE KEY VALUE
{
	same "$3" "$(masqctl lines --json | json "[l for l in find('lines')
		if l['name'] == '$1'][0]['modem']['last_call'].get('$2')")"
}

# No signal tells the end of this one.
NUMBER=$((BANK + strapped)) dial ann 1 alice secret1
claim 'a call where carrier detect is always high: online' \
	wait_for 40 online ann
order drop sub1 >/dev/null
claim 'NO CARRIER ends it' wait_for 20 lines_idle bank$strapped
claim 'as a lost carrier' line_is bank$strapped last_cause Lost-Carrier
claim 'USRobotics counted retrains' said bank1 retrains 2
claim 'Conexant too' said bank2 retrains 2
claim 'Lucent on its second page' said bank3 retrains 2
claim 'GSM gives the cause' said bank7 reason 'Normal call clearing'
