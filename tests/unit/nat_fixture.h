/*
 * nat_fixture.h - a translation to send packets through, time a variable
 */
#ifndef MASQD_TESTS_NAT_FIXTURE_H
#define MASQD_TESTS_NAT_FIXTURE_H

#include "masqd/nat/nat.h"

#include "craft.h"

#define INSIDE "10.64.0.2"
#define OTHER "10.64.0.3"
#define OUTSIDE "198.51.100.7"
#define REMOTE "192.0.2.9"
#define STRANGER "203.0.113.5"

enum { FIRST_PORT = 61000, PORTS = 64, SECOND = 1000, START = 1000000 };

static const uint8_t protocols[] = { IPPROTO_TCP, IPPROTO_UDP,
	IPPROTO_ICMP };

static struct craft c;
static struct nat *nat;
static uint64_t now;
static unsigned freed;
static in_port_t freed_port;

static inline void
count_freed(void *context, uint8_t protocol, in_port_t port)
{
	assert_ptr_equal(context, &freed);
	freed++;
	freed_port = port;
	assert_true(nat_port_offer(nat, protocol, port));
}

static inline struct nat_config
usual(void)
{
	return (struct nat_config){
		.address = craft_address(OUTSIDE),
		.callers = 4,
		.max_mappings = 100,
		.max_flows = 1000,
		.filtering = NAT_FILTER_ADDRESS,
		.udp = 300,
		.icmp = 60,
		.tcp_established = 7440,
		.tcp_transitory = 240,
		.fragment = 30,
		.quarantine = 120,
		.key = "0123456789abcde",
	};
}

static inline void
create(const struct nat_config *config)
{
	const struct nat_ops ops = { count_freed, &freed };

	nat = nat_create(config, &ops);
	assert_non_null(nat);
	now = START;
	freed = 0;
	for (size_t i = 0; i < sizeof protocols; i++)
		for (uint16_t port = 0; port < PORTS; port++)
			assert_true(nat_port_offer(nat, protocols[i],
			    htons((uint16_t)(FIRST_PORT + port))));
}

static inline int
setup(void **state)
{
	struct nat_config config = usual();

	(void)state;
	create(&config);
	return 0;
}

static inline int
teardown(void **state)
{
	(void)state;
	nat_destroy(nat);
	return 0;
}

static inline void
create_with(const struct nat_config *config)
{
	nat_destroy(nat);
	create(config);
}

/* What goes on must be right in all checksums; what is dropped untouched. */
static inline enum verdict
finish(struct packet *p, const uint8_t *before)
{
	if (p->verdict == PASS || p->verdict == REPLY)
		assert_true(craft_sums_right(p->data));
	else
		assert_memory_equal(before, p->data, p->length);
	return p->verdict;
}

static inline enum verdict
out_as(int32_t caller, struct packet *p)
{
	uint8_t before[sizeof c.octets];

	assert_int_equal(p->verdict, PASS);
	memcpy(before, p->data, p->length);
	p->caller = caller;
	nat_outbound(nat, &p, 1, now);
	return finish(p, before);
}

static inline enum verdict
out(struct packet *p)
{
	return out_as(1, p);
}

static inline enum verdict
in(struct packet *p)
{
	uint8_t before[sizeof c.octets];

	assert_int_equal(p->verdict, PASS);
	memcpy(before, p->data, p->length);
	nat_inbound(nat, &p, 1, now);
	return finish(p, before);
}

static inline void
expire(void)
{
	while (nat_expire(nat, now) == 0)
		;
}

static inline void
later(uint64_t seconds)
{
	now += seconds * SECOND;
	expire();
}

/* Send a UDP packet; the outside port it got. */
static inline unsigned
udp_from(const char *inside, unsigned port, const char *remote,
    unsigned remote_port)
{
	assert_int_equal(out(craft_udp(&c, inside, port, remote, remote_port,
	    "text")), PASS);
	assert_int_equal(c.p.source, craft_address(OUTSIDE));
	assert_int_equal(c.p.destination, craft_address(remote));
	assert_int_equal(ntohs(c.p.destination_port), remote_port);
	craft_parse(&c);
	return ntohs(c.p.source_port);
}

static inline enum verdict
udp_to(const char *remote, unsigned remote_port, unsigned port)
{
	return in(craft_udp(&c, remote, remote_port, OUTSIDE, port, "back"));
}

static inline enum verdict
tcp_out(uint8_t flags, uint32_t seq, uint32_t ack)
{
	return out(craft_tcp(&c, INSIDE, 1025, REMOTE, 80, flags, seq, ack));
}

static inline enum verdict
tcp_in(unsigned port, uint8_t flags, uint32_t seq, uint32_t ack)
{
	return in(craft_tcp(&c, REMOTE, 80, OUTSIDE, port, flags, seq, ack));
}

/* SYN, SYN ACK, ACK; the outside port. */
static inline unsigned
tcp_open(void)
{
	unsigned port;

	assert_int_equal(tcp_out(TH_SYN, 100, 0), PASS);
	port = ntohs(c.p.source_port);
	assert_int_equal(tcp_in(port, TH_SYN | TH_ACK, 500, 101), PASS);
	assert_int_equal(tcp_out(TH_ACK, 101, 501), PASS);
	return port;
}

#endif
