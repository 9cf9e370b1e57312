/*
 * world.h - traffic for the programs that measure the translation
 *
 * What flow i is made of is computed, not kept: the traffic takes next to no
 * cache from what is measured.  Packets are laid out in blocks before the
 * clock starts.
 */
#ifndef BENCH_WORLD_H
#define BENCH_WORLD_H

#include <arpa/inet.h>
#include <netinet/ip_icmp.h>

#include "figure.h"
#include "masqd/nat/nat.h"
#include "masqd/nat/state.h"

enum {
	BLOCK = 256,
	BATCH = 32,
	OCTETS = 64, /* of each packet */
	CALLERS = 4000,
	MAPPINGS = 60000,
	FIRST_PORT = 1024
};

static const uint64_t start = 1000000;

struct endpoints { /* of a flow, as the caller sees it */
	in_addr_t inside, remote;
	in_port_t inside_port, remote_port;
	int32_t caller;
};

struct world {
	uint8_t protocol;
	bool one_port; /* all callers' systems choose the same source port */
	uint32_t flow_count;
	struct nat *nat;
	in_port_t outside[MAPPINGS]; /* of flow i: i mod MAPPINGS */
	uint32_t next, step;	     /* the order of the packets */
};

static struct packet packets[BLOCK];
static struct packet *pointers[BLOCK];
static uint8_t octets[BLOCK][OCTETS];

/* Flow i goes through mapping i mod MAPPINGS, to a remote of its own. */
static inline struct endpoints
endpoints_of(const struct world *w, uint32_t i)
{
	uint32_t mapping = i % MAPPINGS, caller = mapping % CALLERS;
	uint64_t mixed = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);

	mixed = (mixed ^ mixed >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
	return (struct endpoints){
		.inside = htonl(0x0a400002 + caller),
		.inside_port = htons((uint16_t)(w->one_port ? 2000 :
		    2000 + mapping / CALLERS)),
		.remote = htonl(0x0b000000 + (uint32_t)(mixed >> 32) %
		    0x60000000),
		.remote_port = htons((uint16_t)(1 + (uint32_t)mixed % 65535)),
		.caller = (int32_t)caller,
	};
}

/* A packet with right checksums, as packet_parse() would leave it. */
static inline void
lay_out(unsigned slot, uint8_t protocol, in_addr_t source, in_port_t sport,
    in_addr_t destination, in_port_t dport, uint8_t flags)
{
	struct packet *p = &packets[slot];
	uint8_t *transport = octets[slot] + PACKET_HEADER;
	uint32_t length = protocol == IPPROTO_TCP ? 40 : 28;

	p->data = octets[slot];
	p->capacity = OCTETS;
	packet_write_header(p, protocol, source, destination, length, 1, 0);
	memset(transport, 0, length - PACKET_HEADER);
	octets_put16(transport, sport);
	octets_put16(transport + 2, dport);
	if (protocol == IPPROTO_TCP) {
		transport[12] = 5 << 4;
		transport[13] = flags;
	} else {
		octets_put16(transport + 4, htons(8));
	}
	p->source_port = sport;
	p->destination_port = dport;
	p->tcp_flags = flags;
	p->verdict = PASS;
	packet_complete_checksum(p);
	pointers[slot] = p;
}

static inline void
lay_out_outbound(const struct world *w, unsigned slot, uint32_t i,
    uint8_t flags)
{
	struct endpoints e = endpoints_of(w, i);

	lay_out(slot, w->protocol, e.inside, e.inside_port, e.remote,
	    e.remote_port, flags);
	packets[slot].caller = e.caller;
}

static inline void
expect(unsigned slot, enum verdict v)
{
	if (packets[slot].verdict != v)
		fail(verdict_name(packets[slot].verdict));
}

static inline struct nat *
new_nat(uint32_t flows, uint8_t protocol)
{
	const struct nat_config config = {
		.address = inet_addr("198.51.100.7"),
		.callers = CALLERS,
		.max_mappings = flows < MAPPINGS ? flows : MAPPINGS,
		.max_flows = flows,
		.filtering = NAT_FILTER_ADDRESS,
		.udp = 300, .icmp = 60, .fragment = 30, .quarantine = 120,
		.tcp_established = 7440, .tcp_transitory = 240,
		.key = "a key for bench",
	};
	struct nat *nat = nat_create(&config, NULL);

	if (nat == NULL)
		fail("no memory");
	for (uint32_t port = FIRST_PORT; port < 65536; port++)
		nat_port_offer(nat, protocol, htons((uint16_t)port));
	return nat;
}

#endif
