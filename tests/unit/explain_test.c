/* The packet that a question makes, as the gateway is given it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "masqd/console/explain.c"
#include "masqd/nat/checksum.h"

static struct packet asked;
static uint8_t octets[ROOM];

enum verdict
gateway_explain(struct gateway *gateway, struct packet *packet, char *steps,
    size_t size, uint64_t now)
{
	(void)gateway;
	assert_int_equal(now, 5);
	assert_int_equal(packet->verdict, PASS);
	assert_true(packet->length <= sizeof octets);
	memcpy(octets, packet->data, packet->length);
	asked = *packet;
	(void)snprintf(steps, size, "And then.\n");
	return DROP_PRIVATE;
}

static char error[256], steps[512];

static void
ask(const char *protocol, const char *source_port, const char *port)
{
	struct explain_packet packet;

	if (!explain_read(&packet, protocol, "10.9.0.5", source_port,
		"198.51.100.80", port, error, sizeof error))
		fail_msg("%s", error);
	assert_int_equal(explain(NULL, &packet, steps, sizeof steps, 5),
	    DROP_PRIVATE);
	assert_int_equal(asked.source, inet_addr("10.9.0.5"));
	assert_int_equal(asked.destination, inet_addr("198.51.100.80"));
}

static void
test_udp(void **state)
{
	(void)state;
	ask("udp", "5000", "53");
	assert_int_equal(asked.protocol, IPPROTO_UDP);
	assert_int_equal(asked.source_port, htons(5000));
	assert_int_equal(asked.destination_port, htons(53));
	assert_string_equal(steps, "The packet is a UDP datagram from "
				   "10.9.0.5:5000 to 198.51.100.80:53.\n"
				   "And then.\n");
}

static void
test_tcp(void **state)
{
	(void)state;
	ask("tcp", "65535", "1");
	assert_int_equal(asked.protocol, IPPROTO_TCP);
	assert_int_equal(asked.tcp_flags, TH_SYN);
	assert_int_equal(asked.source_port, 0xffff);
	assert_non_null(strstr(steps, "a TCP SYN from 10.9.0.5:65535"));
}

static void
test_ping(void **state)
{
	static const char *const ids[] = { "0", "1", "63487", "63488",
		"65535" };

	(void)state;
	for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
		ask("icmp", ids[i], "-");
		assert_int_equal(asked.icmp_type, ICMP_ECHO);
		assert_int_equal(asked.source_port,
		    htons((uint16_t)atoi(ids[i])));
		assert_int_equal(checksum_of(octets + PACKET_HEADER,
		    ICMP_LENGTH), 0);
	}
	assert_non_null(strstr(steps, "an ICMP echo request from 10.9.0.5 "
				      "to 198.51.100.80."));
}

static void
test_another_protocol(void **state)
{
	(void)state;
	ask("47", "-", "-");
	assert_int_equal(asked.protocol, 47);
	assert_non_null(strstr(steps, "a packet of protocol 47"));
}

static void
test_wrong_words(void **state)
{
	static const struct {
		const char *words[5], *says;
	} rows[] = {
		{ { "gre", "10.9.0.5", "1", "10.9.0.6", "1" },
		    "\"gre\" is no protocol" },
		{ { "256", "10.9.0.5", "1", "10.9.0.6", "1" }, "no protocol" },
		{ { NULL, "10.9.0.5", "1", "10.9.0.6", "1" }, "no protocol" },
		{ { "udp", "10.9.5", "1", "10.9.0.6", "1" }, "no IPv4" },
		{ { "udp", NULL, "1", "10.9.0.6", "1" }, "no IPv4" },
		{ { "udp", "10.9.0.5", "65536", "10.9.0.6", "1" }, "no port" },
		{ { "udp", "10.9.0.5", NULL, "10.9.0.6", "1" }, "no port" },
		{ { "udp", "10.9.0.5", "1", "::1", "1" }, "no IPv4" },
		{ { "udp", "10.9.0.5", "1", NULL, "1" }, "no IPv4" },
		{ { "udp", "10.9.0.5", "1", "10.9.0.6", "-1" }, "no port" },
		{ { "udp", "10.9.0.5", "1", "10.9.0.6", "0x1" }, "no port" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *const *w = rows[i].words;
		struct explain_packet packet;

		if (explain_read(&packet, w[0], w[1], w[2], w[3], w[4], error,
			sizeof error) || strstr(error, rows[i].says) == NULL)
			fail_msg("row %zu: %s", i, error);
	}
}

static void
test_short_of_room(void **state)
{
	struct explain_packet packet;
	char little[20];

	(void)state;
	assert_true(explain_read(&packet, "udp", "10.9.0.5", "1", "10.9.0.6",
	    "1", error, sizeof error));
	(void)explain(NULL, &packet, little, sizeof little, 5);
	assert_int_equal(strlen(little), sizeof little - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_udp),
		cmocka_unit_test(test_tcp),
		cmocka_unit_test(test_ping),
		cmocka_unit_test(test_another_protocol),
		cmocka_unit_test(test_wrong_words),
		cmocka_unit_test(test_short_of_room),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
