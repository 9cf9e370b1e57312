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

#include "masqd/config/config.h"
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

/* On request: clear "don't fragment" both ways, for callers that cannot do
 * path-MTU discovery; raise a lower time to live of what a caller sends to
 * the floor (0: never), for consoles whose games send low ones. */
void gateway_caller_options(struct gateway_link *, bool clear_df,
    uint8_t ttl_floor);

/* Limits of the one caller behind the link, in place of masqd.conf's; each 0:
 * as it says. */
void gateway_caller_limits(struct gateway *, struct gateway_link *,
    uint32_t mappings, uint32_t flows, uint32_t new_flows);

/*
 * The uplink has another address (network order) and MTU, or is gone (0).
 * See nat_set_address().  netmask: of the uplink's own subnet, network order,
 * 0 where not known: a private one is out of the callers' reach.
 */
void gateway_set_address(struct gateway *, in_addr_t address, uint32_t mtu,
    uint64_t now);
void gateway_set_netmask(struct gateway *, in_addr_t netmask);

/* The slot of an inside address (network order), taken if it has none;
 * PACKET_NO_CALLER: no link leads there.  A slot that no packet and no mapping
 * uses is given up after five minutes: ask again from time to time. */
int32_t gateway_slot(struct gateway *, in_addr_t inside, uint64_t now);

/* The slot of the user's link, if one leads to exactly one address. */
int32_t gateway_user_slot(struct gateway *, const char *user);

/*
 * What would happen to the packet, parsed: lines of text, a step each.  A
 * source that is a caller's is taken as outbound, any other as from the
 * uplink.  Nothing changes, no packet is sent.  Returns what would be counted:
 * PASS, REPLY or a drop; that all slots of callers are taken is not told.
 */
enum verdict gateway_explain(struct gateway *, struct packet *, char *steps,
    size_t size, uint64_t now);

/* Packets as received from a link, or parsed ones from the uplink: check,
 * translate, send on.  n is at most BATCH_MAX.  now: milliseconds. */
void gateway_from_link(struct gateway *, struct gateway_link *,
    struct packet *, size_t n, uint64_t now);
void gateway_from_uplink(struct gateway *, struct packet *, size_t n,
    uint64_t now);

/* A link that kept a packet (it left LATER as its verdict) has now sent it,
 * verdict PASS, or dropped it.  tally: that packet's. */
void gateway_settle(struct gateway *, enum packet_tally, enum verdict);

/* Do what is due: timers of the translation, slots of addresses that have
 * fallen silent.  Returns milliseconds until it wants to be called again. */
uint64_t gateway_expire(struct gateway *, uint64_t now);

struct nat *gateway_nat(struct gateway *);

/* Packets dropped by a verdict, and packets sent on in each direction. */
uint64_t gateway_dropped(const struct gateway *, enum verdict);
void gateway_forwarded(const struct gateway *, uint64_t *outbound,
    uint64_t *inbound);
/* Packets that wait: in callers' queues, and fragments whose first has not
 * come.  Every other packet that came in was sent on, answered or dropped. */
uint64_t gateway_held(const struct gateway *);

/* Packets whose place an answer of our own has taken. */
uint64_t gateway_answered(const struct gateway *);

/* The name and the address behind a slot; "" and 0 for a free one. */
const char *gateway_caller(const struct gateway *, uint32_t slot,
    in_addr_t *address);

#endif
