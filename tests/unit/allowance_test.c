#include "masqd/gateway/allowance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants those before it */
#include <cmocka.h>

static unsigned
takes(struct allowance *allowance, uint32_t rate, uint64_t now)
{
	unsigned n = 0;

	while (n < 100000 && allowance_take(allowance, rate, now))
		n++;
	return n;
}

static void
half_a_second_of_it_in_one_go(void **state)
{
	struct allowance allowance = { 0 };

	(void)state;
	assert_int_equal(takes(&allowance, 100, 12345), 50);
	assert_int_equal(takes(&allowance, 100, 12345), 0);
	assert_int_equal(takes(&allowance, 100, 12355), 1);
	assert_int_equal(takes(&allowance, 100, 12455), 10);
	assert_int_equal(takes(&allowance, 100, 99999), 50);
}

static void
as_many_a_second_as_said(void **state)
{
	static const uint32_t rates[] = { 1, 2, 3, 7, 100, 9999 };

	(void)state;
	for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
		struct allowance allowance = { 0 };
		unsigned n = 0;

		(void)takes(&allowance, rates[i], 1000);
		for (uint64_t now = 1001; now <= 11000; now++)
			n += takes(&allowance, rates[i], now);
		assert_in_range(n, rates[i] * 10 - 1, rates[i] * 10 + 10);
	}
}

static void
none_is_no_limit(void **state)
{
	struct allowance allowance = { 0 };

	(void)state;
	assert_int_equal(takes(&allowance, 0, 0), 100000);
	assert_int_equal(takes(&allowance, 1, 0), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(half_a_second_of_it_in_one_go),
		cmocka_unit_test(as_many_a_second_as_said),
		cmocka_unit_test(none_is_no_limit),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
