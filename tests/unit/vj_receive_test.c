/* RFC 1144, from the caller: hostile octets, loss, long conversations. */
#include "vj_fixture.h"

/* A conversation that both ends have in slot 0, and its next packet. */
static void
begin(struct octets *next_sent, struct octets *next)
{
	static const struct segment first = { S(1000, 2000, 4096, 1, ACK, 0,
	    "a") }, second = { S(1001, 2009, 4097, 9, ACK | PSH, 0, "bc") };
	struct octets packet, sent;

	build(&packet, &first);
	compress(&packet, &sent);
	restored(&sent, &packet);
	build(next, &second);
	compress(next, next_sent);
	assert_int_equal(next_sent->at[0], 0xbe);
}

static size_t
give(const char *octets, size_t n)
{
	uint8_t packet[ROOM];

	return vj_decompress(theirs, (const uint8_t *)octets, n, packet, ROOM);
}

#define GIVE(text) give("" text, sizeof text - 1)

static void
test_nothing_is_restored_from_nothing(void **state)
{
	(void)state;
	assert_int_equal(give("", 0), 0);
	assert_int_equal(GIVE("\x8f\1\2"), 0);
	assert_int_equal(GIVE("\xcf\0\1\2"), 0);
	assert_int_equal(GIVE("\xcf\x0f\1\2"), 0);
	assert_int_equal(GIVE("\xcf\x10\1\2"), 0);
	assert_int_equal(GIVE("\xcf\xff\1\2"), 0);
	assert_int_equal(GIVE("\x45\0\0\x14"), 0);
}

static void
test_a_cut_header_is_tossed_and_changes_nothing(void **state)
{
	struct octets sent, next, got;

	(void)state;
	begin(&sent, &next);
	sent.at[0] |= NEW_C;
	memmove(sent.at + 2, sent.at + 1, sent.n - 1);
	sent.at[1] = 0;
	sent.n++;
	for (size_t n = 0; n < sent.n - 2; n++) {
		got.n = vj_decompress(theirs, sent.at, n, got.at, ROOM);
		assert_int_equal(got.n, 0);
	}
	restored(&sent, &next);
}

static void
test_what_is_too_long_is_tossed(void **state)
{
	struct octets sent, next, got;

	(void)state;
	begin(&sent, &next);
	assert_int_equal(vj_decompress(theirs, sent.at, sent.n, got.at,
	    next.n - 1), 0);
	sent.at[0] |= NEW_C;
	memmove(sent.at + 2, sent.at + 1, sent.n++ - 1);
	sent.at[1] = 0;
	assert_int_equal(vj_decompress(theirs, sent.at, sent.n, got.at,
	    next.n), next.n);
	next.at[0] |= 0x70;
	next.at[IP_PROTOCOL] = 3;
	assert_int_equal(vj_decompress(theirs, next.at, next.n, got.at,
	    next.n - 1), 0);
	assert_int_equal(vj_decompress(theirs, next.at, next.n, got.at,
	    next.n), next.n);
}

static void
test_tossing_after_an_error(void **state)
{
	struct octets sent, next, got;

	(void)state;
	begin(&sent, &next);
	vj_decompressor_error(theirs);
	assert_int_equal(vj_decompress(theirs, sent.at, sent.n, got.at, ROOM),
	    0);
	assert_int_equal(vj_decompress(theirs, sent.at, sent.n, got.at, ROOM),
	    0);
	sent.at[0] |= NEW_C;
	memmove(sent.at + 2, sent.at + 1, sent.n++ - 1);
	sent.at[1] = 0;
	restored(&sent, &next);
	/* From now on without a slot again. */
	assert_int_equal(GIVE("\x8f\1\2"), 40);
	vj_decompressor_error(theirs);
	next.at[0] |= 0x70;
	next.at[IP_PROTOCOL] = 7;
	assert_int_equal(vj_decompress(theirs, next.at, next.n, got.at, ROOM),
	    next.n);
	assert_int_equal(GIVE("\x8f\1\2"), 40);
}

static void
test_whole_headers_that_lie_are_tossed(void **state)
{
	struct octets sent, next, got;
	struct {
		size_t at;
		uint8_t value;
	} lies[] = {
		{ 0, 0x74 },	       /* IP header of 16 octets */
		{ 0, 0x7f },	       /* of 60 */
		{ 0, 0x72 },
		{ IP_PROTOCOL, 16 },   /* no such slot */
		{ IP_PROTOCOL, 255 },
		{ IP_LENGTH, 1 },      /* more than came */
		{ IP_LENGTH + 1, 39 }, /* less than the headers */
		{ IP_TTL, 1 },	       /* the checksum is another */
		{ 20 + TCP_OFFSET, 0x40 },
		{ 20 + TCP_OFFSET, 0xf0 },
	};

	(void)state;
	begin(&sent, &next);
	next.at[0] |= 0x70;
	next.at[IP_PROTOCOL] = 0;
	for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
		sent = next;
		sent.at[lies[i].at] = lies[i].value;
		if (lies[i].at == IP_LENGTH || lies[i].at == IP_LENGTH + 1) {
			/* so that its sum is not what is found */
			sent.at[0] &= 0x4f;
			sent.at[IP_PROTOCOL] = PROTOCOL_TCP;
			put16(sent.at + IP_CHECKSUM, 0);
			put16(sent.at + IP_CHECKSUM, sum_of(0, sent.at, 20));
			sent.at[0] |= 0x70;
			sent.at[IP_PROTOCOL] = 0;
		}
		got.n = vj_decompress(theirs, sent.at, sent.n, got.at, ROOM);
		if (got.n != 0)
			fail_msg("lie %zu: taken", i);
		assert_int_equal(vj_decompress(theirs, next.at, next.n,
		    got.at, ROOM), next.n);
	}
	for (size_t n = 0; n < 40; n++)
		assert_int_equal(vj_decompress(theirs, next.at, n, got.at,
		    ROOM), 0);
}

static void
test_slots_at_both_ends_of_the_range(void **state)
{
	static const unsigned counts[] = { VJ_SLOTS_LEAST, 16,
		VJ_SLOTS_MOST };

	for (size_t i = 0; i < 3; i++) {
		teardown(state);
		ours = vj_compressor_create(counts[i], true);
		theirs = vj_decompressor_create(counts[i]);
		for (unsigned round = 0; round < 3 * counts[i]; round++) {
			struct segment s = { S(1000 + round / counts[i], 1, 1,
			    round, ACK, 0, "a"), .port = 1 +
			    round % counts[i] };
			struct octets packet, sent;

			build(&packet, &s);
			compress(&packet, &sent);
			assert_int_equal(vj_type(sent.at[0]),
			    round < counts[i] ? VJ_UNCOMPRESSED_TCP :
						VJ_COMPRESSED_TCP);
			restored(&sent, &packet);
		}
	}
}

/* ---- long conversations, over a line that loses and swaps ----------------- */

enum { CONVERSATIONS = 24, PACKETS = 40000 };

static struct segment talk[CONVERSATIONS];
static uint64_t dice;

static unsigned
throw(unsigned sides)
{
	dice ^= dice << 13;
	dice ^= dice >> 7;
	dice ^= dice << 17;
	return (unsigned)(dice >> 11) % sides;
}

/* Once in a while something that no ordinary conversation does. */
static void
surprise(struct segment *s)
{
	static const char *const options[] = { NULL, "\1\1\1", "\2\4\5" };

	switch (throw(12)) {
	case 0: s->id += throw(65536); break;
	case 1: s->sequence -= throw(3000); break;
	case 2: s->sequence += throw(200000); break;
	case 3: s->ack += throw(200000); break;
	case 4: s->ack -= throw(3000); break;
	case 5: s->tos = throw(256); break;
	case 6: s->ttl = 1 + throw(255); break;
	case 7: s->offset ^= DF; break;
	case 8: s->ip_options = options[throw(3)]; break;
	case 9: s->tcp_options = options[throw(3)]; break;
	case 10: s->urgent = throw(65536); break;
	default: s->window = throw(65536);
	}
}

static void
talk_on(struct octets *packet)
{
	static const char text[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	/* Most packets are of few conversations. */
	unsigned of = throw(4) == 0 ? throw(CONVERSATIONS) : throw(3);
	struct segment *s = &talk[of];
	struct segment once;

	s->port = 2000 + of;
	s->sequence += s->data == NULL ? 0 : (uint32_t)strlen(s->data);
	s->id++;
	s->flags = ACK | (throw(3) == 0 ? PSH : 0);
	s->data = throw(3) == 0 ? NULL : text + throw(sizeof text);
	if (throw(3) == 0)
		s->ack += throw(2) ? throw(1500) : 1;
	if (throw(5) == 0)
		s->window = (s->window + throw(512) - 256) & 0xffff;
	if (throw(20) == 0)
		surprise(s);
	once = *s;
	if (throw(25) == 0) {
		once.flags |= URG;
		once.urgent = s->urgent = throw(2) ? throw(4) : throw(65536);
	}
	if (throw(60) == 0)
		once.flags |= 1u << (throw(2) ? throw(3) : 6 + throw(2));
	if (throw(100) == 0)
		once.offset |= throw(2) ? MF : 185;
	build(packet, &once);
}

static size_t
receive(const struct octets *sent, struct octets *got)
{
	if (vj_type(sent->at[0]) == VJ_IP) {
		*got = *sent;
		return got->n;
	}
	got->n = vj_decompress(theirs, sent->at, sent->n, got->at, ROOM);
	return got->n;
}

static void
start_talk(uint64_t seed)
{
	memset(talk, 0, sizeof talk);
	dice = seed;
}

static void
test_nothing_is_lost_where_the_line_loses_nothing(void **state)
{
	struct octets packet, sent, got;
	size_t before = 0, after = 0;

	(void)state;
	start_talk(1144);
	for (int i = 0; i < PACKETS; i++) {
		talk_on(&packet);
		compress(&packet, &sent);
		assert_int_not_equal(receive(&sent, &got), 0);
		assert_same(&got, &packet);
		before += packet.n;
		after += sent.n;
	}
	assert_in_range(after, 1, before * 6 / 10);
}

/* The segments, and whose they are.  Of the rest of the IP header TCP's
 * checksum knows nothing: that may be of a packet before the one lost. */
static bool
is_same_to_tcp(const struct octets *a, const struct octets *b)
{
	size_t ip_a = (size_t)(a->at[0] & 15) * 4;
	size_t ip_b = (size_t)(b->at[0] & 15) * 4;

	return a->n - ip_a == b->n - ip_b &&
	    memcmp(a->at + IP_SOURCE, b->at + IP_SOURCE, 8) == 0 &&
	    memcmp(a->at + ip_a, b->at + ip_b, a->n - ip_a) == 0;
}

/*
 * Frames are lost, seen by the framing or not, and two change places.  What
 * comes out is what went in, or TCP's checksum tells, but for the few where
 * changes that were lost make up for each other: 16 bits of a sum are all that
 * RFC 1144 4.1 counts on.
 */
static void
test_what_comes_out_wrong_has_a_wrong_checksum(void **state)
{
	struct octets packet, sent, got, late = { .n = 0 };
	unsigned right = 0, tossed = 0, wrong = 0, unseen = 0;

	(void)state;
	start_talk(1990);
	for (int i = 0; i < PACKETS; i++) {
		unsigned luck = throw(50);

		talk_on(&packet);
		compress(&packet, &sent);
		if (luck == 0) { /* the framing has seen it */
			vj_decompressor_error(theirs);
			continue;
		}
		if (luck == 1) /* or has not */
			continue;
		if (luck == 2 && late.n == 0) {
			late = sent;
			continue;
		}
		if (receive(&sent, &got) == 0)
			tossed++;
		else if (is_same_to_tcp(&got, &packet))
			right++;
		else if (tcp_sum(got.at) != 0)
			wrong++;
		else
			unseen++;
		if (late.n != 0)
			(void)receive(&late, &got);
		late.n = 0;
	}
	/* All three happen, and most arrive: whole headers are sent often
	 * enough that no conversation stays broken. */
	assert_in_range(tossed, 10, PACKETS);
	assert_in_range(wrong, 100, PACKETS);
	assert_in_range(unseen, 0, wrong / 100);
	assert_in_range(right, PACKETS * 6 / 10, PACKETS);
}

/* A lost packet is sent again by TCP, whole, and all is well from then on. */
static void
test_a_retransmission_repairs(void **state)
{
	struct octets packet, sent, got;

	(void)state;
	start_talk(576);
	for (int i = 0; i < PACKETS / 4; i++) {
		talk_on(&packet);
		compress(&packet, &sent);
		if (throw(10) == 0 && vj_type(sent.at[0]) != VJ_IP) {
			vj_decompressor_error(theirs);
			compress(&packet, &sent);
			assert_int_equal(vj_type(sent.at[0]),
			    VJ_UNCOMPRESSED_TCP);
		}
		assert_int_not_equal(receive(&sent, &got), 0);
		assert_same(&got, &packet);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing_is_restored_from_nothing),
		TEST(test_a_cut_header_is_tossed_and_changes_nothing),
		TEST(test_what_is_too_long_is_tossed),
		TEST(test_tossing_after_an_error),
		TEST(test_whole_headers_that_lie_are_tossed),
		TEST(test_slots_at_both_ends_of_the_range),
		TEST(test_nothing_is_lost_where_the_line_loses_nothing),
		TEST(test_what_comes_out_wrong_has_a_wrong_checksum),
		TEST(test_a_retransmission_repairs),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
