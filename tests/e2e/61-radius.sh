#!/bin/bash
# 61-radius.sh - auth = "pppd": pppd's own radius.so asks a FreeRADIUS on the
# host; its Framed-IP-Address is the lease.  And pppd's secrets files.
#
#	[caller-ann] - sub1 ~ bank1 - masqd - pppd, masq.so, radius.so
#	                                            | 127.0.0.1:1812, 1813
#	                                       freeradius
# world: uml
# limit: 240
. "${WORLD_TREE-.}/tests/e2e/lib.sh"

radius=$B/freeradius/root
if [ ! -x "$radius/usr/sbin/freeradius" ]; then
	echo "ok 1 - RADIUS # SKIP freeradius could not be fetched," \
	    "see $B/freeradius/log"
	echo 1..1
	trap - EXIT
	exit 0
fi
libraries=$(find "$radius" -name '*.so*' -printf '%h:' | sort -u)
# Debian has it where masq.so goes, too.
if ! ls /usr/lib/pppd/*/radius.so >/dev/null 2>&1; then
	echo 'ok 1 - RADIUS # SKIP this pppd has no radius.so'
	echo 1..1
	trap - EXIT
	exit 0
fi

# A server of our own, of as few parts as serve.
server()
{
	mkdir -p /run/radius/server
	cat >/run/radius/server/radiusd.conf <<-EOF
		libdir = $(dirname "$(find "$radius" -name rlm_files.so)")
		logdir = /run/radius
		pidfile = /run/radius/pid
		client host {
			ipaddr = 127.0.0.1
			secret = testing
		}
		modules {
			files {
				usersfile = /run/radius/users
			}
			pap {
			}
			chap {
			}
			detail {
				filename = /run/radius/calls
			}
		}
		server masqd {
			listen {
				type = auth
				ipaddr = 127.0.0.1
				port = 1812
			}
			listen {
				type = acct
				ipaddr = 127.0.0.1
				port = 1813
			}
			authorize {
				files
				chap
				pap
			}
			authenticate {
				pap
				chap
			}
			accounting {
				detail
			}
		}
	EOF
	cat >/run/radius/users <<-EOF
		alice	Cleartext-Password := "secret1"
		  Framed-IP-Address = 10.64.9.9

		bob	Cleartext-Password := "secret2"
		  Session-Timeout = 3

	EOF
	: >/run/radius/calls
	start radius env LD_LIBRARY_PATH="$libraries" \
	    "$radius/usr/sbin/freeradius" -X -d /run/radius/server \
	    -D "$radius/usr/share/freeradius"
}

# What radius.so reads: the client that pppd has built in.
client()
{
	mkdir -p /run/radius/client
	cd /run/radius/client || return
	echo '127.0.0.1 testing' >servers
	: >map
	# number, name, type
	while read -r number name type; do
		echo "ATTRIBUTE $name $number $type"
	done >dictionary <<-EOF
		1 User-Name string
		2 Password string
		3 CHAP-Password string
		4 NAS-IP-Address ipaddr
		5 NAS-Port-Id integer
		6 Service-Type integer
		7 Framed-Protocol integer
		8 Framed-IP-Address ipaddr
		18 Reply-Message string
		25 Class string
		27 Session-Timeout integer
		28 Idle-Timeout integer
		30 Called-Station-Id string
		31 Calling-Station-Id string
		32 NAS-Identifier string
		40 Acct-Status-Type integer
		41 Acct-Delay-Time integer
		42 Acct-Input-Octets integer
		43 Acct-Output-Octets integer
		44 Acct-Session-Id string
		45 Acct-Authentic integer
		46 Acct-Session-Time integer
		47 Acct-Input-Packets integer
		48 Acct-Output-Packets integer
		49 Acct-Terminate-Cause integer
		60 CHAP-Challenge string
		61 NAS-Port-Type integer
		77 Connect-Info string
	EOF
	cat >client.conf <<-EOF
		auth_order radius
		login_tries 1
		login_timeout 60
		nologin /nonexistent
		issue /dev/null
		authserver 127.0.0.1:1812
		acctserver 127.0.0.1:1813
		servers $PWD/servers
		dictionary $PWD/dictionary
		login_radius /bin/false
		seqfile /run/radius.seq
		mapfile $PWD/map
		default_realm
		radius_timeout 5
		radius_retries 2
		login_local /bin/false
	EOF
	cd "$tree" || return
}

conf()
{
	masqd_conf 1 | sed 's/^auth = .*/auth = "pppd"/
		s/modem = "auto"/& preset = "win95"/'
}

internet
telephones --bank 1 --subscribers 1 --rate 230400 --ring 600
echo "127.0.0.1 localhost $(hostname)" >/etc/hosts
server
client
need 'the RADIUS server is ready' wait_for 20 \
	contains "$LOG/radius.log" 'Ready to process requests'
echo 'plugin radius.so
radius-config-file /run/radius/client/client.conf' >/run/ppp-options
conf | masqd_start
lines_ready bank1

refused()
{
	wait_for 30 contains "$LOG/caller-ann.log" 'pppd ends with'
}

dial ann 1 alice secret1
claim 'the RADIUS server lets alice in' wait_for 30 online ann
claim 'her address is the one that it gave' same 10.64.9.9 "$(address_of ann)"
claim 'masqd has leased that' \
	sh -c "masqctl sessions | grep 'alice.*10\.64\.9\.9'"
claim 'her pppd has the options of every caller and those of her line' \
	test -n "$(processes pppd "presets/base file [^ ]*presets/win95 ")"
claim 'she reaches the Internet' fetch ann page.html
claim 'the server has heard that her call has begun' wait_for 10 \
	contains /run/radius/calls 'Acct-Status-Type = Start'
hang_up ann
claim 'and that it has ended' wait_for 10 \
	contains /run/radius/calls 'Acct-Status-Type = Stop'
claim 'the session has ended' wait_for 5 sessions_are 0
wait_for 15 lines_idle bank1

: >"$LOG/caller-ann.log"
dial ann 1 alice wrong
claim 'a wrong password ends the call' refused
claim 'because the server says so' contains "$LOG/radius.log" 'Access-Reject'
wait_for 15 lines_idle bank1

dial ann 1 bob secret2 refuse-pap
claim 'CHAP, by its MD5, goes to the server as well' wait_for 30 online ann
claim 'who has no address there has one of the pool' \
	sh -c "echo $(address_of ann) | grep -x '10\.64\.0\.[0-9]*'"
claim 'the time that the server gave him ends his call' wait_for 15 \
	contains "$LOG/masqd.log" "user bob.*session's time is over"
claim 'and the line waits for the next' wait_for 15 lines_idle bank1

# The same without a plugin: pppd's own files, with an address there.
masqd_stop
echo 'noccp' >/run/ppp-options
mkdir -p /etc/ppp
echo 'carol * secret3 10.64.8.8' >/etc/ppp/pap-secrets
chmod 600 /etc/ppp/pap-secrets
: >"$LOG/caller-ann.log"
conf | masqd_start
lines_ready bank1
dial ann 1 carol secret3
claim 'pppd lets carol in by its pap-secrets' wait_for 30 online ann
claim 'with the address that stands there' same 10.64.8.8 "$(address_of ann)"
hang_up ann
wait_for 15 lines_idle bank1
: >"$LOG/caller-ann.log"
dial ann 1 carol wrong
claim 'and not with a wrong password' refused
