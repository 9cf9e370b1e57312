/*
 * mapping_log.h - the log's lines about mappings, log { mappings = yes }
 *
 * Who had which outside port when: what an operator is asked.  Destinations are
 * not logged (RFC 6888 REQ-12).
 */
#ifndef MASQD_MAPPING_LOG_H
#define MASQD_MAPPING_LOG_H

#include <netinet/in.h>
#include <stdint.h>

#include "masqd/gateway/allowance.h"
#include "masqd/gateway/gateway.h"

struct mapping_log { /* zeroes at first */
	struct allowance lines;
	struct allowance summaries;
	uint64_t unsaid;
};

/* Log what has begun and ended since the last turn: to be called in each turn
 * of the loop, off the packet path.  address: the uplink's.  now: ms.  More
 * than 200 lines a second are summed up in one. */
void mapping_log_turn(struct mapping_log *, struct gateway *,
    in_addr_t address, uint64_t now);

#endif
