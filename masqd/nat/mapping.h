/*
 * mapping.h - inside endpoint <-> outside port, the same for every remote
 *
 * Endpoint-independent mapping (RFC 4787 REQ-1, RFC 5382 REQ-1, RFC 5508
 * REQ-1a), separate for each protocol (RFC 7857 section 5).  A mapping lives
 * exactly as long as it has flows.  A static one has the outside port of a
 * forward, which it may share with those of other targets.
 */
#ifndef MASQD_NAT_MAPPING_H
#define MASQD_NAT_MAPPING_H

#include <assert.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "caller.h"
#include "hash.h"
#include "journal.h"
#include "place.h"
#include "ports.h"

struct mapping {
	in_addr_t inside;
	in_port_t inside_port, outside_port;
	uint32_t caller;
	uint32_t first_flow;
	uint32_t flows;
	uint32_t next, previous; /* of the caller */
	uint8_t protocol;	 /* 0: free */
	bool is_static;
};
static_assert(sizeof(struct mapping) == 32, "two in a cache line");

/* What an inbound packet needs of a mapping, by outside port. */
struct mapping_lead {
	in_addr_t inside;
	in_port_t inside_port;
	uint16_t in_use; /* by a mapping that is not static */
};

enum { MAPPING_LEADS = 65536 };

struct mapping_table {
	struct mapping *mappings; /* by their places' numbers */
	uint32_t size, count;
	struct places places; /* by protocol and inside endpoint */
	struct mapping_lead *leads; /* [PORTS_PROTOCOLS][MAPPING_LEADS] */
	struct hash_key key;
	struct ports *ports;
	struct callers *callers;
	struct journal *journal; /* NULL: none is kept */
};

bool mapping_table_init(struct mapping_table *, uint32_t size,
    const struct hash_key *, struct ports *, struct callers *);
void mapping_table_free(struct mapping_table *);

/* The outside port's lead.  Of another protocol than those three: one that is
 * of no use to it, no flow has such a key. */
static inline const struct mapping_lead *
mapping_lead(const struct mapping_table *t, uint8_t protocol, in_port_t port)
{
	uint32_t which = protocol == IPPROTO_UDP ? 0 :
	    protocol == IPPROTO_TCP ? 1 : 2;

	return &t->leads[which * MAPPING_LEADS + port];
}

/* The mapping of the inside endpoint with this outside port (0: any that is
 * there), or 0. */
uint32_t mapping_find(const struct mapping_table *, uint8_t protocol,
    in_addr_t inside, in_port_t inside_port, in_port_t outside_port);

/* Ask the cache for what mapping_find() and mapping_add() will look at: first
 * for what leads to the mapping, then, by what that returned, for it. */
uint64_t mapping_prefetch(const struct mapping_table *, uint32_t caller,
    uint8_t protocol, in_addr_t inside, in_port_t inside_port);
void mapping_prefetch_record(const struct mapping_table *, uint64_t hash);
void mapping_prefetch_removal(const struct mapping_table *, uint32_t number,
    uint8_t protocol, in_port_t outside);

/*
 * A new one, without flows: the caller adds the first at once.  reserved: the
 * outside port of a forward, or 0: one that is free.  *number is set on PASS;
 * otherwise DROP_CALLER_MAPPINGS, DROP_MAPPINGS_FULL or DROP_PORTS_FULL, and
 * nothing has changed.
 */
enum verdict mapping_add(struct mapping_table *, uint32_t caller,
    uint8_t protocol, in_addr_t inside, in_port_t inside_port,
    in_port_t reserved, uint32_t *number);

/* Its last flow has gone.  The outside port is closed until the tick. */
void mapping_remove(struct mapping_table *, uint32_t number, uint32_t until);

#endif
