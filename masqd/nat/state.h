/*
 * state.h - all that a struct nat holds; for the files of this room only
 */
#ifndef MASQD_NAT_STATE_H
#define MASQD_NAT_STATE_H

#include <arpa/inet.h>

#include "caller.h"
#include "checksum.h"
#include "flow.h"
#include "forwarding.h"
#include "fragment.h"
#include "mapping.h"
#include "nat.h"
#include "octets.h"
#include "ports.h"
#include "stranger.h"
#include "tcp.h"

enum { IDENTIFICATIONS = 1024 };

/* For quotes: what a datagram's identification was before it was sent. */
struct identification {
	in_addr_t destination;
	uint16_t sent, original; /* network order */
};

struct nat {
	in_addr_t address; /* 0: no uplink */
	in_addr_t last_address; /* the one before 0 */
	enum nat_filtering filtering;
	bool silent, is_sole, outbound_refresh_only;
	/* in the wheel's ticks */
	uint32_t udp, icmp, tcp[TCP_PHASES], quarantine;
	uint32_t tick; /* of the last call that told the time */
	struct nat_ops ops;
	struct callers callers;
	struct ports *ports;
	struct mapping_table mappings;
	struct flow_table flows;
	struct forwarding forwarding;
	struct fragments fragments[DIRECTIONS];
	struct strangers strangers;
	/* By destination: the last one given out, host order. */
	uint16_t identifications[IDENTIFICATIONS];
	uint32_t identification_key; /* odd */
	struct identification sent[IDENTIFICATIONS]; /* the last ones */
};

/* Packets are hashed, prefetched and translated in groups of so many. */
enum { STATE_BATCH = 32 };

/* What is known of a packet before its turn comes: its flow's key, that key's
 * hash, perhaps the flow.  Inbound to a port of no mapping: a key that is no
 * flow's, not to be looked for. */
struct probe {
	struct flow_key key;
	uint64_t hash;
	/* guess 0: the hash that is asked for next, outbound that of the
	 * inside endpoint, inbound that of the peers; 0: not made yet. */
	uint64_t other;
	uint32_t guess;
};

static inline uint16_t
state_identification(struct nat *nat, in_addr_t destination)
{
	uint16_t *last = &nat->identifications[
	    destination * nat->identification_key >> 22];

	/* A raw socket replaces 0 by one of the kernel's, for each fragment
	 * another. */
	if (++*last == 0)
		++*last;
	return htons(*last);
}

static inline struct identification *
state_sent(struct nat *nat, in_addr_t destination, uint16_t identification)
{
	return &nat->sent[(ntohs(identification) +
	    (destination * nat->identification_key >> 12)) % IDENTIFICATIONS];
}

/* Give an outbound datagram an identification of ours. */
static inline uint16_t
state_identify(struct nat *nat, struct packet *p)
{
	uint16_t original = octets_get16(p->data + 4);
	uint16_t sent = state_identification(nat, p->destination);
	uint8_t *checksum = p->data + 10;

	*state_sent(nat, p->destination, sent) = (struct identification){
		p->destination, sent, original
	};
	octets_put16(p->data + 4, sent);
	octets_put16(checksum, checksum_adjust(octets_get16(checksum),
	    checksum_delta16(original, sent)));
	return sent;
}

static inline bool
state_flow_is_over(const struct nat *nat, uint32_t flow, uint32_t now)
{
	return wheel_passed(nat->flows.flows[flow].expires, now);
}

void state_tcp_seen(struct nat *, uint32_t flow, enum direction,
    const struct packet *, uint32_t now);

/* A packet has passed: the flow lives on, TCP's by its state. now: tick. */
static inline void
state_flow_seen(struct nat *nat, uint32_t flow, enum direction d,
    const struct packet *p, uint32_t now)
{
	uint8_t protocol = nat->flows.flows[flow].protocol;

	if (protocol == IPPROTO_TCP)
		state_tcp_seen(nat, flow, d, p, now);
	else if (d == OUTBOUND || !nat->outbound_refresh_only)
		flow_refresh(&nat->flows, flow, now,
		    protocol == IPPROTO_UDP ? nat->udp : nat->icmp);
}

/* Who talks to whom, through which caller. */
struct ends {
	in_addr_t inside, remote;
	in_port_t inside_port, remote_port; /* ICMP: remote_port is 0 */
	in_port_t outside_port; /* a forward's, or 0: that of the mapping */
	uint32_t caller;
	uint8_t protocol;
};

/* Outbound, of no flow, and for the host: to our own address, where nobody
 * of ours can be meant. */
bool state_is_for_host(const struct nat *, const struct packet *);

/*
 * Inbound, of no flow: the inside endpoint that it is for, in *ends, by the
 * filter.  peer: any flow between the outside port and the source, or 0.
 * *mapping: its mapping, or 0: that of a forward.  PASS, DROP_NO_MAPPING,
 * DROP_FILTERED, DROP_NO_TARGET.
 */
enum verdict state_find_inside(const struct nat *, const struct packet *,
    uint32_t peer, struct ends *ends, uint32_t *mapping);

/* Open a flow for the packet, by the caller's limits.  hash: the outbound
 * one.  mapping: its number, or 0: the one of the inside endpoint, made where
 * there is none.  *flow is set on PASS; a drop has changed nothing but the
 * caller's allowance. */
enum verdict state_flow_open(struct nat *, const struct ends *, uint64_t hash,
    enum direction, uint32_t mapping, uint64_t now, uint32_t *flow);

/* End a flow whose time is over, or its caller's. now: tick */
void state_flow_end(struct nat *, uint32_t flow, uint32_t now);

#endif
