/* ICMP: answers built in place, and errors with the packets they quote. */
#include "masqd/nat/icmp.c"

#include "nat_fixture.h"

#define ROUTER "203.0.113.1"

enum { QUOTE_AT = 28 };

static struct craft error;

static struct packet *
any(unsigned kind)
{
	switch (kind) {
	case 0:
		return craft_udp(&c, INSIDE, 1025, REMOTE, 53,
		    "a text of some length to be quoted");
	case 1:
		return craft_tcp(&c, INSIDE, 1025, REMOTE, 80, TH_SYN, 7, 0);
	default:
		return craft_query(&c, INSIDE, REMOTE, 8, 77);
	}
}

/* However much of it is quoted, the caller gets back what he has sent. */
static void
restores_what_was_sent(void **state)
{
	static const uint8_t kinds[][2] = {
		{ 3, 1 }, { 3, 3 }, { 3, 4 }, { 11, 0 }, { 11, 1 }, { 12, 0 }
	};
	uint8_t sent[200];

	(void)state;
	for (unsigned i = 0; i < 3 * 6; i++) {
		unsigned length = any(i % 3)->length;
		const uint8_t *kind = kinds[i / 3];

		memcpy(sent, c.octets, length);
		assert_int_equal(out(&c.p), PASS);
		for (unsigned n = QUOTE_AT; n <= length; n++) {
			craft_error(&error, ROUTER, OUTSIDE, kind[0], kind[1],
			    c.octets, n);
			assert_int_equal(in(&error.p), PASS);
			assert_int_equal(error.p.caller, 1);
			assert_int_equal(error.p.source,
			    craft_address(ROUTER));
			assert_int_equal(error.p.destination,
			    craft_address(INSIDE));
			assert_true(craft_sums_right(error.octets));
			/* half a checksum cannot be adjusted */
			assert_memory_equal(error.octets + QUOTE_AT, sent,
			    i % 3 == 1 && n == 37 ? 36 : n);
			craft_parse(&error);
			assert_int_equal(error.p.verdict, PASS);
			assert_int_equal(error.p.icmp_type, kind[0]);
			assert_int_equal(error.p.icmp_code, kind[1]);
		}
	}
}

static void
keeps_a_quoted_udp_sum_of_0(void **state)
{
	struct packet *p = any(0);
	uint8_t sent[200];

	(void)state;
	craft_put(c.octets + 26, 0);
	memcpy(sent, c.octets, c.p.length);
	p->caller = 1; /* not by out(), which wants right sums */
	nat_outbound(nat, &p, 1, now);
	assert_int_equal(p->verdict, PASS);
	craft_error(&error, ROUTER, OUTSIDE, 3, 3, c.octets, QUOTE_AT);
	assert_int_equal(in(&error.p), PASS);
	assert_memory_equal(error.octets + QUOTE_AT, sent, QUOTE_AT);
}

static void
walks_quoted_options(void **state)
{
	uint8_t sent[200], *udp;

	(void)state;
	udp = craft_ip(&c, IPPROTO_UDP, INSIDE, REMOTE, 32) + 8;
	c.octets[0] = 0x47;
	memcpy(udp - 8, "\x94\x04\x00\x00\x01\x01\x01\x01", 8);
	craft_put(udp, 1025);
	craft_put(udp + 2, 53);
	craft_put(udp + 4, 24);
	craft_done(&c);
	memcpy(sent, c.octets, 52);
	assert_int_equal(out(&c.p), PASS);
	craft_error(&error, ROUTER, OUTSIDE, 11, 0, c.octets, 36);
	assert_int_equal(in(&error.p), PASS);
	assert_memory_equal(error.octets + QUOTE_AT, sent, 36);
	craft_error(&error, ROUTER, OUTSIDE, 11, 0, c.octets, 35);
	assert_int_equal(in(&error.p), DROP_ICMP_QUOTE);
}

/* RFC 4884: octets 28 on are padding and an extension, not a checksum. */
static void
leaves_extensions_alone(void **state)
{
	uint8_t sent[200], quote[140];

	(void)state;
	any(1);
	memcpy(sent, c.octets, 40);
	assert_int_equal(out(&c.p), PASS);
	memcpy(quote, c.octets, 28);
	memset(quote + 28, 0xab, sizeof quote - 28);
	craft_error(&error, ROUTER, OUTSIDE, 11, 0, quote, sizeof quote);
	error.octets[25] = 28 / 4;
	craft_done(&error);
	assert_int_equal(in(&error.p), PASS);
	assert_memory_equal(error.octets + QUOTE_AT, sent, 28);
	assert_memory_equal(error.octets + QUOTE_AT + 28, quote + 28,
	    sizeof quote - 28);
	assert_true(craft_sums_right(error.octets));
}

static void
translates_what_a_caller_answers(void **state)
{
	uint8_t arrived[200];
	unsigned port;

	(void)state;
	for (unsigned kind = 0; kind < 2; kind++) {
		unsigned n;

		any(kind);
		assert_int_equal(out(&c.p), PASS);
		port = ntohs(c.p.source_port);
		if (kind == 0)
			craft_udp(&c, REMOTE, 53, OUTSIDE, port, "answer");
		else
			craft_tcp(&c, REMOTE, 80, OUTSIDE, port,
			    TH_SYN | TH_ACK, 9, 8);
		n = c.p.length;
		memcpy(arrived, c.octets, n);
		assert_int_equal(in(&c.p), PASS);
		craft_error(&error, INSIDE, REMOTE, 3, 3, c.octets, n);
		assert_int_equal(out(&error.p), PASS);
		assert_int_equal(error.p.source, craft_address(OUTSIDE));
		assert_int_equal(error.p.destination, craft_address(REMOTE));
		assert_true(craft_sums_right(error.octets));
		assert_memory_equal(error.octets + QUOTE_AT, arrived, n);
	}
}

static void
refuses_a_callers_forgery(void **state)
{
	(void)state;
	any(0);
	assert_int_equal(out(&c.p), PASS);
	craft_udp(&c, REMOTE, 53, INSIDE, 1025, "as it came in");
	craft_error(&error, "10.64.0.3", REMOTE, 3, 3, c.octets, 28);
	error.p.caller = 2;
	nat_outbound(nat, (struct packet *[]){ &error.p }, 1, now);
	assert_int_equal(error.p.verdict, DROP_ICMP_QUOTE);
	craft_error(&error, INSIDE, ROUTER, 3, 3, c.octets, 28);
	assert_int_equal(out(&error.p), DROP_ICMP_QUOTE);
	craft_udp(&c, REMOTE, 54, INSIDE, 1025, "no such flow");
	craft_error(&error, INSIDE, REMOTE, 3, 3, c.octets, 28);
	assert_int_equal(out(&error.p), DROP_ICMP_QUOTE);
}

static enum verdict
spoil(size_t at, uint8_t with, bool close)
{
	craft_error(&error, ROUTER, OUTSIDE, 3, 3, c.octets, 40);
	error.octets[at] ^= with;
	if (close)
		craft_done(&error);
	return in(&error.p);
}

static void
refuses_bad_quotes(void **state)
{
	(void)state;
	any(1);
	assert_int_equal(out(&c.p), PASS);
	assert_int_equal(spoil(45, 0, true), PASS);
	assert_int_equal(spoil(60, 1, false), DROP_ICMP_CHECKSUM);
	assert_int_equal(spoil(QUOTE_AT + 10, 1, true), DROP_ICMP_QUOTE);
	assert_int_equal(spoil(QUOTE_AT, 0x20, true), DROP_ICMP_QUOTE);
	assert_int_equal(spoil(QUOTE_AT, 0x0a, true), DROP_ICMP_QUOTE);
	/* another port, another sequence number: of no flow */
	assert_int_equal(spoil(QUOTE_AT + 21, 1, true), DROP_ICMP_QUOTE);
	assert_int_equal(spoil(QUOTE_AT + 23, 1, true), DROP_ICMP_QUOTE);
	assert_int_equal(spoil(QUOTE_AT + 24, 1, true), DROP_ICMP_QUOTE);
	/* a wrong quoted transport checksum is nobody's business */
	assert_int_equal(spoil(QUOTE_AT + 36, 1, true), PASS);
	for (unsigned n = 0; n < QUOTE_AT; n++) {
		craft_error(&error, ROUTER, OUTSIDE, 3, 3, c.octets, n);
		assert_int_equal(in(&error.p), DROP_ICMP_QUOTE);
	}
}

static void
passes_no_other_type(void **state)
{
	(void)state;
	any(0);
	assert_int_equal(out(&c.p), PASS);
	for (unsigned type = 0; type < 256; type++) {
		craft_error(&error, ROUTER, OUTSIDE, (uint8_t)type, 0,
		    c.octets, 28);
		in(&error.p);
		if (type == 3 || type == 11 || type == 12)
			assert_int_equal(error.p.verdict, PASS);
		else if (type == 4 || type == 5)
			assert_int_equal(error.p.verdict, DROP_ICMP_TYPE);
		else
			assert_in_range(error.p.verdict, PASS + 2,
			    VERDICT_COUNT - 1);
	}
}

/* RFC 4787 REQ-12, RFC 5508 REQ-6: no ICMP ends or prolongs a flow. */
static void
ends_and_prolongs_nothing(void **state)
{
	(void)state;
	any(0);
	assert_int_equal(out(&c.p), PASS);
	craft_error(&error, REMOTE, OUTSIDE, 3, 3, c.octets, 28);
	nat_inbound(nat, (struct packet *[]){ &error.p }, 1, now + 290000);
	assert_int_equal(error.p.verdict, PASS);
	assert_int_equal(nat_usage(nat).flows, 1);
	nat_expire(nat, now + 301000);
	assert_int_equal(nat_usage(nat).flows, 0);
	craft_error(&error, REMOTE, OUTSIDE, 3, 3, c.octets, 28);
	assert_int_equal(in(&error.p), DROP_ICMP_QUOTE);
}

static enum verdict
answer(struct packet *p, uint16_t mtu)
{
	return icmp_error(p, craft_address("10.64.0.1"), 3, mtu ? 4 : 1, mtu,
	    DROP_TTL);
}

static void
builds_errors(void **state)
{
	uint8_t sent[2048];
	struct packet *p;

	(void)state;
	for (unsigned payload = 0; payload < 1400; payload += 7) {
		unsigned quoted = 28 + payload < 548 ? 28 + payload : 548;

		craft_ip(&c, 99, INSIDE, REMOTE, 8 + payload);
		p = craft_done(&c);
		memcpy(sent, c.octets, p->length);
		assert_int_equal(answer(p, 296), REPLY);
		assert_int_equal(p->length, 28 + quoted);
		assert_true(craft_sums_right(c.octets));
		assert_memory_equal(c.octets + 28, sent, quoted);
		assert_int_equal(craft_get(c.octets + 26), 296);
		p = craft_parse(&c);
		assert_int_equal(p->verdict, PASS);
		assert_int_equal(p->source, craft_address("10.64.0.1"));
		assert_int_equal(p->destination, craft_address(INSIDE));
		assert_int_equal(p->icmp_type, 3);
		assert_int_equal(p->icmp_code, 4);
	}
}

static void
keeps_within_capacity(void **state)
{
	struct packet *p;

	(void)state;
	for (uint32_t capacity = 0; capacity < 100; capacity++) {
		p = any(1);
		p->capacity = capacity;
		memset(c.octets + 40, 0x55, 100);
		if (capacity < 56) {
			assert_int_equal(answer(p, 0), DROP_TTL);
			continue;
		}
		assert_int_equal(answer(p, 0), REPLY);
		assert_int_equal(p->length, capacity < 68 ? capacity : 68);
		assert_int_equal(c.octets[capacity > 40 ? capacity : 40],
		    0x55);
		assert_true(craft_sums_right(c.octets));
	}
}

static void
answers_nobody_in_vain(void **state)
{
	static const char *const no_host[] = { "0.0.0.0", "127.0.0.1",
		"224.0.0.1", "255.255.255.255", "240.0.0.1" };
	struct packet *p;

	(void)state;
	for (size_t i = 0; i < sizeof no_host / sizeof no_host[0]; i++) {
		p = craft_udp(&c, no_host[i], 1, REMOTE, 2, "x");
		assert_int_equal(answer(p, 0), DROP_TTL);
		p = craft_udp(&c, INSIDE, 1, no_host[i], 2, "x");
		assert_int_equal(answer(p, 0), DROP_TTL);
	}
	any(0);
	craft_put(c.octets + 6, 1);
	assert_int_equal(answer(craft_done(&c), 0), DROP_TTL);
	any(0);
	p = craft_error(&error, INSIDE, REMOTE, 3, 3, c.octets, 28);
	assert_int_equal(answer(p, 0), DROP_TTL);
	p = craft_query(&c, INSIDE, REMOTE, 8, 1);
	assert_int_equal(answer(p, 0), REPLY);
	p = craft_query(&c, INSIDE, REMOTE, 0, 1);
	assert_int_equal(answer(p, 0), REPLY);
}

static void
answers_echo(void **state)
{
	uint8_t sent[64];
	struct packet *p = craft_query(&c, INSIDE, "10.64.0.1", 8, 77);

	(void)state;
	memcpy(sent, c.octets, 44);
	c.octets[8] = 3;
	craft_done(&c);
	assert_int_equal(icmp_echo_reply(p), REPLY);
	assert_true(craft_sums_right(c.octets));
	assert_int_equal(p->source, craft_address("10.64.0.1"));
	assert_int_equal(p->destination, craft_address(INSIDE));
	assert_int_equal(c.octets[8], 64);
	assert_int_equal(c.octets[20], 0);
	assert_memory_equal(c.octets + 24, sent + 24, 20);
	craft_query(&c, INSIDE, "10.64.0.1", 8, 77);
	c.octets[30] ^= 1;
	assert_int_equal(icmp_echo_reply(p), DROP_ICMP_CHECKSUM);
	craft_query(&c, INSIDE, "10.64.0.1", 8, 77);
	craft_put(c.octets + 6, 0x2000);
	assert_int_equal(icmp_echo_reply(craft_done(&c)), DROP_FRAGMENT);
}

/* A reply of zeros only: its checksum is ffff, not 0 (RFC 1071). */
static void
answers_an_echo_of_zeros(void **state)
{
	struct packet *p = craft_query(&c, INSIDE, "10.64.0.1", 8, 0);

	(void)state;
	memset(c.octets + 20, 0, p->length - 20);
	c.octets[20] = 8;
	octets_put16(c.octets + 22,
	    checksum_of(c.octets + 20, p->length - 20));
	assert_int_equal(icmp_echo_reply(craft_done(&c)), REPLY);
	assert_int_equal(octets_get16(c.octets + 22), 0xffff);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(restores_what_was_sent),
		TEST(keeps_a_quoted_udp_sum_of_0),
		TEST(walks_quoted_options),
		TEST(leaves_extensions_alone),
		TEST(translates_what_a_caller_answers),
		TEST(refuses_a_callers_forgery),
		TEST(refuses_bad_quotes),
		TEST(passes_no_other_type),
		TEST(ends_and_prolongs_nothing),
		TEST(builds_errors),
		TEST(keeps_within_capacity),
		TEST(answers_nobody_in_vain),
		TEST(answers_echo),
		TEST(answers_an_echo_of_zeros),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("icmp", tests, NULL, NULL);
}
