#!/bin/bash
# 20-shoes.sh - in the gateway's shoes: what could it still do, taken over?
#
#	shoes opens the uplink as the keeper does, gives up privilege by the
#	gateway's own functions, then tries what must be refused
#
# world: uml
set -u
ip link set lo up
ip link add dummy0 type dummy
ip link set dummy0 up
"$B/tests/e2e/shoes" lo
