#!/bin/bash
# 30-network.sh - computers of two local subnets behind the gateway, and that
# nothing of them leaves untranslated, whether masqd lives or not
#
#	[desk] 10.65.0.9 -- eth1 - masqlan -+
#	                                   masqd -- up0 ... [inet] ... [far]
#	[attic] 10.66.0.9 -- eth2 - masqatt-+
#
# Nothing but the `network` sections is written; eth1 and eth2 have no address
# of their own.  [attic]'s interface comes only later.
# world: uml
# limit: 180
. "${WORLD_TREE-.}/tests/e2e/lib.sh"
. "$here/desk.sh"

get() # NAME PATH
{
	at "$1" curl -sSf --max-time 20 -o "$LOG/$1.$2" "http://$WWW/$2" &&
		cmp "$LOG/$1.$2" "/run/web/$2"
}

# A private address in a header or a quote, anywhere.
none_private()
{
	same '' "$(python3 "$here/private.py" "$LOG/uplink.pcap" 10.65.0.0/16)$(
		python3 "$here/private.py" "$LOG/uplink.pcap" 10.66.0.0/16)"
}

rules()
{
	ip rule list | grep -E 'masq|eth|lo ' | sed 's/ \[detached\]//' | sort
}

networks()
{
	masqd_conf 0
	cat <<-END
	network "lan" { tun = "masqlan" from = "eth1"
		subnet = "10.65.0.0/24" gateway = "10.65.0.1" }
	network "attic" { tun = "masqatt" from = "eth2"
		subnet = "10.66.0.0/24" gateway = "10.66.0.1" }
	END
}

internet
home desk eth1 10.65.0.9 10.65.0.1
networks | masqd_start
claim 'the host forwards as a whole no more than before' \
	same 0 "$(sysctl -n net.ipv4.ip_forward)"
claim 'the gateway answers ping' at desk ping -c 1 -W 2 10.65.0.1
claim 'a computer fetches a page' get desk page.html
claim 'and much more' get desk 2m
claim 'it reaches the server by ping' at desk ping -c 1 -W 2 $SERVER
claim 'the server saw the uplink only' contains "$LOG/web-$SERVER.log" \
	"^$UPLINK "

# A computer behind a veth sends super-packets, as one behind a good card does.
upload()
{
	start sink in_far python3 -c "import socket
flow = socket.create_server(('$SERVER', 5002)).accept()[0]
left = 2000000
while left > 0:
    left -= len(flow.recv(65536)) or left
flow.sendall(b'all')"
	wait_for 10 sh -c 'ip netns exec far ss -Hltn | grep -q :5002'
	same all "$(at desk python3 -c "import socket
flow = socket.create_connection(('$SERVER', 5002), 20)
flow.sendall(bytes(2000000))
print(flow.recv(10).decode())")"
}
capture wire - eth1 ip and src 10.65.0.9
capture tun - masqlan src 10.65.0.9
claim 'a computer sends 2 MB' upload
claim 'in super-packets' not captured_none wire 'greater 1515'
claim 'of which masqd gets none' captured_none tun 'greater 1501'
claim 'the gateway is one hop' same "1 10.65.0.1 2 $ROUTER 3 $SERVER" "$(at desk \
	traceroute -n -q 1 -w 2 -m 5 $SERVER | awk 'NR > 1 {
	printf "%s%s %s", s, $1, $2; s = " " }')"
claim 'what is not of the subnet goes nowhere, and none is told' not at desk sh -c \
	"ip addr add 192.168.7.7/24 dev desk &&
	ping -c 1 -W 1 -I 192.168.7.7 $SERVER"

home attic eth2 10.66.0.9 10.66.0.1
claim 'an interface that came later is served' wait_for 10 \
	at attic ping -c 1 -W 1 10.66.0.1
claim 'and its computer fetches a page' get attic page.html
claim 'not from each other' not at attic ping -c 1 -W 1 10.65.0.9

# An answer to a computer that has gone: the host's word of it stays inside.
at desk python3 -c "import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('', 5000)); s.sendto(b'x', ('$SERVER', 5001))"
ip -n desk link set desk down
ip neigh flush dev eth1
port=$(masqctl mappings --json | json "[m for m in find('mappings')
	if m['inside'] == '10.65.0.9:5000'][0]['outside'].split(':')[1]")
in_far python3 -c "import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('', 5001)); s.sendto(b'y', ('$UPLINK', $port))"
claim 'the host has asked for it in vain' wait_for 10 sh -c \
	'ip neigh show dev eth1 | grep -q "10.65.0.9.*FAILED"'
ip -n desk link set desk up
ip -n desk route add default via 10.65.0.1
claim 'no private address was seen on the uplink' none_private

before=$(rules)
sysctl -qw net.ipv4.ip_forward=1
kill -9 "$gateway"
wait_for 5 gone "$keeper"
claim 'killed, its interfaces are gone' not ip link show masqlan
at desk ping -c 2 -i 0.3 -W 1 $SERVER >"$LOG/dead" 2>&1
claim 'and the computer is told that there is no way' \
	contains "$LOG/dead" 'Unreachable'
at attic curl -s --max-time 2 http://$SERVER/
at attic python3 -c "import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.sendto(b'x', ('$SERVER', 53))"
claim 'nothing of the subnets left with masqd dead and ip_forward=1' \
	none_private
claim 'the rules outlive masqd' same "$before" "$(rules)"
masqd_again
claim 'and are taken over, not doubled' same "$before" "$(rules)"
claim 'a computer fetches again' get desk page.html
claim 'no private address was seen at all' none_private

masqd_stop
networks | grep -v attic | sed '/10.66/d' | masqd_start
claim 'a network that is configured no more leaves no rule' \
	not sh -c 'ip rule list | grep eth2'
