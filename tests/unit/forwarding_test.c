/* Forwards: their bounds, and what becomes of their ports. */
#include "masqd/nat/forwarding.c"
#include "masqd/nat/stranger.h"

#include "nat_fixture.h"

static struct nat_target
target(const char *inside, unsigned port, uint32_t caller)
{
	return (struct nat_target){
		craft_address(inside), htons((uint16_t)port), caller
	};
}

static bool
add(unsigned outside, unsigned port)
{
	struct nat_target t = target(INSIDE, port, 1);

	return nat_forward_add(nat, IPPROTO_TCP, htons((uint16_t)outside), &t,
	    1);
}

static void
syn(unsigned from, unsigned to, enum verdict verdict)
{
	assert_int_equal(in(craft_tcp(&c, REMOTE, from, OUTSIDE, to, TH_SYN,
	    1, 0)), verdict);
}

static void
refuses_what_cannot_be(void **state)
{
	struct nat_target t = target(INSIDE, 80, 99);
	struct nat_target many[NAT_TARGETS + 1] = { { 0 } };
	unsigned port;

	(void)state;
	port = udp_from(INSIDE, 5000, REMOTE, 53);
	assert_false(nat_forward_add(nat, IPPROTO_TCP, htons(80), &t, 1));
	t = target(INSIDE, 0, 1);
	assert_false(nat_forward_add(nat, IPPROTO_TCP, htons(80), &t, 1));
	t = target(INSIDE, 80, 1);
	assert_false(nat_forward_add(nat, IPPROTO_ICMP, htons(80), &t, 1));
	assert_false(nat_forward_add(nat, IPPROTO_TCP, 0, &t, 1));
	assert_false(nat_forward_add(nat, IPPROTO_UDP,
	    htons((uint16_t)port), &t, 1));
	assert_false(nat_forward_add(nat, IPPROTO_TCP, htons(80), many,
	    NAT_TARGETS + 1));
	assert_true(nat_forward_add(nat, IPPROTO_TCP, htons(80), &t, 1));
}

static void
table_has_a_size(void **state)
{
	struct nat_config config = usual();

	(void)state;
	config.max_forwards = 10;
	create_with(&config);
	for (unsigned i = 0; i < 10; i++)
		assert_true(add(8000 + i, 80 + i));
	assert_false(add(8010, 90));
	assert_true(add(8005, 99)); /* another target, no other forward */
	nat_forward_remove(nat, IPPROTO_TCP, htons(8003));
	nat_forward_remove(nat, IPPROTO_TCP, htons(8003));
	assert_true(add(8010, 90));
	assert_false(add(8011, 91));
	syn(1, 8010, PASS);
	assert_int_equal(ntohs(c.p.destination_port), 90);
	syn(2, 8005, PASS);
	assert_int_equal(ntohs(c.p.destination_port), 99);
}

/* The port comes back when the last flow and the quarantine have ended. */
static void
port_comes_back(void **state)
{
	(void)state;
	assert_true(add(8000, 80));
	syn(1, 8000, PASS);
	nat_forward_remove(nat, IPPROTO_TCP, htons(8000));
	later(200);
	assert_int_equal(freed, 0);
	later(60);
	assert_int_equal(freed, 0);
	later(130);
	assert_int_equal(freed, 1);
	assert_int_equal(ntohs(freed_port), 8000);
}

static void
shares_the_turns(void **state)
{
	struct nat_target three[] = {
		target(INSIDE, 80, 1), target(OTHER, 80, 2),
		target(OTHER, 81, 2)
	};
	unsigned turns[3] = { 0 };

	(void)state;
	assert_true(nat_forward_add(nat, IPPROTO_TCP, htons(8000), three, 3));
	for (unsigned i = 0; i < 30; i++) {
		syn(1000 + i, 8000, PASS);
		for (unsigned k = 0; k < 3; k++)
			turns[k] += c.p.destination == three[k].address &&
			    c.p.destination_port == three[k].port;
	}
	for (unsigned k = 0; k < 3; k++)
		assert_int_equal(turns[k], 10);
	nat_caller_end(nat, 2, now);
	for (unsigned i = 0; i < 5; i++) {
		syn(2000 + i, 8000, PASS);
		assert_int_equal(c.p.caller, 1);
	}
	nat_caller_end(nat, 1, now);
	syn(3000, 8000, REPLY);
}

/* Strangers whose SYNs wait are so many, and no more. */
static void
strangers_have_a_bound(void **state)
{
	static uint8_t room[PACKET_MAX];
	enum direction way;
	struct packet p;
	unsigned told = 0;

	(void)state;
	for (unsigned i = 1; i <= 1000; i++)
		syn(i, FIRST_PORT, DROP_NO_MAPPING);
	assert_false(nat_release(nat, room, &p, &way, now + 5900));
	now += 7000;
	while (nat_release(nat, room, &p, &way, now)) {
		assert_int_equal(p.verdict, REPLY);
		assert_int_equal(p.icmp_type, 3);
		assert_int_equal(p.icmp_code, 3);
		assert_true(craft_sums_right(p.data));
		told++;
	}
	assert_int_equal(told, STRANGERS);
	syn(1, FIRST_PORT, DROP_NO_MAPPING);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(refuses_what_cannot_be),
		TEST(table_has_a_size),
		TEST(port_comes_back),
		TEST(shares_the_turns),
		TEST(strangers_have_a_bound),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("forwarding", tests, NULL, NULL);
}
