/*
 * Flows lie in one array and are known by their number.  Outbound packets
 * find theirs through the outbound index.  For inbound packets an index by
 * (protocol, outside port, remote address) leads to the leader of a ring of
 * peers: nearly always the very flow, otherwise proof that the caller has
 * written to this address (RFC 4787 address-dependent filtering) and, with
 * its inside endpoint, the key for the outbound index.  So a stranger costs
 * one look-up, however many flows the mapping has.  Behind the port of a
 * forward each target that the address talks to has a ring of its own.
 *
 *   free --flow_add--> in use, on the wheel --flow_remove--> free
 *
 * Never: a flow without a mapping; a mapping left behind by its last flow;
 * a ring without exactly one leader; a flow that is in use and on no timer.
 */
#include "flow.h"

#include "memory.h"

struct peer_key {
	in_addr_t remote;
	in_port_t outside_port;
	uint8_t protocol;
	uint32_t mapping; /* 0: any */
};

/* A search for one flow through the rings that share an outside port. */
struct peer_search {
	const struct flow_table *table;
	struct peer_key peer;
	in_port_t remote_port;
	uint32_t leader, exact;
};

bool
flow_table_init(struct flow_table *t, uint32_t size,
    const struct hash_key *key, struct mapping_table *mappings)
{
	t->size = size;
	t->key = *key;
	t->mappings = mappings;
	t->flows = memory_take((size_t)size + 1, sizeof *t->flows);
	if (t->flows == NULL)
		return false;
	wheel_init(&t->wheel, &t->flows[0].timer, sizeof *t->flows);
	return index_init(&t->outbound, size) &&
	    index_init(&t->inbound, size);
}

void
flow_table_free(struct flow_table *t)
{
	index_free(&t->inbound);
	index_free(&t->outbound);
	memory_give(t->flows);
}

static inline bool
match_key(const void *table, uint32_t number, const void *key)
{
	struct flow_key have = flow_key_of((const struct flow *)table + number);
	const struct flow_key *want = key;

	return have.addresses == want->addresses && have.rest == want->rest;
}

static inline bool
match_peer(const void *table, uint32_t number, const void *key)
{
	const struct flow *f = (const struct flow *)table + number;
	const struct peer_key *peer = key;

	return f->remote == peer->remote &&
	    f->outside_port == peer->outside_port &&
	    f->protocol == peer->protocol &&
	    (peer->mapping == 0 || f->mapping == peer->mapping);
}

uint32_t
flow_find(const struct flow_table *t, struct flow_key key, uint64_t hash,
    uint32_t guess)
{
	if (guess != 0 && match_key(t->flows, guess, &key))
		return guess;
	return index_find(&t->outbound, hash, match_key, t->flows, &key);
}

/* True, with s->exact, where the leader's ring has the very flow. */
static bool
match_exact(const void *table, uint32_t leader, const void *key)
{
	struct peer_search *s = (struct peer_search *)key;
	const struct flow *f = (const struct flow *)table + leader;
	struct flow_key wanted;

	if (!match_peer(table, leader, &s->peer))
		return false;
	s->leader = s->exact = leader;
	if (f->remote_port == s->remote_port)
		return true;
	wanted = flow_key(f->protocol, f->inside, f->inside_port, f->remote,
	    s->remote_port);
	s->exact = flow_find(s->table, wanted,
	    flow_hash_outbound(s->table, wanted), 0);
	return s->exact != 0 &&
	    s->table->flows[s->exact].outside_port == f->outside_port;
}

uint32_t
flow_find_peer(const struct flow_table *t, uint8_t protocol,
    in_port_t outside_port, in_addr_t remote, in_port_t remote_port,
    uint64_t hash, uint32_t guess)
{
	struct peer_search s = {
		.table = t,
		.peer = { remote, outside_port, protocol, 0 },
		.remote_port = remote_port,
	};

	if (guess != 0 && t->flows[guess].remote_port == remote_port &&
	    match_peer(t->flows, guess, &s.peer))
		return guess;
	if (index_find(&t->inbound, hash, match_exact, t->flows, &s) != 0)
		return s.exact;
	return s.leader;
}

static uint64_t
hash_of_peer(const struct flow_table *t, const struct flow *f)
{
	return flow_hash_inbound(t, f->protocol, f->outside_port,
	    f->remote);
}

static void
join_peers(struct flow_table *t, uint32_t number)
{
	struct flow *f = &t->flows[number], *leader;
	struct peer_key peer = {
		f->remote, f->outside_port, f->protocol, f->mapping
	};
	uint64_t hash = hash_of_peer(t, f);
	uint32_t first = index_find(&t->inbound, hash, match_peer, t->flows,
	    &peer);

	if (first == 0) {
		f->peer_next = f->peer_previous = number;
		f->is_leader = true;
		index_insert(&t->inbound, hash, number);
		return;
	}
	leader = &t->flows[first];
	f->peer_previous = first;
	f->peer_next = leader->peer_next;
	t->flows[f->peer_next].peer_previous = number;
	leader->peer_next = number;
}

static void
leave_peers(struct flow_table *t, uint32_t number)
{
	struct flow *f = &t->flows[number];
	uint32_t next = f->peer_next;

	if (next == number) {
		index_remove(&t->inbound, hash_of_peer(t, f), number);
		return;
	}
	t->flows[f->peer_previous].peer_next = next;
	t->flows[next].peer_previous = f->peer_previous;
	if (f->is_leader) {
		t->flows[next].is_leader = true;
		index_replace(&t->inbound, hash_of_peer(t, f), number, next);
	}
}

static void
link_to_mapping(struct flow_table *t, uint32_t number)
{
	struct flow *f = &t->flows[number];
	struct mapping *m = &t->mappings->mappings[f->mapping];

	f->next = m->first_flow;
	f->previous = 0;
	if (f->next != 0)
		t->flows[f->next].previous = number;
	m->first_flow = number;
	m->flows++;
}

static void
unlink_from_mapping(struct flow_table *t, const struct flow *f)
{
	struct mapping *m = &t->mappings->mappings[f->mapping];

	if (f->next != 0)
		t->flows[f->next].previous = f->previous;
	if (f->previous != 0)
		t->flows[f->previous].next = f->next;
	else
		m->first_flow = f->next;
	m->flows--;
}

static uint32_t
take_number(struct flow_table *t)
{
	uint32_t number = t->free;

	if (number != 0)
		t->free = t->flows[number].next;
	else
		number = ++t->fresh;
	t->count++;
	return number;
}

uint32_t
flow_add(struct flow_table *t, uint32_t mapping, in_addr_t remote,
    in_port_t remote_port, uint64_t hash, uint32_t now, uint32_t ticks)
{
	const struct mapping *m = &t->mappings->mappings[mapping];
	uint32_t number = take_number(t);

	t->flows[number] = (struct flow){
		.inside = m->inside,
		.remote = remote,
		.inside_port = m->inside_port,
		.remote_port = remote_port,
		.outside_port = m->outside_port,
		.protocol = m->protocol,
		.mapping = mapping,
		.caller = m->caller,
	};
	t->mappings->callers->slots[m->caller].flows++;
	link_to_mapping(t, number);
	join_peers(t, number);
	index_insert(&t->outbound, hash, number);
	wheel_start(&t->wheel, number, now + ticks, now);
	return number;
}

void
flow_remove(struct flow_table *t, uint32_t number, uint32_t until)
{
	struct flow *f = &t->flows[number];
	uint32_t mapping = f->mapping;

	wheel_stop(&t->wheel, number);
	index_remove(&t->outbound, flow_hash_outbound(t, flow_key_of(f)), number);
	leave_peers(t, number);
	unlink_from_mapping(t, f);
	t->mappings->callers->slots[f->caller].flows--;
	*f = (struct flow){ .next = t->free };
	t->free = number;
	t->count--;
	if (t->mappings->mappings[mapping].flows == 0)
		mapping_remove(t->mappings, mapping, until);
}
