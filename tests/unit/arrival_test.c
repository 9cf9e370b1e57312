/* What a caller's acknowledgements say of when his packets arrived. */
#include "masqd/gateway/arrival.c"

#include "craft.h"

static struct arrivals arrivals;

static int
begin(void **state)
{
	(void)state;
	arrivals = (struct arrivals){ .next = 0 };
	return 0;
}

/* A segment of so many octets of payload to the caller, at `now`. */
static void
given(unsigned port, uint32_t sequence, size_t payload, uint64_t now)
{
	struct craft c;

	(void)craft_tcp(&c, "203.0.113.80", 80, "10.64.0.2", port, TH_ACK,
	    sequence, 1);
	craft_put(c.octets + 2, (unsigned)(40 + payload));
	craft_close(c.octets);
	arrivals_given(&arrivals, c.octets, 40 + payload, now);
}

/* When what is acknowledged was given; 0: it says nothing. */
static uint64_t
heard(unsigned port, uint32_t acknowledged)
{
	struct craft c;
	uint64_t when = 0;
	struct packet *packet = craft_tcp(&c, "10.64.0.2", port,
	    "203.0.113.80", 80, TH_ACK, 1, acknowledged);

	return arrivals_heard(&arrivals, packet->data, packet->length,
	    &when) ? when : 0;
}

static void
an_acknowledgement_tells_of_the_last_segment_it_covers(void **state)
{
	(void)state;
	given(1000, 5000, 536, 100);
	given(1000, 5536, 536, 237);
	given(1000, 6072, 536, 374);
	assert_int_equal(heard(1000, 5535), 0);
	assert_int_equal(heard(1000, 5536), 100);
	assert_int_equal(heard(1000, 5536), 0);
	assert_int_equal(heard(1000, 6608), 374);
	assert_int_equal(heard(1000, 6608), 0);
	assert_int_equal(heard(1000, 7000), 0);
}

static void
each_flow_has_its_own(void **state)
{
	(void)state;
	given(1000, 5000, 536, 100);
	given(1001, 5000, 536, 200);
	assert_int_equal(heard(1002, 9000), 0);
	assert_int_equal(heard(1001, 5536), 200);
	assert_int_equal(heard(1000, 5536), 100);
}

static void
sequence_numbers_wrap(void **state)
{
	(void)state;
	given(1000, 0xffffff00, 536, 100);
	assert_int_equal(heard(1000, 0xffffff80), 0);
	assert_int_equal(heard(1000, 0x118), 100);
}

static void
what_was_sent_again_says_nothing(void **state)
{
	(void)state;
	given(1000, 5000, 536, 100);
	given(1000, 5536, 536, 200);
	given(1000, 5000, 536, 3000);
	assert_int_equal(heard(1000, 6072), 0);
	given(1000, 6072, 536, 3200);
	assert_int_equal(heard(1000, 6608), 3200);
}

static void
short_segments_say_nothing_while_there_are_long_ones(void **state)
{
	(void)state;
	given(1000, 5000, 536, 100);
	given(1001, 1, 1, 150);
	assert_int_equal(heard(1001, 2), 0);
	assert_int_equal(heard(1000, 5536), 100);
	/* Of a call without long ones the longest count, in time. */
	for (uint32_t i = 0; i < 1000; i++)
		given(1001, 2 + i * 10, 10, 200 + i);
	assert_int_equal(heard(1001, 10002), 1199);
}

static void
many_are_under_way_and_the_oldest_is_forgotten(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 2 * ARRIVALS; i++)
		given(1000, i * 536, 536, 100 + i);
	assert_int_equal(heard(1000, ARRIVALS * 536), 0);
	assert_int_equal(heard(1000, 2 * ARRIVALS * 536),
	    99 + 2 * ARRIVALS);
}

/* Whatever the octets are: no look beyond their end (by the sanitizers). */
static void
nonsense_is_nothing(void **state)
{
	uint64_t random = 88172645463325252ULL, when;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		uint8_t *octets;
		size_t n;

		random ^= random << 13; /* xorshift64, Marsaglia, 2003 */
		random ^= random >> 7;
		random ^= random << 17;
		n = random % 70;
		octets = malloc(n + 1);
		assert_non_null(octets);
		for (size_t k = 0; k < n; k++)
			octets[k] = (uint8_t)(random >> k % 57 ^ k * 37);
		if (n > 20) {
			octets[0] = (uint8_t)(0x45 + (random >> 40) % 3);
			octets[6] = octets[7] = 0;
			octets[9] = IPPROTO_TCP;
		}
		arrivals_given(&arrivals, octets, n, 1 + (uint64_t)i);
		(void)arrivals_heard(&arrivals, octets, n, &when);
		free(octets);
	}
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_acknowledgement_tells_of_the_last_segment_it_covers),
		TEST(each_flow_has_its_own),
		TEST(sequence_numbers_wrap),
		TEST(what_was_sent_again_says_nothing),
		TEST(short_segments_say_nothing_while_there_are_long_ones),
		TEST(many_are_under_way_and_the_oldest_is_forgotten),
		TEST(nonsense_is_nothing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
