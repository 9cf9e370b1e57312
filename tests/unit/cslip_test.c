/* One caller's SLIP: RFC 1055 and RFC 1144 together, and how they begin. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "craft.h"
#include "serial/cslip.c"

static struct cslip *ours, *his;
static uint8_t line[4 * CSLIP_RECEIVE_MAX], got[CSLIP_RECEIVE_MAX];
static uint32_t sequence;

static int
teardown(void **state)
{
	(void)state;
	cslip_destroy(ours);
	cslip_destroy(his);
	ours = his = NULL;
	return 0;
}

static void
begin(enum cslip_mode mode_ours, enum cslip_mode mode_his)
{
	ours = cslip_create(mode_ours, 16);
	his = cslip_create(mode_his, 16);
	assert_non_null(ours);
	assert_non_null(his);
	sequence = 1000;
}

/* The next segment of a conversation, in order. */
static struct packet *
segment(struct craft *c)
{
	craft_tcp(c, "10.64.0.2", 1025, "203.0.113.80", 80, TH_ACK,
	    sequence++, 1);
	craft_put(c->octets + 2, 41);
	craft_put(c->octets + 4, sequence);
	return craft_done(c);
}

/* All octets in, one packet out at most. */
static size_t
receive(struct cslip *slip, const uint8_t *octets, size_t n)
{
	size_t length = 0, at = 0;

	while (at < n && length == 0)
		at += cslip_receive(slip, octets + at, n - at, got, &length);
	/* END at most is left */
	assert_in_range(n - at, 0, 1);
	return length;
}

/* From one end to the other.  Returns the octets on the line, 0: it did not
 * come as it went. */
static size_t
pass(struct cslip *from, struct cslip *to, const struct packet *packet)
{
	uint8_t copy[CSLIP_RECEIVE_MAX];
	size_t n;

	memcpy(copy, packet->data, packet->length);
	n = cslip_send(from, copy, packet->length, line);
	assert_in_range(n, 1, slip_room(packet->length));
	if (receive(to, line, n) != packet->length ||
	    memcmp(got, packet->data, packet->length) != 0)
		return 0;
	return n;
}

static void
test_plain(void **state)
{
	struct craft c;

	(void)state;
	begin(CSLIP_PLAIN, CSLIP_PLAIN);
	for (int i = 0; i < 5; i++)
		assert_in_range(pass(ours, his, segment(&c)), 43, 84);
	assert_false(cslip_compresses(ours));
	assert_false(cslip_compresses(his));
}

static void
test_two_who_adapt_stay_plain(void **state)
{
	struct craft c;

	(void)state;
	begin(CSLIP_ADAPTIVE, CSLIP_ADAPTIVE);
	for (int i = 0; i < 5; i++) {
		assert_in_range(pass(ours, his, segment(&c)), 43, 84);
		assert_in_range(pass(his, ours, segment(&c)), 43, 84);
	}
}

static void
test_we_follow_a_caller_who_compresses(void **state)
{
	struct craft c;

	(void)state;
	begin(CSLIP_ADAPTIVE, CSLIP_COMPRESSED);
	assert_in_range(pass(ours, his, segment(&c)), 43, 84);
	assert_false(cslip_compresses(ours));
	assert_in_range(pass(his, ours, segment(&c)), 43, 84);
	assert_true(cslip_compresses(ours));
	assert_in_range(pass(his, ours, segment(&c)), 6, 10);
	assert_in_range(pass(ours, his, segment(&c)), 43, 84);
	assert_in_range(pass(ours, his, segment(&c)), 6, 10);
}

static void
test_who_asked_for_it_gets_it_at_once(void **state)
{
	struct craft c;

	(void)state;
	begin(CSLIP_COMPRESSED, CSLIP_ADAPTIVE);
	assert_in_range(pass(ours, his, segment(&c)), 43, 84);
	assert_true(cslip_compresses(his));
	assert_in_range(pass(ours, his, segment(&c)), 6, 10);
	assert_in_range(pass(his, ours, segment(&c)), 43, 84);
	assert_in_range(pass(his, ours, segment(&c)), 6, 10);
}

static void
test_plain_understands_and_does_not_follow(void **state)
{
	struct craft c;

	(void)state;
	begin(CSLIP_PLAIN, CSLIP_COMPRESSED);
	assert_in_range(pass(his, ours, segment(&c)), 43, 84);
	assert_in_range(pass(his, ours, segment(&c)), 6, 10);
	assert_false(cslip_compresses(ours));
	assert_in_range(pass(ours, his, segment(&c)), 43, 84);
	assert_in_range(pass(ours, his, segment(&c)), 43, 84);
}

static void
test_noise_turns_nothing_on(void **state)
{
	static const char *const noise[] = { "~\xff}#\xc0!\xc0", "xyz\xc0",
		"\x75\0\0\x28\0\0\0\0\x40\x03\0\0\xc0",
		"\x8f\1\2garbage\xc0", "\xff\xff\xff\xff\xff\xc0",
		"login: \xc0", "uuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu\xc0" };
	struct cslip_counts counts;
	struct craft c;

	(void)state;
	begin(CSLIP_ADAPTIVE, CSLIP_PLAIN);
	for (size_t i = 0; i < sizeof noise / sizeof noise[0]; i++) {
		size_t length = 0, n = strlen(noise[i]), at = 0;

		while (at < n)
			at += cslip_receive(ours, (const uint8_t *)noise[i] +
			    at, n - at, got, &length);
		assert_int_equal(length, 0);
		assert_false(cslip_compresses(ours));
	}
	cslip_counts(ours, &counts);
	assert_int_equal(counts.frames, 0);
	assert_in_range(counts.tossed, 4, 8);
	assert_in_range(counts.not_ip, 2, 4);
	assert_in_range(pass(his, ours, segment(&c)), 43, 84);
}

/* We were restarted in the middle of a call: his compressed frames mean
 * nothing to us until TCP has sent again. */
static void
test_a_compressed_frame_first(void **state)
{
	struct craft c;

	(void)state;
	begin(CSLIP_ADAPTIVE, CSLIP_COMPRESSED);
	assert_int_not_equal(pass(his, ours, segment(&c)), 0);
	cslip_destroy(ours);
	ours = cslip_create(CSLIP_ADAPTIVE, 16);
	assert_int_equal(pass(his, ours, segment(&c)), 0);
	assert_false(cslip_compresses(ours));
	sequence -= 1;
	assert_int_not_equal(pass(his, ours, segment(&c)), 0);
	assert_true(cslip_compresses(ours));
}

static size_t
frame(struct cslip *from, const struct packet *packet)
{
	uint8_t copy[CSLIP_RECEIVE_MAX];

	memcpy(copy, packet->data, packet->length);
	return cslip_send(from, copy, packet->length, line);
}

/* What the framing sees is told to the decompressor. */
static void
test_a_frame_lost_to_the_framing(void **state)
{
	static uint8_t overlong[CSLIP_RECEIVE_MAX + 2];
	struct cslip_counts counts;
	struct craft c;

	(void)state;
	begin(CSLIP_ADAPTIVE, CSLIP_COMPRESSED);
	memset(overlong, 'a', sizeof overlong);
	overlong[sizeof overlong - 1] = SLIP_END;
	assert_int_not_equal(pass(his, ours, segment(&c)), 0);
	(void)frame(his, segment(&c)); /* lost */
	assert_int_equal(receive(ours, overlong, sizeof overlong), 0);
	assert_int_equal(pass(his, ours, segment(&c)), 0);
	assert_int_equal(pass(his, ours, segment(&c)), 0);
	sequence--; /* TCP sends it again */
	assert_int_not_equal(pass(his, ours, segment(&c)), 0);
	cslip_counts(ours, &counts);
	assert_int_equal(counts.overlong, 1);
	assert_int_equal(counts.tossed, 2);
	assert_int_equal(counts.frames, 2);
	assert_int_equal(counts.compressed, 0);
}

static void
test_a_bad_escape_spoils_no_slot(void **state)
{
	struct cslip_counts counts;
	struct craft c;
	size_t n;

	(void)state;
	begin(CSLIP_ADAPTIVE, CSLIP_COMPRESSED);
	assert_int_not_equal(pass(his, ours, segment(&c)), 0);
	n = frame(his, segment(&c));
	memmove(line + 3, line + 2, n - 2);
	line[2] = SLIP_ESC;
	line[3] = 'x';
	assert_int_equal(receive(ours, line, n + 1), 0);
	sequence--;
	assert_int_not_equal(pass(his, ours, segment(&c)), 0);
	cslip_counts(ours, &counts);
	assert_int_equal(counts.bad_escapes, 1);
	assert_int_equal(counts.tossed, 1);
	/* Of a plain packet it is the checksums that tell. */
	assert_int_equal(receive(ours, (const uint8_t *)"E\xdb"
	    "a\xc0", 4), 2);
}

static void
test_other_packets_pass_between(void **state)
{
	struct craft c;

	(void)state;
	begin(CSLIP_COMPRESSED, CSLIP_COMPRESSED);
	assert_int_not_equal(pass(ours, his, segment(&c)), 0);
	assert_int_not_equal(pass(ours, his, craft_udp(&c, "10.64.0.2", 53,
	    "203.0.113.80", 53, "\xc0\xdb\xc0\xdb")), 0);
	assert_int_not_equal(pass(ours, his, craft_query(&c, "10.64.0.2",
	    "203.0.113.80", 8, 1)), 0);
	assert_in_range(pass(ours, his, segment(&c)), 6, 10);
}

static void
test_the_longest(void **state)
{
	uint8_t packet[CSLIP_RECEIVE_MAX + 1];
	size_t n;

	(void)state;
	begin(CSLIP_PLAIN, CSLIP_PLAIN);
	memset(packet, SLIP_END, sizeof packet);
	packet[0] = 0x45;
	n = cslip_send(his, packet, CSLIP_RECEIVE_MAX, line);
	assert_int_equal(n, slip_room(CSLIP_RECEIVE_MAX) - 1);
	assert_int_equal(receive(ours, line, n), CSLIP_RECEIVE_MAX);
	n = cslip_send(his, packet, CSLIP_RECEIVE_MAX + 1, line);
	assert_int_equal(receive(ours, line, n), 0);
}

#define TEST(f) cmocka_unit_test_teardown(f, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_plain),
		TEST(test_two_who_adapt_stay_plain),
		TEST(test_we_follow_a_caller_who_compresses),
		TEST(test_who_asked_for_it_gets_it_at_once),
		TEST(test_plain_understands_and_does_not_follow),
		TEST(test_noise_turns_nothing_on),
		TEST(test_a_compressed_frame_first),
		TEST(test_a_frame_lost_to_the_framing),
		TEST(test_a_bad_escape_spoils_no_slot),
		TEST(test_other_packets_pass_between),
		TEST(test_the_longest),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
