#include "masqd/nat/checksum.h"

#include "craft.h"

static uint8_t data[1501];

static void
fill(unsigned seed)
{
	for (size_t i = 0; i < sizeof data; i++) {
		seed = seed * 1103515245u + 12345;
		data[i] = (uint8_t)(seed >> 16);
	}
}

/* RFC 1071 section 3 */
static void
sums_the_example(void **state)
{
	static const uint8_t example[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5,
		0xf6, 0xf7 };

	(void)state;
	assert_int_equal(checksum_fold(checksum_add(0, example, 8)),
	    htons(0xddf2));
	assert_int_equal(checksum_of(example, 8), htons(0x220d));
}

static void
sums_any_length_anywhere(void **state)
{
	(void)state;
	fill(1);
	for (size_t at = 0; at < 8; at++)
		for (size_t n = 0; n < 300; n++)
			assert_int_equal(checksum_of(data + at, n),
			    htons(craft_sum(0, data + at, n)));
	memset(data, 0xff, sizeof data);
	assert_int_equal(checksum_of(data, 1500),
	    htons(craft_sum(0, data, 1500)));
}

static void
adjusts_as_if_summed_anew(void **state)
{
	(void)state;
	for (unsigned i = 1; i < 20000; i++) {
		uint16_t checksum, old16;
		uint32_t old32;
		uint64_t delta;

		fill(i);
		old16 = octets_get16(data + 2);
		old32 = octets_get32(data + 12);
		checksum = checksum_of(data, 40);
		octets_put16(data + 2, (uint16_t)(i * 40503));
		octets_put32(data + 12, i % 7 ? i * 2654435761u : 0);
		delta = checksum_delta16(old16, octets_get16(data + 2)) +
		    checksum_delta32(old32, octets_get32(data + 12));
		assert_int_equal(checksum_adjust(checksum, delta),
		    checksum_of(data, 40));
	}
}

/* RFC 1624 section 4: the case where equation 2 of RFC 1071 goes wrong */
static void
adjusts_the_example(void **state)
{
	uint64_t delta = checksum_delta16(htons(0x5555), htons(0x3285));

	(void)state;
	assert_int_equal(checksum_adjust(htons(0xdd2f), delta), htons(0));
	assert_int_equal(checksum_adjust_udp(htons(0xdd2f), delta),
	    htons(0xffff));
	assert_int_equal(checksum_adjust_udp(0, delta), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_the_example),
		cmocka_unit_test(sums_any_length_anywhere),
		cmocka_unit_test(adjusts_as_if_summed_anew),
		cmocka_unit_test(adjusts_the_example),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("checksum", tests, NULL, NULL);
}
