#!/bin/bash
# 17-privileges.sh - what keeper and gateway may do, as the kernel sees it
# world: uml
. "${WORLD_TREE-.}/tests/e2e/lib.sh"

internet
telephones --bank 1 --subscribers 1 --rate 230400 --ring 600
masqd_conf 1 | masqd_start
lines_ready bank1
dial ann 1 alice secret1
need 'alice is online: pppd could be started' wait_for 30 online ann

has() # PID KEY VALUE
{
	same "$3" "$(sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status")"
}

# CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER CAP_KILL CAP_SETGID CAP_SETUID
# CAP_NET_ADMIN CAP_NET_RAW CAP_SYS_ADMIN: what pppd with masq.so needs.
pppd_needs=0
for bit in 0 1 3 5 6 7 12 13 21; do
	pppd_needs=$((pppd_needs | 1 << bit))
done
pppd_needs=$(printf %016x $pppd_needs)
none=0000000000000000
masqd_id=$(id -u masqd)

claim 'the gateway runs as the user masqd' has "$gateway" Uid \
	"$(printf '%s\t%s\t%s\t%s' $masqd_id $masqd_id $masqd_id $masqd_id)"
claim 'without other groups than its own' \
	sh -c "! grep -E '^Groups:.*\b0\b' /proc/$gateway/status"
for set in CapInh CapPrm CapEff CapBnd CapAmb; do
	claim "the gateway's $set is empty" has "$gateway" $set $none
done
claim 'the gateway can gain nothing' has "$gateway" NoNewPrivs 1
claim 'the gateway is behind a filter' has "$gateway" Seccomp 2
claim "the keeper's bounding set is what pppd needs" \
	has "$keeper" CapBnd "$pppd_needs"
for set in CapInh CapAmb; do
	claim "the keeper's $set is empty" has "$keeper" $set $none
done
# CAP_NET_ADMIN, CAP_NET_RAW, CAP_NET_BIND_SERVICE: holds and their filters, an
# uplink opened anew, ports below 1024.
for set in CapPrm CapEff; do
	claim "the keeper's $set is what holds and uplinks need" \
		has "$keeper" $set 0000000000003400
done
pppd=$(masqd_pppds)
claim 'pppd has no more than the bounding set' \
	has "$pppd" CapBnd "$pppd_needs"
claim 'the plugin socket is for root only' \
	same '600 root' "$(stat -c '%a %U' /run/masqd/plugin)"
claim 'the control socket is for the group masqadmin' \
	same '660 masqadmin' "$(stat -c '%a %G' $control)"

# The service's bounding set is enough for what the keeper does with its own.
unit=$(sed -n 's/^CapabilityBoundingSet=CAP_/+/p' "$tree/etc/masqd.service" |
	sed 's/ CAP_/,+/g' | tr 'A-Z\n' 'a-z,')
cat >/run/unit.conf <<-EOF
	uplink { socket = "/run/unit/uplink" address = "192.0.2.9" }
	plugin-socket = "/run/unit/plugin"
	control { socket = "/run/unit/control" }
EOF
start unit setpriv --bounding-set "-all,${unit%,}" \
    masqd --config /run/unit.conf --foreground
claim 'masqd starts with the capabilities of its service' \
	wait_for 15 masqctl --socket /run/unit/control status
claim 'and has kept all that it keeps' has "$pid" CapEff 0000000000003400
