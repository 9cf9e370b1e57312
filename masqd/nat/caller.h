/*
 * caller.h - what each caller has and may have
 *
 * One caller's flood must cost the others nothing: RFC 6888 REQ-4, REQ-5.
 */
#ifndef MASQD_NAT_CALLER_H
#define MASQD_NAT_CALLER_H

#include <stdbool.h>
#include <stdint.h>

#include "direction.h"
#include "verdict.h"

struct caller_limits { /* 0: no limit */
	uint32_t mappings, flows;
	uint32_t new_flows; /* a second, sustained */
};

struct caller {
	uint32_t first; /* of its mappings */
	uint32_t mappings, flows;
	uint32_t group; /* see nat_caller_group(); 0: alone */
	struct caller_limits limits;
	/* By who opens a flow: each side has its allowance of its own, so
	 * that a stranger's flood does not use up the caller's. */
	uint32_t allowance[DIRECTIONS]; /* thousandths of a new flow */
	uint64_t filled[DIRECTIONS];	/* ms: allowance is as of then */
	/* Of fragment.h: datagrams under way, blocks that they keep. */
	uint32_t datagrams[DIRECTIONS], blocks[DIRECTIONS];
};

struct callers {
	struct caller *slots;
	uint32_t count;
	struct caller_limits usual; /* what each has from the beginning */
};

bool callers_init(struct callers *, uint32_t count);
void callers_free(struct callers *);

/* Forget what the slot's last caller used up, his limits and his group. */
void caller_reset(struct callers *, struct caller *);

/* Limits of this caller's own. */
void caller_limit(struct caller *, const struct caller_limits *);

/* May the caller have one more flow at `now` (ms)?  PASS takes one from its
 * allowance of new flows; otherwise DROP_CALLER_FLOWS, DROP_CALLER_RATE. */
enum verdict caller_admit(struct caller *, enum direction, uint64_t now);

#endif
