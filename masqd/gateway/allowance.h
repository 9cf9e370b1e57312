/*
 * allowance.h - so many a second, and no more
 *
 * A token bucket in one number: the time up to which the allowance is used.
 * It may run ahead of the present by half a second's worth, or by one.
 */
#ifndef MASQD_ALLOWANCE_H
#define MASQD_ALLOWANCE_H

#include <stdbool.h>
#include <stdint.h>

struct allowance { /* 0 at first: all is there */
	uint64_t used_us;
};

/* Take one at `now` (ms) of `rate` a second; 0: there is no limit.  False:
 * none is left. */
static inline bool
allowance_take(struct allowance *allowance, uint32_t rate, uint64_t now)
{
	enum { SECOND_US = 1000000, BURST_US = SECOND_US / 2 };
	uint64_t now_us = now * 1000, cost, ahead;

	if (rate == 0)
		return true;
	cost = SECOND_US / rate;
	ahead = allowance->used_us > now_us ? allowance->used_us - now_us : 0;
	if (ahead > 0 && ahead + cost > BURST_US)
		return false;
	allowance->used_us = now_us + ahead + cost;
	return true;
}

#endif
