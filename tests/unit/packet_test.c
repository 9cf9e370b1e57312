#include "masqd/nat/packet.c"

#include "craft.h"

static struct craft c;

static enum verdict
verdict_of(size_t length)
{
	return packet_parse(&c.p, c.octets, length, sizeof c.octets);
}

static enum verdict
verdict_now(void)
{
	craft_close(c.octets);
	return verdict_of(craft_get(c.octets + 2));
}

static void
parses_udp(void **state)
{
	struct packet *p = craft_udp(&c, "10.64.0.2", 1025, "192.0.2.9", 53,
	    "question");

	(void)state;
	assert_int_equal(p->verdict, PASS);
	assert_int_equal(p->length, 36);
	assert_int_equal(p->caller, PACKET_NO_CALLER);
	assert_int_equal(p->source, craft_address("10.64.0.2"));
	assert_int_equal(p->destination, craft_address("192.0.2.9"));
	assert_int_equal(ntohs(p->source_port), 1025);
	assert_int_equal(ntohs(p->destination_port), 53);
	assert_int_equal(p->transport, 20);
	assert_int_equal(p->protocol, IPPROTO_UDP);
	assert_int_equal(p->ttl, 64);
	assert_false(packet_is_fragment(p));
}

static void
parses_tcp_behind_options(void **state)
{
	uint8_t *tcp = craft_ip(&c, IPPROTO_TCP, "10.64.0.2", "192.0.2.9", 28);

	(void)state;
	c.octets[0] = 0x47;
	memcpy(tcp, "\x01\x94\x04\x00\x00\x00\x00\x00", 8); /* nop, RA */
	tcp += 8;
	craft_put(tcp, 1025);
	craft_put(tcp + 2, 80);
	tcp[12] = 5 << 4;
	tcp[13] = TH_SYN;
	assert_int_equal(verdict_now(), PASS);
	assert_int_equal(c.p.transport, 28);
	assert_int_equal(ntohs(c.p.destination_port), 80);
	assert_int_equal(c.p.tcp_flags, TH_SYN);
}

static void
parses_queries(void **state)
{
	(void)state;
	for (uint8_t type = 0; type < 20; type++) {
		bool query = type == 0 || type == 8 ||
		    (type >= 13 && type <= 18);

		craft_query(&c, "10.64.0.2", "192.0.2.9", type, 77);
		assert_int_equal(c.p.verdict, PASS);
		assert_int_equal(c.p.icmp_type, type);
		assert_int_equal(ntohs(c.p.source_port), query ? 77 : 0);
		assert_int_equal(c.p.source_port, c.p.destination_port);
	}
}

static void
cuts_padding_off(void **state)
{
	(void)state;
	craft_udp(&c, "10.64.0.2", 1025, "192.0.2.9", 53, "");
	assert_int_equal(verdict_of(46), PASS);
	assert_int_equal(c.p.length, 28);
}

static void
refuses_bad_headers(void **state)
{
	(void)state;
	craft_udp(&c, "10.64.0.2", 1025, "192.0.2.9", 53, "question");
	for (size_t n = 0; n < 36; n++)
		assert_int_equal(verdict_of(n), DROP_SHORT);
	c.octets[0] = 0x65;
	assert_int_equal(verdict_of(36), DROP_NOT_IPV4);
	c.octets[0] = 0x44;
	assert_int_equal(verdict_of(36), DROP_HEADER);
	c.octets[0] = 0x4f;
	assert_int_equal(verdict_of(36), DROP_SHORT);
	c.octets[0] = 0x45;
	craft_put(c.octets + 2, 19);
	assert_int_equal(verdict_of(36), DROP_HEADER);
	craft_put(c.octets + 2, 36);
	c.octets[10] ^= 1;
	assert_int_equal(verdict_of(36), DROP_IP_CHECKSUM);
}

static void
refuses_short_transports(void **state)
{
	static const struct {
		uint8_t protocol;
		size_t least;
	} rows[] = { { IPPROTO_TCP, 20 }, { IPPROTO_UDP, 8 },
		{ IPPROTO_ICMP, 8 } };

	(void)state;
	for (size_t i = 0; i < 3; i++)
		for (size_t n = 0; n <= rows[i].least; n++) {
			uint8_t *at = craft_ip(&c, rows[i].protocol,
			    "10.64.0.2", "192.0.2.9", n);

			if (rows[i].protocol == IPPROTO_TCP)
				at[12] = 5 << 4;
			else if (rows[i].protocol == IPPROTO_UDP)
				craft_put(at + 4, 8);
			craft_put(c.octets + 10, 0);
			craft_put(c.octets + 10, craft_sum(0, c.octets, 20));
			assert_int_equal(verdict_of(20 + n),
			    n == rows[i].least ? PASS : DROP_SHORT);
		}
	craft_tcp(&c, "10.64.0.2", 1, "192.0.2.9", 80, TH_SYN, 1, 0);
	c.octets[32] = 4 << 4;
	assert_int_equal(verdict_of(40), DROP_SHORT);
	c.octets[32] = 6 << 4;
	assert_int_equal(verdict_of(40), DROP_SHORT);
	craft_udp(&c, "10.64.0.2", 1025, "192.0.2.9", 53, "question");
	craft_put(c.octets + 24, 17);
	assert_int_equal(verdict_of(36), DROP_SHORT);
	craft_put(c.octets + 24, 7);
	assert_int_equal(verdict_of(36), DROP_SHORT);
}

static enum verdict
verdict_of_options(const void *options)
{
	uint8_t *at = craft_ip(&c, IPPROTO_UDP, "10.64.0.2", "192.0.2.9", 16);

	c.octets[0] = 0x47;
	memcpy(at, options, 8);
	craft_put(at + 12, 8);
	return verdict_now();
}

static void
walks_options(void **state)
{
	(void)state;
	assert_int_equal(verdict_of_options("\1\1\1\1\1\1\1\1"), PASS);
	assert_int_equal(verdict_of_options("\7\7\4\0\0\0\0\0"), PASS);
	assert_int_equal(verdict_of_options("\0\x83\7\4\0\0\0\0"), PASS);
	assert_int_equal(verdict_of_options("\x83\7\4\0\0\0\0\0"),
	    DROP_SOURCE_ROUTE);
	assert_int_equal(verdict_of_options("\1\x89\7\4\0\0\0\0"),
	    DROP_SOURCE_ROUTE);
	assert_int_equal(verdict_of_options("\7\x9\4\0\0\0\0\0"), DROP_HEADER);
	assert_int_equal(verdict_of_options("\7\1\4\0\0\0\0\0"), DROP_HEADER);
	assert_int_equal(verdict_of_options("\7\0\4\0\0\0\0\0"), DROP_HEADER);
	assert_int_equal(verdict_of_options("\1\1\1\1\1\1\1\7"), DROP_HEADER);
}

static void
fragment(unsigned field)
{
	craft_udp(&c, "10.64.0.2", 1025, "192.0.2.9", 53, "12345678");
	craft_put(c.octets + 6, field);
}

static void
parses_fragments(void **state)
{
	(void)state;
	fragment(0x2000);
	craft_put(c.octets + 24, 100); /* the whole datagram's length */
	assert_int_equal(verdict_now(), PASS);
	assert_true(packet_is_fragment(&c.p));
	assert_true(c.p.more_fragments);
	assert_int_equal(ntohs(c.p.source_port), 1025);
	fragment(0x0002);
	assert_int_equal(verdict_now(), PASS);
	assert_int_equal(c.p.fragment_offset, 16);
	assert_int_equal(c.p.source_port, 0);
	fragment(0x4000);
	assert_int_equal(verdict_now(), PASS);
	assert_true(c.p.dont_fragment);
	assert_false(packet_is_fragment(&c.p));
}

static void
refuses_impossible_fragments(void **state)
{
	(void)state;
	fragment(0x1fff); /* 65528 + 16 octets: "ping of death" */
	assert_int_equal(verdict_now(), DROP_HEADER);
	craft_udp(&c, "10.64.0.2", 1025, "192.0.2.9", 53, "1234567");
	craft_put(c.octets + 6, 0x2000);
	assert_int_equal(verdict_now(), DROP_HEADER);
}

static void
lowers_ttl(void **state)
{
	struct packet *p = craft_udp(&c, "10.64.0.2", 1, "192.0.2.9", 2, "x");

	(void)state;
	for (int ttl = 63; ttl > 0; ttl--) {
		assert_true(packet_decrement_ttl(p));
		assert_int_equal(p->ttl, ttl);
		assert_int_equal(c.octets[8], ttl);
		assert_true(craft_sums_right(c.octets));
	}
	assert_false(packet_decrement_ttl(p));
	assert_int_equal(c.octets[8], 1);
	assert_true(craft_sums_right(c.octets));
}

static void
sets_endpoints(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		unsigned port = (i * 7919) & 0xffff;
		in_addr_t address = htonl(i * 2654435761u);

		if (i % 3 == 0)
			craft_udp(&c, "10.64.0.2", 1, "192.0.2.9", i, "odd");
		else if (i % 3 == 1)
			craft_tcp(&c, "10.64.0.2", 1, "192.0.2.9", i, 0, 1, 2);
		else
			craft_query(&c, "10.64.0.2", "192.0.2.9", 8, i);
		packet_set_source(&c.p, address, htons((uint16_t)port));
		assert_true(craft_sums_right(c.octets));
		packet_set_destination(&c.p, address ^ 5,
		    htons((uint16_t)(port ^ 3)));
		assert_true(craft_sums_right(c.octets));
		craft_parse(&c);
		assert_int_equal(c.p.verdict, PASS);
		assert_int_equal(c.p.source, address);
		assert_int_equal(c.p.destination, address ^ 5);
		assert_int_equal(ntohs(c.p.destination_port), port ^ 3);
	}
}

static void
keeps_udp_without_checksum(void **state)
{
	(void)state;
	craft_udp(&c, "10.64.0.2", 1, "192.0.2.9", 2, "x");
	craft_put(c.octets + 26, 0);
	packet_set_source(&c.p, craft_address("198.51.100.7"), htons(61000));
	assert_int_equal(craft_get(c.octets + 26), 0);
	assert_int_equal(craft_sum(0, c.octets, 20), 0);
}

static void
writes_udp_sum_0_as_ffff(void **state)
{
	unsigned seen = 0;

	(void)state;
	for (unsigned port = 1; port < 65536; port++) {
		craft_udp(&c, "10.64.0.2", 1, "192.0.2.9", 2, "x");
		packet_set_source(&c.p, craft_address("198.51.100.7"),
		    htons((uint16_t)port));
		assert_int_not_equal(craft_get(c.octets + 26), 0);
		seen += craft_get(c.octets + 26) == 0xffff;
	}
	assert_int_equal(seen, 1);
}

static void
repairs_no_wrong_checksum(void **state)
{
	(void)state;
	craft_tcp(&c, "10.64.0.2", 1, "192.0.2.9", 2, 0, 1, 2);
	craft_put(c.octets + 36, craft_get(c.octets + 36) ^ 0x0100);
	packet_set_source(&c.p, craft_address("198.51.100.7"), htons(61000));
	assert_int_not_equal(craft_transport_sum(c.octets), 0);
	craft_put(c.octets + 36, craft_get(c.octets + 36) ^ 0x0100);
	craft_query(&c, "10.64.0.2", "192.0.2.9", 8, 9);
	c.octets[40] ^= 1;
	packet_set_source(&c.p, craft_address("198.51.100.7"), htons(61000));
	assert_int_not_equal(craft_transport_sum(c.octets), 0);
	c.octets[40] ^= 1;
	assert_int_equal(craft_transport_sum(c.octets), 0);
}

static void
completes_partial_checksums(void **state)
{
	uint8_t *field = c.octets + 36;
	uint32_t pseudo;

	(void)state;
	craft_tcp(&c, "10.64.0.2", 1, "192.0.2.9", 2, 0, 1, 2);
	pseudo = 6 + 20 + 0x0a40 + 2 + 0xc000 + 0x0209;
	craft_put(field, (pseudo & 0xffff) + (pseudo >> 16));
	c.p.partial_checksum = true;
	/* Adjusted while partial, it is what a sender at the new address
	 * would have left there. */
	packet_set_source(&c.p, craft_address("198.51.100.7"), htons(61000));
	pseudo = 6 + 20 + 0xc633 + 0x6407 + 0xc000 + 0x0209;
	pseudo = (pseudo & 0xffff) + (pseudo >> 16);
	assert_int_equal(craft_get(field), pseudo);
	packet_complete_checksum(&c.p);
	assert_false(c.p.partial_checksum);
	assert_true(craft_sums_right(c.octets));
	craft_udp(&c, "10.64.0.2", 1, "192.0.2.9", 2, "odd");
	craft_put(c.octets + 26, 0x1111);
	packet_complete_checksum(&c.p);
	assert_true(craft_sums_right(c.octets));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_udp),
		cmocka_unit_test(parses_tcp_behind_options),
		cmocka_unit_test(parses_queries),
		cmocka_unit_test(cuts_padding_off),
		cmocka_unit_test(refuses_bad_headers),
		cmocka_unit_test(refuses_short_transports),
		cmocka_unit_test(walks_options),
		cmocka_unit_test(parses_fragments),
		cmocka_unit_test(refuses_impossible_fragments),
		cmocka_unit_test(lowers_ttl),
		cmocka_unit_test(sets_endpoints),
		cmocka_unit_test(keeps_udp_without_checksum),
		cmocka_unit_test(writes_udp_sum_0_as_ffff),
		cmocka_unit_test(repairs_no_wrong_checksum),
		cmocka_unit_test(completes_partial_checksums),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("packet", tests, NULL, NULL);
}
