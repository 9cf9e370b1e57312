#!/bin/bash
# 50-slip.sh - the kernel's SLIP as callers: plain, compressed, and by slattach
#
#	[caller-ann]  ppp0, cslip by login ---\
#	[caller-bob]  ppp0, slip by login ----- tcp:2323 - masqd - up0 - [far]
#	[caller-carl] ppp0, slattach -p cslip - tcp:2400, a line of his own
#
# world: uml
# limit: 300
. "${WORLD_TREE-.}/tests/e2e/lib.sh"

internet
start echo in_far python3 "$here/echo.py" serve $SERVER 7
wait_for 10 grep -q ready "$LOG/echo.log"
{
	masqd_conf 0
	cat <<-END
	line "net" { port = "tcp:127.0.0.1:2323" calls = 4
		protocols = { "slip", "login" } }
	line "carl" { port = "tcp:127.0.0.1:2400" user = "carl"
		address = "10.64.0.251" protocols = { "slip" } }
	END
} | masqd_start

call() # NAME USER PASSWORD PROTOCOL
{
	caller_home "$1"
	start "caller-$1" python3 "$here/slip_caller.py" "$1" \
	    127.0.0.1:2323 "$2" "$3" "$4"
}

call_by_slattach()
{
	local name
	start tcpline python3 "$here/tcpline.py" /run/carl 127.0.0.1:2400
	wait_for 10 grep -q ready "$LOG/tcpline.log" || return
	start slattach slattach -v -L -p cslip /run/carl
	wait_for 10 grep -q 'interface sl' "$LOG/slattach.log" || return
	name=$(sed -n 's/.*interface //p' "$LOG/slattach.log")
	ip link set "$name" netns caller-carl &&
		ip -n caller-carl link set "$name" name ppp0 &&
		ip -n caller-carl addr add 10.64.0.251 peer $GATEWAY dev ppp0 &&
		ip -n caller-carl link set ppp0 mtu 1006 up &&
		ip -n caller-carl route add default dev ppp0
}

# Octets on the line, both ways, in the call of a USER.
wire() # USER
{
	masqctl --json lines | json "[l['in'] + l['out'] for l in find('lines')
		if l['user'] == '$1'][0]"
}

of_session() # USER KEY
{
	masqctl --json sessions | json "[s for s in find('sessions')
		if s['user'] == '$1'][0]['$2']"
}

# Octets of IP, both ways.
of_ip() # USER
{
	echo $(($(of_session "$1" bytes_in) + $(of_session "$1" bytes_out)))
}

# A word of the kernel's count: 3 errors and 4 drops received, 7 and 16
# compressed packets, received and sent.
counted() # CALLER FIELD
{
	on "$1" awk -v "n=$2" '/ppp0:/ { sub(/.*:/, ""); print $n }' \
	    /proc/net/dev
}

none_tossed() # CALLER
{
	same '0 0' "$(counted "$1" 3) $(counted "$1" 4)"
}

pings() # CALLER
{
	on "$1" ping -q -c 3 -i 0.2 -W 4 -s 900 -p c0dbdcdd $SERVER
}

echoes() # CALLER keys|bulk COUNT
{
	on "$1" python3 "$here/echo.py" "$2" $SERVER 7 "$3"
}

# But for what IPv6 and the like would send to everybody.
nothing_dropped()
{
	same '' "$(masqctl drops | awk '$1 ~ /^[0-9]+$/ && $1 > 0 &&
		!/answered|dropped in all|sent on|martian/')"
}

# What the wire carried for 100 octets of IP, of keystrokes and their echoes.
keystrokes() # CALLER USER
{
	local wire ip
	wire=$(wire "$2")
	ip=$(of_ip "$2")
	echoes "$1" keys 200 || return
	wire=$(($(wire "$2") - wire))
	ip=$(($(of_ip "$2") - ip))
	note "$1: $ip octets of IP, $wire on the line" >&2
	share=$((wire * 100 / ip))
}

# TCP's own options would make every header another one: RFC 1144 is of 1990.
for name in ann bob carl; do
	caller_home $name
	on $name sysctl -qw net.ipv4.tcp_timestamps=0
	echo "nameserver $SERVER" >/etc/netns/caller-$name/resolv.conf
done
call ann alice secret1 cslip
call bob bob secret2 slip
need 'a line for the kernel by slattach' call_by_slattach
for name in ann bob; do
	need "$name is online" wait_for 30 online $name
done

for name in ann bob carl; do
	claim "$name pings the server, END and ESC in it" pings $name
done
claim 'carl is plain until he compresses' same slip "$(of_session carl protocol)"
for name in ann bob carl; do
	claim "$name fetches a page" fetch $name page.html
	claim "$name fetches 128 kB in which every octet is at every place" \
	    fetch $name every
	claim "$name sends 100 kB and gets them back" echoes $name bulk 100000
done

claim 'bob is plain' same slip "$(of_session bob protocol)"
claim 'ann compresses, as she said' same cslip "$(of_session alice protocol)"
claim 'carl compresses, and masqd does since' same cslip \
	"$(of_session carl protocol)"
claim "bob's keystrokes" keystrokes bob bob
claim 'take more octets on the line than IP has' [ "$share" -gt 100 ]
claim "ann's keystrokes" keystrokes ann alice
claim 'take less than a quarter of what IP has' [ "$share" -lt 25 ]
claim "carl's keystrokes" keystrokes carl carl
claim 'as well' [ "$share" -lt 25 ]
for name in ann carl; do
	claim "the kernel restored all that came to $name" none_tossed $name
	claim 'compressed packets, both ways' sh -c "
		[ $(counted $name 7) -gt 300 ] &&
		[ $(counted $name 16) -gt 300 ]"
done
claim 'nothing was dropped' nothing_dropped

masqctl hangup carl/1 >/dev/null
claim 'hung up from the console, the line is idle' wait_for 10 \
	line_is carl/1 state idle
kill "$(pgrep -f 'slip_caller.py ann')"
claim 'ann hangs up: her session is gone' wait_for 10 sessions_are 1
