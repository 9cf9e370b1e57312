#include "masqd/gateway/segment.c"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

enum { PAYLOAD = 3000, SIZE = 1448, ROOM = 4096 };

static size_t
super_packet(uint8_t *out, uint8_t protocol, size_t transport)
{
	size_t length = 20 + transport + PAYLOAD;
	static const uint8_t addresses[8] = { 198, 51, 100, 80, 192, 0, 2, 1 };

	memset(out, 0, ROOM);
	out[0] = 0x45;
	put16(out + 2, length);
	put16(out + 4, 0xffff);
	out[8] = 64;
	out[9] = protocol;
	memcpy(out + 12, addresses, sizeof addresses);
	put16(out + 20, 80);
	put16(out + 22, 61000);
	if (protocol == IPPROTO_TCP) {
		add32(out + 24, 0xfffffff0);
		out[32] = (uint8_t)(transport / 4 << 4);
		out[33] = TH_FIN | TH_PUSH | TH_ACK | TCP_CWR;
	} else {
		put16(out + 24, 8 + PAYLOAD);
	}
	for (size_t i = 0; i < PAYLOAD; i++)
		out[20 + transport + i] = (uint8_t)(i * 7);
	return length;
}

/* The checksum of a segment, summed here anew, must come out as right. */
static bool
sums_are_right(const uint8_t *segment, size_t length)
{
	struct packet packet;
	uint8_t copy[ROOM], again[ROOM];

	memcpy(copy, segment, length);
	memcpy(again, segment, length);
	if (packet_parse(&packet, again, length, ROOM) != PASS)
		return false;
	packet_complete_checksum(&packet);
	return memcmp(copy, again, length) == 0;
}

static void
tcp_is_cut(void **state)
{
	uint8_t whole[ROOM], out[ROOM];
	size_t length = super_packet(whole, IPPROTO_TCP, 32), got, sum = 0;
	static const uint8_t flags[] = { TH_ACK | TCP_CWR, TH_ACK,
		TH_FIN | TH_PUSH | TH_ACK };
	static const uint32_t seqs[] = { 0xfffffff0, 0x598, 0xb40 };
	struct segment segment;
	int n = 0;

	(void)state;
	assert_true(segment_begin(&segment, whole, length, SIZE, true));
	while ((got = segment_next(&segment, out, ROOM)) > 0) {
		assert_int_equal(out[33], flags[n]);
		assert_int_equal((uint32_t)get16(out + 24) << 16 |
			get16(out + 26), seqs[n]);
		assert_int_equal(get16(out + 4), (0xffff + n) & 0xffff);
		assert_int_equal(get16(out + 2), got);
		assert_true(sums_are_right(out, got));
		assert_memory_equal(out + 52, whole + 52 + sum, got - 52);
		sum += got - 52;
		n++;
	}
	assert_int_equal(n, 3);
	assert_int_equal(sum, PAYLOAD);
}

static void
udp_is_cut_into_datagrams(void **state)
{
	uint8_t whole[ROOM], out[ROOM];
	size_t length = super_packet(whole, IPPROTO_UDP, 8), got, sum = 0;
	struct segment segment;

	(void)state;
	assert_true(segment_begin(&segment, whole, length, 1000, false));
	while ((got = segment_next(&segment, out, ROOM)) > 0) {
		assert_int_equal(get16(out + 24), got - 20);
		assert_true(sums_are_right(out, got));
		sum += got - 28;
	}
	assert_int_equal(sum, PAYLOAD);
}

static void
nonsense_is_refused(void **state)
{
	uint8_t whole[ROOM];
	size_t length = super_packet(whole, IPPROTO_TCP, 32);
	struct segment segment;

	(void)state;
	assert_false(segment_begin(&segment, whole, length, 0, true));
	assert_false(segment_begin(&segment, whole, length, SIZE, false));
	assert_false(segment_begin(&segment, whole, 19, SIZE, true));
	assert_false(segment_begin(&segment, whole, 52, SIZE, true));
	whole[32] = 0x40;
	assert_false(segment_begin(&segment, whole, length, SIZE, true));
	whole[0] = 0x44;
	assert_false(segment_begin(&segment, whole, length, SIZE, true));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tcp_is_cut),
		cmocka_unit_test(udp_is_cut_into_datagrams),
		cmocka_unit_test(nonsense_is_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
