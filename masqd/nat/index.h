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
#include <string.h>

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
size_t index_octets(const struct index *);

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

static inline void
index_prefetch(const struct index *x, uint64_t hash)
{
	__builtin_prefetch(index_home(x, hash));
}

static inline uint8_t
index_tag(uint64_t hash)
{
	uint8_t tag = (uint8_t)hash;

	return tag == 0 ? 1 : tag;
}

/* The slots whose tag may be the one looked for: bit 8 * slot + 7 is set.
 * A carry may set one too many (never one too few), keys are compared
 * anyway.  first holds the slots 0 to 7, second 8 to 11. */
struct index_candidates {
	uint64_t first, second;
};

static inline uint64_t
index_zero_octets(uint64_t word)
{
	return (word - UINT64_C(0x0101010101010101)) & ~word &
	    UINT64_C(0x8080808080808080);
}

static inline struct index_candidates
index_candidates(const struct index_bucket *bucket, uint8_t tag)
{
	uint64_t wanted = tag * UINT64_C(0x0101010101010101);
	uint64_t first;
	uint32_t second;

	memcpy(&first, bucket->tag, sizeof first);
	memcpy(&second, bucket->tag + sizeof first, sizeof second);
	return (struct index_candidates){
		index_zero_octets(first ^ wanted),
		index_zero_octets(second ^ (uint32_t)wanted) &
		    UINT64_C(0x80808080),
	};
}

/* Takes the next candidate's slot, or returns INDEX_SLOTS. */
static inline unsigned
index_next(struct index_candidates *c)
{
	unsigned slot;

	if (c->first != 0) {
		slot = (unsigned)__builtin_ctzll(c->first);
		c->first &= c->first - 1;
	} else if (c->second != 0) {
		slot = 64 + (unsigned)__builtin_ctzll(c->second);
		c->second &= c->second - 1;
	} else {
		return INDEX_SLOTS;
	}
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	return slot < 64 ? 7 - slot / 8 : 19 - slot / 8;
#else
	return slot / 8;
#endif
}

/* A first guess, for prefetching: a reference in the home bucket that has
 * the tag, or 0. */
static inline uint32_t
index_guess(const struct index *x, uint64_t hash)
{
	const struct index_bucket *bucket = index_home(x, hash);
	struct index_candidates c = index_candidates(bucket, index_tag(hash));
	unsigned slot = index_next(&c);

	return slot == INDEX_SLOTS ? 0 : bucket->reference[slot];
}

typedef bool index_match(const void *table, uint32_t reference,
    const void *key);

/* The reference for which match() says yes, or 0.  Inlined together with
 * match(). */
static inline __attribute__((always_inline)) uint32_t
index_find(const struct index *x, uint64_t hash, index_match *match,
    const void *table, const void *key)
{
	const struct index_bucket *bucket = index_home(x, hash);
	struct index_candidates c;
	unsigned slot;

	for (;;) {
		c = index_candidates(bucket, index_tag(hash));
		while ((slot = index_next(&c)) != INDEX_SLOTS)
			if (match(table, bucket->reference[slot], key))
				return bucket->reference[slot];
		if (bucket->overflow == 0)
			return 0;
		if (++bucket == x->buckets + x->count)
			bucket = x->buckets;
	}
}

#endif
