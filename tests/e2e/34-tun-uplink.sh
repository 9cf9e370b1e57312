#!/bin/bash
# 34-tun-uplink.sh - the uplink is a TUN interface with an address of masqd's
# own behind it, which the host routes
#
#	[desk] 10.65.0.9 -- eth1 - masqlan - masqd 192.0.2.77
#	                            masqup --'  the host's routing -- up0 - [inet]
# world: uml
. "${WORLD_TREE-.}/tests/e2e/lib.sh"
. "$here/desk.sh"

OWN=192.0.2.77

internet
ip link del lan0 # 192.0.2.0/24 is the uplink's here
home_desk
ip -n inet route add $OWN via $UPLINK
sysctl -qw net.ipv4.ip_forward=1
lan_conf "tun = \"masqup\" address = \"$OWN\" mtu = 1400" | masqd_start
claim 'a computer reaches the Internet' at desk ping -c 1 -W 4 $SERVER
claim 'and fetches 200 kB' desk_fetches 200k
claim 'from the address of masqd' contains "$LOG/web-$SERVER.log" "^$OWN "
claim 'no private address was seen' same '' \
	"$(python3 "$here/private.py" "$LOG/uplink.pcap" 10.65.0.0/24)"
claim 'masqd answers ping at its own address' \
	in_inet ping -c 1 -W 4 $OWN
masqd_stop
claim 'stopped, its interface is gone' not ip link show masqup
