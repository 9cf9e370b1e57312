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

#include "direction.h"
#include "journal.h"
#include "packet.h"
#include "view.h"

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
	/* seconds; opening and closing: 0 is tcp_transitory (RFC 7857 2.1) */
	uint32_t udp, icmp, tcp_established, tcp_transitory, fragment;
	uint32_t tcp_opening, tcp_closing, quarantine;
	uint32_t max_forwards;	   /* 0: 256; a port each */
	uint32_t max_fragments;	   /* datagrams in pieces, each way; 0: 512 */
	uint32_t caller_fragments; /* of one caller; 0: an eighth of them */
	/* No ICMP error for a stranger's SYN (RFC 5382 REQ-4a). */
	bool silent;
	/* The address is nobody's but ours, there is no host's stack behind
	 * it: ping is answered, and a port that has not been offered is
	 * closed like any other. */
	bool is_sole;
	bool journal; /* see nat_events() */
	/* UDP and ICMP from outside prolong no flow (RFC 4787 REQ-6a). */
	bool outbound_refresh_only;
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

/* Which mappings have begun and ended since the last call, at most n, the
 * oldest first; 0 where no journal is kept.  *lost: so many before these were
 * not asked for in time. */
size_t nat_events(struct nat *, struct nat_event *events, size_t n,
    uint64_t *lost);

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

/*
 * Take what the library has to send or to report: a fragment held back whose
 * datagram is known now, one whose time is over (its verdict is the drop), or
 * a message of our own (REPLY).  To be called after each nat_outbound(),
 * nat_inbound() and nat_expire() until it returns false.  room: at least
 * PACKET_MAX octets, where *p will lie.  *way: OUTBOUND: to the uplink,
 * INBOUND: to p->caller.
 */
bool nat_release(struct nat *, uint8_t *room, struct packet *p,
    enum direction *way, uint64_t now);

/* A fresh IP identification (network order, never 0) for a datagram from the
 * outside address to the destination (RFC 6864 5.3.1, RFC 3022 6.3). */
uint16_t nat_identification(struct nat *, in_addr_t destination);

/*
 * A static mapping: the outside port belongs to these inside endpoints, one
 * after the other (at most NAT_TARGETS), whoever sends.  No target: the port
 * answers as a closed one.  Replaces the targets of a forward that there is.
 * Whether the port is held is the caller's affair, it need not be offered.
 * A target whose caller ends is gone.  False: port 0, not TCP or UDP, the
 * port is in use by a mapping, or there is no room.
 */
enum { NAT_TARGETS = 16 };
struct nat_target {
	in_addr_t address;
	in_port_t port;
	uint32_t caller;
};
bool nat_forward_add(struct nat *, uint8_t protocol, in_port_t outside,
    const struct nat_target *, size_t n);

/* Its flows live on until they end; then the port is in quarantine, and is
 * returned through nat_ops.port_free as any other. */
void nat_forward_remove(struct nat *, uint8_t protocol, in_port_t outside);

/* The port is usable no longer: it is no more given out, and a mapping that
 * has it ends; UDP and ICMP get another with their next packet. */
void nat_port_withdraw(struct nat *, uint8_t protocol, in_port_t,
    uint64_t now);

/*
 * The uplink has another address, or none (0).  Mappings stay with their
 * outside ports, so that UDP, ICMP and TCP flows still opening go on from the
 * new address.  Other TCP flows are lost: the caller's next segment is
 * answered by RST.  The same address as before 0: nothing is lost.  False:
 * there was nothing to change.
 */
bool nat_set_address(struct nat *, in_addr_t address, uint64_t now);

/* Do what is due by `now`: expire flows, mappings, quarantines, fragments.
 * A bounded piece of work a call. Returns milliseconds until it wants to be
 * called again, UINT64_MAX for never. */
uint64_t nat_expire(struct nat *, uint64_t now);

/* The caller in this slot is gone: its flows and mappings end at once; their
 * ports go to quarantine, so that late packets meet nobody else. */
void nat_caller_end(struct nat *, uint32_t caller, uint64_t now);

/* A caller who has just come lives behind one link with all others of the
 * group (above 0).  A router may be there: an ICMP error from one of them may be
 * about a packet to another (RFC 5508 REQ-5).  nat_caller_end() ends that. */
void nat_caller_group(struct nat *, uint32_t caller, uint32_t group);

/* A caller who has just come may have more or less than nat_config says; 0: as
 * it says.  nat_caller_end() ends that. */
void nat_caller_limits(struct nat *, uint32_t caller, uint32_t mappings,
    uint32_t flows, uint32_t new_flows);

#endif
