/*
 * index.h - from a keyed hash to a record's number
 *
 * Buckets of one cache line hold twelve references with a tag of eight hash
 * bits each, so that a look-up touches one line here and, nearly always, no
 * record but the right one.  A full bucket overflows into the next and counts
 * what passed it: a miss ends at the first bucket that nothing has passed,
 * and removal leaves no tombstone.  A reference is a number above 0; what it
 * means is the owner's affair, as are its keys.
 */
#ifndef MASQD_NAT_INDEX_H
#define MASQD_NAT_INDEX_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tag.h"

enum { INDEX_SLOTS = 12 };

struct index_bucket {
	uint8_t tag[INDEX_SLOTS]; /* 0: empty */
	uint32_t overflow; /* references that passed this full bucket */
	uint32_t reference[INDEX_SLOTS];
};
static_assert(sizeof(struct index_bucket) == 64, "a cache line");

struct index {
	struct index_bucket *buckets;
	uint32_t count;
};

/* Room for `entries` references.  False: no memory. */
bool index_init(struct index *, size_t entries);
void index_free(struct index *);

/* The owner keeps to its number of entries: there is always room. */
void index_insert(struct index *, uint64_t hash, uint32_t reference);
/* The reference is there, under this hash. */
void index_remove(struct index *, uint64_t hash, uint32_t reference);
void index_replace(struct index *, uint64_t hash, uint32_t old, uint32_t new);

static inline struct index_bucket *
index_home(const struct index *x, uint64_t hash)
{
	return &x->buckets[((hash >> 32) * x->count) >> 32];
}

static inline __attribute__((always_inline)) void
index_prefetch(const struct index *x, uint64_t hash)
{
	__builtin_prefetch(index_home(x, hash), 1);
}

/* A first guess, for prefetching: a reference in the home bucket that has
 * the tag, or 0. */
static inline uint32_t
index_guess(const struct index *x, uint64_t hash)
{
	const struct index_bucket *bucket = index_home(x, hash);
	struct tag_candidates c = tag_candidates(bucket, INDEX_SLOTS,
	    tag_of(hash));
	unsigned slot = tag_next(&c);

	return slot == TAG_NONE ? 0 : bucket->reference[slot];
}

typedef bool index_match(const void *table, uint32_t reference,
    const void *key);

/* The reference for which match() says yes, or 0.  Inlined together with
 * match(). */
static inline __attribute__((always_inline)) uint32_t
index_find(const struct index *x, uint64_t hash, index_match *match,
    const void *table, const void *key)
{
	const struct index_bucket *home = index_home(x, hash), *bucket = home;
	struct tag_candidates c;
	unsigned slot;

	do {
		c = tag_candidates(bucket, INDEX_SLOTS, tag_of(hash));
		while ((slot = tag_next(&c)) != TAG_NONE)
			if (match(table, bucket->reference[slot], key))
				return bucket->reference[slot];
		if (bucket->overflow == 0)
			return 0;
		if (++bucket == x->buckets + x->count)
			bucket = x->buckets;
	} while (bucket != home); /* all of them: as good as never */
	return 0;
}

#endif
