/*
 * place.h - where a record lies in its table, by the hash of its key
 *
 * The owner's records are places in groups of fourteen, and a keyed hash says
 * which group a key belongs to.  Sixteen octets a group, kept apart, hold a
 * tag for each place: little enough to stay in the cache where the records
 * do not, so that a look-up waits for memory once, for the right record.  A
 * full group overflows into the next and counts what passed it: a miss ends
 * at the first group that nothing has passed, and leaving one's place leaves
 * no tombstone.  A place is known by its number, above 0, for as long as the
 * record lives.
 */
#ifndef MASQD_NAT_PLACE_H
#define MASQD_NAT_PLACE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tag.h"

enum { PLACE_GROUP = 14 };

struct place_group {
	uint8_t tag[PLACE_GROUP]; /* TAG_EMPTY: nobody's place */
	uint16_t overflow; /* records that passed it; UINT16_MAX: or more,
			    * it then stays so */
};
static_assert(sizeof(struct place_group) == 16, "tag_candidates() reads 16");

struct places {
	struct place_group *groups;
	uint32_t count;
};

/* For so many records.  False: no memory. */
bool place_init(struct places *, size_t records);
void place_free(struct places *);

/* The highest number: the owner's array has one element more. */
static inline size_t
place_highest(const struct places *x)
{
	return (size_t)x->count * PLACE_GROUP;
}

/* The owner keeps to its number of records: there is always a place. */
uint32_t place_take(struct places *, uint64_t hash);
/* The number was taken, with this hash. */
void place_leave(struct places *, uint64_t hash, uint32_t number);

/* The lowest number above `number` that is taken, or 0. */
uint32_t place_next(const struct places *, uint32_t number);

static inline uint32_t
place_home(const struct places *x, uint64_t hash)
{
	return (uint32_t)((hash >> 32) * x->count >> 32);
}

static inline __attribute__((always_inline)) void
place_prefetch(const struct places *x, uint64_t hash)
{
	__builtin_prefetch(&x->groups[place_home(x, hash)], 1);
}

static inline uint32_t
place_in_home(const struct places *x, uint64_t hash, uint8_t tag)
{
	uint32_t group = place_home(x, hash);
	struct tag_candidates c = tag_candidates(&x->groups[group],
	    PLACE_GROUP, tag);
	unsigned slot = tag_next(&c);

	return slot == TAG_NONE ? 0 : group * PLACE_GROUP + slot + 1;
}

/* For prefetching: where the record is, if its tag can be trusted, or 0. */
static inline uint32_t
place_guess(const struct places *x, uint64_t hash)
{
	return place_in_home(x, hash, tag_of(hash));
}

/* The same: where a new one would be, or 0. */
static inline uint32_t
place_guess_new(const struct places *x, uint64_t hash)
{
	return place_in_home(x, hash, TAG_EMPTY);
}

typedef bool place_match(const void *table, uint32_t number, const void *key);

/* The number for which match() says yes, or 0.  Inlined together with
 * match(). */
static inline __attribute__((always_inline)) uint32_t
place_find(const struct places *x, uint64_t hash, place_match *match,
    const void *table, const void *key)
{
	uint32_t home = place_home(x, hash), group = home, number;
	struct tag_candidates c;
	unsigned slot;

	do {
		c = tag_candidates(&x->groups[group], PLACE_GROUP,
		    tag_of(hash));
		while ((slot = tag_next(&c)) != TAG_NONE) {
			number = group * PLACE_GROUP + slot + 1;
			if (match(table, number, key))
				return number;
		}
		if (x->groups[group].overflow == 0)
			return 0;
		if (++group == x->count)
			group = 0;
	} while (group != home); /* all of them: as good as never */
	return 0;
}

#endif
