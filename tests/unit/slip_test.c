/* RFC 1055: octets to frames and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "serial/slip.c"

enum { CAPACITY = 8 };

static uint8_t buffer[CAPACITY];
static struct slip_decoder decoder;
/* What came out: a digit a frame's length, '!' a dubious one before it, 'x'
 * one thrown away; the last frame's octets. */
static char story[64];
static uint8_t last[CAPACITY];

static int
setup(void **state)
{
	(void)state;
	slip_decoder_start(&decoder, buffer, sizeof buffer);
	story[0] = '\0';
	return 0;
}

static void
tell(char c)
{
	size_t n = strlen(story);

	assert_in_range(n, 0, sizeof story - 2);
	story[n] = c;
	story[n + 1] = '\0';
}

static void
feed(const void *octets, size_t n)
{
	const uint8_t *at = octets;

	while (n > 0) {
		enum slip_event event;
		size_t used = slip_decode(&decoder, at, n, &event);

		assert_in_range(used, 1, n);
		at += used;
		n -= used;
		if (event == SLIP_TOSSED)
			tell('x');
		if (event != SLIP_FRAME)
			continue;
		if (decoder.dubious)
			tell('!');
		tell((char)('0' + decoder.length));
		memcpy(last, buffer, decoder.length);
	}
}

#define FEED(text) feed("" text, sizeof text - 1)

static void
test_vectors(void **state)
{
	static const struct {
		const char *packet, *octets;
		size_t n, m;
	} vectors[] = {
		{ "E", "\xc0"
		       "E\xc0", 1, 3 },
		{ "\xc0", "\xc0\xdb\xdc\xc0", 1, 4 },
		{ "\xdb", "\xc0\xdb\xdd\xc0", 1, 4 },
		{ "\xdc\xdd", "\xc0\xdc\xdd\xc0", 2, 4 },
		{ "a\xdb\xdc\xc0z", "\xc0"
				    "a\xdb\xdd\xdc\xdb\xdcz\xc0", 5, 9 },
		{ "", "\xc0\xc0", 0, 2 },
	};
	uint8_t octets[32];

	(void)state;
	for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
		assert_int_equal(slip_encode(
		    (const uint8_t *)vectors[i].packet, vectors[i].n, octets),
		    vectors[i].m);
		assert_memory_equal(octets, vectors[i].octets, vectors[i].m);
		assert_in_range(vectors[i].m, 2, slip_room(vectors[i].n));
	}
}

static void
test_the_worst_packet_fits(void **state)
{
	uint8_t packet[100], octets[202];

	(void)state;
	memset(packet, SLIP_ESC, sizeof packet);
	assert_int_equal(slip_room(sizeof packet), sizeof octets);
	assert_int_equal(slip_encode(packet, sizeof packet, octets),
	    sizeof octets);
}

static void
test_frames(void **state)
{
	(void)state;
	FEED("\xc0"
	     "abc\xc0");
	assert_string_equal(story, "3");
	assert_memory_equal(last, "abc", 3);
	FEED("de\xc0"); /* one END between two frames is enough */
	assert_string_equal(story, "32");
	assert_memory_equal(last, "de", 2);
	FEED("\xc0\xc0\xc0"
	     "f");
	assert_string_equal(story, "32");
	FEED("\xc0");
	assert_string_equal(story, "321");
}

static void
test_escapes(void **state)
{
	(void)state;
	FEED("\xdb\xdc\xdb\xdd\xdc\xc0");
	assert_string_equal(story, "3");
	assert_memory_equal(last, "\xc0\xdb\xdc", 3);
	assert_int_equal(decoder.bad_escapes, 0);
}

static void
test_a_bad_escape_is_stuffed_and_told(void **state)
{
	(void)state;
	FEED("a\xdb"
	     "bc\xc0"
	     "d\xc0");
	assert_string_equal(story, "!31");
	assert_int_equal(decoder.bad_escapes, 1);
	FEED("\xdb\xdb\xdc\xc0"); /* the second ESC is the bad one */
	assert_string_equal(story, "!31!2");
	assert_memory_equal(last, "\xdb\xdc", 2);
	assert_int_equal(decoder.bad_escapes, 2);
}

static void
test_a_frame_cut_in_an_escape_is_tossed(void **state)
{
	(void)state;
	FEED("ab\xdb\xc0"
	     "cd\xc0\xdb\xc0"
	     "e\xc0");
	assert_string_equal(story, "x2x1");
	assert_int_equal(decoder.bad_escapes, 2);
}

static void
test_overlong_frames_are_tossed_whole(void **state)
{
	(void)state;
	FEED("12345678\xc0");
	assert_string_equal(story, "8");
	FEED("123456789\xc0"
	     "ab\xc0");
	assert_string_equal(story, "8x2");
	for (int i = 0; i < 100000; i++)
		FEED("no end of it\xdb\xdc");
	FEED("\xc0"
	     "ab\xc0");
	assert_string_equal(story, "8x2x2");
	assert_int_equal(decoder.overlong, 2);
	FEED("12345678\xdb\xdc\xc0");
	assert_string_equal(story, "8x2x2x");
	assert_int_equal(decoder.overlong, 3);
}

/* However the octets are cut, the same frames come out. */
static void
test_any_cuts(void **state)
{
	uint8_t packet[CAPACITY], octets[64 * (2 * CAPACITY + 2)];
	char whole[sizeof story];
	size_t n = 0;

	(void)state;
	srandom(1055);
	for (int i = 0; i < 50; i++) {
		size_t length = (size_t)random() % CAPACITY + 1;

		for (size_t j = 0; j < length; j++)
			packet[j] = (uint8_t)(0xc0 + random() % 0x20);
		n += slip_encode(packet, length, octets + n);
	}
	feed(octets, n);
	assert_int_equal(strlen(story), 50);
	memcpy(whole, story, sizeof whole);
	for (int run = 0; run < 200; run++) {
		setup(state);
		for (size_t at = 0; at < n;) {
			size_t piece = (size_t)random() % 7 + 1;

			if (piece > n - at)
				piece = n - at;
			feed(octets + at, piece);
			at += piece;
		}
		assert_string_equal(story, whole);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_vectors, setup),
		cmocka_unit_test_setup(test_the_worst_packet_fits, setup),
		cmocka_unit_test_setup(test_frames, setup),
		cmocka_unit_test_setup(test_escapes, setup),
		cmocka_unit_test_setup(test_a_bad_escape_is_stuffed_and_told,
		    setup),
		cmocka_unit_test_setup(test_a_frame_cut_in_an_escape_is_tossed,
		    setup),
		cmocka_unit_test_setup(test_overlong_frames_are_tossed_whole,
		    setup),
		cmocka_unit_test_setup(test_any_cuts, setup),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
