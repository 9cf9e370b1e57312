/* One caller's queue: what goes first, what is dropped, and that nothing is
 * lost without a word. */
#include "masqd/gateway/queue.c"

#include "craft.h"

static struct queue *queue;
static size_t dropped[VERDICT_COUNT];
static size_t dropped_of[3]; /* by tally */

static void
count_drop(void *context, enum packet_tally tally, enum verdict verdict)
{
	(void)context;
	dropped[verdict]++;
	dropped_of[tally]++;
}

static int
begin(void **state)
{
	struct queue_setup setup = { .mtu = 576,
		.key = (const uint8_t *)"sixteen octets!!",
		.dropped = count_drop };

	(void)state;
	memset(dropped, 0, sizeof dropped);
	memset(dropped_of, 0, sizeof dropped_of);
	queue = queue_create(&setup);
	return queue == NULL ? -1 : 0;
}

static int
end(void **state)
{
	(void)state;
	queue_destroy(queue);
	return 0;
}

/* A datagram of `length` octets of the flow; `mark` stands in its end. */
static void
put(unsigned flow, size_t length, uint16_t number, uint64_t now)
{
	struct craft c;
	struct packet *packet;

	(void)craft_udp(&c, "203.0.113.80", (in_port_t)flow, "10.64.0.2",
	    5000, "");
	packet = craft_done(&c);
	packet->length = (uint32_t)length;
	craft_put(packet->data + 2, (unsigned)length);
	craft_put(packet->data + length - 2, number);
	packet->tally = TALLY_INBOUND;
	queue_put(queue, packet, now);
	assert_int_equal(packet->verdict, LATER);
}

/* Returns its flow, or -1; *number: what put() was given. */
static int
take_one(uint16_t *number, size_t *length, uint64_t now)
{
	static uint8_t room[PACKET_MAX];
	struct packet packet;

	if (!queue_take(queue, room, &packet, now))
		return -1;
	assert_int_equal(packet.verdict, PASS);
	assert_ptr_equal(packet.data, room);
	assert_int_equal(craft_get(room + 2), packet.length);
	*number = craft_get(room + packet.length - 2);
	*length = packet.length;
	return craft_get(room + 20);
}

static void
packets_of_a_flow_keep_their_order_and_their_octets(void **state)
{
	uint16_t number;
	size_t length;

	(void)state;
	for (uint16_t i = 0; i < 60; i++)
		put(7, 30 + (size_t)i * 13, i, 1);
	assert_int_equal(queue_view(queue).packets, 60);
	for (uint16_t i = 0; i < 60; i++) {
		assert_int_equal(take_one(&number, &length, 2), 7);
		assert_int_equal(number, i);
		assert_int_equal(length, 30 + i * 13);
	}
	assert_int_equal(take_one(&number, &length, 2), -1);
	assert_true(queue_is_empty(queue));
	assert_int_equal(queue->free_count, QUEUE_PACKETS);
}

static void
who_was_silent_goes_before_who_talks(void **state)
{
	uint16_t number;
	size_t length;

	(void)state;
	for (uint16_t i = 0; i < 10; i++)
		put(1, 576, i, 1);
	assert_int_equal(take_one(&number, &length, 1), 1);
	put(2, 40, 100, 1);
	assert_int_equal(take_one(&number, &length, 1), 2);
	assert_int_equal(take_one(&number, &length, 1), 1);
	/* Again and again, a keystroke at a time. */
	for (uint16_t i = 0; i < 5; i++) {
		put(2, 40, i, 1);
		assert_int_equal(take_one(&number, &length, 1), 2);
		assert_int_equal(take_one(&number, &length, 1), 1);
	}
}

/* But a flow cannot be new for ever by stopping for a moment. */
static void
who_pretends_to_be_silent_does_not_starve_the_others(void **state)
{
	size_t length, bulk = 0, other = 0;
	uint16_t number;

	(void)state;
	for (uint16_t i = 0; i < 40; i++)
		put(1, 576, i, 1);
	put(2, 576, 0, 1);
	for (int i = 0; i < 60 && !queue_is_empty(queue); i++)
		if (take_one(&number, &length, 1) == 2) {
			other += length;
			put(2, 576, 0, 1);
		} else {
			bulk += length;
		}
	assert_true(bulk > 20 * 576 && other <= bulk + 2 * 576);
}

static void
two_flows_share_by_octets_not_by_packets(void **state)
{
	size_t octets[3] = { 0 }, length;
	uint16_t number;

	(void)state;
	for (uint16_t i = 0; i < 30; i++)
		put(1, 576, i, 1);
	for (uint16_t i = 0; i < 120; i++)
		put(2, 100, i, 1);
	for (int i = 0; i < 100; i++) {
		int flow = take_one(&number, &length, 1);

		assert_in_range(flow, 1, 2);
		octets[flow] += length;
		if (i > 10)
			assert_true(octets[1] < octets[2] + 1200 &&
			    octets[2] < octets[1] + 1200);
	}
}

static void
a_full_queue_drops_from_the_fattest_and_grows_no_further(void **state)
{
	uint16_t number, seen = 0;
	size_t length, of_two = 0;

	(void)state;
	put(2, 40, 1, 1);
	for (uint16_t i = 0; i < 1000; i++) {
		put(1, 576, i, 1);
		assert_true(queue_view(queue).octets <= QUEUE_OCTETS);
	}
	put(2, 40, 2, 1);
	assert_int_equal(dropped[DROP_QUEUE], dropped_of[TALLY_INBOUND]);
	while (!queue_is_empty(queue)) {
		if (take_one(&number, &length, 1) == 2) {
			of_two++;
		} else if (seen++ == 0) {
			/* From the head: the news is the newest. */
			assert_true(number > 900);
		}
	}
	assert_int_equal(of_two, 2);
	assert_int_equal(dropped[DROP_QUEUE] + seen, 1000);
	assert_in_range(seen, 80, 90);
}

static void
too_long_for_the_whole_queue_is_dropped_itself(void **state)
{
	static uint8_t octets[PACKET_MAX] = { 0x45 };
	struct packet packet = { .data = octets, .length = QUEUE_OCTETS + 1 };

	(void)state;
	queue_put(queue, &packet, 1);
	assert_int_equal(packet.verdict, DROP_QUEUE);
	assert_int_equal(dropped[DROP_QUEUE], 0);
	packet.length = QUEUE_OCTETS;
	queue_put(queue, &packet, 1);
	assert_int_equal(packet.verdict, LATER);
	assert_int_equal(queue->free_count, 0);
}

/* 4200 octets a second: a packet every 137 ms, six come at a time. */
static void
a_standing_queue_is_cut_a_short_one_is_not(void **state)
{
	uint64_t now = 1000;
	uint16_t number, i = 0;
	size_t length;

	(void)state;
	queue_set_rate(queue, 4200);
	assert_in_range(queue->target, 200, 210);
	/* Never more than a packet waits behind: no drop, ever. */
	for (int round = 0; round < 200; round++) {
		put(1, 576, i++, now);
		put(1, 576, i++, now);
		now += 137;
		(void)take_one(&number, &length, now);
		now += 137;
		(void)take_one(&number, &length, now);
	}
	assert_int_equal(dropped[DROP_QUEUE], 0);
	/* A window of 16 packets that stands is cut, within seconds. */
	for (int k = 0; k < 16; k++)
		put(1, 576, i++, now);
	for (int round = 0; round < 40; round++) {
		now += 137;
		(void)take_one(&number, &length, now);
		put(1, 576, i++, now);
	}
	assert_in_range(dropped[DROP_QUEUE], 3, 15);
}

static void
many_flows_that_wait_for_their_turn_only_are_not_cut(void **state)
{
	uint64_t now = 1000;
	uint16_t number;
	size_t length;

	(void)state;
	queue_set_rate(queue, 4200);
	for (unsigned flow = 1; flow <= 12; flow++) {
		put(flow, 576, 0, now);
		put(flow, 576, 0, now);
	}
	for (int round = 0; round < 200; round++) {
		int flow = take_one(&number, &length, now);

		assert_in_range(flow, 1, 12);
		now += 137;
		put((unsigned)flow, 576, 0, now);
	}
	assert_int_equal(dropped[DROP_QUEUE], 0);
}

static void
who_knows_ecn_is_marked_instead(void **state)
{
	static uint8_t room[PACKET_MAX];
	struct packet out, *packet;
	uint64_t now = 1000;
	unsigned marks = 0;
	char text[501];
	struct craft c;

	(void)state;
	memset(text, 'x', sizeof text);
	text[500] = '\0';
	queue_set_rate(queue, 4200);
	for (int round = 0; round < 60; round++) {
		(void)craft_udp(&c, "203.0.113.80", 80, "10.64.0.2", 5000,
		    text);
		c.octets[1] = 2; /* ECT(0) */
		craft_close(c.octets);
		packet = craft_done(&c);
		queue_put(queue, packet, now);
		if (round < 16)
			continue;
		now += 137;
		assert_true(queue_take(queue, room, &out, now));
		assert_int_equal(craft_sum(0, room, 20), 0);
		assert_true(room[1] == 2 || room[1] == 3);
		marks += room[1] == 3;
	}
	assert_int_equal(dropped[DROP_QUEUE], 0);
	assert_int_equal(queue_view(queue).marked, marks);
	assert_in_range(marks, 3, 30);
}

static void
fragments_stay_behind_each_other(void **state)
{
	static uint8_t room[PACKET_MAX];
	struct packet out, packet;
	struct craft c;

	(void)state;
	(void)craft_udp(&c, "203.0.113.80", 53, "10.64.0.2", 5000,
	    "a piece of a datagram");
	packet = *craft_done(&c);
	/* A first fragment shows its ports, a later one does not. */
	for (unsigned i = 0; i < 8; i++) {
		c.octets[6] = i < 7 ? 0x20 : 0;
		c.octets[7] = (uint8_t)(i * 50);
		queue_put(queue, &packet, 1);
	}
	assert_int_equal(queue_view(queue).flows, 1);
	for (unsigned i = 0; i < 8; i++) {
		assert_true(queue_take(queue, room, &out, 1));
		assert_int_equal(room[7], (uint8_t)(i * 50));
	}
}

static void
flows_seldom_meet_and_lose_nothing_when_they_do(void **state)
{
	(void)state;
	for (unsigned flow = 1; flow <= 16; flow++)
		put(flow, 40, 0, 1);
	assert_in_range(queue_view(queue).flows, 14, 16);
	for (unsigned flow = 17; flow <= 200; flow++)
		put(flow, 40, 0, 1);
	assert_int_equal(queue_view(queue).packets, 200);
	assert_in_range(queue_view(queue).flows, 100, 160);
}

/* What came in came out or was reported, in every order. */
static void
nothing_is_lost_without_a_word(void **state)
{
	uint64_t now = 1, random = 88172645463325252ULL;
	size_t in = 0, out = 0, length;
	uint16_t number, last[64] = { 0 }, next[64] = { 0 };

	(void)state;
	queue_set_rate(queue, 1200);
	for (int i = 0; i < 200000; i++) {
		unsigned flow;
		int got;

		random ^= random << 13; /* xorshift64, Marsaglia, 2003 */
		random ^= random >> 7;
		random ^= random << 17;
		flow = (unsigned)(random >> 8) % 64;
		now += random % 50;
		if (random >> 32 & 1) {
			put(flow, 30 + random % 546, ++next[flow], now);
			in++;
		} else if ((got = take_one(&number, &length, now)) != -1) {
			out++;
			assert_true((uint16_t)(number - last[got] - 1) <
			    30000);
			last[got] = number;
		}
		assert_int_equal(in, out + dropped[DROP_QUEUE] +
		    queue_view(queue).packets);
	}
	queue_destroy(queue);
	assert_int_equal(in, out + dropped[DROP_QUEUE] +
	    dropped[DROP_NO_SESSION]);
	assert_true(dropped[DROP_QUEUE] > 1000);
	assert_int_equal(begin(NULL), 0);
}

static void
what_is_left_at_the_end_is_told(void **state)
{
	(void)state;
	put(1, 576, 1, 1);
	put(1, 576, 2, 1);
	put(2, 40, 1, 1);
	queue_destroy(queue);
	queue = NULL;
	assert_int_equal(dropped[DROP_NO_SESSION], 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(packets_of_a_flow_keep_their_order_and_their_octets),
		TEST(who_was_silent_goes_before_who_talks),
		TEST(who_pretends_to_be_silent_does_not_starve_the_others),
		TEST(two_flows_share_by_octets_not_by_packets),
		TEST(a_full_queue_drops_from_the_fattest_and_grows_no_further),
		TEST(too_long_for_the_whole_queue_is_dropped_itself),
		TEST(a_standing_queue_is_cut_a_short_one_is_not),
		TEST(many_flows_that_wait_for_their_turn_only_are_not_cut),
		TEST(who_knows_ecn_is_marked_instead),
		TEST(fragments_stay_behind_each_other),
		TEST(flows_seldom_meet_and_lose_nothing_when_they_do),
		TEST(nothing_is_lost_without_a_word),
		TEST(what_is_left_at_the_end_is_told),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
