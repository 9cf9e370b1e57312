/* What is explained is what then happens: thousands of packets of all kinds,
 * each first explained and then sent, through a gateway short of everything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "masqd/console/explain.c"

enum { PACKETS = 30000, LOW = 61000, HIGH = 61007, SPAN_MS = 800 };

static struct packet left; /* by the uplink, the last one */
static size_t left_count;

static size_t
to_nowhere(struct link *link, struct packet *const *packets, size_t n)
{
	(void)link;
	(void)packets;
	return n;
}

static size_t
to_uplink(struct uplink *uplink, struct packet *const *packets, size_t n)
{
	(void)uplink;
	if (n > 0)
		left = *packets[n - 1];
	left_count += n;
	return n;
}

static const struct link_ops link_ops = { to_nowhere, NULL, NULL };
static const struct uplink_ops uplink_ops = { to_uplink };
static struct link lab_link = { .ops = &link_ops, .mtu = 1500 };
static struct link alice_link = { .ops = &link_ops, .mtu = 1500 };
static struct uplink uplink = { .ops = &uplink_ops, .name = "up0",
	.mtu = 1500 };
static struct config_range pool = { 0x0a400002, 0x0a4000fa };
static struct config_network network = { .name = "lab" };
static struct config config;
static struct gateway *gateway;
static struct gateway_link *lab, *alice;
static uint64_t now;
static uint64_t seed = 1;

static uint32_t
below(uint32_t most)
{
	seed = seed * 6364136223846793005 + 1442695040888963407;
	return (uint32_t)(seed >> 33) % most;
}

static void
offer(void *context, uint8_t protocol, in_port_t port)
{
	(void)context;
	if (ntohs(port) >= LOW && ntohs(port) <= HIGH)
		(void)nat_port_offer(gateway_nat(gateway), protocol, port);
}

static void
add_forwards(void)
{
	const struct nat_target targets[] = {
		{ inet_addr("10.9.0.5"), htons(80),
		    (uint32_t)gateway_slot(gateway, inet_addr("10.9.0.5"),
			now) },
		{ inet_addr("10.64.0.2"), htons(81),
		    (uint32_t)gateway_user_slot(gateway, "alice") },
	};
	struct nat *nat = gateway_nat(gateway);

	assert_true(nat_forward_add(nat, IPPROTO_TCP, htons(80), targets, 2));
	assert_true(nat_forward_add(nat, IPPROTO_UDP, htons(80), targets, 1));
	assert_true(nat_forward_add(nat, IPPROTO_TCP, htons(81), NULL, 0));
	assert_true(nat_forward_add(nat, IPPROTO_UDP, htons(81), NULL, 0));
}

static void
start(enum config_filtering filtering, bool free_callers)
{
	static const uint8_t key[16] = { 1 };
	struct gateway_setup setup = { .config = &config, .uplink = &uplink,
		.address = inet_addr("192.0.2.1"), .key = key,
		.ops = { .port_free = offer } };

	network.subnet = inet_addr("10.9.0.0");
	network.netmask = inet_addr("255.255.255.0");
	network.gateway = inet_addr("10.9.0.1");
	config = (struct config){
		.callers = { .gateway = inet_addr("10.64.0.1"), .pool = &pool,
		    .pool_count = 1, .max_mappings = 4,
		    .max_flows = free_callers ? 6 : 9,
		    .new_flows = free_callers ? 4 : 1, .each_other = free_callers,
		    .private_networks = free_callers },
		.networks = &network, .network_count = 1,
		.nat = { .filtering = filtering, .udp = 10, .icmp = 5,
		    .tcp_established = 20, .tcp_transitory = 4,
		    .fragment = 15, .max_mappings = 40, .max_flows = 56 } };
	now = 1000;
	gateway = gateway_create(&setup);
	assert_non_null(gateway);
	for (uint16_t port = LOW; port <= HIGH; port++) {
		offer(NULL, IPPROTO_TCP, htons(port));
		offer(NULL, IPPROTO_UDP, htons(port));
		offer(NULL, IPPROTO_ICMP, htons(port));
	}
	lab = gateway_link_add(gateway, &lab_link, network.gateway,
	    0x0a090000, 0x0a0900ff, "lab", now);
	alice = gateway_link_add(gateway, &alice_link, config.callers.gateway,
	    0x0a400002, 0x0a400002, "alice", now);
	assert_true(lab != NULL && alice != NULL);
	add_forwards();
}

static in_addr_t
any_address(void)
{
	static const char *const known[] = { "10.9.0.5", "10.9.0.6",
		"10.9.0.7", "10.64.0.2", "192.0.2.1", "192.0.2.1",
		"198.51.100.80", "198.51.100.80", "198.51.100.81",
		"203.0.113.9", "192.168.7.7", "127.0.0.1", "224.0.0.1",
		"10.64.0.1", "10.9.0.1", "10.64.0.9", "255.255.255.255" };

	return inet_addr(known[below(sizeof known / sizeof known[0])]);
}

static in_port_t
any_port(void)
{
	uint32_t kind = below(4);

	if (kind == 0)
		return htons((uint16_t)(LOW + below(HIGH - LOW + 1)));
	if (kind == 1)
		return htons((uint16_t)(80 + below(3)));
	return htons((uint16_t)(kind == 2 && below(8) == 0 ? 113 :
	    1025 + below(6)));
}

static struct explain_packet
any_packet(void)
{
	static const uint8_t protocols[] = { IPPROTO_TCP, IPPROTO_UDP,
		IPPROTO_UDP, IPPROTO_ICMP };

	return (struct explain_packet){
		.protocol = below(50) == 0 ? 47 : protocols[below(4)],
		.source = any_address(), .destination = any_address(),
		.source_port = any_port(), .destination_port = any_port() };
}

static uint64_t counted[VERDICT_COUNT];

static void
look(uint64_t counters[VERDICT_COUNT])
{
	uint64_t outbound, inbound;

	for (int v = LATER + 1; v < VERDICT_COUNT; v++)
		counters[v] = gateway_dropped(gateway, v);
	gateway_forwarded(gateway, &outbound, &inbound);
	counters[PASS] = outbound + inbound;
	counters[REPLY] = gateway_answered(gateway);
	counters[LATER] = 0;
}

/* The verdict that one packet has been counted as since the last look(). */
static enum verdict
verdict_since(void)
{
	uint64_t after[VERDICT_COUNT];

	look(after);
	for (int v = 0; v < VERDICT_COUNT; v++)
		if (after[v] != counted[v])
			return v;
	return LATER;
}

static struct gateway_link *
link_of(in_addr_t source)
{
	uint32_t host = ntohl(source);

	if (host >= lab->first && host <= lab->last)
		return lab;
	return host == alice->first ? alice : NULL;
}

/* The same packet as explain() makes, on its way. */
static void
inject(const struct explain_packet *from, bool syn_only)
{
	uint8_t octets[1500] = { 0 };
	struct packet packet = { .data = octets, .capacity = sizeof octets };
	uint32_t length = PACKET_HEADER +
	    write_transport(octets + PACKET_HEADER, from);
	struct gateway_link *link = link_of(from->source);

	if (!syn_only && from->protocol == IPPROTO_TCP)
		octets[PACKET_HEADER + 13] = (uint8_t)below(32);
	packet_write_header(&packet, from->protocol, from->source,
	    from->destination, length, 0, 0);
	(void)packet_parse(&packet, octets, length, sizeof octets);
	left_count = 0;
	if (link != NULL)
		gateway_from_link(gateway, link, &packet, 1, now);
	else
		gateway_from_uplink(gateway, &packet, 1, now);
}

/* Where the explanation says from which port it leaves, it does. */
static void
check_port(const struct explain_packet *from, const char *steps)
{
	static const char leaves[] = "It leaves on uplink up0 from 192.0.2.1:";
	const char *at = strstr(steps, leaves);

	if (at == NULL || from->protocol == IPPROTO_ICMP)
		return;
	assert_int_equal(left_count, 1);
	assert_int_equal(ntohs(left.source_port),
	    atoi(at + sizeof leaves - 1));
}

static void
one(size_t *seen)
{
	struct explain_packet packet = any_packet();
	struct nat_usage before = nat_usage(gateway_nat(gateway)), after;
	enum verdict said, real;
	char steps[2048];

	look(counted);
	said = explain(gateway, &packet, steps, sizeof steps, now);
	after = nat_usage(gateway_nat(gateway));
	assert_int_equal(verdict_since(), LATER); /* nothing has moved */
	assert_int_equal(before.flows, after.flows);
	assert_int_equal(before.mappings, after.mappings);
	inject(&packet, true);
	real = verdict_since();
	if (said != real)
		fail_msg("said %s, was %s:\n%s", verdict_name(said),
		    verdict_name(real), steps);
	if (real != PASS && strstr(steps, real == REPLY ? "answers it" :
		verdict_name(real)) == NULL)
		fail_msg("%s is not told:\n%s", verdict_name(real), steps);
	check_port(&packet, steps);
	seen[real]++;
	packet = any_packet();
	if (below(3) == 0)
		inject(&packet, false); /* flows get other states */
}

static void
run(enum config_filtering filtering, bool free_callers, size_t *seen)
{
	start(filtering, free_callers);
	for (int i = 0; i < PACKETS; i++) {
		if (below(4) == 0) {
			now += below(SPAN_MS);
			(void)gateway_expire(gateway, now);
		}
		(void)gateway_slot(gateway, inet_addr("10.9.0.5"), now);
		one(seen);
	}
	gateway_link_remove(gateway, lab, now);
	gateway_link_remove(gateway, alice, now);
	gateway_destroy(gateway);
}

static void
test_what_is_said_happens(void **state)
{
	static const enum verdict met[] = { PASS, REPLY, DROP_MARTIAN,
		DROP_HOST_ADDRESS, DROP_PRIVATE, DROP_EACH_OTHER,
		DROP_PROTOCOL, DROP_NO_MAPPING, DROP_FILTERED,
		DROP_CALLER_MAPPINGS, DROP_CALLER_FLOWS, DROP_CALLER_RATE,
		DROP_PORTS_FULL, DROP_SPOOFED };
	size_t seen[VERDICT_COUNT] = { 0 };

	(void)state;
	for (int f = FILTERING_ENDPOINT_INDEPENDENT;
	     f <= FILTERING_ADDRESS_AND_PORT; f++) {
		run(f, false, seen);
		run(f, true, seen);
	}
	for (size_t i = 0; i < sizeof met / sizeof met[0]; i++)
		if (seen[met[i]] == 0)
			fail_msg("%s was never met", verdict_name(met[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_said_happens),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
