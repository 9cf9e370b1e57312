/*
 * exchange_cmux_test.c - frames of 3GPP TS 27.010 as the exchange codes them
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/exchange/cmux.c"

struct seen {
	unsigned frames;
	struct cmux_frame last;
	uint8_t information[CMUX_INFORMATION];
};

static void
on_frame(void *context, const struct cmux_frame *frame)
{
	struct seen *seen = context;

	seen->frames++;
	seen->last = *frame;
	memcpy(seen->information, frame->information, frame->length);
}

static void
known_frame(void **state)
{
	/* SABM for channel 0 with P, as many a modem's manual shows it. */
	static const uint8_t sabm[] = { 0xf9, 0x03, 0x3f, 0x01, 0x1c, 0xf9 };
	uint8_t out[CMUX_FRAME];

	(void)state;
	const size_t size = cmux_write(out, &(struct cmux_frame){
	    .cr = true, .final = true, .kind = CMUX_SABM });

	assert_int_equal(size, sizeof(sabm));
	assert_memory_equal(out, sabm, size);
}

static void
there_and_back(void **state)
{
	static const size_t lengths[] = { 0, 1, 127, 128, 129,
		CMUX_INFORMATION };
	uint8_t information[CMUX_INFORMATION], out[CMUX_FRAME];
	struct cmux_reader reader;
	struct seen seen = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(information); i++)
		information[i] = (uint8_t)(i * 7 + (i >> 8)); /* has F9 too */
	cmux_reader_init(&reader, on_frame, &seen);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		const struct cmux_frame frame = { .channel = 63,
			.kind = CMUX_UIH, .information = information,
			.length = lengths[i] };
		const size_t size = cmux_write(out, &frame);

		for (size_t k = 0; k < size; k++)
			cmux_read(&reader, out + k, 1);
		assert_int_equal(seen.frames, i + 1);
		assert_int_equal(seen.last.channel, 63);
		assert_int_equal(seen.last.kind, CMUX_UIH);
		assert_false(seen.last.cr);
		assert_false(seen.last.final);
		assert_int_equal(seen.last.length, lengths[i]);
		assert_memory_equal(seen.information, information, lengths[i]);
	}
	assert_int_equal(reader.discarded, 0);
}

static void
one_flag_between_frames(void **state)
{
	static const uint8_t two[] = { 0xf9, 0x03, 0x3f, 0x01, 0x1c, 0xf9, 0x03,
		0x3f, 0x01, 0x1c, 0xf9 };
	struct cmux_reader reader;
	struct seen seen = { 0 };

	(void)state;
	cmux_reader_init(&reader, on_frame, &seen);
	cmux_read(&reader, two, sizeof(two));
	assert_int_equal(seen.frames, 2);
}

/* After any damage the next frame but one is read again. */
static void
finds_its_place(void **state)
{
	uint8_t out[CMUX_FRAME], bad[CMUX_FRAME];
	struct cmux_reader reader;
	struct seen seen = { 0 };
	const struct cmux_frame frame = { .channel = 5, .kind = CMUX_UIH,
		.information = (const uint8_t *)"hello", .length = 5 };

	(void)state;
	const size_t size = cmux_write(out, &frame);

	for (size_t i = 0; i < size; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			cmux_reader_init(&reader, on_frame, &seen);
			memcpy(bad, out, size);
			bad[i] ^= (uint8_t)(1U << bit);
			cmux_read(&reader, bad, size);
			/* Long enough for the longest false length. */
			for (int k = 0; k < 1000; k++)
				cmux_read(&reader, out, size);
			seen.frames = 0;
			cmux_read(&reader, out, size);
			assert_int_equal(seen.frames, 1);
			assert_memory_equal(seen.information, "hello", 5);
		}
	}
}

static void
too_long_is_discarded(void **state)
{
	static const uint8_t frame[] = { 0xf9, 0x05, 0xef, 0xfe, 0xff };
	struct cmux_reader reader;
	struct seen seen = { 0 };

	(void)state;
	cmux_reader_init(&reader, on_frame, &seen);
	cmux_read(&reader, frame, sizeof(frame));
	assert_int_equal(reader.discarded, 1);
	assert_int_equal(seen.frames, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_frame),
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(one_flag_between_frames),
		cmocka_unit_test(finds_its_place),
		cmocka_unit_test(too_long_is_discarded),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
