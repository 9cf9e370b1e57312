/*
 * gateway.h - the way of a packet: policy, translation, and out again
 *
 * One function a direction, read top to bottom.  The gateway knows links, an
 * uplink and callers' slots; it has no loop and no clock, so that tests run
 * it in virtual time.  It alone counts drops.
 */
#ifndef MASQD_GATEWAY_H
#define MASQD_GATEWAY_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "link.h"
#include "masqd/nat/nat.h"
#include "roster.h"
#include "uplink.h"

struct gateway;

struct gateway_setup {
	const struct config *config; /* kept */
	struct uplink *uplink;	     /* kept */
	in_addr_t address;	     /* the uplink's, network order */
	const uint8_t *key;	     /* 16 random octets */
	struct nat_ops ops;
	/* Is this an address of the host?  NULL: there is no host. */
	bool (*is_host)(void *context, in_addr_t);
	void *host_context;
};

/* NULL: out of memory. */
struct gateway *gateway_create(const struct gateway_setup *);
void gateway_destroy(struct gateway *);

/*
 * Give a link its place, with the addresses first..last (host order) behind
 * it; a PPP link has one.  user is copied.  Returns NULL when there is no
 * slot or no memory left.  The link stays the owner's.
 */
struct gateway_link *gateway_link_add(struct gateway *, struct link *,
    in_addr_t gateway, uint32_t first, uint32_t last, const char *user,
    uint64_t now);

/* Its callers' flows and mappings end at once; *place is freed. */
void gateway_link_remove(struct gateway *, struct gateway_link *place,
    uint64_t now);

/* Packets as received from a link, or parsed ones from the uplink: check,
 * translate, send on.  n is at most BATCH_MAX.  now: milliseconds. */
void gateway_from_link(struct gateway *, struct gateway_link *,
    struct packet *, size_t n, uint64_t now);
void gateway_from_uplink(struct gateway *, struct packet *, size_t n,
    uint64_t now);

/* Do what is due: timers of the translation, slots of addresses that have
 * fallen silent.  Returns milliseconds until it wants to be called again. */
uint64_t gateway_expire(struct gateway *, uint64_t now);

struct nat *gateway_nat(struct gateway *);

/* Packets dropped by a verdict, and packets sent on in each direction. */
uint64_t gateway_dropped(const struct gateway *, enum verdict);
void gateway_forwarded(const struct gateway *, uint64_t *outbound,
    uint64_t *inbound);

/* The name and the address behind a slot; "" and 0 for a free one. */
const char *gateway_caller(const struct gateway *, uint32_t slot,
    in_addr_t *address);

#endif
