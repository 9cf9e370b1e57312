/* A SLIP caller asks for his address. */
#include "craft.h"
#include "masqd/bootp.c"

enum { BOOTP_AT = 28 };

static struct craft question;
static uint8_t reply[BOOTP_REPLY];
static const uint8_t *const answer = reply + BOOTP_AT;
static in_addr_t dns[20];
static struct bootp_lease lease;

/* What KA9Q sends: 300 octets, no cookie, hardware type and length of its
 * own, ciaddr as configured. */
static uint8_t *
ask(size_t length)
{
	uint8_t *udp = craft_ip(&question, IPPROTO_UDP, "0.0.0.0",
	    "255.255.255.255", UDP + length);

	craft_put(udp, CLIENT);
	craft_put(udp + 2, SERVER);
	craft_put(udp + 4, (unsigned)(UDP + length));
	udp += UDP;
	udp[0] = 1;
	udp[1] = 203;
	udp[2] = 17;
	udp[3] = 5;
	memcpy(udp + 4, "\x12\x34\x56\x78", 4);
	craft_put(udp + 8, 7);
	craft_put(udp + 10, 0x8000);
	memcpy(udp + CIADDR, "\x2c\x01\x02\x03", 4);
	memcpy(udp + 28, "the hardware's no.", 16);
	return udp;
}

static size_t
answered(void)
{
	memset(reply, 0xee, sizeof reply);
	return bootp_answer(craft_done(&question), &lease, reply);
}

static int
setup(void **state)
{
	(void)state;
	for (size_t i = 0; i < 20; i++)
		dns[i] = htonl(0xc6336401 + (uint32_t)i);
	lease = (struct bootp_lease){ .address = craft_address("10.64.0.7"),
		.gateway = craft_address("10.64.0.1"),
		.netmask = craft_address("255.255.255.0"), .dns = dns,
		.dns_count = 2 };
	return 0;
}

static void
test_an_address_for_ka9q(void **state)
{
	static const uint8_t vendor[] = { 99, 130, 83, 99, 1, 4, 255, 255, 255,
		0, 3, 4, 10, 64, 0, 1, 6, 8, 198, 51, 100, 1, 198, 51, 100, 2,
		255, 0 };
	struct packet p;

	(void)state;
	ask(300);
	assert_int_equal(answered(), 328);
	assert_int_equal(packet_parse(&p, reply, sizeof reply, sizeof reply),
	    PASS);
	assert_true(craft_sums_right(reply));
	assert_int_equal(p.source, lease.gateway);
	assert_int_equal(p.destination, 0xffffffff);
	assert_int_equal(p.source_port, htons(67));
	assert_int_equal(p.destination_port, htons(68));
	assert_memory_equal(answer, "\2\xcb\x11\0\x12\x34\x56\x78\0\0\x80\0"
	    "\x2c\1\2\3\x0a\x40\0\7\x0a\x40\0\1\0\0\0\0the hardware's n",
	    SNAME);
	for (size_t i = SNAME; i < VENDOR; i++)
		assert_int_equal(answer[i], 0);
	assert_memory_equal(answer + VENDOR, vendor, sizeof vendor);
}

static void
test_no_dns_and_many(void **state)
{
	(void)state;
	ask(300);
	lease.dns_count = 0;
	assert_int_equal(answered(), 328);
	assert_int_equal(answer[VENDOR + 16], END);
	lease.dns_count = 20;
	assert_int_equal(answered(), 328);
	assert_int_equal(answer[VENDOR + 16], DNS);
	assert_int_equal(answer[VENDOR + 17], 44); /* eleven of them */
	assert_int_equal(answer[VENDOR + 62], END);
	assert_int_equal(answer[VENDOR + 63], 0);
}

static void
test_any_length_and_destination(void **state)
{
	static const size_t lengths[] = { 236, 240, 299, 300, 548, 1000 };

	(void)state;
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		ask(lengths[i]);
		assert_int_equal(answered(), 328);
	}
	ask(235);
	assert_int_equal(answered(), 0);
	ask(0);
	assert_int_equal(answered(), 0);
	ask(300);
	memcpy(question.octets + 16, "\x2c\xff\xff\xff", 4);
	assert_int_equal(answered(), 328);
	memcpy(question.octets + 12, "\x2c\1\2\3", 4);
	assert_int_equal(answered(), 328);
}

static void
test_what_is_no_request(void **state)
{
	uint8_t *bootp = ask(300);

	(void)state;
	bootp[OP] = REPLY_OP;
	assert_int_equal(answered(), 0);
	bootp = ask(300);
	craft_put(bootp - UDP, 69);
	assert_int_equal(answered(), 0);
	bootp = ask(300);
	craft_put(bootp - UDP + 2, 68);
	assert_int_equal(answered(), 0);
	ask(300);
	craft_put(question.octets + 6, 0x2000);
	assert_int_equal(answered(), 0);
	ask(300);
	question.octets[9] = IPPROTO_TCP;
	question.octets[20 + 12] = 0x50;
	assert_int_equal(answered(), 0);
	/* what UDP says is shorter than the datagram */
	bootp = ask(300);
	craft_put(bootp - UDP + 4, UDP + 235);
	assert_int_equal(answered(), 0);
}

static void
test_checksums(void **state)
{
	uint8_t *bootp = ask(300);

	(void)state;
	craft_close(question.octets);
	bootp[4]++;
	assert_int_equal(bootp_answer(craft_parse(&question), &lease, reply),
	    0);
	craft_put(bootp - 2, 0); /* none */
	assert_int_equal(bootp_answer(craft_parse(&question), &lease, reply),
	    328);
}

static size_t
dhcp(const char *vendor, size_t n)
{
	uint8_t *bootp = ask(300);

	memcpy(bootp + VENDOR, vendor, n);
	return answered();
}

static void
test_dhcp(void **state)
{
	(void)state;
	assert_int_equal(dhcp("\x63\x82\x53\x63\x35\1\1\xff", 8), 328);
	assert_int_equal(dhcp("\x63\x82\x53\x63\x35\1\3\xff", 8), 0);
	assert_int_equal(dhcp("\x63\x82\x53\x63\0\0\x0c\2ab\x35\1\7\xff", 14),
	    0);
	/* another's cookie; what stands behind the end; options of BOOTP */
	assert_int_equal(dhcp("CMU\0\x35\1\3\xff", 8), 328);
	assert_int_equal(dhcp("\x63\x82\x53\x63\xff\x35\1\3", 8), 328);
	assert_int_equal(dhcp("\x63\x82\x53\x63\x0c\2ab\xff", 9), 328);
	/* an option that reaches far beyond the area */
	assert_int_equal(dhcp("\x63\x82\x53\x63\x0c\xff\x35\1\3", 9), 328);
}

static void
test_options_at_the_very_end(void **state)
{
	uint8_t *bootp;

	(void)state;
	for (size_t length = 236; length < 244; length++) {
		bootp = ask(length);
		memcpy(bootp + VENDOR, "\x63\x82\x53\x63\x35\1\3", length -
		    VENDOR);
		assert_int_equal(answered(), length < 243 ? 328 : 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_an_address_for_ka9q, setup),
		cmocka_unit_test_setup(test_no_dns_and_many, setup),
		cmocka_unit_test_setup(test_any_length_and_destination,
		    setup),
		cmocka_unit_test_setup(test_what_is_no_request, setup),
		cmocka_unit_test_setup(test_checksums, setup),
		cmocka_unit_test_setup(test_dhcp, setup),
		cmocka_unit_test_setup(test_options_at_the_very_end, setup),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
