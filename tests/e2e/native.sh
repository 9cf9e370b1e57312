# native.sh - a set-up without PPP, for scripts that say `# world: native`
#
# Computers of a network behind masqd, and the Internet behind it, by TUN
# interfaces that are the other ends of masqd's socket links.  masqd runs as
# an ordinary user.
#
#	[inside]  in0 10.9.0.5, 10.9.0.6
#	   | tunlink, the link "lab", masqd's end is 10.9.0.1
#	  masqd, 192.0.2.1
#	   | tunlink, the uplink
#	[inet]  up0 - router - far0 203.0.113.1
#	   |
#	[far]   far1 203.0.113.80, 203.0.113.81: servers

. "${WORLD_TREE-.}/tests/e2e/lib.sh"

OUTSIDE=192.0.2.1 SECOND=203.0.113.81
folder=/run/socket-masqd control=/run/socket-masqd/control

in_inside() { ip netns exec inside "$@"; }

# As nobody; where that cannot be (root of a user namespace with one user), as
# a stranger without rights.
as_nobody()
{
	if setpriv --reuid 65534 --regid 65534 --clear-groups true 2>/dev/null
	then
		exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
	fi
	exec unshare --user "$@"
}

native_conf()
{
	cat <<-EOC
	uplink { socket = "$folder/uplink" address = "$OUTSIDE"
		ports = "${PORTS:-61000-65095}" }
	network "lab" { socket = "$folder/lab" subnet = "10.9.0.0/24"
		gateway = "10.9.0.1" mtu = 1500 }
	callers { gateway = "10.64.0.1" pool = "10.64.0.2-10.64.0.250" }
	control { socket = "$control" }
	log { level = "info" }
	EOC
}

# More sections of the configuration can follow on standard input.
native_world()
{
	local name
	mkdir -p $folder
	chown 65534:65534 $folder 2>/dev/null || chmod 777 $folder
	{ native_conf; cat; } >$folder/masqd.conf
	for name in inside inet far; do
		ip netns add $name
		ip -n $name link set lo up
	done
	wire far0 inet 203.0.113.1/24 far1 far $SERVER/24
	ip -n far addr add $SECOND/24 dev far1
	ip -n far route add default via 203.0.113.1
	in_inet sysctl -qw net.ipv4.ip_forward=1 net.ipv4.icmp_ratelimit=0 \
	    net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
	in_far sysctl -qw net.ipv4.icmp_ratelimit=0
	start masqd as_nobody "$B/masqd/masqd" --foreground \
	    --config $folder/masqd.conf
	masqd=$pid
	start tunlink-inside in_inside "$B/tests/e2e/tunlink" in0 $folder/lab
	start tunlink-inet in_inet "$B/tests/e2e/tunlink" up0 $folder/uplink
	need 'masqd serves both sockets' wait_for 10 both_ready
	ip -n inside addr add 10.9.0.5/24 dev in0
	ip -n inside addr add 10.9.0.6/24 dev in0
	ip -n inside link set in0 up
	ip -n inside route add default via 10.9.0.1 src 10.9.0.5
	ip -n inet addr add 192.0.2.254/32 dev up0
	ip -n inet link set up0 up
	ip -n inet route add $OUTSIDE dev up0 src 203.0.113.1
	need 'a computer inside reaches a server' \
	    wait_for 5 in_inside ping -c 1 -W 1 $SERVER
}

both_ready()
{
	contains "$LOG/tunlink-inside.log" ready &&
		contains "$LOG/tunlink-inet.log" ready
}
