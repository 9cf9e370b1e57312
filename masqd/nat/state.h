/*
 * state.h - all that a struct nat holds; for the files of this room only
 */
#ifndef MASQD_NAT_STATE_H
#define MASQD_NAT_STATE_H

#include "caller.h"
#include "flow.h"
#include "mapping.h"
#include "nat.h"
#include "ports.h"
#include "tcp.h"

struct nat {
	in_addr_t address;
	enum nat_filtering filtering;
	/* in the wheel's ticks */
	uint32_t udp, icmp, tcp_established, tcp_transitory, quarantine;
	struct nat_ops ops;
	struct callers callers;
	struct ports *ports;
	struct mapping_table mappings;
	struct flow_table flows;
};

/* Packets are hashed, prefetched and translated in groups of so many. */
enum { STATE_BATCH = 32 };

/* What is known of a packet before its turn comes. */
struct probe {
	uint64_t hash;
	uint32_t guess;
};

static inline bool
state_flow_is_over(const struct nat *nat, uint32_t flow, uint32_t now)
{
	return wheel_passed(nat->flows.flows[flow].timer.expires, now);
}

/* A packet has passed: the flow lives on, TCP's by its state. now: tick. */
void state_flow_seen(struct nat *, uint32_t flow, enum direction,
    const struct packet *, uint32_t now);

/* Who talks to whom, through which caller. */
struct ends {
	in_addr_t inside, remote;
	in_port_t inside_port, remote_port; /* ICMP: remote_port is 0 */
	uint32_t caller;
	uint8_t protocol;
};

/* Open a flow for the packet, by the caller's limits.  hash: the outbound
 * one.  mapping: its number, or 0: the one of the inside endpoint, made where
 * there is none.  *flow is set on PASS; a drop has changed nothing but the
 * caller's allowance. */
enum verdict state_flow_open(struct nat *, const struct ends *, uint64_t hash,
    enum direction, uint32_t mapping, uint64_t now, uint32_t *flow);

/* End a flow whose time is over, or its caller's. now: tick */
void state_flow_end(struct nat *, uint32_t flow, uint32_t now);

#endif
