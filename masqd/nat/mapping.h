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
#include "index.h"
#include "ports.h"

struct mapping {
	in_addr_t inside;
	in_port_t inside_port, outside_port;
	uint32_t caller;
	uint32_t first_flow;
	uint32_t flows;
	uint32_t next, previous; /* of the caller; next also of free ones */
	uint8_t protocol;	 /* 0: free */
	bool is_static;
};
static_assert(sizeof(struct mapping) == 32, "two in a cache line");

struct mapping_table {
	struct mapping *mappings; /* [1 .. size] */
	uint32_t size, count;
	uint32_t free;	/* first of those used before, or 0 */
	uint32_t fresh; /* numbers above it were never used */
	struct index index; /* by protocol and inside endpoint */
	struct hash_key key;
	struct ports *ports;
	struct callers *callers;
};

bool mapping_table_init(struct mapping_table *, uint32_t size,
    const struct hash_key *, struct ports *, struct callers *);
void mapping_table_free(struct mapping_table *);

/* The mapping of the inside endpoint with this outside port (0: any that is
 * there), or 0. */
uint32_t mapping_find(const struct mapping_table *, uint8_t protocol,
    in_addr_t inside, in_port_t inside_port, in_port_t outside_port);

/* Ask the cache for what mapping_find() and mapping_add() will look at. */
void mapping_prefetch(const struct mapping_table *, uint32_t caller,
    uint8_t protocol, in_addr_t inside, in_port_t inside_port);

/*
 * A new one, without flows: the caller adds the first at once.  reserved: the
 * outside port of a forward, or 0: one that is free.  *number is set on PASS; otherwise DROP_CALLER_MAPPINGS, DROP_MAPPINGS_FULL or
 * DROP_PORTS_FULL, and nothing has changed.
 */
enum verdict mapping_add(struct mapping_table *, uint32_t caller,
    uint8_t protocol, in_addr_t inside, in_port_t inside_port,
    in_port_t reserved, uint32_t *number);

/* Its last flow has gone.  The outside port is closed until the tick. */
void mapping_remove(struct mapping_table *, uint32_t number, uint32_t until);

#endif
