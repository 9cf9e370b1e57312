#include "masqd/nat/ports.c"

#include "craft.h"

static struct ports *ports;

static int
setup(void **state)
{
	const struct hash_key key = { 3, 4 };

	(void)state;
	ports = ports_create(&key);
	return ports == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	ports_destroy(ports);
	return 0;
}

static uint16_t
take(uint16_t inside, uint32_t mapping)
{
	in_port_t port = 0;

	if (!ports_take(ports, IPPROTO_UDP, htons(inside), mapping, &port))
		return 0;
	assert_int_equal(ports_mapping(ports, IPPROTO_UDP, port), mapping);
	return ntohs(port);
}

static void
offer(uint16_t first, uint16_t last)
{
	for (uint32_t port = first; port <= last; port++)
		assert_true(ports_offer(ports, IPPROTO_UDP,
		    htons((uint16_t)port)));
}

static void
takes_each_port_once(void **state)
{
	static bool seen[PORTS];
	uint16_t port;

	(void)state;
	offer(1024, 65535);
	assert_int_equal(ports_spare(ports, IPPROTO_UDP), 64512);
	assert_int_equal(ports_spare(ports, IPPROTO_TCP), 0);
	for (uint32_t i = 1; i <= 64512; i++) {
		port = take((uint16_t)(1024 + i % 5000), i);
		assert_in_range(port, 1024, 65535);
		assert_false(seen[port]);
		seen[port] = true;
	}
	assert_int_equal(take(2000, 1), 0);
	assert_int_equal(ports_spare(ports, IPPROTO_UDP), 0);
}

static void
prefers_range_and_parity(void **state)
{
	(void)state;
	offer(1022, 1025);
	assert_int_equal(take(700, 1), 1022);
	assert_int_equal(take(700, 1), 1023); /* range before parity */
	assert_int_equal(take(701, 1), 1025);
	assert_int_equal(take(2001, 1), 1024);
	offer(1, 2);
	assert_int_equal(take(2001, 1), 0); /* never below 1024 */
	assert_int_equal(take(701, 1), 1);
}

/* RFC 6056: no two stocks alike, no order in the ports of one. */
static void
chooses_at_random(void **state)
{
	const struct hash_key other_key = { 3, 5 };
	struct ports *first = ports, *second = ports_create(&other_key);
	unsigned steps = 0, same = 0;
	uint16_t last = 0, port;
	in_port_t other;

	(void)state;
	offer(61000, 65095);
	ports = second;
	offer(61000, 65095);
	ports = first;
	for (unsigned i = 0; i < 1000; i++) {
		port = take(2000, 1);
		assert_true(ports_take(second, IPPROTO_UDP, htons(2000), 1,
		    &other));
		same += ntohs(other) == port;
		steps += port == last + 2 || port + 2 == last;
		last = port;
	}
	assert_true(same < 20);
	assert_true(steps < 20);
	ports_destroy(second);
}

static void
refuses_what_is_known(void **state)
{
	uint8_t protocol;
	in_port_t port;

	(void)state;
	offer(2000, 2000);
	assert_false(ports_offer(ports, IPPROTO_UDP, htons(2000)));
	assert_true(ports_offer(ports, IPPROTO_TCP, htons(2000)));
	assert_int_equal(take(2, 9), 2000);
	assert_false(ports_offer(ports, IPPROTO_UDP, htons(2000)));
	ports_quarantine(ports, IPPROTO_UDP, htons(2000), 50);
	assert_int_equal(ports_mapping(ports, IPPROTO_UDP, htons(2000)), 0);
	assert_false(ports_offer(ports, IPPROTO_UDP, htons(2000)));
	assert_false(ports_release(ports, 49, &protocol, &port));
	assert_true(ports_release(ports, 50, &protocol, &port));
	assert_int_equal(protocol, IPPROTO_UDP);
	assert_int_equal(ntohs(port), 2000);
	assert_false(ports_release(ports, 99, &protocol, &port));
	assert_true(ports_offer(ports, IPPROTO_UDP, htons(2000)));
	assert_true(ports_offer(ports, IPPROTO_ICMP, htons(0)));
	assert_false(ports_offer(ports, IPPROTO_TCP, htons(0)));
}

static void
releases_in_order(void **state)
{
	uint16_t taken[100];
	uint8_t protocol;
	in_port_t port;

	(void)state;
	offer(2000, 2099);
	assert_int_equal(ports_next(ports, 0), UINT32_MAX);
	for (uint32_t i = 0; i < 100; i++)
		taken[i] = take(2000, i + 1);
	for (uint32_t i = 0; i < 100; i++)
		ports_quarantine(ports, IPPROTO_UDP, htons(taken[i]),
		    1000 + i / 2);
	for (uint32_t i = 0; i < 100; i++) {
		assert_int_equal(ports_next(ports, 900), 100 + i / 2);
		assert_int_equal(ports_next(ports, 2000), 0);
		assert_false(ports_release(ports, 999 + i / 2, &protocol,
		    &port));
		assert_true(ports_release(ports, 1000 + i / 2, &protocol,
		    &port));
		assert_int_equal(ntohs(port), taken[i]);
	}
	assert_int_equal(ports_next(ports, 0), UINT32_MAX);
}

static bool
reserve(uint16_t port, uint32_t forward)
{
	return ports_reserve(ports, IPPROTO_UDP, htons(port), forward);
}

static void
unreserve(uint16_t port, uint32_t until)
{
	ports_unreserve(ports, IPPROTO_UDP, htons(port), until);
}

/* Out of every state, and back by quarantine when nobody shares it. */
static void
reserves_for_forwards(void **state)
{
	uint16_t taken;
	uint8_t protocol;
	in_port_t port;

	(void)state;
	offer(2000, 2003);
	taken = take(2001, 9);
	assert_false(reserve(taken, 1));
	assert_false(reserve(0, 1));
	assert_true(reserve(taken ^ 1, 1));
	assert_false(reserve(taken ^ 1, 2));
	assert_true(reserve(80, 3));
	assert_int_equal(ports_forward(ports, IPPROTO_UDP, htons(80)), 3);
	assert_int_equal(ports_mapping(ports, IPPROTO_UDP, htons(80)), 0);
	assert_int_equal(ports_spare(ports, IPPROTO_UDP), 2);
	ports_quarantine(ports, IPPROTO_UDP, htons(taken), 50);
	unreserve(80, 60);
	unreserve(taken ^ 1, 70);
	assert_true(reserve(80, 4)); /* from the middle of the queue */
	assert_true(ports_release(ports, 100, &protocol, &port));
	assert_int_equal(ntohs(port), taken);
	assert_true(ports_release(ports, 100, &protocol, &port));
	assert_int_equal(ntohs(port), taken ^ 1);
	assert_false(ports_release(ports, 100, &protocol, &port));
	ports_share(ports, IPPROTO_UDP, htons(80));
	unreserve(80, 60);
	assert_false(ports_release(ports, 100, &protocol, &port));
	assert_int_equal(ports_forward(ports, IPPROTO_UDP, htons(80)), 0);
	assert_true(reserve(80, 5)); /* shared still, and again reserved */
	ports_unshare(ports, IPPROTO_UDP, htons(80), 60);
	assert_int_equal(ports_forward(ports, IPPROTO_UDP, htons(80)), 5);
	unreserve(80, 60);
	assert_true(ports_release(ports, 100, &protocol, &port));
	assert_int_equal(ntohs(port), 80);
}

static void
withdraws_free_ones(void **state)
{
	(void)state;
	offer(2000, 2001);
	ports_withdraw(ports, IPPROTO_UDP, htons(2000));
	ports_withdraw(ports, IPPROTO_UDP, htons(2100));
	assert_int_equal(ports_spare(ports, IPPROTO_UDP), 1);
	assert_false(ports_has(ports, IPPROTO_UDP, htons(2000)));
	assert_int_equal(take(2000, 1), 2001);
	assert_int_equal(take(2000, 2), 0);
	offer(2000, 2000);
	assert_int_equal(take(2000, 2), 2000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(takes_each_port_once),
		TEST(prefers_range_and_parity),
		TEST(chooses_at_random),
		TEST(refuses_what_is_known),
		TEST(releases_in_order),
		TEST(reserves_for_forwards),
		TEST(withdraws_free_ones),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("ports", tests, NULL, NULL);
}
