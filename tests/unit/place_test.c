/* Where records lie: random work, and the worst, held against an array. */
#include "masqd/nat/place.c"

#include "masqd/nat/hash.h"

#include "craft.h"

enum { KEYS = 3000, RECORDS = 2000, NUMBERS = 4000 };

static struct places x;
static uint64_t hashes[KEYS + 1];
static uint32_t numbers[KEYS + 1]; /* of key i, 0: has none */
static uint32_t keys[NUMBERS];	   /* of a number, 0: nobody's place */
static uint32_t count, seed;
static unsigned compared;

static uint32_t
draw(uint32_t below)
{
	seed = seed * 1103515245u + 12345;
	return (seed >> 8) % below;
}

static void
begin(size_t records)
{
	memset(numbers, 0, sizeof numbers);
	memset(keys, 0, sizeof keys);
	count = compared = 0;
	seed = 1;
	assert_true(place_init(&x, records));
	assert_in_range(place_highest(&x), records, NUMBERS - 1);
}

static void
hash_by_key(void)
{
	const struct hash_key key = { 3, 4 };

	for (uint32_t i = 1; i <= KEYS; i++)
		hashes[i] = hash_7(&key, i);
}

/* A hash that leads to the middle of a group's share. */
static uint64_t
hash_to(uint32_t group, uint8_t tag)
{
	return ((((uint64_t)group << 32) + (UINT32_C(1) << 31)) / x.count)
	    << 32 | tag;
}

static bool
match(const void *table, uint32_t number, const void *key)
{
	assert_ptr_equal(table, keys);
	assert_in_range(number, 1, place_highest(&x));
	compared++;
	return keys[number] == *(const uint32_t *)key;
}

static uint32_t
find(uint32_t i)
{
	return place_find(&x, hashes[i], match, keys, &i);
}

static void
take(uint32_t i)
{
	uint32_t number = place_take(&x, hashes[i]);

	assert_in_range(number, 1, place_highest(&x));
	assert_int_equal(keys[number], 0);
	keys[number] = i;
	numbers[i] = number;
	count++;
}

static void
leave(uint32_t i)
{
	place_leave(&x, hashes[i], numbers[i]);
	keys[numbers[i]] = 0;
	numbers[i] = 0;
	count--;
}

/* Each key is where the model says, and the walk meets these, in order. */
static void
check_all(void)
{
	uint32_t walked = 0, number = 0;

	for (uint32_t i = 1; i <= KEYS; i++)
		assert_int_equal(find(i), numbers[i]);
	for (uint32_t next; (next = place_next(&x, number)) != 0;
	    number = next) {
		assert_true(next > number);
		assert_int_not_equal(keys[next], 0);
		walked++;
	}
	assert_int_equal(walked, count);
}

/* Everybody leaves: nothing stays behind. */
static void
end(void)
{
	for (uint32_t i = 1; i <= KEYS; i++)
		if (numbers[i] != 0)
			leave(i);
	for (uint32_t g = 0; g < x.count; g++) {
		assert_int_equal(x.groups[g].overflow, 0);
		for (unsigned slot = 0; slot < PLACE_GROUP; slot++)
			assert_int_equal(x.groups[g].tag[slot], TAG_EMPTY);
	}
	assert_int_equal(place_next(&x, 0), 0);
	place_free(&x);
}

static void
churn(unsigned steps)
{
	for (unsigned step = 0; step < steps; step++) {
		uint32_t i = 1 + draw(KEYS);

		if (numbers[i] != 0)
			leave(i);
		else if (count < RECORDS)
			take(i);
		assert_int_equal(find(i), numbers[i]);
		if (step % (steps / 10) == 0)
			check_all();
	}
}

static void
agrees_with_an_array(void **state)
{
	(void)state;
	hash_by_key();
	begin(RECORDS);
	churn(60000);
	check_all();
	end();
}

static void
fills_to_the_last_record(void **state)
{
	uint32_t i, number;

	(void)state;
	hash_by_key();
	begin(RECORDS);
	for (i = 1; i <= RECORDS; i++)
		take(i);
	check_all(); /* the keys above RECORDS are the misses */
	/* a place more than the owner ever needs, to the very last */
	for (; i <= place_highest(&x) && i <= KEYS; i++)
		take(i);
	assert_int_equal(count, place_highest(&x));
	check_all();
	assert_int_equal(place_guess_new(&x, hashes[1]), 0);
	/* the one place that is free is found from everywhere */
	number = numbers[700];
	leave(700);
	take(KEYS);
	assert_int_equal(keys[number], KEYS);
	check_all();
	end();
}

static void
uses_a_place_again(void **state)
{
	uint32_t number;

	(void)state;
	hash_by_key();
	begin(RECORDS);
	take(1);
	number = numbers[1];
	assert_int_equal(place_guess(&x, hashes[1]), number);
	assert_int_equal(place_guess_new(&x, hashes[1]), number + 1);
	leave(1);
	assert_int_equal(find(1), 0);
	assert_int_equal(place_guess(&x, hashes[1]), 0);
	hashes[2] = hashes[1];
	take(2);
	assert_int_equal(numbers[2], number);
	assert_int_equal(find(1), 0);
	end();
}

/* Many keys of one hash, then of few: it gets slow, never wrong. */
static void
copes_with_collisions(void **state)
{
	(void)state;
	for (uint32_t i = 1; i <= KEYS; i++)
		hashes[i] = UINT64_MAX - i % 3; /* from the last group on */
	begin(RECORDS);
	churn(3000);
	end();
	for (uint32_t i = 1; i <= KEYS; i++)
		hashes[i] = 0; /* whose tag would be that of a free place */
	begin(RECORDS);
	churn(1000);
	end();
}

/* Tags alike in one group: only the key tells who is who.  Tags beside the
 * one looked for may cost a look, but a free place is nobody's. */
static void
tells_equal_tags_apart(void **state)
{
	(void)state;
	begin(RECORDS);
	for (uint32_t i = 1; i <= KEYS; i++)
		hashes[i] = hash_to(5, i <= 10 ? 1 : 2);
	for (uint32_t i = 1; i <= PLACE_GROUP; i++)
		take(i);
	for (uint32_t i = 1; i <= PLACE_GROUP; i++) {
		assert_int_equal((numbers[i] - 1) / PLACE_GROUP, 5);
		assert_int_equal(find(i), numbers[i]);
	}
	compared = 0;
	assert_int_equal(find(11), numbers[11]);
	assert_int_equal(compared, 1);
	leave(4);
	assert_int_equal(find(4), 0);
	assert_int_equal(find(10), numbers[10]);
	take(20);
	assert_int_equal((numbers[20] - 1) / PLACE_GROUP, 5);
	assert_int_equal(find(20), numbers[20]);
	assert_int_equal(find(4), 0);
	end();
}

/* Past the last group the first follows. */
static void
overflows_into_the_next_group(void **state)
{
	uint32_t last, i;

	(void)state;
	begin(RECORDS);
	last = x.count - 1;
	for (i = 1; i <= KEYS; i++)
		hashes[i] = hash_to(last, (uint8_t)(1 + i % 200));
	for (i = 1; i <= 2 * PLACE_GROUP + 3; i++)
		take(i);
	assert_int_equal((numbers[PLACE_GROUP] - 1) / PLACE_GROUP, last);
	assert_int_equal((numbers[PLACE_GROUP + 1] - 1) / PLACE_GROUP, 0);
	assert_int_equal((numbers[2 * PLACE_GROUP + 1] - 1) / PLACE_GROUP, 1);
	assert_int_equal(x.groups[last].overflow, PLACE_GROUP + 3);
	assert_int_equal(x.groups[0].overflow, 3);
	assert_int_equal(x.groups[1].overflow, 0);
	check_all();
	/* a gap before them hides nobody */
	leave(3);
	leave(PLACE_GROUP + 5);
	check_all();
	assert_int_equal(x.groups[last].overflow, PLACE_GROUP + 2);
	take(3);
	assert_int_equal((numbers[3] - 1) / PLACE_GROUP, last);
	end();
}

/* A count that has reached its end counts no more, up or down. */
static void
counts_no_further_than_it_can(void **state)
{
	(void)state;
	begin(RECORDS);
	for (uint32_t i = 1; i <= KEYS; i++)
		hashes[i] = hash_to(7, 9);
	for (uint32_t i = 1; i <= PLACE_GROUP; i++)
		take(i);
	x.groups[7].overflow = UINT16_MAX - 1;
	take(15);
	take(16);
	assert_int_equal(x.groups[7].overflow, UINT16_MAX);
	check_all();
	leave(15);
	leave(1);
	assert_int_equal(x.groups[7].overflow, UINT16_MAX);
	check_all();
	leave(16);
	x.groups[7].overflow = 0;
	end();
}

/* One record beyond each group, and the groups nearly empty: a search for
 * what is not there has no group to end at. */
static void
ends_where_every_group_has_overflowed(void **state)
{
	uint32_t next = 1;

	(void)state;
	begin(100);
	for (uint32_t g = 0; g < x.count; g++) {
		uint32_t first = next, room = 0;

		for (unsigned slot = 0; slot < PLACE_GROUP; slot++)
			room += x.groups[g].tag[slot] == TAG_EMPTY;
		for (; next <= first + room; next++) {
			hashes[next] = hash_to(g, 1);
			take(next);
		}
		for (uint32_t i = first; i < next - 1; i++)
			leave(i);
		assert_int_equal(x.groups[g].overflow, 1);
	}
	assert_int_equal(count, x.count);
	for (uint32_t i = next; i <= KEYS; i++)
		hashes[i] = hash_to(i % x.count, 1);
	check_all();
	end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_an_array),
		cmocka_unit_test(fills_to_the_last_record),
		cmocka_unit_test(uses_a_place_again),
		cmocka_unit_test(copes_with_collisions),
		cmocka_unit_test(tells_equal_tags_apart),
		cmocka_unit_test(overflows_into_the_next_group),
		cmocka_unit_test(counts_no_further_than_it_can),
		cmocka_unit_test(ends_where_every_group_has_overflowed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("place", tests, NULL, NULL);
}
