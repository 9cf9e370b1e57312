# latency.sh - a ping while a download runs, for scripts that measure it
#
# Two lines of one rate: bank1 is masqd's, bank2 belongs to a pppd as it is,
# behind which the kernel forwards and masquerades.  MTU 576 both ways.
#
#	[caller-ann] - sub1 ~ bank1 - masqd --------- up0 - [inet] - [far]
#	[caller-ben] - sub2 ~ bank2 - pppd - kernel /

. "${WORLD_TREE-.}/tests/e2e/lib.sh"

RATE=33600

# pppd answers the bank's second line itself, call by call.
kernel_line()
{
	sysctl -qw net.ipv4.ip_forward=1
	iptables-legacy -t nat -A POSTROUTING -s 10.99.0.0/24 -o up0 \
	    -j MASQUERADE
	start kernel-pppd pppd /run/exchange/bank2 115200 nodetach noauth \
	    noccp novj noipv6 crtscts modem mtu 576 mru 576 \
	    10.99.0.1:10.99.0.2 ms-dns $SERVER connect \
	    "chat -v -s -S -t 60 '' ATZ OK ATE1V1Q0X4 OK-AT-OK '' RING ATA \
	    CONNECT ''"
}

# The set-up for both; more of masqd's configuration on standard input.
latency_world() # [EXCHANGE OPTION...]
{
	internet
	telephones --bank 2 --subscribers 2 --rate "$RATE" --ring 900 "$@"
	printf 'noccp\nnovj\nmtu 576\nmru 576\n' >/run/ppp-options
	{ masqd_conf 1; cat; } | masqd_start
	kernel_line
	lines_ready bank1
	dial ann 1 alice secret1 mtu 576 mru 576 refuse-eap
	NUMBER=$((BANK + 2)) dial ben 2 nobody nothing mtu 576 mru 576
	need 'a caller of masqd is online' wait_for 30 online ann
	need 'a caller of the kernel is online' wait_for 30 online ben
}

# Download for so long, ping beside it: the figures go to $LOG/CALLER.figures
# as median, 95th percentile and worst in ms, how many of how many were
# answered, and what was downloaded, octets a second.  The first seconds,
# while TCP and masqd learn what the line carries, are beside the point.
measure() # CALLER SECONDS
{
	local caller=$1 time=$2 pings=$LOG/$1.pings
	on "$caller" curl -s --max-time $((time + 10)) -o /dev/null \
	    -w '%{size_download} %{time_total}\n' "http://$WWW/2m" \
	    >"$LOG/$caller.download" &
	local curl=$!
	sleep 9 # the figure is of a line that has been busy for a while
	on "$caller" ping -n -i 0.5 -w "$time" -W 30 "$SERVER" >"$pings"
	wait $curl
	python3 - "$pings" "$LOG/$caller.download" >"$LOG/$caller.figures" <<-'EOF'
	import re, sys
	text = open(sys.argv[1]).read()
	took = sorted(float(t) for t in re.findall(r'time=([\d.]+)', text))
	sent = int(re.search(r'(\d+) packets transmitted', text).group(1))
	size, time = open(sys.argv[2]).read().split()
	at = lambda share: took[min(len(took) - 1, int(len(took) * share))]
	print('%.0f %.0f %.0f %d %d %.0f' % (at(.5), at(.95), took[-1],
	    len(took), sent, int(size) / float(time)))
	EOF
}

figure() # CALLER WHICH
{
	awk -v which="$2" '{ split("median p95 worst answered sent rate", n)
		for (i in n) if (n[i] == which) print $i }' "$LOG/$1.figures"
}

figures() # CALLER NAME
{
	note "$2: ping $(figure "$1" median) ms, 95 of 100 within" \
	    "$(figure "$1" p95) ms, worst $(figure "$1" worst) ms," \
	    "$(figure "$1" answered) of $(figure "$1" sent) answered;" \
	    "download $(figure "$1" rate) octets/s"
}
