/*
 * flow.h - one conversation through a mapping
 *
 * A record is one cache line, and a packet of a known flow reads and writes
 * that line only (besides reading a bucket of an index): everything that
 * translation needs is in it.
 */
#ifndef MASQD_NAT_FLOW_H
#define MASQD_NAT_FLOW_H

#include <assert.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "caller.h"
#include "hash.h"
#include "index.h"
#include "mapping.h"
#include "wheel.h"

/*
 * Two words that are made and compared in registers: read back from narrow
 * stores they would cost more than the hash.  ICMP has no remote port, 0.
 */
struct flow_key {
	uint64_t addresses; /* inside, remote */
	uint64_t rest;	    /* inside port, remote port, protocol */
};

struct flow {
	in_addr_t inside, remote;
	in_port_t inside_port, remote_port;
	in_port_t outside_port;
	uint8_t protocol; /* 0: a free record */
	uint8_t state;	  /* enum tcp_state */
	bool is_leader;	  /* of its peers: the one that the index knows */
	uint32_t mapping;
	uint32_t caller;
	struct wheel_node timer;
	uint32_t next, previous; /* of the mapping; next also of free ones */
	/* A ring of all flows between one mapping and one remote address. */
	uint32_t peer_next, peer_previous;
	uint32_t acked[DIRECTIONS]; /* see tcp_step() */
};
static_assert(sizeof(struct flow) == 64, "a cache line");

struct flow_table {
	struct flow *flows; /* [1 .. size] */
	uint32_t size, count;
	uint32_t free;	/* first of those used before, or 0 */
	uint32_t fresh; /* numbers above it were never used */
	struct index outbound; /* every flow, by its key */
	struct index inbound;  /* leaders, by outside port and remote: one,
				* where a forward shares the port: some */
	struct wheel wheel;
	struct hash_key key;
	struct mapping_table *mappings;
};

bool flow_table_init(struct flow_table *, uint32_t size,
    const struct hash_key *, struct mapping_table *);
void flow_table_free(struct flow_table *);

static inline struct flow_key
flow_key(uint8_t protocol, in_addr_t inside, in_port_t inside_port,
    in_addr_t remote, in_port_t remote_port)
{
	if (protocol == IPPROTO_ICMP)
		remote_port = 0;
	return (struct flow_key){
		inside | (uint64_t)remote << 32,
		inside_port | (uint64_t)remote_port << 16 |
		    (uint64_t)protocol << 32,
	};
}

static inline struct flow_key
flow_key_of(const struct flow *f)
{
	return flow_key(f->protocol, f->inside, f->inside_port, f->remote,
	    f->remote_port);
}

static inline uint64_t
flow_hash_outbound(const struct flow_table *t, struct flow_key key)
{
	return hash_13(&t->key, key.addresses, key.rest);
}

static inline uint64_t
flow_hash_inbound(const struct flow_table *t, uint8_t protocol,
    in_port_t outside_port, in_addr_t remote)
{
	return hash_7(&t->key, (uint64_t)remote << 24 |
	    (uint64_t)outside_port << 8 | protocol);
}

/* The flow with this key, or 0.  hash: flow_hash_outbound()'s.  guess: a
 * number to try first, or 0. */
uint32_t flow_find(const struct flow_table *, struct flow_key, uint64_t hash,
    uint32_t guess);

/*
 * A flow between the outside port and the remote address, or 0: any of them,
 * the one with this remote port if there is such.  The filters' question and
 * the look-up are one.  hash: flow_hash_inbound()'s.
 */
uint32_t flow_find_peer(const struct flow_table *, uint8_t protocol,
    in_port_t outside_port, in_addr_t remote, in_port_t remote_port,
    uint64_t hash, uint32_t guess);

/* A new flow through the mapping, to this remote endpoint (ICMP: port 0); the
 * table has room (count < size) and no such flow.  The timer runs from `now`
 * (tick) for `ticks`. */
uint32_t flow_add(struct flow_table *, uint32_t mapping, in_addr_t remote,
    in_port_t remote_port, uint64_t hash, uint32_t now, uint32_t ticks);

/* End the flow, and with the last one its mapping, whose port is then closed
 * until the tick. */
void flow_remove(struct flow_table *, uint32_t number, uint32_t until);

/* Let the flow live for `ticks` from now on. */
static inline void
flow_refresh(struct flow_table *t, uint32_t number, uint32_t now,
    uint32_t ticks)
{
	struct flow *f = &t->flows[number];
	uint32_t expires = now + ticks;

	if ((int32_t)(expires - f->timer.expires) < 0)
		wheel_move(&t->wheel, number, expires, now);
	else if (f->timer.expires != expires)
		f->timer.expires = expires;
}

#endif
