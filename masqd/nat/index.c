#include "index.h"

#include "memory.h"

/* Nine of twelve slots in use on average when all entries are taken: one
 * bucket in eight then overflows. */
enum { FILL = 9 };

bool
index_init(struct index *x, size_t entries)
{
	x->count = (uint32_t)(entries / FILL + 2);
	x->buckets = memory_take(x->count, sizeof *x->buckets);
	return x->buckets != NULL;
}

void
index_free(struct index *x)
{
	memory_give(x->buckets);
	x->buckets = NULL;
}

static struct index_bucket *
next_bucket(const struct index *x, struct index_bucket *bucket)
{
	return ++bucket == x->buckets + x->count ? x->buckets : bucket;
}

static unsigned
slot_of(const struct index_bucket *bucket, uint8_t tag, uint32_t reference)
{
	unsigned slot = 0;

	while (slot < INDEX_SLOTS && (bucket->tag[slot] != tag ||
	    bucket->reference[slot] != reference))
		slot++;
	return slot;
}

void
index_insert(struct index *x, uint64_t hash, uint32_t reference)
{
	struct index_bucket *bucket = index_home(x, hash);
	struct tag_candidates c;
	unsigned slot;

	while (c = tag_candidates(bucket, INDEX_SLOTS, TAG_EMPTY),
	    (slot = tag_next(&c)) == TAG_NONE) {
		bucket->overflow++;
		bucket = next_bucket(x, bucket);
	}
	bucket->tag[slot] = tag_of(hash);
	bucket->reference[slot] = reference;
}

void
index_remove(struct index *x, uint64_t hash, uint32_t reference)
{
	struct index_bucket *bucket = index_home(x, hash);
	unsigned slot;

	while ((slot = slot_of(bucket, tag_of(hash), reference)) ==
	    INDEX_SLOTS) {
		assert(bucket->overflow > 0);
		bucket->overflow--;
		bucket = next_bucket(x, bucket);
	}
	bucket->tag[slot] = 0;
	bucket->reference[slot] = 0;
}

void
index_replace(struct index *x, uint64_t hash, uint32_t old, uint32_t new)
{
	struct index_bucket *bucket = index_home(x, hash);
	unsigned slot;

	while ((slot = slot_of(bucket, tag_of(hash), old)) ==
	    INDEX_SLOTS) {
		assert(bucket->overflow > 0);
		bucket = next_bucket(x, bucket);
	}
	bucket->reference[slot] = new;
}
