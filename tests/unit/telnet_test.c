/*
 * telnet_test.c - what callers over TCP send, and what is made of it
 *
 * Each row goes in whole, and cut at every octet.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "serial/telnet.c"

#define TEXT(s) s, sizeof(s) - 1
#define GREETING "\xff\xfb\x01\xff\xfb\x03\xff\xfb\x00\xff\xfd\x00"

static const struct row {
	const char *name;
	enum telnet_setting setting;
	const char *in;
	size_t in_count;
	const char *data;
	size_t data_count;
	const char *reply;
	size_t reply_count;
	enum telnet_mode mode;
} rows[] = {
	{ "text only", TELNET_AUTO, TEXT("alice\r\nx"), TEXT("alice\r\nx"),
	    TEXT(""), TELNET_UNDECIDED },
	{ "tcpser", TELNET_AUTO,
	    TEXT("\xff\xfb\x01\xff\xfb\x00\xff\xfd\x00" "alice\r"),
	    TEXT("alice\r"), TEXT(""), TELNET_RAW },
	{ "tcpser and silence", TELNET_AUTO,
	    TEXT("\xff\xfb\x01\xff\xfb\x00\xff\xfd\x00"), TEXT(""), TEXT(""),
	    TELNET_UNDECIDED },
	{ "tcpser with parity", TELNET_AUTO, TEXT("\xff\xfb\x01" "alice\r"),
	    TEXT("alice\r"), TEXT(""), TELNET_RAW },
	{ "tcpser, then PPP with every octet", TELNET_AUTO,
	    TEXT("\xff\xfb\x01\xff\xfb\x00\xff\xfd\x00"
		 "\x7e\xff\x7d\x23\xc0\x21\xff\xff\xff\xfb\x01\r\0\x7e"),
	    TEXT("\x7e\xff\x7d\x23\xc0\x21\xff\xff\xff\xfb\x01\r\0\x7e"),
	    TEXT(""), TELNET_RAW },
	{ "tcpser, then an FF that is data", TELNET_AUTO,
	    TEXT("\xff\xfb\x01\xff\xfb\x00\xff\xfd\x00\xff\x03\xff\xfb\x01"),
	    TEXT("\xff\x03\xff\xfb\x01"), TEXT(""), TELNET_RAW },
	{ "nearly tcpser", TELNET_AUTO, TEXT("\xff\xfb\x01\xff\xfb\x00" "a"),
	    TEXT("a"),
	    TEXT("\xff\xfe\x01\xff\xfd\x00\xff\xfb\x01\xff\xfb\x03"
		 "\xff\xfb\x00"), TELNET_SPOKEN },
	{ "more than tcpser", TELNET_AUTO,
	    TEXT("\xff\xfb\x01\xff\xfb\x00\xff\xfd\x00\xff\xfd\x03"),
	    TEXT(""),
	    TEXT("\xff\xfe\x01\xff\xfd\x00\xff\xfb\x00\xff\xfb\x03"
		 "\xff\xfb\x01"), TELNET_SPOKEN },
	{ "PPP at once", TELNET_AUTO,
	    TEXT("\x7e\xff\x03\xc0\x21\xff\xfb\x01\xff\xff"),
	    TEXT("\x7e\xff\x03\xc0\x21\xff\xfb\x01\xff\xff"), TEXT(""),
	    TELNET_RAW },
	{ "PPP in the middle", TELNET_AUTO,
	    TEXT("ali\x7e\xff\x7d\x23\xff\xfb\x01"),
	    TEXT("ali\x7e\xff\x7d\x23\xff\xfb\x01"), TEXT(""), TELNET_RAW },
	{ "PPP, compressed address", TELNET_AUTO,
	    TEXT("\x7e\xc0\x21\xff\xfb\x01"), TEXT("\x7e\xc0\x21\xff\xfb\x01"),
	    TEXT(""), TELNET_RAW },
	{ "SLIP at once", TELNET_AUTO,
	    TEXT("\xc0\x45\x00\xff\xff\xff\xff\xff\xf4\r\0"),
	    TEXT("\xc0\x45\x00\xff\xff\xff\xff\xff\xf4\r\0"), TEXT(""),
	    TELNET_RAW },
	{ "a tilde and a person", TELNET_AUTO, TEXT("~x\xff\xf4"),
	    TEXT("~x\x03"), TEXT(GREETING), TELNET_SPOKEN },
	{ "telnet(1): its burst", TELNET_AUTO,
	    TEXT("\xff\xfd\x03\xff\xfb\x18\xff\xfb\x1f\xff\xfb\x20\xff\xfb\x21"
		 "\xff\xfb\x22\xff\xfb\x27\xff\xfd\x05" "a\r\0"),
	    TEXT("a\r"),
	    TEXT("\xff\xfb\x03\xff\xfb\x01\xff\xfb\x00\xff\xfd\x00"
		 "\xff\xfe\x18\xff\xfe\x1f\xff\xfe\x20\xff\xfe\x21\xff\xfe\x22"
		 "\xff\xfe\x27\xff\xfc\x05"), TELNET_SPOKEN },
	{ "telnet(1): its answers to ours", TELNET_YES,
	    TEXT("a\xff\xfd\x01\xff\xfd\x03\xff\xfd\x00\xff\xfb\x00\r\0b"),
	    TEXT("a\r\0b"), TEXT(GREETING), TELNET_SPOKEN },
	{ "all refused", TELNET_YES,
	    TEXT("a\xff\xfe\x01\xff\xfe\x03\xff\xfe\x00\xff\xfc\x00\r\0b"),
	    TEXT("a\rb"), TEXT(GREETING), TELNET_SPOKEN },
	{ "agreed, then taken back", TELNET_YES,
	    TEXT("a\xff\xfd\x01\xff\xfe\x01\xff\xfe\x01\xff\xfe\x01"),
	    TEXT("a"), TEXT(GREETING "\xff\xfc\x01"), TELNET_SPOKEN },
	{ "doubled FF", TELNET_YES, TEXT("a\xff\xff" "b\xff\xff\xff\xff"),
	    TEXT("a\xff" "b\xff\xff"), TEXT(GREETING), TELNET_SPOKEN },
	{ "two FF without telnet", TELNET_AUTO, TEXT("a\xff\xff" "b"),
	    TEXT("a\xff\xff" "b"), TEXT(""), TELNET_UNDECIDED },
	{ "FF is data before less than F0", TELNET_AUTO, TEXT("a\xff\x03" "b"),
	    TEXT("a\xff\x03" "b"), TEXT(""), TELNET_UNDECIDED },
	{ "DOSBox: FF never doubled, our offers agreed to", TELNET_YES,
	    TEXT("\x7e\xff\x7d\x23\xff\xff\xff\xfb\x00\xff\xff\xff\xfb\x00"
		 "\xff\xfd\x05\xff"),
	    TEXT("\x7e\xff\x7d\x23\xff\xff\xff\xff\xff\xfb\x00\xff\xfd\x05"),
	    TEXT(GREETING), TELNET_SPOKEN },
	{ "QEMU: four offers, then FF never doubled", TELNET_AUTO,
	    TEXT("\xff\xfb\x01\xff\xfb\x03\xff\xfb\x00\xff\xfd\x00"
		 "\x7e\xff\x7d\x23\xc0\x21\xff\xff\xff\xfb\x01\x7e"),
	    TEXT("\x7e\xff\x7d\x23\xc0\x21\xff\xff\xff\xfb\x01\x7e"),
	    TEXT("\xff\xfe\x01\xff\xfd\x03\xff\xfb\x01\xff\xfb\x03\xff\xfb\x00"
		 "\xff\xfd\x00"), TELNET_SPOKEN },
	{ "keys", TELNET_AUTO, TEXT("\xff\xf7\xff\xf8\xff\xf3\xff\xf1\xff\xf6"),
	    TEXT("\x08\x15\x03"), TEXT(GREETING), TELNET_SPOKEN },
	{ "timing mark", TELNET_AUTO, TEXT("\xff\xf4\xff\xfd\x06"),
	    TEXT("\x03"), TEXT(GREETING "\xff\xfc\x06"), TELNET_SPOKEN },
	{ "subnegotiation", TELNET_AUTO,
	    TEXT("\xff\xfa\x18\x00" "xterm\xff\xff\xff\xf0" "a"), TEXT("a"),
	    TEXT(GREETING), TELNET_SPOKEN },
	{ "no: every octet", TELNET_NO,
	    TEXT("\xff\xfb\x01\xff\xff\xff\xfa\x00\r\0"),
	    TEXT("\xff\xfb\x01\xff\xff\xff\xfa\x00\r\0"), TEXT(""),
	    TELNET_RAW },
	{ "unknown options are refused", TELNET_YES,
	    TEXT("\xff\xfb\x63\xff\xfd\x63\xff\xfc\x63\xff\xfe\x63"), TEXT(""),
	    TEXT(GREETING "\xff\xfe\x63\xff\xfc\x63"), TELNET_SPOKEN },
};

struct taken {
	uint8_t data[4096], reply[4096];
	size_t data_count, reply_count;
};

static void
feed(struct telnet *telnet, const char *in, size_t count, struct taken *taken)
{
	uint8_t out[2048], reply[2048];
	size_t out_count, reply_count;

	telnet_in(telnet, (const uint8_t *)in, count, out, &out_count, reply,
	    &reply_count);
	assert_true(out_count <= TELNET_IN_ROOM(count));
	assert_true(reply_count <= TELNET_IN_ROOM(count));
	memcpy(taken->data + taken->data_count, out, out_count);
	taken->data_count += out_count;
	memcpy(taken->reply + taken->reply_count, reply, reply_count);
	taken->reply_count += reply_count;
}

static void
check(const struct row *row, const struct telnet *telnet,
    const struct taken *taken, size_t cut)
{
	if (taken->data_count != row->data_count ||
	    memcmp(taken->data, row->data, row->data_count) != 0)
		fail_msg("%s, cut at %zu: wrong data", row->name, cut);
	if (taken->reply_count != row->reply_count ||
	    memcmp(taken->reply, row->reply, row->reply_count) != 0)
		fail_msg("%s, cut at %zu: wrong reply", row->name, cut);
	if (telnet->mode != row->mode)
		fail_msg("%s: mode %d", row->name, (int)telnet->mode);
}

static void
rows_cut_everywhere(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct row *row = &rows[i];

		for (size_t cut = 0; cut <= row->in_count; cut++) {
			struct taken taken = { .data_count = 0 };
			struct telnet telnet;

			telnet_reset(&telnet, row->setting);
			feed(&telnet, row->in, cut, &taken);
			feed(&telnet, row->in + cut, row->in_count - cut,
			    &taken);
			check(row, &telnet, &taken, cut);
		}
	}
}

static void
rows_octet_by_octet(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct taken taken = { .data_count = 0 };
		struct telnet telnet;

		telnet_reset(&telnet, rows[i].setting);
		for (size_t at = 0; at < rows[i].in_count; at++)
			feed(&telnet, rows[i].in + at, 1, &taken);
		check(&rows[i], &telnet, &taken, 999);
	}
}

static void
assert_out(struct telnet *telnet, const char *in, size_t count,
    const char *wanted, size_t wanted_count)
{
	uint8_t out[TELNET_OUT_ROOM(64)];
	size_t out_count;

	telnet_out(telnet, (const uint8_t *)in, count, out, &out_count);
	assert_true(out_count <= TELNET_OUT_ROOM(count));
	assert_int_equal(out_count, wanted_count);
	assert_memory_equal(out, wanted, wanted_count);
}

static void
outwards(void **state)
{
	struct taken taken = { .data_count = 0 };
	struct telnet telnet;

	(void)state;
	telnet_reset(&telnet, TELNET_AUTO);
	assert_out(&telnet, TEXT("a\xff\r\xff\r\n"), TEXT("a\xff\r\xff\r\n"));
	feed(&telnet, TEXT("\xff\xfd\x03"), &taken);
	assert_out(&telnet, TEXT("a\xff\r\xff\r\n"),
	    TEXT("a\xff\xff\r\xff\xff\r\n"));
	assert_false(telnet_is_clean(&telnet));
	/* He refuses binary: RFC 854's CR NUL, across calls, too. */
	feed(&telnet, TEXT("\xff\xfe\x00"), &taken);
	assert_out(&telnet, TEXT("a\xff\r"), TEXT("a\xff\xff\r"));
	assert_out(&telnet, TEXT("\xff\r\n\rb"), TEXT("\0\xff\xff\r\n\r\0b"));
	assert_false(telnet_is_clean(&telnet));
}

static void
clean_or_not(void **state)
{
	struct taken taken = { .data_count = 0 };
	struct telnet telnet;

	(void)state;
	telnet_reset(&telnet, TELNET_NO);
	assert_true(telnet_is_clean(&telnet));
	telnet_reset(&telnet, TELNET_AUTO);
	assert_true(telnet_is_clean(&telnet));
	telnet_reset(&telnet, TELNET_YES);
	assert_false(telnet_is_clean(&telnet));
	feed(&telnet, TEXT("a\xff\xfb\x00"), &taken);
	assert_true(telnet_is_clean(&telnet));
}

/* The other side answers everything, as the worst of them do. */
static void
no_endless_answers(void **state)
{
	struct telnet telnet;
	uint8_t to[64] = "\xff\xfb\x63\xff\xfd\x01", out[128], reply[128];
	size_t count = 6, out_count, total = 0;

	(void)state;
	telnet_reset(&telnet, TELNET_AUTO);
	for (int round = 0; round < 10000 && count > 0; round++) {
		telnet_in(&telnet, to, count, out, &out_count, reply, &count);
		total += count;
		assert_true(count <= sizeof(to));
		memcpy(to, reply, count);
		/* DONT is answered by WILL, the rest is echoed */
		for (size_t i = 0; i + 2 < count; i += 3)
			if (to[i + 1] == DONT)
				to[i + 1] = WILL;
	}
	assert_int_equal(count, 0);
	assert_true(total <= 3 * ANSWERS_MOST);
}

static void
no_endless_subnegotiation(void **state)
{
	struct taken taken = { .data_count = 0 };
	struct telnet telnet;

	(void)state;
	telnet_reset(&telnet, TELNET_AUTO);
	feed(&telnet, TEXT("\xff\xfa\x18"), &taken);
	for (int i = 0; i < 2000; i++)
		feed(&telnet, "x", 1, &taken);
	assert_true(taken.data_count > 900);
}

static void
nothing_before_the_caller(void **state)
{
	(void)state;
	for (unsigned setting = TELNET_AUTO; setting <= TELNET_NO; setting++) {
		struct taken taken = { .data_count = 0 };
		struct telnet telnet;

		telnet_reset(&telnet, setting);
		feed(&telnet, "", 0, &taken);
		assert_int_equal(taken.reply_count, 0);
		assert_out(&telnet, TEXT("\r\nlogin: "), TEXT("\r\nlogin: "));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_cut_everywhere),
		cmocka_unit_test(rows_octet_by_octet),
		cmocka_unit_test(outwards),
		cmocka_unit_test(clean_or_not),
		cmocka_unit_test(no_endless_answers),
		cmocka_unit_test(no_endless_subnegotiation),
		cmocka_unit_test(nothing_before_the_caller),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
