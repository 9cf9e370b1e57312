#include "masqd/passed.c"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
/* cmocka wants those before it */
#include <cmocka.h>

#define TCP IPPROTO_TCP
#define UDP IPPROTO_UDP

static const struct config config = {
	.uplink = { .port_low = 61000, .port_high = 61099 },
};

static void
the_configured_ports_stay(void **state)
{
	struct passed passed;

	(void)state;
	passed_init(&passed, &config);
	assert_true(passed_has(&passed, TCP, 61000));
	assert_true(passed_has(&passed, UDP, 61099));
	assert_false(passed_has(&passed, UDP, 61100));
	assert_false(passed_remove(&passed, UDP, 61050));
	assert_true(passed_has(&passed, UDP, 61050));
}

static void
the_next_port_does_not_join_the_configured_ones(void **state)
{
	struct passed passed;

	(void)state;
	passed_init(&passed, &config);
	passed_add(&passed, TCP, 61100);
	assert_true(passed_has(&passed, TCP, 61100));
	assert_false(passed_has(&passed, UDP, 61100));
	assert_true(passed_remove(&passed, TCP, 61100));
	assert_false(passed_has(&passed, TCP, 61100));
	assert_int_equal(passed.count, passed.configured);
}

static void
ports_of_a_range_go_one_by_one_in_any_order(void **state)
{
	static const uint16_t order[] = { 82, 80, 84, 83, 81 };
	struct passed passed;

	(void)state;
	passed_init(&passed, &config);
	for (uint16_t port = 80; port < 85; port++)
		passed_add(&passed, TCP, port);
	assert_int_equal(passed.count, passed.configured + 1);
	for (size_t i = 0; i < 5; i++) {
		assert_true(passed_remove(&passed, TCP, order[i]));
		assert_false(passed_remove(&passed, TCP, order[i]));
		for (size_t k = 0; k < 5; k++)
			assert_int_equal(passed_has(&passed, TCP, order[k]),
			    k > i);
	}
	assert_int_equal(passed.count, passed.configured);
}

static void
it_is_bounded(void **state)
{
	struct passed passed;
	uint16_t port = 80;

	(void)state;
	passed_init(&passed, &config);
	for (; port < 83; port++)
		passed_add(&passed, UDP, port);
	for (port++; passed_has_room(&passed); port += 2)
		passed_add(&passed, UDP, port);
	assert_int_equal(passed.count, UPLINK_RANGES);
	assert_false(passed_remove(&passed, UDP, 81)); /* two ranges instead */
	assert_true(passed_has(&passed, UDP, 81));
	assert_true(passed_remove(&passed, UDP, (uint16_t)(port - 2)));
	assert_true(passed_remove(&passed, UDP, 81));
	assert_true(passed_has(&passed, UDP, 80));
	assert_true(passed_has(&passed, UDP, 82));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_configured_ports_stay),
		cmocka_unit_test(
		    the_next_port_does_not_join_the_configured_ones),
		cmocka_unit_test(ports_of_a_range_go_one_by_one_in_any_order),
		cmocka_unit_test(it_is_bounded),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
