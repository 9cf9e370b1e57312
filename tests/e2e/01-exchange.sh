#!/bin/bash
# 01-exchange.sh - the telephone exchange and its modems, before anything
# else depends on them
#
#	this script -- /run/exchange/sub1 ~~~ bank1 -- this script
#
# world: uml
. "${WORLD_TREE-.}/tests/e2e/lib.sh"

telephones --bank 2 --subscribers 3 --rate 33600 --training 200 --ring 900 \
    --no-answer 2000
need 'two modems talk as modems do' python3 "$here/modems.py"
