#!/bin/bash
# 40-oracle.sh - the packet tables, through the kernel's own masquerade
#
#	lab, alice, bob - TUNs - the kernel, -j MASQUERADE - TUN - net
#
# What masqd does by tests/scenario, the kernel is asked to do here, table by
# table.  Every difference stands in tests/oracle/differences with its reason.
#
# world: native
# limit: 120
. "${WORLD_TREE-.}/tests/e2e/lib.sh"
cd "$tree" || exit 1

for IPTABLES in iptables-legacy iptables none; do
	[ $IPTABLES = none ] || unshare --net $IPTABLES -t nat -A POSTROUTING \
	    -o lo -j MASQUERADE 2>"$LOG/iptables.log" && break
done
if [ $IPTABLES = none ]; then
	echo "ok 1 - the kernel's masquerade # SKIP this kernel has none:" \
	    "$(head -n 1 "$LOG/iptables.log")"
	echo 1..1
	trap - EXIT
	exit 0
fi
export IPTABLES
need 'masqd does as these tables say' "$B/tests/scenario/scenario" \
    tests/oracle/more.table
"$B/tests/oracle/oracle" tests/scenario/*.table tests/oracle/more.table \
    >"$LOG/kernel.tap" 2>"$LOG/kernel.log"
need 'the kernel took every table' contains "$LOG/kernel.tap" '^1\.\.[1-9]'
python3 tests/oracle/compare "$LOG/kernel.tap" tests/oracle/differences \
    >"$LOG/compared"
while read -r word sentence; do
	case $word in
	ok) claim "$sentence" true ;;
	not-ok) claim "$sentence" false ;;
	*) echo "$word $sentence" ;;
	esac
done <"$LOG/compared"

# What would take long is seen from the kernel's own figures, in seconds.
timer() # NAME: 0 where there is none
{
	cat "/proc/sys/net/netfilter/nf_conntrack_$1" 2>/dev/null || echo 0
}
note "the kernel's timers: UDP $(timer udp_timeout) s" \
    "(RFC 4787 REQ-5: 120 at least; masqd 300)," \
    "ICMP $(timer icmp_timeout) s (RFC 5508 REQ-2: 60; masqd 60)," \
    "TCP established $(timer tcp_timeout_established) s" \
    "(RFC 5382 REQ-5: 7440 at least; masqd 7440)," \
    "SYN sent $(timer tcp_timeout_syn_sent) s (240 at least; masqd 240)"
