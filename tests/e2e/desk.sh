# desk.sh - for scripts with a computer on a network; sourced after lib.sh
#
#	[desk] 10.65.0.9 -- eth1 - masqlan - masqd 10.65.0.1

at() # NAMESPACE COMMAND...
{
	ip netns exec "$@"
}

# A computer behind INTERFACE of the gateway host, which has no address.
home() # NAME INTERFACE ADDRESS GATEWAY
{
	ip link add "$2" type veth peer name "$1"
	ip netns add "$1"
	ip link set "$1" netns "$1"
	ip -n "$1" link set lo up
	ip -n "$1" addr add "$3/24" dev "$1"
	ip -n "$1" link set "$1" up
	ip -n "$1" route add default via "$4"
	mkdir -p "/etc/netns/$1"
	echo "nameserver $SERVER" >"/etc/netns/$1/resolv.conf"
}

# Most scripts have one computer, `desk`, on a network `lan` behind eth1.
home_desk()
{
	home desk eth1 10.65.0.9 10.65.0.1
}

# Its configuration, with this `uplink` section.
lan_conf() # KEYS OF THE UPLINK
{
	echo "uplink { $1 }"
	masqd_conf 0 | grep -v '^uplink'
	cat <<-END
	network "lan" { tun = "masqlan" from = "eth1"
		subnet = "10.65.0.0/24" gateway = "10.65.0.1" }
	END
}

desk_fetches() # PATH, FETCH_TIME in the environment
{
	at desk curl -sSf --max-time "${FETCH_TIME:-20}" -o "$LOG/desk" \
	    "http://$SERVER/$1" && cmp "$LOG/desk" "/run/web/$1"
}

# talker.py at the server, and at the desk with flows that stay open.
talker_serves()
{
	start talker in_far python3 "$here/talker.py" serve $SERVER
}

talker_talks()
{
	mkfifo "$LOG/words"
	start talk at desk python3 "$here/talker.py" talk $SERVER \
	    "$LOG/words" "$LOG/talk"
}

talk() # WORD: say it on the open flows
{
	echo "$1" >"$LOG/words"
	wait_for 60 grep -q "^$1 tcp" "$LOG/talk"
}

said() # PATTERN
{
	contains "$LOG/talk" "$1"
}

# Nothing of the network in a capture that has something; tcpdump shows what
# ICMP errors quote, too.
captured_no_lan() # NAME
{
	captured "$1" -v >"$LOG/$1.text"
	contains "$LOG/$1.text" "$SERVER" &&
		contains_not "$LOG/$1.text" '10\.65\.0\.'
}
