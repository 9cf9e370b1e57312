#!/bin/bash
# 04-native.sh - where the kernel has PPP and modem ttys, and for root, the demo
# and the scripts run without User Mode Linux: here in the world's own kernel
#
# world: uml
# limit: 240
. "${WORLD_TREE-.}/tests/e2e/lib.sh"

natively()
{
	ONCE=1 WORLD=native "$WORLD_TREE/tests/demo/demo" | tee /dev/stderr |
		tail -n 1 | grep -x '12 passed, 0 failed'
}
claim 'the demo runs in namespaces of this kernel' natively
claim 'and leaves no process' no_process 'masqd|pppd|exchange'
claim 'no interface' not ls -d /sys/class/net/ppp*
claim 'and no namespace by name' same '' "$(ip netns list)"
