/*
 * nat.h - translation of the callers' packets onto one outside address
 *
 * The library is pure: no input or output, no clock, no global.  Packets and
 * the time go in, packets and verdicts come out.  Time is `now`, milliseconds
 * of a clock that never goes back; its zero means nothing.
 *
 * A caller is a small number, its slot: the gateway gives one to each session
 * and to each address of a network link.  An outside port is usable once it
 * has been offered: with a host's address shared, only a port that a hold
 * keeps closed to the host's own stack may be used.  After its quarantine
 * (RFC 6888 REQ-8) a port is returned through nat_ops.port_free.
 */
#ifndef MASQD_NAT_NAT_H
#define MASQD_NAT_NAT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "packet.h"

struct nat;

enum nat_filtering {		     /* RFC 4787 section 5 */
	NAT_FILTER_ENDPOINT_INDEPENDENT,
	NAT_FILTER_ADDRESS,	     /* default: a peer written to may answer */
	NAT_FILTER_ADDRESS_AND_PORT
};

struct nat_config {
	in_addr_t address;	/* the uplink's address */
	uint32_t callers;	/* slots: 0 .. callers - 1 */
	uint32_t max_mappings;	/* the whole gateway; sized at start */
	uint32_t max_flows;
	uint32_t caller_mappings; /* limits of one caller; 0: none */
	uint32_t caller_flows;
	uint32_t caller_new_flows; /* a second, sustained; bursts of twice */
	enum nat_filtering filtering;
	/* seconds */
	uint32_t udp, icmp, tcp_established, tcp_transitory, fragment;
	uint32_t quarantine;
	uint8_t key[16]; /* of the keyed hash and the port choice; random */
};

struct nat_ops {
	/* The port has left quarantine: offer it again or give it up.
	 * Called from nat_expire() only, never on the packet path; it may
	 * call nat_port_offer().  NULL: a port is offered again at once. */
	void (*port_free)(void *context, uint8_t protocol, in_port_t);
	void *context;
};

/* All memory is taken here.  NULL with errno ENOMEM, or EINVAL: no callers,
 * an empty table, a timer of 0.  *config and *ops are copied; ops may be
 * NULL.  address 0: no uplink yet, everything outbound is dropped. */
struct nat *nat_create(const struct nat_config *config,
    const struct nat_ops *ops);
void nat_destroy(struct nat *);

/* The outside port (TCP, UDP: a port; ICMP: a query identifier) may be used
 * for new mappings.  Returns false if it is in use or offered already. */
bool nat_port_offer(struct nat *, uint8_t protocol, in_port_t);

/* Ports offered and not in use: the stock that hold.c keeps filled. */
size_t nat_ports_spare(const struct nat *, uint8_t protocol);

/*
 * Translate packets of callers, or from the uplink, in place.
 *
 * Each packet has been parsed (verdict PASS; others are left alone) and, out-
 * bound, has its caller set.  Afterwards its verdict is PASS (translated, send
 * it on; inbound: to p->caller), REPLY (data, length now hold an answer to be
 * sent back where the packet came from) or a drop.  TTL and MTU are the
 * gateway's affair.  Inbound and outbound ICMP errors are translated with the
 * packet they quote (RFC 5508 REQ-4, REQ-5).  Nothing is allocated.
 *
 * A packet that is dropped keeps its octets as they were, so that the gateway
 * can answer it: verdict_answers() says which drops deserve an ICMP error.
 * A caller's TCP segment that belongs to no flow and cannot open one (its
 * flow ended long ago, or the gateway was started anew) becomes a REPLY: the
 * RST that ends the matter at the caller (RFC 9293 3.10.7.1); an RST itself
 * is dropped.  The same from outside is dropped in silence.
 */
void nat_outbound(struct nat *, struct packet *const *, size_t n,
    uint64_t now);
void nat_inbound(struct nat *, struct packet *const *, size_t n, uint64_t now);

/* Do what is due by `now`: expire flows, mappings, quarantines, fragments.
 * A bounded piece of work a call. Returns milliseconds until it wants to be
 * called again, UINT64_MAX for never. */
uint64_t nat_expire(struct nat *, uint64_t now);

/* The caller in this slot is gone: its flows and mappings end at once; their
 * ports go to quarantine, so that late packets meet nobody else. */
void nat_caller_end(struct nat *, uint32_t caller, uint64_t now);

struct nat_mapping_view {
	uint32_t caller;
	uint8_t protocol;
	in_addr_t inside;
	in_port_t inside_port, outside_port;
	uint32_t flows;
	uint64_t expires_ms; /* from `now` on */
};

struct nat_usage {
	uint32_t mappings, flows;
};

/* Fill at most n views, starting at *cursor (0 first), and advance it; fewer
 * than n: that was all. For the console, never on the packet path. */
size_t nat_mappings(const struct nat *, size_t *cursor,
    struct nat_mapping_view *, size_t n, uint64_t now);
struct nat_usage nat_usage(const struct nat *);
struct nat_usage nat_caller_usage(const struct nat *, uint32_t caller);

#endif
