/*
 * wheel.h - timers without scans
 *
 * Five levels of 64 slots, each slot of a level as long as the whole level
 * below.  A timer lies in the slot that comes up at or just before its time;
 * when the slot comes up the timer has expired or moves to a finer level.
 * Putting a timer off is therefore a mere write to its `expires`: the wheel
 * finds out when the old slot comes up.  Only bringing it forward needs
 * wheel_move().
 *
 * Nodes live inside the owner's records, an array of `stride` octets each;
 * they are known by the record's number, above 0.  Time is counted in ticks
 * of 256 ms, modulo 2^32: only differences count.
 */
#ifndef MASQD_NAT_WHEEL_H
#define MASQD_NAT_WHEEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	WHEEL_TICK_SHIFT = 8, /* 256 ms */
	WHEEL_LEVELS = 5,
	WHEEL_SLOTS = 64,
	WHEEL_LONGEST = 1 << 29 /* ticks: four years */
};

struct wheel_link {
	uint32_t next, previous;
};

struct wheel_node {
	struct wheel_link link;
	uint32_t expires; /* tick */
};

struct wheel {
	void *links, *times; /* of record 0 */
	size_t link_stride, time_stride;
	uint32_t now;
	uint64_t used[WHEEL_LEVELS]; /* a bit for each slot with timers */
	uint32_t heads[WHEEL_LEVELS * WHEEL_SLOTS];
};

static inline uint32_t
wheel_tick(uint64_t ms)
{
	return (uint32_t)(ms >> WHEEL_TICK_SHIFT);
}

static inline bool
wheel_passed(uint32_t expires, uint32_t now)
{
	return (int32_t)(now - expires) >= 0;
}

/* Ticks that last no less than this many seconds, whenever within its first
 * tick a timer is started; at most WHEEL_LONGEST. */
uint32_t wheel_ticks_of_seconds(uint32_t seconds);

void wheel_init(struct wheel *, struct wheel_node *nodes, size_t stride);

/* For an owner who keeps the expiry where the packets look and the links
 * elsewhere: those of record 0, and from one record to the next. */
void wheel_init_apart(struct wheel *, struct wheel_link *links,
    size_t link_stride, uint32_t *times, size_t time_stride);

/* now: the present tick; expires: at most WHEEL_LONGEST behind it. */
void wheel_start(struct wheel *, uint32_t node, uint32_t expires,
    uint32_t now);
void wheel_stop(struct wheel *, uint32_t node);
void wheel_move(struct wheel *, uint32_t node, uint32_t expires,
    uint32_t now);

/*
 * A timer that has expired by `now`, to be stopped or moved by the owner
 * before the next call, or 0: there is none, or *budget has become 0.  It is
 * lowered for each node looked at and each step in time.
 */
uint32_t wheel_expire(struct wheel *, uint32_t now, unsigned *budget);

/* Ticks from `now` to when wheel_expire() has something to do; 0: at once;
 * UINT32_MAX: never. */
uint32_t wheel_next(const struct wheel *, uint32_t now);

#endif
