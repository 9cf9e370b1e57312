/*
 * forwarding.h - outside ports that belong to inside endpoints
 *
 * A forward is known by the number with which its port is reserved (ports.h).
 * Several targets are served in turn, a flow each, as ip_masq's portfw did.
 */
#ifndef MASQD_NAT_FORWARDING_H
#define MASQD_NAT_FORWARDING_H

#include "hash.h"
#include "index.h"
#include "nat.h"
#include "ports.h"

struct forward {
	in_port_t outside;
	uint8_t protocol; /* 0: free */
	uint8_t count;	  /* of its targets */
	uint8_t turn;	  /* the target to be served next */
	uint32_t next_free;
	struct nat_target targets[NAT_TARGETS];
};

struct forwarding {
	struct forward *forwards; /* [1 .. size] */
	uint32_t size, count;
	uint32_t free;	/* first of those used before, or 0 */
	uint32_t fresh; /* numbers above it were never used */
	struct index inside; /* by protocol and inside endpoint */
	struct hash_key key;
	struct ports *ports;
};

bool forwarding_init(struct forwarding *, uint32_t size,
    const struct hash_key *, struct ports *);
void forwarding_free(struct forwarding *);

/* See nat_forward_add(), nat_forward_remove(). until: tick */
bool forwarding_set(struct forwarding *, uint8_t protocol, in_port_t outside,
    const struct nat_target *, size_t n);
void forwarding_remove(struct forwarding *, uint8_t protocol,
    in_port_t outside, uint32_t until);

/* The outside port that is the inside endpoint's own, or 0. */
in_port_t forwarding_outside(const struct forwarding *, uint8_t protocol,
    in_addr_t inside, in_port_t);

/* Whose turn it is, or NULL: nobody is there. */
const struct nat_target *forwarding_turn(const struct forwarding *,
    uint32_t forward);
/* He has been served, or cannot be. */
void forwarding_next(struct forwarding *, uint32_t forward);

/* The caller is a target no longer. */
void forwarding_caller_end(struct forwarding *, uint32_t caller);

#endif
