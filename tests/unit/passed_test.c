#include "masqd/keeper/passed.c"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
/* cmocka wants those before it */
#include <cmocka.h>

/* Any descriptor will do for a hold. */
enum { HOLD = STDIN_FILENO };

#define TCP IPPROTO_TCP
#define UDP IPPROTO_UDP

static const struct config config = {
	.uplink = { .port_low = 61000, .port_high = 61099 },
};

static void
the_configured_ports_stay(void **state)
{
	static struct passed passed;

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
	static struct passed passed;

	(void)state;
	passed_init(&passed, &config);
	assert_true(passed_add(&passed, TCP, 61100, HOLD));
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
	static struct passed passed;

	(void)state;
	passed_init(&passed, &config);
	for (uint16_t port = 80; port < 85; port++)
		assert_true(passed_add(&passed, TCP, port, HOLD));
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

/* As many as there is room for, then every second one of each range out. */
static void
it_is_bounded_and_can_always_be_divided(void **state)
{
	static struct passed passed;
	uint16_t port = 100, first;

	(void)state;
	passed_init(&passed, &config);
	while (passed.count < passed.configured + ADDED_RANGES)
		for (first = port, port += 5; first < port - 1; first++)
			assert_true(passed_add(&passed, UDP, first, HOLD));
	assert_int_equal(passed.added_count, CONFIG_ADDED_PORTS);
	assert_false(passed_add(&passed, UDP, 99, HOLD));
	assert_int_equal(errno, ENOSPC);
	for (first = 100; first < port; first += 5)
		assert_true(passed_remove(&passed, UDP, first + 1));
	assert_true(passed.count <= UPLINK_RANGES);
	assert_true(passed_has(&passed, UDP, 100));
	assert_false(passed_has(&passed, UDP, 101));
	assert_true(passed_has(&passed, UDP, 102));
	assert_false(passed_add(&passed, UDP, 50, HOLD)); /* a range more */
	assert_int_equal(errno, ENOSPC);
	for (first = 100; first < port; first++)
		(void)passed_remove(&passed, UDP, first);
	assert_int_equal(passed.count, passed.configured);
	assert_int_equal(passed.added_count, 0);
}

/* The port is nobody else's for as long as it is passed. */
static void
a_hold_is_kept_whatever_becomes_of_the_gateways(void **state)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof at;
	int hold = socket(AF_INET, SOCK_DGRAM, 0);
	int other = socket(AF_INET, SOCK_DGRAM, 0);
	static struct passed passed;
	uint16_t port;

	(void)state;
	passed_init(&passed, &config);
	assert_int_equal(bind(hold, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(getsockname(hold, (struct sockaddr *)&at, &size), 0);
	port = ntohs(at.sin_port);
	assert_true(passed_add(&passed, UDP, port, hold));
	close(hold);
	assert_int_equal(bind(other, (struct sockaddr *)&at, sizeof at), -1);
	assert_true(passed_remove(&passed, UDP, port));
	assert_int_equal(bind(other, (struct sockaddr *)&at, sizeof at), 0);
	close(other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_configured_ports_stay),
		cmocka_unit_test(
		    the_next_port_does_not_join_the_configured_ones),
		cmocka_unit_test(ports_of_a_range_go_one_by_one_in_any_order),
		cmocka_unit_test(it_is_bounded_and_can_always_be_divided),
		cmocka_unit_test(
		    a_hold_is_kept_whatever_becomes_of_the_gateways),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
