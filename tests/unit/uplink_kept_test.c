#include "masqd/gateway/uplink_kept.c"

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
		    craft_address(NEW), KEPT_GO_ON));
		assert_int_equal(packet.source, craft_address(NEW));
		assert_int_equal(ntohs(packet.source_port), port);
		assert_true(craft_sums_right(packet.data));
	}
	assert_false(uplink_kept_take(&kept, &packet, craft_address(NEW),
	    KEPT_GO_ON));
}

static void
keep_one(struct uplink_kept *kept, bool is_copy)
{
	struct craft c;

	assert_true(uplink_kept_add(kept, craft_udp(&c, OLD, 61000, SERVER, 53,
	    "abc"), is_copy));
}

/* How many are taken. */
static unsigned
takes(struct uplink_kept *kept, enum uplink_kept_why why)
{
	struct packet packet;
	unsigned n = 0;

	while (uplink_kept_take(kept, &packet, craft_address(NEW), why))
		n++;
	return n;
}

static void
a_copy_is_sent_again_from_another_address_only(void **state)
{
	struct uplink_kept kept = { .count = 0 };

	(void)state;
	keep_one(&kept, true);
	uplink_kept_taken(&kept);
	assert_int_equal(takes(&kept, KEPT_GO_ON), 0);
	assert_int_equal(takes(&kept, KEPT_DROPPED), 0);
	assert_int_equal(takes(&kept, KEPT_MOVED), 1);
	uplink_kept_taken(&kept);
	assert_int_equal(takes(&kept, KEPT_MOVED), 0);
}

static void
what_the_interface_drops_is_sent_until_it_takes_it(void **state)
{
	struct uplink_kept kept = { .count = 0 };

	(void)state;
	keep_one(&kept, true);
	assert_true(uplink_kept_is_open(&kept));
	assert_int_equal(takes(&kept, KEPT_DROPPED), 1);
	assert_int_equal(takes(&kept, KEPT_MOVED), 1);
	uplink_kept_forget(&kept, false); /* it is not known to be carried */
	for (int i = 0; i < 3; i++)
		assert_int_equal(takes(&kept, KEPT_DROPPED), 1);
	uplink_kept_taken(&kept);
	assert_false(uplink_kept_is_open(&kept));
	assert_int_equal(takes(&kept, KEPT_DROPPED), 0);
}

static void
what_made_the_interface_dial_is_sent_again_once(void **state)
{
	struct uplink_kept kept = { .count = 0 };

	(void)state;
	keep_one(&kept, true);
	assert_int_equal(takes(&kept, KEPT_DIALLED), 0);
	uplink_kept_taken(&kept);
	assert_int_equal(takes(&kept, KEPT_DIALLED), 1);
	assert_int_equal(takes(&kept, KEPT_DROPPED), 1);
	uplink_kept_taken(&kept);
	assert_int_equal(takes(&kept, KEPT_DIALLED), 0);
}

static void
in_silence_it_is_sent_once_more(void **state)
{
	struct uplink_kept kept = { .count = 0 };

	(void)state;
	keep_one(&kept, false);
	assert_int_equal(takes(&kept, KEPT_MOVED), 1);
	uplink_kept_taken(&kept);
	assert_int_equal(takes(&kept, KEPT_SILENT), 0); /* it may be on its way */
	uplink_kept_wait(&kept);
	assert_int_equal(takes(&kept, KEPT_SILENT), 1);
	assert_int_equal(takes(&kept, KEPT_SILENT), 0);
	uplink_kept_wait(&kept);
	assert_int_equal(kept.count, 0);
}

static void
what_was_sent_is_forgotten_when_something_comes_or_the_uplink_goes(
    void **state)
{
	struct uplink_kept kept = { .count = 0 };

	(void)state;
	keep_one(&kept, true);
	uplink_kept_taken(&kept);
	uplink_kept_forget(&kept, false);
	assert_int_equal(kept.count, 0);
	keep_one(&kept, true);
	keep_one(&kept, false);
	uplink_kept_forget(&kept, true);
	assert_int_equal(takes(&kept, KEPT_MOVED), 1); /* never sent before */
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
	    KEPT_MOVED));
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
		cmocka_unit_test(
		    what_the_interface_drops_is_sent_until_it_takes_it),
		cmocka_unit_test(
		    what_made_the_interface_dial_is_sent_again_once),
		cmocka_unit_test(in_silence_it_is_sent_once_more),
		cmocka_unit_test(
what_was_sent_is_forgotten_when_something_comes_or_the_uplink_goes),
		cmocka_unit_test(it_is_bounded),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
