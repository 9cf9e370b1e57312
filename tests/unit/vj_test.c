/* RFC 1144, towards the caller: octets derived by hand. */
#include "vj_fixture.h"

/*
 * The octets of a table: hexadecimal, "ck" for the two of the TCP checksum,
 * and the data behind them.
 */
static void
expected(const char *text, const struct octets *packet, const char *data,
    struct octets *to)
{
	size_t ip = (size_t)(packet->at[0] & 15) * 4;

	to->n = 0;
	for (; *text != '\0'; text += 2 + (text[2] == ' ')) {
		unsigned value;

		if (strncmp(text, "ck", 2) == 0) {
			memcpy(to->at + to->n,
			    packet->at + ip + TCP_CHECKSUM, 2);
			to->n += 2;
			continue;
		}
		assert_int_equal(sscanf(text, "%2x", &value), 1);
		to->at[to->n++] = (uint8_t)value;
	}
	if (data == NULL)
		return;
	memcpy(to->at + to->n, data, strlen(data));
	to->n += strlen(data);
}

struct row {
	struct segment segment;
	const char *sent; /* "7x": whole, with its slot; "4x": as it was */
};

static void
run(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct octets packet, sent, want;

		build(&packet, &rows[i].segment);
		compress(&packet, &sent);
		if (rows[i].sent[1] != 'x') {
			expected(rows[i].sent, &packet,
			    rows[i].segment.data, &want);
		} else {
			want = packet;
			if (rows[i].sent[0] == '7') {
				want.at[0] |= 0x70;
				want.at[IP_PROTOCOL] = sent.at[IP_PROTOCOL];
				assert_in_range(sent.at[IP_PROTOCOL], 0,
				    VJ_SLOTS_USUAL - 1);
			}
		}
		if (want.n != sent.n || memcmp(want.at, sent.at, want.n) != 0)
			fail_msg("row %zu: %02x %02x %02x %02x %02x %02x", i,
			    sent.at[0], sent.at[1], sent.at[2], sent.at[3],
			    sent.at[4], sent.at[5]);
		restored(&sent, &packet);
	}
}

#define RUN(rows) run(rows, sizeof(rows) / sizeof((rows)[0]))
static void
test_one_conversation(void **state)
{
	static const struct row rows[] = {
		{ { S(1000, 2000, 4096, 1, ACK | PSH, 0, "a") }, "7x" },
		/* an echoed keystroke: SPECIAL_I */
		{ { S(1001, 2001, 4096, 2, ACK | PSH, 0, "b") }, "9b ck" },
		/* bulk data: SPECIAL_D */
		{ { S(1002, 2001, 4096, 3, ACK, 0, "cd") }, "8f ck" },
		{ { S(1004, 2001, 4096, 5, ACK, 0, "e") }, "af ck 02" },
		/* an acknowledgment, of the data received meanwhile */
		{ { S(1005, 2101, 4096, 6, ACK, 0, NULL) }, "8c ck 64 01" },
		/* nothing changes but that there is data */
		{ { S(1005, 2101, 4096, 7, ACK, 0, "fgh") }, "80 ck" },
		/* the window shrinks by 96: ffa0 */
		{ { S(1008, 2101, 4000, 8, ACK, 0, "i") },
		    "8a ck 00 ff a0 03" },
		/* urgent data, and after it: the pointer stays */
		{ { S(1009, 2101, 4000, 9, ACK | URG, 5, "j") },
		    "89 ck 05 01" },
		{ { S(1010, 2101, 4000, 10, ACK, 5, "k") }, "88 ck 01" },
		{ { S(1011, 2101, 4000, 11, ACK, 5, "l") }, "8f ck" },
		{ { S(1012, 2101, 4000, 12, ACK | URG, 0, "m") },
		    "89 ck 00 00 00 01" },
		{ { S(1013, 2101, 4000, 13, ACK | URG, 0x1234, "m") },
		    "89 ck 00 12 34 01" },
		/* identification: the same, 256 further, 1 back */
		{ { S(1014, 2101, 4000, 13, ACK, 0x1234, "n") },
		    "a8 ck 01 00 00 00" },
		{ { S(1015, 2101, 4000, 269, ACK, 0x1234, "o") },
		    "af ck 00 01 00" },
		{ { S(1016, 2101, 4000, 268, ACK, 0x1234, "p") },
		    "af ck 00 ff ff" },
		/* the greatest steps there are */
		{ { S(1016 + 0xffff, 2101 + 0xffff, 4000, 269, ACK, 0x1234,
		    "q") }, "8c ck 00 ff ff 00 ff ff" },
		{ { S(1016 + 0xffff + 256, 2101 + 0xffff + 255, 4000, 270,
		    ACK, 0x1234, "r") }, "8c ck ff 00 01 00" },
		/* everything at once: these are SPECIAL_D's bits */
		{ { S(2000 + 0xffff, 3000 + 0xffff, 5000, 600, ACK | PSH | URG,
		    7, "s") }, "7x" },
		/* urgent, sequence and identification in three octets each */
		{ { S(4000 + 0xffff, 3000 + 0xffff, 5000, 900, ACK | PSH | URG,
		    700, "s") }, "b9 ck 00 02 bc 00 07 d0 00 01 2c" },
	};

	(void)state;
	RUN(rows);
}

static void
test_numbers_wrap(void **state)
{
	static const struct row rows[] = {
		{ { S(0xfffffffe, 0xffffffff, 65000, 65535, ACK, 0, "abc") },
		    "7x" },
		{ { S(1, 2, 65000, 0, ACK, 0, "def") }, "8b ck" },
		{ { S(4, 2, 100, 1, ACK, 0, "g") }, "8a ck 00 02 7c 03" },
	};

	(void)state;
	RUN(rows);
}

static void
test_repetitions_go_whole(void **state)
{
	static const struct row rows[] = {
		{ { S(1000, 2000, 4096, 1, ACK, 0, "abc") }, "7x" },
		/* a retransmission, one of less, one from before */
		{ { S(1000, 2000, 4096, 2, ACK, 0, "abc") }, "7x" },
		{ { S(1000, 2000, 4096, 3, ACK, 0, "ab") }, "7x" },
		{ { S(1000, 2009, 4000, 3, ACK, 0, "ab") }, "7x" },
		{ { S(1000, 2000, 4096, 4, ACK | URG, 9, NULL) }, "7x" },
		{ { S(1000, 2000, 4096, 5, ACK | URG, 9, NULL) }, "7x" },
		{ { S(999, 2000, 4096, 4, ACK, 0, "z") }, "7x" },
		/* a repeated acknowledgment, a window probe answered */
		{ { S(1000, 2000, 4096, 5, ACK, 0, NULL) }, "8f ck" },
		{ { S(1000, 2000, 4096, 6, ACK, 0, NULL) }, "7x" },
		/* an old acknowledgment; one too far ahead */
		{ { S(1000, 1999, 4096, 7, ACK, 0, NULL) }, "7x" },
		{ { S(1000, 67535, 4096, 8, ACK, 0, NULL) }, "7x" },
		{ { S(66536, 67535, 4096, 9, ACK, 0, NULL) }, "7x" },
	};

	(void)state;
	RUN(rows);
}

static void
test_what_looks_like_a_special_case_goes_whole(void **state)
{
	static const struct row rows[] = {
		{ { S(1000, 2000, 4096, 1, ACK, 0, "a") }, "7x" },
		/* urgent, window and sequence: SPECIAL_I's bits */
		{ { S(1001, 2000, 4000, 2, ACK | URG, 1, "b") }, "7x" },
		/* all four: SPECIAL_D's */
		{ { S(1002, 2001, 4001, 3, ACK | URG, 1, "c") }, "7x" },
	};

	(void)state;
	RUN(rows);
}

static void
test_other_headers_go_whole(void **state)
{
	static const struct row rows[] = {
		{ { S(1000, 2000, 4096, 1, ACK, 0, "a") }, "7x" },
		{ { S(1001, 2000, 4096, 2, ACK, 0, "a"), .tos = 16 }, "7x" },
		{ { S(1002, 2000, 4096, 3, ACK, 0, "a"), .tos = 16 },
		    "8f ck" },
		{ { S(1003, 2000, 4096, 4, ACK, 0, "a"), .tos = 16,
		    .ttl = 63 }, "7x" },
		{ { S(1004, 2000, 4096, 5, ACK, 0, "a"), .offset = DF },
		    "7x" },
		{ { S(1005, 2000, 4096, 6, ACK, 0, "a"), .offset = DF },
		    "8f ck" },
		{ { S(1006, 2000, 4096, 7, ACK, 0, "a"),
		    .ip_options = "\1\1\1" }, "7x" },
		{ { S(1007, 2000, 4096, 8, ACK, 0, "a"),
		    .ip_options = "\1\1\1" }, "8f ck" },
		{ { S(1008, 2000, 4096, 9, ACK, 0, "a"),
		    .ip_options = "\7\3\4" }, "7x" },
		{ { S(1009, 2000, 4096, 10, ACK, 0, "a"),
		    .tcp_options = "\1\1\1" }, "7x" },
		{ { S(1010, 2000, 4096, 11, ACK, 0, "a"),
		    .tcp_options = "\1\1\1" }, "8f ck" },
		{ { S(1011, 2000, 4096, 12, ACK, 0, "a"),
		    .tcp_options = "\4\2\1" }, "7x" },
		{ { S(1012, 2000, 4096, 13, ACK, 0, "a") }, "7x" },
		/* the urgent pointer changes and means nothing */
		{ { S(1013, 2000, 4096, 14, ACK, 9, "a") }, "7x" },
	};

	(void)state;
	RUN(rows);
}

static void
test_left_alone(void **state)
{
	static const struct row rows[] = {
		{ { S(1000, 2000, 4096, 1, ACK, 0, "a") }, "7x" },
		{ { S(1001, 2000, 4096, 2, SYN, 0, NULL) }, "4x" },
		{ { S(1001, 2000, 4096, 2, SYN | ACK, 0, NULL) }, "4x" },
		{ { S(1001, 2000, 4096, 2, FIN | ACK, 0, NULL) }, "4x" },
		{ { S(1001, 2000, 4096, 2, RST | ACK, 0, NULL) }, "4x" },
		{ { S(1001, 2000, 4096, 2, PSH, 0, "b") }, "4x" },
		{ { S(1001, 2000, 4096, 2, ACK | ECE, 0, "b") }, "4x" },
		{ { S(1001, 2000, 4096, 2, ACK | CWR, 0, "b") }, "4x" },
		{ { S(1001, 2000, 4096, 2, ACK, 0, "b"), .offset = MF },
		    "4x" },
		{ { S(1001, 2000, 4096, 2, ACK, 0, "b"), .offset = 1 },
		    "4x" },
		/* none of them was kept */
		{ { S(1001, 2000, 4096, 2, ACK, 0, "b") }, "8f ck" },
	};
	struct octets packet, sent;

	(void)state;
	RUN(rows);
	build(&packet, &rows[0].segment);
	packet.at[IP_PROTOCOL] = 17;
	compress(&packet, &sent);
	assert_same(&packet, &sent);
	build(&packet, &rows[0].segment);
	packet.at[0] = 0x65;
	compress(&packet, &sent);
	assert_same(&packet, &sent);
	/* longer and shorter than it says, header lengths that lie */
	build(&packet, &rows[0].segment);
	packet.n++;
	compress(&packet, &sent);
	assert_same(&packet, &sent);
	for (size_t n = 0; n < 41; n++) {
		packet.n = n;
		compress(&packet, &sent);
		assert_same(&packet, &sent);
	}
	build(&packet, &rows[0].segment);
	packet.at[20 + TCP_OFFSET] = 0x40;
	compress(&packet, &sent);
	assert_same(&packet, &sent);
	packet.at[20 + TCP_OFFSET] = 0xf0;
	compress(&packet, &sent);
	assert_same(&packet, &sent);
	build(&packet, &rows[0].segment);
	packet.at[0] = 0x44;
	compress(&packet, &sent);
	assert_same(&packet, &sent);
}

static void
test_slots_are_named_when_they_change(void **state)
{
	static const struct row rows[] = {
		{ { S(1000, 2000, 4096, 1, ACK, 0, "a") }, "7x" },
		{ { S(100, 200, 4096, 2, ACK, 0, "a"), .port = 1030 }, "7x" },
		{ { S(101, 200, 4096, 3, ACK, 0, "b"), .port = 1030 },
		    "8f ck" },
		{ { S(1001, 2000, 4096, 3, ACK, 0, "b") }, "ef 00 ck 02" },
		{ { S(102, 200, 4096, 4, ACK, 0, "c"), .port = 1030 },
		    "cf 01 ck" },
		{ { S(103, 200, 4096, 5, ACK, 0, "d"), .port = 1030 },
		    "8f ck" },
	};

	(void)state;
	RUN(rows);
}

static void
test_slots_are_always_named_without_slot_ids(void **state)
{
	static const struct row rows[] = {
		{ { S(1000, 2000, 4096, 1, ACK, 0, "a") }, "7x" },
		{ { S(1001, 2000, 4096, 2, ACK, 0, "a") }, "cf 00 ck" },
		{ { S(1002, 2000, 4096, 3, ACK, 0, "a") }, "cf 00 ck" },
	};

	(void)state;
	vj_compressor_destroy(ours);
	ours = vj_compressor_create(VJ_SLOTS_LEAST, false);
	RUN(rows);
}

/* With three slots, the conversation silent for the longest time loses its. */
static void
test_the_oldest_slot_is_used_again(void **state)
{
	static const struct row rows[] = {
		{ { S(100, 200, 4096, 1, ACK, 0, "a"), .port = 1 }, "7x" },
		{ { S(100, 200, 4096, 1, ACK, 0, "a"), .port = 2 }, "7x" },
		{ { S(100, 200, 4096, 1, ACK, 0, "a"), .port = 3 }, "7x" },
		{ { S(101, 200, 4096, 2, ACK, 0, "a"), .port = 1 },
		    "cf 00 ck" },
		{ { S(101, 200, 4096, 2, ACK, 0, "a"), .port = 3 },
		    "cf 02 ck" },
		{ { S(100, 200, 4096, 1, ACK, 0, "a"), .port = 4 }, "7x" },
		{ { S(102, 200, 4096, 3, ACK, 0, "a"), .port = 3 },
		    "cf 02 ck" },
		{ { S(102, 200, 4096, 3, ACK, 0, "a"), .port = 1 },
		    "cf 00 ck" },
		{ { S(101, 200, 4096, 2, ACK, 0, "a"), .port = 4 },
		    "cf 01 ck" },
		{ { S(102, 200, 4096, 3, ACK, 0, "a"), .port = 2 }, "7x" },
		{ { S(103, 200, 4096, 4, ACK, 0, "a"), .port = 1 },
		    "cf 00 ck" },
	};

	(void)state;
	vj_compressor_destroy(ours);
	ours = vj_compressor_create(VJ_SLOTS_LEAST, true);
	RUN(rows);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_one_conversation),
		TEST(test_numbers_wrap),
		TEST(test_repetitions_go_whole),
		TEST(test_what_looks_like_a_special_case_goes_whole),
		TEST(test_other_headers_go_whole),
		TEST(test_left_alone),
		TEST(test_slots_are_named_when_they_change),
		TEST(test_slots_are_always_named_without_slot_ids),
		TEST(test_the_oldest_slot_is_used_again),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
