/* The keyed hash, and the index that it leads into. */
#include "masqd/nat/index.c"

#include "masqd/nat/hash.h"

#include "craft.h"

enum { ENTRIES = 3000 };

static uint64_t hashes[ENTRIES + 1];
static bool present[ENTRIES + 1];

/* Vectors made with a reference program that itself gives the vector of the
 * SipHash paper (2-4) and the values of Python's hash() of bytes (1-3). */
static void
is_siphash_1_3(void **state)
{
	const struct hash_key key = {
		UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)
	};
	const struct hash_key zero = { 0, 0 };
	const uint64_t seven = UINT64_C(0x06050403020100);
	const uint64_t eight = UINT64_C(0x0706050403020100);
	const uint64_t five = UINT64_C(0x0c0b0a0908);

	(void)state;
	assert_true(hash_7(&key, seven) == UINT64_C(0xd3927d989bb11140));
	assert_true(hash_13(&key, eight, five) ==
	    UINT64_C(0x306f760c1229ffa7));
	assert_true(hash_7(&zero, seven) == UINT64_C(0x2f098ab0c751325a));
	assert_true(hash_13(&zero, eight, five) ==
	    UINT64_C(0xa0cf3211850f8e0d));
}

static bool
match(const void *table, uint32_t reference, const void *key)
{
	assert_ptr_equal(table, hashes);
	return reference == *(const uint32_t *)key;
}

static bool
holds(const struct index *x, uint32_t reference)
{
	return index_find(x, hashes[reference], match, hashes, &reference) ==
	    reference;
}

static void
check_all(const struct index *x)
{
	for (uint32_t i = 1; i <= ENTRIES; i++)
		assert_int_equal(holds(x, i), present[i]);
}

static void
exercise(struct index *x)
{
	unsigned seed = 1;

	memset(present, 0, sizeof present);
	for (unsigned step = 0; step < 60000; step++) {
		uint32_t i;

		seed = seed * 1103515245u + 12345;
		i = 1 + (seed >> 8) % ENTRIES;
		if (present[i])
			index_remove(x, hashes[i], i);
		else
			index_insert(x, hashes[i], i);
		present[i] = !present[i];
		assert_int_equal(holds(x, i), present[i]);
		if (step % 5000 == 0)
			check_all(x);
	}
	for (uint32_t i = 1; i <= ENTRIES; i++)
		if (present[i])
			index_remove(x, hashes[i], i);
	for (uint32_t i = 0; i < x->count; i++) {
		assert_int_equal(x->buckets[i].overflow, 0);
		for (unsigned s = 0; s < INDEX_SLOTS; s++)
			assert_int_equal(x->buckets[i].tag[s], 0);
	}
}

static void
finds_what_is_in_it(void **state)
{
	const struct hash_key key = { 1, 2 };
	struct index x;

	(void)state;
	for (uint32_t i = 1; i <= ENTRIES; i++)
		hashes[i] = hash_7(&key, i);
	assert_true(index_init(&x, ENTRIES));
	exercise(&x);
	/* full to the last entry */
	for (uint32_t i = 1; i <= ENTRIES; i++) {
		index_insert(&x, hashes[i], i);
		present[i] = true;
	}
	check_all(&x);
	index_free(&x);
}

/* The worst that hashes can be: it gets slow, never wrong. */
static void
copes_with_collisions(void **state)
{
	struct index x;

	(void)state;
	for (uint32_t i = 1; i <= ENTRIES; i++)
		hashes[i] = UINT64_MAX - (i % 3);
	assert_true(index_init(&x, ENTRIES));
	exercise(&x);
	index_free(&x);
}

/* One reference beyond each bucket, and the buckets nearly empty: a search
 * for what is not there has no bucket to end at. */
static void
ends_where_every_bucket_has_overflowed(void **state)
{
	uint32_t wanted = ENTRIES + 1;
	struct index x;

	(void)state;
	assert_true(index_init(&x, 100));
	for (uint32_t b = 0; b < x.count; b++) {
		uint64_t hash = ((((uint64_t)b << 32) +
		    (UINT32_C(1) << 31)) / x.count) << 32 | 1;
		uint32_t last = 1;

		assert_ptr_equal(index_home(&x, hash), &x.buckets[b]);
		while (x.buckets[b].overflow == 0)
			index_insert(&x, hash, last++);
		while (--last > 1)
			index_remove(&x, hash, last - 1);
	}
	for (uint32_t b = 0; b < x.count; b++) {
		assert_int_equal(x.buckets[b].overflow, 1);
		assert_int_equal(index_find(&x, (uint64_t)b << 58 | 1, match,
		    hashes, &wanted), 0);
	}
	index_free(&x);
}

static void
replaces_a_reference(void **state)
{
	struct index x;
	uint32_t wanted = 7;

	(void)state;
	assert_true(index_init(&x, 100));
	for (uint32_t i = 1; i <= 100; i++)
		index_insert(&x, 5, i);
	index_replace(&x, 5, 99, 200);
	wanted = 99;
	assert_int_equal(index_find(&x, 5, match, hashes, &wanted), 0);
	wanted = 200;
	assert_int_equal(index_find(&x, 5, match, hashes, &wanted), 200);
	index_remove(&x, 5, 200);
	assert_int_equal(index_find(&x, 5, match, hashes, &wanted), 0);
	index_free(&x);
}

static void
guesses_right_when_alone(void **state)
{
	struct index x;

	(void)state;
	assert_true(index_init(&x, 100));
	assert_int_equal(index_guess(&x, 12345), 0);
	index_insert(&x, 12345, 42);
	assert_int_equal(index_guess(&x, 12345), 42);
	index_free(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_siphash_1_3),
		cmocka_unit_test(finds_what_is_in_it),
		cmocka_unit_test(copes_with_collisions),
		cmocka_unit_test(ends_where_every_bucket_has_overflowed),
		cmocka_unit_test(replaces_a_reference),
		cmocka_unit_test(guesses_right_when_alone),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("index", tests, NULL, NULL);
}
