/* The addresses masqd lends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <cmocka.h>

#include "masqd/pool.c"

#define A(last) htonl(0x0a400000 | (last)) /* 10.64.0.last */

static struct pool *
make(void)
{
	static const struct config_range ranges[] = {
		{ 0x0a400002, 0x0a400004 }, { 0x0a40000a, 0x0a40000b } };

	return pool_create(ranges, 2);
}

static void
test_never_used_first_in_order(void **state)
{
	struct pool *pool = make();

	(void)state;
	assert_int_equal(pool_size(pool), 5);
	assert_int_equal(pool_take(pool, 0), A(2));
	pool_release(pool, A(2));
	assert_int_equal(pool_take(pool, 0), A(3));
	assert_int_equal(pool_take(pool, 0), A(4));
	assert_int_equal(pool_take(pool, 0), A(10));
	assert_int_equal(pool_take(pool, 0), A(11));
	assert_int_equal(pool_take(pool, 0), A(2));
	pool_destroy(pool);
}

static void
test_released_longest_ago_comes_first(void **state)
{
	struct pool *pool = make();

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_not_equal(pool_take(pool, 0), 0);
	pool_release(pool, A(10));
	pool_release(pool, A(2));
	pool_release(pool, A(4));
	assert_int_equal(pool_take(pool, 0), A(10));
	assert_int_equal(pool_take(pool, 0), A(2));
	assert_int_equal(pool_take(pool, 0), A(4));
	pool_destroy(pool);
}

static void
test_all_lent(void **state)
{
	struct pool *pool = make();

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_not_equal(pool_take(pool, 0), 0);
	assert_int_equal(pool_lent(pool), 5);
	assert_int_equal(pool_take(pool, 0), 0);
	assert_int_equal(pool_take(pool, A(3)), 0);
	pool_release(pool, A(3));
	assert_int_equal(pool_lent(pool), 4);
	assert_int_equal(pool_take(pool, A(2)), A(3));
	pool_destroy(pool);
}

static void
test_wanted_is_given_when_free(void **state)
{
	struct pool *pool = make();

	(void)state;
	assert_int_equal(pool_take(pool, A(11)), A(11));
	assert_int_equal(pool_take(pool, A(3)), A(3));
	assert_int_equal(pool_take(pool, A(3)), A(2));
	assert_int_equal(pool_take(pool, A(99)), A(4));
	assert_int_equal(pool_take(pool, A(11)), A(10));
	assert_int_equal(pool_lent(pool), 5);
	pool_destroy(pool);
}

static void
test_release_of_others_is_ignored(void **state)
{
	struct pool *pool = make();

	(void)state;
	pool_release(pool, A(99));
	pool_release(pool, A(3));
	assert_int_equal(pool_lent(pool), 0);
	assert_int_equal(pool_take(pool, A(3)), A(3));
	pool_release(pool, A(3));
	pool_release(pool, A(3));
	assert_int_equal(pool_lent(pool), 0);
	for (int i = 0; i < 5; i++)
		assert_int_not_equal(pool_take(pool, 0), 0);
	assert_int_equal(pool_take(pool, 0), 0);
	pool_destroy(pool);
}

/* No address is ever lent twice, whatever the order. */
static void
test_random_order(void **state)
{
	struct pool *pool = make();
	in_addr_t lent[5];
	uint32_t random = 1, count = 0;

	(void)state;
	for (int step = 0; step < 20000; step++) {
		random = random * 1664525 + 1013904223;
		if ((random >> 16 & 1) != 0) {
			in_addr_t got = pool_take(pool,
			    A(random >> 20 & 0xf));

			assert_int_equal(got == 0, count == 5);
			for (uint32_t i = 0; i < count; i++)
				assert_int_not_equal(lent[i], got);
			if (got != 0)
				lent[count++] = got;
		} else if (count > 0) {
			uint32_t which = (random >> 20) % count;

			pool_release(pool, lent[which]);
			lent[which] = lent[--count];
		}
		assert_int_equal(pool_lent(pool), count);
	}
	pool_destroy(pool);
}

static void
test_odd_addresses_are_not_lent(void **state)
{
	static const struct config_range range = { 0x0a4000fd, 0x0a400102 };
	struct pool *pool = pool_create(&range, 1);

	(void)state;
	assert_int_equal(pool_size(pool), 4);
	assert_int_equal(pool_take(pool, A(0xff)), A(0xfd));
	assert_int_equal(pool_take(pool, 0), A(0xfe));
	assert_int_equal(pool_take(pool, A(0x100)), A(0x101));
	assert_int_equal(pool_take(pool, 0), A(0x102));
	assert_int_equal(pool_take(pool, 0), 0);
	pool_release(pool, A(0xff));
	assert_int_equal(pool_lent(pool), 4);
	assert_int_equal(pool_take(pool, 0), 0);
	pool_destroy(pool);
}

static void
test_fixed_addresses(void **state)
{
	struct pool *pool = make();

	(void)state;
	assert_true(pool_take_fixed(pool, A(10)));
	assert_false(pool_take_fixed(pool, A(10)));
	assert_int_equal(pool_lent(pool), 1);
	assert_true(pool_take_fixed(pool, A(99)));
	assert_false(pool_take_fixed(pool, A(99)));
	assert_true(pool_take_fixed(pool, A(0)));
	assert_int_equal(pool_lent(pool), 1);
	pool_release(pool, A(99));
	pool_release(pool, A(10));
	assert_int_equal(pool_lent(pool), 0);
	assert_true(pool_take_fixed(pool, A(99)));
	pool_destroy(pool);
}

static void
test_empty(void **state)
{
	struct pool *pool = pool_create(NULL, 0);

	(void)state;
	assert_non_null(pool);
	assert_int_equal(pool_take(pool, A(2)), 0);
	pool_release(pool, A(2));
	assert_int_equal(pool_size(pool), 0);
	pool_destroy(pool);
	pool_destroy(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_never_used_first_in_order),
		cmocka_unit_test(test_released_longest_ago_comes_first),
		cmocka_unit_test(test_all_lent),
		cmocka_unit_test(test_wanted_is_given_when_free),
		cmocka_unit_test(test_release_of_others_is_ignored),
		cmocka_unit_test(test_random_order),
		cmocka_unit_test(test_odd_addresses_are_not_lent),
		cmocka_unit_test(test_fixed_addresses),
		cmocka_unit_test(test_empty),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
