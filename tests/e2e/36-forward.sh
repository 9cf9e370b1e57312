#!/bin/bash
# 36-forward.sh - an outside port leads to a user while she is online, and to
# nobody otherwise
#
#	[caller-ann] - sub1 ~ bank1 - masqd - up0 - [inet] - [far]
#	 web server                     198.51.100.1
#
# world: uml
# limit: 300
. "${WORLD_TREE-.}/tests/e2e/lib.sh"

internet
telephones --bank 2 --subscribers 2 --rate 460800 --ring 600
{
	masqd_conf 2
	echo 'forward "web" { protocol = "tcp" port = 8080 to = "alice:80" }'
	echo 'forward "low" { protocol = "tcp" port = 443 to = "alice:80" }'
} | masqd_start
lines_ready bank1 bank2

# What somebody on the Internet gets at a port of the uplink's address.
fetch_at() # PORT
{
	in_far curl -sSf --max-time 10 -o "$LOG/at.$1" \
	    "http://$UPLINK:$1/page.html" && cmp "$LOG/at.$1" /run/web/page.html
}

refused_at() # PORT
{
	in_far curl -s --max-time 10 "http://$UPLINK:$1/"
	same 7 $? # curl(1): failed to connect
}

forward_is() # NAME STATE
{
	same "$2" "$(masqctl forward list --json |
		json "[f for f in find('forwards')
		if f['name'] == '$1'][0]['state']")"
}

drops() # NAME...
{
	masqctl drops --json | json "sum(d['count'] for d in find('drops')
		if d['name'] in '$*'.split())"
}

masqctl forward add brief tcp 8082 nobody
need 'a forward to nobody' wait_for 5 forward_is brief closed
claim 'is deleted' masqctl forward del brief
claim 'the forward stands there, and nobody' forward_is web closed
claim 'an absent user: the port answers as a closed one' refused_at 8080
claim 'and so below 1024' refused_at 443
caller_home ann
web caller-ann 0.0.0.0 80
dial ann 1 alice secret1
need 'ann is online' wait_for 30 online ann
claim 'the forward is open' wait_for 3 forward_is web open
claim 'her page is fetched from outside' fetch_at 8080
claim 'by a port below 1024 too' fetch_at 443
claim 'what arrives comes from the Internet, not from the gateway' \
	contains "$LOG/web-0.0.0.0.log" "^$SERVER .*GET"

dial ben 2 bob secret2
need 'ben is online' wait_for 30 online ben
hairpin()
{
	on ben curl -sSf --max-time 20 -o "$LOG/hairpin" \
	    "http://$UPLINK:8080/page.html" && cmp "$LOG/hairpin" \
	    /run/web/page.html
}
claim 'another caller reaches it by the outside address' hairpin
claim 'and is seen as the outside address' \
	contains "$LOG/web-0.0.0.0.log" "^$UPLINK .*GET"

claim 'masqctl adds a forward' masqctl forward add more tcp 80 alice
claim 'which is soon open' wait_for 5 forward_is more open
claim 'and is reached' wait_for 5 fetch_at 80
claim 'and deletes it' masqctl forward del more
claim 'after which nobody is there' not fetch_at 80

web - $UPLINK 8081
wait_for 10 curl -sfo /dev/null "http://$UPLINK:8081/page.html"
claim 'a port that a program of the host has' \
	masqctl forward add taken tcp 8081 alice
claim 'is not forwarded' wait_for 5 forward_is taken blocked
why()
{
	masqctl forward list >"$LOG/list"
	contains "$LOG/list" 'taken: port 8081: Address already in use'
}
claim 'and the list says why' why
claim 'the program goes on serving' in_far curl -sSf --max-time 10 \
	-o /dev/null "http://$UPLINK:8081/page.html"

explain()
{
	masqctl explain tcp $SERVER 5000 $UPLINK 8080 >"$LOG/explain" &&
		contains "$LOG/explain" alice
}
claim 'masqctl explains where a packet to it goes' explain

claim 'masqctl kick ends her session' masqctl kick alice
claim 'and says so' contains "$LOG/claim.$claims" 'alice: 1 session is hung up'
claim 'it has ended within 3 s' wait_for 3 sessions_are 1
claim 'the port is closed again' refused_at 8080
claim 'a second kick is refused' not masqctl kick alice
wait_for 10 no_process pppd 'ipparam ann'
wait_for 10 lines_idle bank1

dial ann 1 alice secret1
need 'ann is online again' wait_for 30 online ann
note "at $(address_of ann)"
claim 'and the forward has followed her' fetch_at 8080
# What masqd hears of it, it would drop by name.
not_listened_to()
{
	local before
	wait_for 10 fetch_at 8082 || return
	before=$(drops no-mapping no-target)
	fetch_at 8082 && same "$before" "$(drops no-mapping no-target)"
}
claim 'the port of a deleted forward is free after its quarantine' \
	wait_for 130 python3 -c "import socket
socket.create_server(('$UPLINK', 8082)).close()"
web - $UPLINK 8082
claim 'and masqd is deaf to it' not_listened_to
claim 'no private address was on the uplink' captured_no_private uplink
