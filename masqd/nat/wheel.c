/*
 * A slot of level l covers 64^l ticks and comes up at the first of them.
 * Invariant: a timer lies in a slot that has still to come up, at most one
 * turn of its level ahead of the wheel's time.  That time moves only from one
 * slot with timers to the next, found in the bit maps, and only after all
 * slots that came up have been emptied; it may lag behind the real time.
 */
#include "wheel.h"

enum { BITS = 6 };

/* `previous` of the first node in a slot: which slot it is. */
static const uint32_t head_mark = UINT32_C(1) << 31;

uint32_t
wheel_ticks_of_seconds(uint32_t seconds)
{
	uint64_t ticks = ((uint64_t)seconds * 1000 >> WHEEL_TICK_SHIFT) + 2;

	return ticks > WHEEL_LONGEST ? WHEEL_LONGEST : (uint32_t)ticks;
}

static struct wheel_link *
link_at(const struct wheel *w, uint32_t node)
{
	return (void *)((uint8_t *)w->links + node * w->link_stride);
}

static uint32_t *
time_at(const struct wheel *w, uint32_t node)
{
	return (void *)((uint8_t *)w->times + node * w->time_stride);
}

void
wheel_init(struct wheel *w, struct wheel_node *nodes, size_t stride)
{
	wheel_init_apart(w, &nodes->link, stride, &nodes->expires, stride);
}

void
wheel_init_apart(struct wheel *w, struct wheel_link *links,
    size_t link_stride, uint32_t *times, size_t time_stride)
{
	*w = (struct wheel){
		.links = links, .times = times,
		.link_stride = link_stride, .time_stride = time_stride,
	};
}

static bool
is_empty(const struct wheel *w)
{
	uint64_t used = 0;

	for (unsigned level = 0; level < WHEEL_LEVELS; level++)
		used |= w->used[level];
	return used == 0;
}

/* In the finest level whose one turn reaches the time. */
static unsigned
slot_for(const struct wheel *w, uint32_t expires)
{
	const uint32_t whole = UINT32_C(1) << BITS * WHEEL_LEVELS;
	uint32_t ahead = expires - w->now;
	unsigned level = 0;

	if (wheel_passed(expires, w->now))
		ahead = 1;
	else if (ahead >= whole)
		ahead = whole - 1;
	while (ahead >> BITS * (level + 1) != 0)
		level++;
	return level * WHEEL_SLOTS +
	    ((w->now + ahead) >> BITS * level) % WHEEL_SLOTS;
}

void
wheel_start(struct wheel *w, uint32_t node, uint32_t expires, uint32_t now)
{
	struct wheel_link *n = link_at(w, node);
	unsigned slot;

	if (is_empty(w))
		w->now = now;
	slot = slot_for(w, expires);
	*time_at(w, node) = expires;
	n->next = w->heads[slot];
	n->previous = head_mark | slot;
	if (n->next != 0)
		link_at(w, n->next)->previous = node;
	w->heads[slot] = node;
	w->used[slot / WHEEL_SLOTS] |= UINT64_C(1) << slot % WHEEL_SLOTS;
}

void
wheel_stop(struct wheel *w, uint32_t node)
{
	struct wheel_link *n = link_at(w, node);
	unsigned slot;

	if (n->next != 0)
		link_at(w, n->next)->previous = n->previous;
	if (!(n->previous & head_mark)) {
		link_at(w, n->previous)->next = n->next;
		return;
	}
	slot = n->previous & ~head_mark;
	w->heads[slot] = n->next;
	if (n->next == 0)
		w->used[slot / WHEEL_SLOTS] &=
		    ~(UINT64_C(1) << slot % WHEEL_SLOTS);
}

void
wheel_move(struct wheel *w, uint32_t node, uint32_t expires, uint32_t now)
{
	wheel_stop(w, node);
	wheel_start(w, node, expires, now);
}

/* A node in one of the slots that have come up, or 0. */
static uint32_t
come_up(const struct wheel *w)
{
	uint32_t node = w->heads[w->now % WHEEL_SLOTS];

	for (unsigned level = 1; node == 0 && level < WHEEL_LEVELS; level++) {
		if (w->now & ((UINT32_C(1) << BITS * level) - 1))
			break;
		node = w->heads[level * WHEEL_SLOTS +
		    (w->now >> BITS * level) % WHEEL_SLOTS];
	}
	return node;
}

/* Ticks until the level's next slot with timers comes up, in the wheel's
 * time; the present slot is a whole turn away. */
static uint32_t
next_of_level(const struct wheel *w, unsigned level)
{
	uint32_t present = w->now >> BITS * level;
	unsigned from = (present + 1) % WHEEL_SLOTS;
	uint64_t used = w->used[level];

	if (used == 0)
		return UINT32_MAX;
	if (from > 0)
		used = used >> from | used << (WHEEL_SLOTS - from);
	present += 1 + (uint32_t)__builtin_ctzll(used);
	return (present << BITS * level) - w->now;
}

static uint32_t
nearest_slot(const struct wheel *w)
{
	uint32_t nearest = UINT32_MAX, ahead;

	for (unsigned level = 0; level < WHEEL_LEVELS; level++) {
		ahead = next_of_level(w, level);
		if (ahead < nearest)
			nearest = ahead;
	}
	return nearest;
}

uint32_t
wheel_next(const struct wheel *w, uint32_t now)
{
	uint32_t ahead, late = now - w->now;

	if (come_up(w) != 0)
		return 0;
	ahead = nearest_slot(w);
	if (ahead == UINT32_MAX)
		return UINT32_MAX;
	return ahead > late ? ahead - late : 0;
}

/* Nodes lie anywhere, and the next one's turn comes soon.  Not inlined, it
 * would be taken for a function without effect. */
static inline __attribute__((always_inline)) void
prefetch_next(const struct wheel *w, uint32_t node)
{
	uint32_t next = link_at(w, node)->next;

	__builtin_prefetch(link_at(w, next), 1);
	__builtin_prefetch(time_at(w, next), 1);
}

uint32_t
wheel_expire(struct wheel *w, uint32_t now, unsigned *budget)
{
	uint32_t node, expires, ahead;

	for (; *budget > 0; --*budget) {
		node = come_up(w);
		if (node != 0) {
			prefetch_next(w, node);
			expires = *time_at(w, node);
			if (wheel_passed(expires, now)) {
				--*budget;
				return node;
			}
			wheel_move(w, node, expires, w->now);
			continue;
		}
		ahead = nearest_slot(w);
		if (ahead == UINT32_MAX || ahead > now - w->now)
			break;
		w->now += ahead;
	}
	return 0;
}
