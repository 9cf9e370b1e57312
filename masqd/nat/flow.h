/*
 * flow.h - one conversation through a mapping
 *
 * What a packet of a known flow needs is half a cache line, read and written
 * alone but for the tags that lead there (place.h).  What only a flow's
 * beginning and end look at lies in an array of its own.
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
#include "place.h"
#include "tcp.h"
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
	uint8_t state : 7; /* enum tcp_state */
	uint8_t is_leader : 1; /* of its peers: the one the index knows */
	uint32_t caller;
	uint32_t expires; /* tick; the wheel's */
	struct tcp_numbers tcp;
};
static_assert(sizeof(struct flow) == 32, "two in a cache line");

struct flow_rest {
	uint32_t mapping;
	uint32_t next, previous; /* of the mapping */
	/* A ring of all flows between one mapping and one remote address. */
	uint32_t peer_next, peer_previous;
	struct wheel_link timer;
};

struct flow_table {
	struct flow *flows; /* by their places' numbers */
	struct flow_rest *rests;
	uint32_t size, count;
	struct places places;  /* every flow, by its key */
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

static inline bool
flow_match(const void *flows, uint32_t number, const void *key)
{
	struct flow_key have = flow_key_of((const struct flow *)flows + number);
	const struct flow_key *want = key;

	return have.addresses == want->addresses && have.rest == want->rest;
}

/* The flow with this key, or 0.  hash: flow_hash_outbound()'s.  guess: a
 * number to try first, or 0. */
static inline uint32_t
flow_find(const struct flow_table *t, struct flow_key key, uint64_t hash,
    uint32_t guess)
{
	if (guess != 0 && flow_match(t->flows, guess, &key))
		return guess;
	return place_find(&t->places, hash, flow_match, t->flows, &key);
}

/* Ask the cache for what a packet of the flow, or one that opens a flow, will
 * look at. */
static inline __attribute__((always_inline)) void
flow_prefetch(const struct flow_table *t, uint32_t number)
{
	__builtin_prefetch(&t->flows[number], 1);
}

static inline __attribute__((always_inline)) void
flow_prefetch_new(const struct flow_table *t, uint64_t hash)
{
	uint32_t number = place_guess_new(&t->places, hash);

	__builtin_prefetch(&t->flows[number], 1);
	__builtin_prefetch(&t->rests[number], 1);
}

/*
 * A flow between the outside port and the remote address, or 0: any of them,
 * the one with this remote port if there is such.  The filters' question and
 * the look-up are one.  hash: flow_hash_inbound()'s.
 */
uint32_t flow_find_peer(const struct flow_table *, uint8_t protocol,
    in_port_t outside_port, in_addr_t remote, in_port_t remote_port,
    uint64_t hash);

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

	if ((int32_t)(expires - f->expires) < 0)
		wheel_move(&t->wheel, number, expires, now);
	else if (f->expires != expires)
		f->expires = expires;
}

#endif
