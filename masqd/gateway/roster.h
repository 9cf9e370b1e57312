/*
 * roster.h - who is behind which link: callers' slots and inside addresses
 *
 * A slot is the small number by which the translation knows a caller.  A link
 * with one address has its slot from the beginning; an address of a network
 * gets one with its first packet and loses it when it has been silent for long
 * and has no mapping left.
 */
#ifndef MASQD_ROSTER_H
#define MASQD_ROSTER_H

#include <netinet/in.h>
#include <stdint.h>

#include "allowance.h"
#include "link.h"
#include "masqd/nat/nat.h"

struct roster;

/* A link's place at the gateway. */
struct gateway_link {
	struct link *link; /* NULL: nobody there at the moment */
	in_addr_t gateway; /* our address on it, network order */
	/* The addresses its callers have, host order, inclusive. */
	uint32_t first, last;
	const char *user; /* PPP: who; network: the network's name */
	int32_t *slots;	  /* by address - first; PACKET_NO_CALLER: none */
	uint32_t group;	  /* of a network's callers; 0: there is one only */
	uint64_t packets_in, packets_out, bytes_in, bytes_out; /* as the
				caller sees it: in is towards the caller */
	uint64_t last_ms; /* when it last sent something */
	struct allowance errors; /* ICMP errors of ours to it */
	bool clear_df;	   /* see gateway_caller_options() */
	uint8_t ttl_floor; /* 0: none */
};

struct roster_caller {
	in_addr_t address;	   /* network order */
	struct gateway_link *link; /* NULL: the slot is free */
	uint64_t last_ms;	   /* when it last sent something */
	int32_t next_free;
};

/* A roster of `slots` callers; nat is told when one has gone, and is kept.
 * NULL: out of memory. */
struct roster *roster_create(uint32_t slots, struct nat *nat);
void roster_destroy(struct roster *);

/* See gateway_link_add() and gateway_link_remove(). */
struct gateway_link *roster_add(struct roster *, struct link *,
    in_addr_t gateway, uint32_t first, uint32_t last, const char *user,
    uint64_t now);
void roster_remove(struct roster *, struct gateway_link *, uint64_t now);

/* The slot of the address (host order, one of the link's), taken now where it
 * has none; PACKET_NO_CALLER when all are taken.  It counts as active. */
int32_t roster_slot(struct roster *, struct gateway_link *, uint32_t address,
    uint64_t now);

/* The caller in a slot. */
const struct roster_caller *roster_at(const struct roster *, uint32_t slot);

/* The link behind which an address (network order) lives, or NULL. */
struct gateway_link *roster_find(const struct roster *, in_addr_t address);

/* The link of a user that has exactly one address, or NULL. */
struct gateway_link *roster_user(const struct roster *, const char *user);

/* Give up some slots of networks that have long been silent. */
void roster_sweep(struct roster *, uint64_t now);

#endif
