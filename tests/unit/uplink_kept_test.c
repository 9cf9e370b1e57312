#include "masqd/uplink_kept.c"

#include "craft.h"

#define OLD "10.64.64.64"
#define NEW "198.51.100.1"
#define SERVER "203.0.113.80"

static void
what_opens_a_flow_is_kept(void **state)
{
	struct uplink_kept kept = { .count = 0 };
	struct craft c;

	(void)state;
	assert_true(uplink_kept_add(&kept, craft_udp(&c, OLD, 61000, SERVER,
	    53, "x"), false));
	assert_true(uplink_kept_add(&kept, craft_query(&c, OLD, SERVER, 8, 7),
	    false));
	assert_true(uplink_kept_add(&kept, craft_tcp(&c, OLD, 61001, SERVER,
	    80, TH_SYN, 1, 0), false));
	assert_false(uplink_kept_add(&kept, craft_tcp(&c, OLD, 61001, SERVER,
	    80, TH_ACK, 2, 1), false));
	assert_false(uplink_kept_add(&kept, craft_error(&c, OLD, SERVER, 3, 3,
	    c.octets, 28), false));
	assert_int_equal(kept.count, 3);
}

static void
it_goes_out_in_order_from_the_new_address_with_right_sums(void **state)
{
	struct uplink_kept kept = { .count = 0 };
	struct packet packet;
	struct craft c;

	(void)state;
	for (unsigned port = 61000; port < 61003; port++)
		(void)uplink_kept_add(&kept, craft_udp(&c, OLD, port, SERVER,
		    53, "abc"), false);
	for (unsigned port = 61000; port < 61003; port++) {
		assert_true(uplink_kept_take(&kept, &packet,
		    craft_address(NEW), false));
		assert_int_equal(packet.source, craft_address(NEW));
		assert_int_equal(ntohs(packet.source_port), port);
		assert_true(craft_sums_right(packet.data));
	}
	assert_false(uplink_kept_take(&kept, &packet, craft_address(NEW),
	    false));
}

static void
a_copy_is_sent_again_from_another_address_only(void **state)
{
	struct uplink_kept kept = { .count = 0 };
	struct packet packet;
	struct craft c;

	(void)state;
	(void)uplink_kept_add(&kept, craft_udp(&c, OLD, 61000, SERVER, 53,
	    "abc"), true);
	assert_false(uplink_kept_take(&kept, &packet, craft_address(OLD),
	    false));
	assert_true(uplink_kept_take(&kept, &packet, craft_address(NEW),
	    true));
	assert_false(uplink_kept_take(&kept, &packet, craft_address(NEW),
	    true));
}

static void
it_is_bounded(void **state)
{
	struct uplink_kept kept = { .count = 0 };
	struct packet packet;
	struct craft c;
	char text[UPLINK_KEPT_SIZE];

	(void)state;
	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = '\0';
	assert_false(uplink_kept_add(&kept, craft_udp(&c, OLD, 61000, SERVER,
	    53, text), false));
	for (int i = 0; i < UPLINK_KEPT_MOST; i++)
		assert_true(uplink_kept_add(&kept, craft_udp(&c, OLD, 61000,
		    SERVER, 53, "x"), false));
	assert_false(uplink_kept_add(&kept, craft_udp(&c, OLD, 61000, SERVER,
	    53, "x"), false));
	uplink_kept_clear(&kept);
	assert_false(uplink_kept_take(&kept, &packet, craft_address(NEW),
	    true));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_opens_a_flow_is_kept),
		cmocka_unit_test(
		    it_goes_out_in_order_from_the_new_address_with_right_sums),
		cmocka_unit_test(
		    a_copy_is_sent_again_from_another_address_only),
		cmocka_unit_test(it_is_bounded),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
