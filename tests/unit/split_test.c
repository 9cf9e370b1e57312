#include "masqd/gateway/split.c"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

enum { ROOM = 4096 };

/* A UDP datagram behind a header of `header` octets. */
static struct packet
datagram(uint8_t *out, size_t header, size_t payload)
{
	struct packet packet;

	memset(out, 0, ROOM);
	out[0] = (uint8_t)(0x40 | header / 4);
	put16(out + 2, header + 8 + payload);
	out[8] = 64;
	out[9] = IPPROTO_UDP;
	out[12] = out[16] = 10;
	if (header == 28) {
		/* Router alert is copied, a timestamp is not. */
		static const uint8_t options[] = { 0x94, 4, 0, 0, 0x44, 4, 5,
			0 };

		memcpy(out + 20, options, sizeof options);
	}
	put16(out + header + 4, 8 + payload);
	for (size_t i = 0; i < payload; i++)
		out[header + 8 + i] = (uint8_t)i;
	octets_put16(out + 10, checksum_of(out, header));
	assert_int_equal(packet_parse(&packet, out, header + 8 + payload,
	    ROOM), PASS);
	return packet;
}

static void
fragments_fit_and_join(void **state)
{
	uint8_t whole[ROOM], out[ROOM], joined[ROOM];
	struct packet packet = datagram(whole, 20, 2000), fragment;
	struct split split;
	size_t at = 0;

	(void)state;
	split_begin(&split, &packet, 577);
	while (split_next(&split, out, &fragment)) {
		size_t field = (size_t)(out[6] << 8 | out[7]);

		assert_true(fragment.length <= 577);
		assert_int_equal((field & OFFSET) * 8, at);
		assert_int_equal(checksum_of(out, 20), 0);
		memcpy(joined + at, out + 20, fragment.length - 20);
		at += fragment.length - 20;
		assert_int_equal((field & MORE_FRAGMENTS) != 0, at < 2008);
	}
	assert_int_equal(at, 2008);
	assert_memory_equal(joined, whole + 20, at);
}

static void
fragments_of_a_fragment_keep_its_place(void **state)
{
	uint8_t whole[ROOM], out[ROOM];
	struct packet packet = datagram(whole, 20, 1000), fragment;
	struct split split;
	size_t last = 0;

	(void)state;
	put16(whole + 6, MORE_FRAGMENTS | 100);
	split_begin(&split, &packet, 500);
	while (split_next(&split, out, &fragment))
		last = (size_t)(out[6] << 8 | out[7]);
	assert_int_equal(last, MORE_FRAGMENTS | (100 + 960 / 8));
}

static void
options_without_the_copied_flag_stay_behind(void **state)
{
	uint8_t whole[ROOM], out[ROOM];
	struct packet packet = datagram(whole, 28, 1000), fragment;
	struct split split;
	static const uint8_t nops[4] = { 1, 1, 1, 1 };

	(void)state;
	split_begin(&split, &packet, 576);
	assert_true(split_next(&split, out, &fragment));
	assert_memory_equal(out + 20, whole + 20, 8);
	assert_true(split_next(&split, out, &fragment));
	assert_memory_equal(out + 20, whole + 20, 4);
	assert_memory_equal(out + 24, nops, 4);
	assert_int_equal(checksum_of(out, 28), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fragments_fit_and_join),
		cmocka_unit_test(fragments_of_a_fragment_keep_its_place),
		cmocka_unit_test(options_without_the_copied_flag_stay_behind),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
