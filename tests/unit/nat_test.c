/* The translation as a whole: packets in, packets out. */
#include "masqd/nat/inbound.c"

#include "nat_fixture.h"

static void
carries_udp_both_ways(void **state)
{
	unsigned port = udp_from(INSIDE, 1025, REMOTE, 53);

	(void)state;
	assert_in_range(port, FIRST_PORT, FIRST_PORT + PORTS - 1);
	assert_int_equal(udp_to(REMOTE, 53, port), PASS);
	assert_int_equal(c.p.caller, 1);
	assert_int_equal(c.p.destination, craft_address(INSIDE));
	assert_int_equal(ntohs(c.p.destination_port), 1025);
	craft_parse(&c);
	assert_int_equal(c.p.destination, craft_address(INSIDE));
	assert_int_equal(ntohs(c.p.destination_port), 1025);
}

static void
carries_tcp_both_ways(void **state)
{
	unsigned port = tcp_open();

	(void)state;
	assert_int_equal(tcp_in(port, TH_ACK, 501, 101), PASS);
	assert_int_equal(c.p.caller, 1);
	craft_parse(&c);
	assert_int_equal(c.p.destination, craft_address(INSIDE));
	assert_int_equal(ntohs(c.p.destination_port), 1025);
}

static void
carries_queries_both_ways(void **state)
{
	static const uint8_t types[][2] = {
		{ 8, 0 }, { 13, 14 }, { 15, 16 }, { 17, 18 }
	};
	unsigned id;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(out(craft_query(&c, INSIDE, REMOTE,
		    types[i][0], 77)), PASS);
		craft_parse(&c);
		id = ntohs(c.p.source_port);
		assert_in_range(id, FIRST_PORT, FIRST_PORT + PORTS - 1);
		assert_int_equal(c.p.source, craft_address(OUTSIDE));
		assert_int_equal(in(craft_query(&c, REMOTE, OUTSIDE,
		    types[i][1], id)), PASS);
		craft_parse(&c);
		assert_int_equal(ntohs(c.p.source_port), 77);
		assert_int_equal(c.p.destination, craft_address(INSIDE));
		assert_int_equal(in(craft_query(&c, STRANGER, OUTSIDE,
		    types[i][1], id)), DROP_FILTERED);
		assert_int_equal(in(craft_query(&c, REMOTE, OUTSIDE,
		    types[i][0], id)), DROP_NO_MAPPING);
		assert_int_equal(out(craft_query(&c, INSIDE, REMOTE,
		    types[i][1], 77)), DROP_ICMP_TYPE);
	}
}

static void
maps_endpoints_independently(void **state)
{
	unsigned port = udp_from(INSIDE, 1025, REMOTE, 53), tcp;

	(void)state;
	assert_int_equal(udp_from(INSIDE, 1025, REMOTE, 54), port);
	assert_int_equal(udp_from(INSIDE, 1025, STRANGER, 9), port);
	assert_int_not_equal(udp_from(INSIDE, 1026, REMOTE, 53), port);
	assert_int_not_equal(udp_from(OTHER, 1025, REMOTE, 53), port);
	assert_int_equal(nat_usage(nat).mappings, 3);
	assert_int_equal(nat_usage(nat).flows, 5);
	assert_int_equal(out(craft_tcp(&c, INSIDE, 1025, REMOTE, 53, TH_SYN,
	    1, 0)), PASS);
	tcp = ntohs(c.p.source_port);
	assert_int_equal(nat_usage(nat).mappings, 4);
	assert_int_equal(udp_to(REMOTE, 53, port), PASS);
	if (tcp != port)
		assert_int_equal(in(craft_tcp(&c, REMOTE, 53, OUTSIDE, port,
		    TH_ACK, 1, 1)), DROP_NO_MAPPING);
}

static void
keeps_parity(void **state)
{
	(void)state;
	for (unsigned port = 2000; port < 2032; port++)
		assert_int_equal(udp_from(INSIDE, port, REMOTE, 53) & 1,
		    port & 1);
	for (unsigned port = 3000; port < 3032; port++)
		udp_from(INSIDE, port, REMOTE, 53);
	assert_int_equal(nat_ports_spare(nat, IPPROTO_UDP), 0);
}

static void
keeps_low_ports_low(void **state)
{
	(void)state;
	assert_true(nat_port_offer(nat, IPPROTO_UDP, htons(600)));
	for (unsigned port = 2000; port < 2032; port++)
		assert_in_range(udp_from(INSIDE, port, REMOTE, 53),
		    FIRST_PORT, FIRST_PORT + PORTS - 1);
	assert_int_equal(udp_from(INSIDE, 513, REMOTE, 53), 600);
	assert_in_range(udp_from(INSIDE, 514, REMOTE, 53), FIRST_PORT,
	    FIRST_PORT + PORTS - 1);
}

static void
filters(void **state)
{
	static const struct {
		enum nat_filtering filtering;
		enum verdict same_address, stranger;
	} rows[] = {
		{ NAT_FILTER_ENDPOINT_INDEPENDENT, PASS, PASS },
		{ NAT_FILTER_ADDRESS, PASS, DROP_FILTERED },
		{ NAT_FILTER_ADDRESS_AND_PORT, DROP_FILTERED, DROP_FILTERED },
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct nat_config config = usual();
		unsigned port;

		config.filtering = rows[i].filtering;
		create_with(&config);
		port = udp_from(INSIDE, 1025, REMOTE, 53);
		assert_int_equal(udp_to(REMOTE, 54, port),
		    rows[i].same_address);
		assert_int_equal(udp_to(STRANGER, 53, port),
		    rows[i].stranger);
		assert_int_equal(udp_to(REMOTE, 53, port), PASS);
		assert_int_equal(udp_to(REMOTE, 53, 62000), DROP_NO_MAPPING);
		/* the answer to whoever came in takes the same mapping */
		assert_int_equal(udp_from(INSIDE, 1025, REMOTE, 54), port);
	}
}

static void
counts_peers_of_an_address(void **state)
{
	unsigned port = 0;

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		port = udp_from(INSIDE, 1025, REMOTE, 1000 + i);
	now += 200 * SECOND;
	assert_int_equal(udp_from(INSIDE, 1025, REMOTE, 1077), port);
	later(200);
	assert_int_equal(nat_usage(nat).flows, 1);
	assert_int_equal(udp_to(REMOTE, 1077, port), PASS);
	assert_int_equal(udp_to(REMOTE, 1000, port), PASS);
	assert_int_equal(nat_usage(nat).flows, 2);
}

static void
ends_idle_udp_flows(void **state)
{
	unsigned port = udp_from(INSIDE, 1025, REMOTE, 53);

	(void)state;
	later(290);
	assert_int_equal(udp_to(REMOTE, 53, port), PASS); /* refreshes */
	later(290);
	assert_int_equal(udp_from(INSIDE, 1025, REMOTE, 53), port);
	later(299);
	assert_int_equal(nat_usage(nat).mappings, 1);
	later(2);
	assert_int_equal(nat_usage(nat).mappings, 0);
	assert_int_equal(nat_usage(nat).flows, 0);
	assert_int_equal(udp_to(REMOTE, 53, port), DROP_NO_MAPPING);
}

/* Whether nat_expire() was called in time makes no difference. */
static void
knows_a_flow_is_over(void **state)
{
	unsigned port = udp_from(INSIDE, 1025, REMOTE, 53);

	(void)state;
	now += 301 * SECOND;
	assert_int_equal(udp_to(REMOTE, 53, port), DROP_NO_MAPPING);
	port = udp_from(INSIDE, 1025, REMOTE, 53);
	now += 301 * SECOND;
	assert_int_not_equal(udp_from(INSIDE, 1025, REMOTE, 53), port);
	assert_int_equal(freed, 0); /* never on the packet path */
}

static void
times_tcp_by_state(void **state)
{
	unsigned port;

	(void)state;
	assert_int_equal(tcp_out(TH_SYN, 100, 0), PASS);
	later(239);
	assert_int_equal(nat_usage(nat).flows, 1);
	later(2);
	assert_int_equal(nat_usage(nat).flows, 0);
	port = tcp_open();
	later(7439);
	assert_int_equal(tcp_in(port, TH_ACK, 501, 101), PASS);
	later(7439);
	assert_int_equal(nat_usage(nat).flows, 1);
	later(2);
	assert_int_equal(nat_usage(nat).flows, 0);
}

static void
closes_tcp_after_both_fins(void **state)
{
	unsigned port = tcp_open();

	(void)state;
	assert_int_equal(tcp_out(TH_FIN | TH_ACK, 101, 501), PASS);
	later(3600);
	assert_int_equal(tcp_in(port, TH_ACK, 501, 102), PASS);
	later(3600);
	assert_int_equal(tcp_in(port, TH_FIN | TH_ACK, 501, 102), PASS);
	later(200);
	assert_int_equal(tcp_out(TH_ACK, 102, 502), PASS);
	later(41); /* the last ACK prolongs nothing */
	assert_int_equal(nat_usage(nat).flows, 0);
}

static void
closes_tcp_after_reset(void **state)
{
	unsigned port = tcp_open();

	(void)state;
	assert_int_equal(tcp_in(port, TH_RST, 501, 0), PASS);
	later(239);
	assert_int_equal(nat_usage(nat).flows, 1);
	later(2);
	assert_int_equal(nat_usage(nat).flows, 0);
}

/* RFC 5961: passed on, for the caller to judge, but believed by nobody. */
static void
survives_blind_resets(void **state)
{
	unsigned port = tcp_open();

	(void)state;
	assert_int_equal(tcp_in(port, TH_RST, 501 + (1 << 20), 0), PASS);
	assert_int_equal(tcp_in(port, TH_RST, 500, 0), PASS);
	later(241);
	assert_int_equal(nat_usage(nat).flows, 1);
	assert_int_equal(tcp_in(port, TH_RST, 501, 0), PASS);
	assert_int_equal(tcp_in(port, TH_ACK, 501, 101), PASS);
	later(241);
	assert_int_equal(nat_usage(nat).flows, 1);
}

static void
opens_tcp_simultaneously(void **state)
{
	unsigned port;

	(void)state;
	assert_int_equal(tcp_out(TH_SYN, 100, 0), PASS);
	port = ntohs(c.p.source_port);
	assert_int_equal(tcp_in(port, TH_SYN, 500, 0), PASS);
	assert_int_equal(tcp_out(TH_SYN | TH_ACK, 100, 501), PASS);
	assert_int_equal(tcp_in(port, TH_SYN | TH_ACK, 500, 101), PASS);
	later(241);
	assert_int_equal(nat_usage(nat).flows, 1);
}

static void
lets_a_known_address_open_tcp(void **state)
{
	unsigned port = tcp_open();

	(void)state;
	assert_int_equal(in(craft_tcp(&c, REMOTE, 20, OUTSIDE, port, TH_ACK,
	    9, 9)), DROP_TCP_STATE);
	assert_int_equal(in(craft_tcp(&c, REMOTE, 20, OUTSIDE, port, TH_SYN,
	    9, 0)), PASS);
	assert_int_equal(c.p.caller, 1);
	assert_int_equal(in(craft_tcp(&c, STRANGER, 20, OUTSIDE, port,
	    TH_SYN, 9, 0)), DROP_FILTERED);
	assert_int_equal(nat_usage(nat).flows, 2);
}

static void
answers_segments_of_no_flow(void **state)
{
	(void)state;
	assert_int_equal(tcp_out(TH_ACK, 101, 501), REPLY);
	craft_parse(&c);
	assert_int_equal(c.p.verdict, PASS);
	assert_int_equal(c.p.source, craft_address(REMOTE));
	assert_int_equal(c.p.destination, craft_address(INSIDE));
	assert_int_equal(ntohs(c.p.source_port), 80);
	assert_int_equal(ntohs(c.p.destination_port), 1025);
	assert_int_equal(c.p.tcp_flags, TH_RST);
	assert_int_equal(craft_get(c.octets + 26), 501); /* its sequence */
	assert_int_equal(tcp_out(TH_FIN, 101, 0), REPLY);
	assert_int_equal(c.p.tcp_flags, TH_RST | TH_ACK);
	assert_int_equal(craft_get(c.octets + 30), 102); /* acknowledged */
	assert_int_equal(tcp_out(TH_RST, 101, 501), DROP_TCP_STATE);
	assert_int_equal(nat_usage(nat).flows, 0);
}

static void
drops_by_name(void **state)
{
	(void)state;
	craft_ip(&c, 47, INSIDE, REMOTE, 20);
	assert_int_equal(out(craft_done(&c)), DROP_PROTOCOL);
	craft_ip(&c, 47, REMOTE, OUTSIDE, 20);
	assert_int_equal(in(craft_done(&c)), DROP_PROTOCOL);
	craft_udp(&c, INSIDE, 1, REMOTE, 2, "12345678");
	assert_int_equal(out_as(4, &c.p), DROP_NO_SESSION);
	c.p.verdict = PASS;
	assert_int_equal(out_as(PACKET_NO_CALLER, &c.p), DROP_NO_SESSION);
	craft_udp(&c, REMOTE, 1, STRANGER, 61000, "x");
	assert_int_equal(in(&c.p), DROP_NO_MAPPING);
	craft_udp(&c, INSIDE, 1, REMOTE, 2, "12345678");
	c.p.verdict = DROP_SPOOFED;
	c.p.caller = 1;
	nat_outbound(nat, (struct packet *[]){ &c.p }, 1, now);
	assert_int_equal(c.p.verdict, DROP_SPOOFED);
	assert_int_equal(nat_usage(nat).mappings, 0);
}

static void
carries_batches(void **state)
{
	static struct craft many[100];
	struct packet *packets[100];

	(void)state;
	/* the second of each pair uses what the first one has made */
	for (unsigned i = 0; i < 100; i++) {
		packets[i] = craft_udp(&many[i], INSIDE, 2000 + i / 2, REMOTE,
		    53, "x");
		packets[i]->caller = 1;
	}
	packets[7]->verdict = DROP_TTL;
	nat_outbound(nat, packets, 100, now);
	for (unsigned i = 0; i < 100; i += 2) {
		assert_int_equal(packets[i]->verdict, PASS);
		assert_true(craft_sums_right(many[i].octets));
		if (i != 6)
			assert_int_equal(packets[i]->source_port,
			    packets[i + 1]->source_port);
	}
	assert_int_equal(packets[7]->verdict, DROP_TTL);
	assert_int_equal(packets[7]->source, craft_address(INSIDE));
	assert_int_equal(nat_usage(nat).mappings, 50);
}

/* A query identifier that is no mapping's has a key of zeros, as a free record
 * has.  Here the tags lead to one: those after the right one may. */
static void
takes_no_free_record_for_a_flow(void **state)
{
	struct nat_config config = usual();
	struct hash_key key;
	uint64_t zeros, hash;
	uint16_t port = 0;

	(void)state;
	config.max_flows = 100;
	do {
		config.key[0]++;
		memcpy(&key, config.key, sizeof key);
		zeros = hash_13(&key, 0, 0);
	} while (tag_of(zeros) != TAG_EMPTY + 1 && config.key[0] != '/');
	assert_int_equal(tag_of(zeros), TAG_EMPTY + 1);
	create_with(&config);
	do
		hash = flow_hash_outbound(&nat->flows, flow_key(IPPROTO_UDP,
		    craft_address(INSIDE), htons(1025),
		    craft_address(REMOTE), htons(++port)));
	while (tag_of(hash) != tag_of(zeros) ||
	    place_home(&nat->flows.places, hash) !=
	    place_home(&nat->flows.places, zeros));
	udp_from(INSIDE, 1025, REMOTE, port);
	assert_int_equal(in(craft_query(&c, STRANGER, OUTSIDE, 0, 0)),
	    DROP_NO_MAPPING);
	assert_int_equal(nat_usage(nat).flows, 1);
	assert_int_equal(udp_to(REMOTE, port, ntohs(
	    nat->flows.flows[place_next(&nat->flows.places, 0)]
	    .outside_port)), PASS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(carries_udp_both_ways),
		TEST(carries_tcp_both_ways),
		TEST(carries_queries_both_ways),
		TEST(maps_endpoints_independently),
		TEST(keeps_parity),
		TEST(keeps_low_ports_low),
		TEST(filters),
		TEST(counts_peers_of_an_address),
		TEST(ends_idle_udp_flows),
		TEST(knows_a_flow_is_over),
		TEST(times_tcp_by_state),
		TEST(closes_tcp_after_both_fins),
		TEST(closes_tcp_after_reset),
		TEST(survives_blind_resets),
		TEST(opens_tcp_simultaneously),
		TEST(lets_a_known_address_open_tcp),
		TEST(answers_segments_of_no_flow),
		TEST(drops_by_name),
		TEST(carries_batches),
		TEST(takes_no_free_record_for_a_flow),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("nat", tests, NULL, NULL);
}
