/* What a translation may hold, for how long, and what it says of it. */
#include "masqd/nat/nat.c"

#include "nat_fixture.h"

static void
keeps_ports_in_quarantine(void **state)
{
	unsigned port = udp_from(INSIDE, 1025, REMOTE, 53);

	(void)state;
	later(301);
	assert_int_equal(nat_ports_spare(nat, IPPROTO_UDP), PORTS - 1);
	assert_false(nat_port_offer(nat, IPPROTO_UDP,
	    htons((uint16_t)port)));
	later(119);
	assert_int_equal(freed, 0);
	later(2);
	assert_int_equal(freed, 1);
	assert_int_equal(ntohs(freed_port), port);
	assert_int_equal(nat_ports_spare(nat, IPPROTO_UDP), PORTS);
}

static void
tells_when_it_has_work(void **state)
{
	uint64_t wait;
	unsigned calls = 0;

	(void)state;
	assert_int_equal(nat_expire(nat, now), UINT64_MAX);
	udp_from(INSIDE, 1025, REMOTE, 53);
	while ((wait = nat_expire(nat, now)) != UINT64_MAX) {
		now += wait;
		calls++;
	}
	assert_in_range(now, START + 420 * SECOND, START + 423 * SECOND);
	assert_in_range(calls, 2, 20);
	assert_int_equal(freed, 1);
}

static void
drops_when_ports_run_out(void **state)
{
	uint8_t type, code;

	(void)state;
	for (unsigned i = 0; i < PORTS; i++)
		udp_from(INSIDE, 2000 + i, REMOTE, 53);
	assert_int_equal(out(craft_udp(&c, INSIDE, 3000, REMOTE, 53, "x")),
	    DROP_PORTS_FULL);
	assert_true(verdict_answers(DROP_PORTS_FULL, &type, &code));
	assert_int_equal(type, 3);
	assert_int_equal(code, 13);
	assert_false(verdict_answers(DROP_SPOOFED, &type, &code));
	assert_int_equal(nat_usage(nat).mappings, PORTS);
	assert_int_equal(nat_usage(nat).flows, PORTS);
}

static void
drops_when_tables_are_full(void **state)
{
	struct nat_config config = usual();

	(void)state;
	config.max_mappings = 3;
	config.max_flows = 5;
	create_with(&config);
	for (unsigned i = 0; i < 3; i++)
		udp_from(INSIDE, 2000 + i, REMOTE, 53);
	assert_int_equal(out(craft_udp(&c, INSIDE, 3000, REMOTE, 53, "x")),
	    DROP_MAPPINGS_FULL);
	udp_from(INSIDE, 2000, REMOTE, 54);
	udp_from(INSIDE, 2000, REMOTE, 55);
	assert_int_equal(out(craft_udp(&c, INSIDE, 2000, REMOTE, 56, "x")),
	    DROP_FLOWS_FULL);
	udp_from(INSIDE, 2000, REMOTE, 55);
	later(301);
	for (unsigned i = 0; i < 3; i++)
		udp_from(INSIDE, 2000 + i, REMOTE, 53);
}

static void
limits_each_caller(void **state)
{
	struct nat_config config = usual();

	(void)state;
	config.caller_mappings = 2;
	config.caller_flows = 3;
	create_with(&config);
	udp_from(INSIDE, 2000, REMOTE, 53);
	udp_from(INSIDE, 2001, REMOTE, 53);
	assert_int_equal(out(craft_udp(&c, INSIDE, 2002, REMOTE, 53, "x")),
	    DROP_CALLER_MAPPINGS);
	udp_from(INSIDE, 2000, REMOTE, 54);
	assert_int_equal(out(craft_udp(&c, INSIDE, 2000, REMOTE, 55, "x")),
	    DROP_CALLER_FLOWS);
	assert_int_equal(out_as(2, craft_udp(&c, OTHER, 2000, REMOTE, 55,
	    "x")), PASS);
	assert_int_equal(nat_caller_usage(nat, 1).mappings, 2);
	assert_int_equal(nat_caller_usage(nat, 1).flows, 3);
	assert_int_equal(nat_caller_usage(nat, 2).flows, 1);
	assert_int_equal(nat_caller_usage(nat, 9).flows, 0);
}

static unsigned
flood(unsigned n)
{
	unsigned passed = 0;

	for (unsigned i = 0; i < n; i++)
		passed += out(craft_udp(&c, INSIDE, 2000, REMOTE,
		    1 + (unsigned)(now - START) + i, "x")) == PASS;
	return passed;
}

static void
limits_new_flows_a_second(void **state)
{
	struct nat_config config = usual();

	(void)state;
	config.caller_new_flows = 10;
	create_with(&config);
	assert_int_equal(flood(50), 20);
	assert_int_equal(out_as(2, craft_udp(&c, OTHER, 1, REMOTE, 2, "x")),
	    PASS);
	now += SECOND;
	assert_int_equal(flood(50), 10);
	now += SECOND / 2;
	assert_int_equal(flood(50), 5);
	now += 100 * SECOND;
	assert_int_equal(flood(50), 20);
	/* a known flow needs no allowance */
	now += 1;
	assert_int_equal(out(craft_udp(&c, INSIDE, 2000, REMOTE, 1 +
	    (unsigned)(now - START) - 1, "x")), PASS);
}

static void
limits_of_one_caller(void **state)
{
	struct nat_config config = usual();

	(void)state;
	config.caller_mappings = 2;
	config.caller_flows = 100;
	config.caller_new_flows = 50;
	create_with(&config);
	nat_caller_limits(nat, 1, 3, 0, 10);
	nat_caller_limits(nat, 77, 1, 1, 1);
	assert_int_equal(flood(50), 20);
	now += 100 * SECOND;
	udp_from(INSIDE, 2001, REMOTE, 53);
	udp_from(INSIDE, 2002, REMOTE, 53);
	assert_int_equal(out(craft_udp(&c, INSIDE, 2003, REMOTE, 53, "x")),
	    DROP_CALLER_MAPPINGS);
	for (uint16_t i = 0; i < 2; i++)
		assert_int_equal(out_as(2, craft_udp(&c, OTHER, 1 + i, REMOTE,
		    53, "x")), PASS);
	assert_int_equal(out_as(2, craft_udp(&c, OTHER, 3, REMOTE, 53, "x")),
	    DROP_CALLER_MAPPINGS);
	/* The next caller in the slot has the usual limits. */
	nat_caller_end(nat, 1, now);
	assert_int_equal(flood(200), 100);
}

static void
ends_a_caller(void **state)
{
	unsigned mine = udp_from(INSIDE, 1025, REMOTE, 53), others;

	(void)state;
	udp_from(INSIDE, 1025, STRANGER, 53);
	tcp_open();
	assert_int_equal(out_as(2, craft_udp(&c, OTHER, 1, REMOTE, 53, "x")),
	    PASS);
	others = ntohs(c.p.source_port);
	nat_caller_end(nat, 1, now);
	nat_caller_end(nat, 77, now);
	assert_int_equal(nat_usage(nat).mappings, 1);
	assert_int_equal(nat_usage(nat).flows, 1);
	assert_int_equal(nat_caller_usage(nat, 1).mappings, 0);
	assert_int_equal(udp_to(REMOTE, 53, mine), DROP_NO_MAPPING);
	assert_int_equal(udp_to(REMOTE, 53, others), PASS);
	assert_int_equal(c.p.caller, 2);
	later(121);
	assert_int_equal(freed, 2);
}

static void
shows_mappings(void **state)
{
	struct nat_mapping_view views[4];
	size_t cursor = 0, seen = 0, n;
	unsigned port;

	(void)state;
	for (unsigned i = 0; i < 10; i++)
		udp_from(INSIDE, 2000 + i, REMOTE, 53);
	now += 100 * SECOND;
	port = udp_from(INSIDE, 2003, STRANGER, 53);
	do {
		n = nat_mappings(nat, &cursor, views, 4, now);
		for (size_t i = 0; i < n; i++) {
			unsigned inside = ntohs(views[i].inside_port);

			assert_int_equal(views[i].caller, 1);
			assert_int_equal(views[i].protocol, IPPROTO_UDP);
			assert_int_equal(views[i].inside,
			    craft_address(INSIDE));
			assert_in_range(inside, 2000, 2009);
			assert_int_equal(views[i].flows,
			    inside == 2003 ? 2 : 1);
			assert_in_range(views[i].expires_ms,
			    (inside == 2003 ? 300 : 200) * SECOND,
			    (inside == 2003 ? 301 : 201) * SECOND);
			if (inside == 2003)
				assert_int_equal(views[i].outside_port,
				    htons((uint16_t)port));
		}
		seen += n;
	} while (n == 4);
	assert_int_equal(seen, 10);
}

static void
refuses_bad_configurations(void **state)
{
	struct nat_config bad = usual();

	(void)state;
	bad.callers = 0;
	assert_null(nat_create(&bad, NULL));
	bad = usual();
	bad.max_flows = 0;
	assert_null(nat_create(&bad, NULL));
	bad = usual();
	bad.udp = 0;
	assert_null(nat_create(&bad, NULL));
	assert_false(nat_port_offer(nat, IPPROTO_UDP, 0));
	assert_false(nat_port_offer(nat, 47, htons(5)));
	assert_false(nat_port_offer(nat, IPPROTO_UDP, htons(FIRST_PORT)));
}

static void
waits_for_an_address(void **state)
{
	struct nat_config config = usual();

	(void)state;
	config.address = 0;
	create_with(&config);
	assert_int_equal(out(craft_udp(&c, INSIDE, 1, REMOTE, 2, "x")),
	    DROP_NO_UPLINK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(keeps_ports_in_quarantine),
		TEST(tells_when_it_has_work),
		TEST(drops_when_ports_run_out),
		TEST(drops_when_tables_are_full),
		TEST(limits_each_caller),
		TEST(limits_new_flows_a_second),
		TEST(limits_of_one_caller),
		TEST(ends_a_caller),
		TEST(shows_mappings),
		TEST(refuses_bad_configurations),
		TEST(waits_for_an_address),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
