#!/bin/bash
# 34-tun-uplink.sh - the uplink is a TUN interface with an address of masqd's
# own behind it, which the host routes
#
#	[desk] 10.65.0.9 -- eth1 - masqlan - masqd 192.0.2.77
#	                            masqup --'  the host's routing -- up0 - [inet]
# world: uml
. "${WORLD_TREE-.}/tests/e2e/lib.sh"

OWN=192.0.2.77

at()
{
	ip netns exec "$@"
}

fetched()
{
	at desk curl -sSf --max-time 20 -o "$LOG/desk" "http://$SERVER/$1" &&
		cmp "$LOG/desk" "/run/web/$1"
}

internet
ip link del lan0 # 192.0.2.0/24 is the uplink's here
ip link add eth1 type veth peer name desk
ip netns add desk
ip link set desk netns desk
ip -n desk addr add 10.65.0.9/24 dev desk
ip -n desk link set desk up
ip -n inet route add $OWN via $UPLINK
sysctl -qw net.ipv4.ip_forward=1
{
	echo "uplink { tun = \"masqup\" address = \"$OWN\" mtu = 1400 }"
	masqd_conf 0 | grep -v '^uplink'
	cat <<-END
	network "lan" { tun = "masqlan" from = "eth1"
		subnet = "10.65.0.0/24" gateway = "10.65.0.1" }
	END
} | masqd_start
ip -n desk route add default via 10.65.0.1
claim 'a computer reaches the Internet' at desk ping -c 1 -W 4 $SERVER
claim 'and fetches 200 kB' fetched 200k
claim 'from the address of masqd' contains "$LOG/web-$SERVER.log" "^$OWN "
claim 'no private address was seen' same '' \
	"$(python3 "$here/private.py" "$LOG/uplink.pcap" 10.65.0.0/24)"
masqd_stop
claim 'stopped, its interface is gone' not ip link show masqup
