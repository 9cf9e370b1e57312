#include "masqd/nat/tcp.c"

#include "craft.h"

#define INSIDE "10.64.0.2"
#define REMOTE "192.0.2.9"

static struct craft c;
static struct tcp_numbers numbers;
static bool refresh;

static enum tcp_state
step(enum tcp_state state, enum direction d, uint8_t flags)
{
	numbers = (struct tcp_numbers){ 0 };
	craft_tcp(&c, INSIDE, 1, REMOTE, 2, flags, 0, 0);
	return tcp_step(state, d, &c.p, &numbers, &refresh);
}

#define S(name) TCP_STATE_##name

/* RFC 7857 section 2, figure 1, arrow by arrow. */
static void
steps_as_the_rfc(void **state)
{
	static const struct {
		enum tcp_state from;
		enum direction direction;
		uint8_t flags;
		enum tcp_state to;
		bool refresh;
	} rows[] = {
		{ S(NONE), OUTBOUND, TH_SYN, S(SYN_OUT), true },
		{ S(NONE), INBOUND, TH_SYN, S(SYN_IN), true },
		{ S(SYN_OUT), OUTBOUND, TH_SYN, S(SYN_OUT), true },
		{ S(SYN_OUT), OUTBOUND, TH_ACK, S(SYN_OUT), false },
		{ S(SYN_OUT), INBOUND, TH_RST | TH_ACK, S(SYN_OUT), false },
		{ S(SYN_OUT), INBOUND, TH_SYN | TH_ACK, S(OPEN), true },
		{ S(SYN_OUT), INBOUND, TH_SYN, S(OPEN), true },
		{ S(SYN_IN), OUTBOUND, TH_SYN | TH_ACK, S(OPEN), true },
		{ S(SYN_IN), INBOUND, TH_SYN, S(SYN_IN), true },
		{ S(SYN_IN), INBOUND, TH_ACK, S(SYN_IN), false },
		{ S(OPEN), OUTBOUND, TH_ACK, S(OPEN), true },
		{ S(OPEN), INBOUND, TH_ACK | TH_PUSH, S(OPEN), true },
		{ S(OPEN), OUTBOUND, TH_FIN | TH_ACK, S(FIN_OUT), true },
		{ S(OPEN), INBOUND, TH_FIN | TH_ACK, S(FIN_IN), true },
		{ S(OPEN), OUTBOUND, TH_RST, S(RESET), true },
		{ S(OPEN), INBOUND, TH_RST, S(RESET), true },
		{ S(FIN_OUT), OUTBOUND, TH_FIN, S(FIN_OUT), true },
		{ S(FIN_OUT), INBOUND, TH_ACK, S(FIN_OUT), true },
		{ S(FIN_OUT), INBOUND, TH_FIN, S(CLOSED), true },
		{ S(FIN_IN), INBOUND, TH_FIN, S(FIN_IN), true },
		{ S(FIN_IN), OUTBOUND, TH_ACK, S(FIN_IN), true },
		{ S(FIN_IN), OUTBOUND, TH_FIN, S(CLOSED), true },
		{ S(FIN_IN), OUTBOUND, TH_RST, S(RESET), true },
		{ S(CLOSED), OUTBOUND, TH_ACK, S(CLOSED), false },
		{ S(CLOSED), INBOUND, TH_RST, S(CLOSED), false },
		{ S(CLOSED), OUTBOUND, TH_SYN, S(SYN_OUT), true },
		{ S(CLOSED), INBOUND, TH_SYN, S(SYN_IN), true },
		{ S(RESET), OUTBOUND, TH_RST, S(RESET), false },
		{ S(RESET), INBOUND, TH_ACK, S(OPEN), true },
		{ S(RESET), OUTBOUND, TH_SYN, S(SYN_OUT), true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(step(rows[i].from, rows[i].direction,
		    rows[i].flags), rows[i].to);
		assert_int_equal(refresh, rows[i].refresh);
	}
}

static void
stays_in_its_states(void **state)
{
	(void)state;
	for (int from = S(SYN_OUT); from < TCP_STATES; from++)
		for (int d = 0; d < DIRECTIONS; d++)
			for (unsigned flags = 0; flags < 256; flags++)
				assert_in_range(step(from, d,
				    (uint8_t)flags), S(SYN_OUT),
				    TCP_STATES - 1);
}

static void
see(enum tcp_state state, enum direction d, uint8_t flags, uint32_t seq,
    uint32_t ack)
{
	craft_tcp(&c, INSIDE, 1, REMOTE, 2, flags, seq, ack);
	(void)tcp_step(state, d, &c.p, &numbers, &refresh);
}

static void
believes_the_caller(void **state)
{
	(void)state;
	numbers = (struct tcp_numbers){ 0 };
	see(S(NONE), OUTBOUND, TH_SYN, 0xfffffff0, 0);
	assert_int_equal(numbers.sent, 0xfffffff0);
	see(S(SYN_OUT), INBOUND, TH_SYN | TH_ACK, 500, 0xfffffff1);
	assert_int_equal(numbers.awaited, 501);
	see(S(OPEN), OUTBOUND, TH_ACK, 0x10, 900);
	assert_int_equal(numbers.sent, 0x10);
	assert_int_equal(numbers.awaited, 900);
	see(S(OPEN), OUTBOUND, TH_ACK, 0xfffffff1, 900); /* sent again */
	assert_int_equal(numbers.sent, 0x10);
	see(S(OPEN), OUTBOUND, TH_FIN | TH_ACK, 0x11, 900);
	assert_int_equal(numbers.sent, 0x11);
	see(S(OPEN), OUTBOUND, TH_SYN, 77, 0); /* he was started anew */
	assert_int_equal(numbers.sent, 77);
}

static void
believes_a_remote_only_when_it_opens(void **state)
{
	(void)state;
	for (int from = S(NONE); from < TCP_STATES; from++) {
		bool open = from == S(OPEN) || from == S(FIN_OUT) ||
		    from == S(FIN_IN);

		numbers = (struct tcp_numbers){ 100, 200 };
		see(from, INBOUND, TH_ACK, 7000, 9000);
		see(from, INBOUND, TH_FIN | TH_ACK, 7000, 9000);
		assert_int_equal(numbers.awaited, 200);
		see(from, INBOUND, TH_SYN | TH_ACK, 7000, 9000);
		assert_int_equal(numbers.sent, 100);
		assert_int_equal(numbers.awaited, open ? 200 : 7001);
	}
}

static void
knows_what_opens(void **state)
{
	unsigned open = 0;

	(void)state;
	assert_true(tcp_opens(TH_SYN));
	assert_true(tcp_opens(TH_SYN | TH_PUSH | 0xc0)); /* with ECN */
	for (unsigned flags = 0; flags < 256; flags++)
		open += tcp_opens((uint8_t)flags);
	assert_int_equal(open, 16);
}

static void
resets(void **state)
{
	(void)state;
	craft_tcp(&c, INSIDE, 1025, REMOTE, 80, TH_SYN, 0xffffffff, 0);
	assert_int_equal(tcp_reset(&c.p, DROP_TCP_STATE), REPLY);
	assert_int_equal(c.p.length, 40);
	assert_true(craft_sums_right(c.octets));
	craft_parse(&c);
	assert_int_equal(c.p.source, craft_address(REMOTE));
	assert_int_equal(c.p.source_port, htons(80));
	assert_int_equal(c.p.destination_port, htons(1025));
	assert_int_equal(c.p.tcp_flags, TH_RST | TH_ACK);
	assert_memory_equal(c.octets + 24, "\0\0\0\0\0\0\0\0", 8);
	craft_tcp(&c, INSIDE, 1025, "224.0.0.1", 80, TH_ACK, 1, 1);
	assert_int_equal(tcp_reset(&c.p, DROP_TCP_STATE), DROP_TCP_STATE);
}

static void
announce(const char *options, uint8_t flags)
{
	uint8_t *tcp = craft_ip(&c, IPPROTO_TCP, INSIDE, REMOTE, 28);

	tcp[12] = 7 << 4;
	tcp[13] = flags;
	memcpy(tcp + 20, options, 8);
	craft_done(&c);
}

static void
clamps_mss(void **state)
{
	(void)state;
	announce("\2\4\5\xb4\1\1\1\1", TH_SYN);
	tcp_clamp_mss(&c.p, 296);
	assert_int_equal(craft_get(c.octets + 42), 256);
	assert_true(craft_sums_right(c.octets));
	tcp_clamp_mss(&c.p, 1500); /* it is never raised */
	assert_int_equal(craft_get(c.octets + 42), 256);
	announce("\1\2\4\5\xb4\1\1\1", TH_SYN | TH_ACK);
	tcp_clamp_mss(&c.p, 576);
	assert_int_equal(craft_get(c.octets + 43), 536);
	assert_true(craft_sums_right(c.octets));
	announce("\2\4\5\xb4\1\1\1\1", TH_ACK);
	tcp_clamp_mss(&c.p, 296);
	assert_int_equal(craft_get(c.octets + 42), 1460);
}

static void
clamps_nothing_else(void **state)
{
	static const char *const rows[] = {
		"\0\2\4\5\xb4\0\0\0", "\x4\2\x4\2\x4\2\x4\2",
		"\2\x3\5\xb4\5\0\0\0", "\2\x9\5\xb4\0\0\0\0",
		"\1\1\1\1\1\1\1\2", "\x8\0\2\4\5\xb4\0\0",
	};
	uint8_t before[48];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		announce(rows[i], TH_SYN);
		memcpy(before, c.octets, sizeof before);
		tcp_clamp_mss(&c.p, 296);
		assert_memory_equal(before, c.octets, sizeof before);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_as_the_rfc),
		cmocka_unit_test(stays_in_its_states),
		cmocka_unit_test(believes_the_caller),
		cmocka_unit_test(believes_a_remote_only_when_it_opens),
		cmocka_unit_test(knows_what_opens),
		cmocka_unit_test(resets),
		cmocka_unit_test(clamps_mss),
		cmocka_unit_test(clamps_nothing_else),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("tcp", tests, NULL, NULL);
}
