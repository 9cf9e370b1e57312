/*
 * Flows are known by their number, the place where the hash of their key has
 * put them: inside and remote endpoint, as an outbound packet has them.  For
 * an inbound packet the stock of ports has the inside endpoint, which gives
 * the same key.  Where that is not enough (a packet of no flow yet, or to the
 * port of a forward) an index by (protocol, outside port, remote address)
 * leads to the leader of a ring of peers: proof that the caller has written
 * to this address (RFC 4787 address-dependent filtering).  So a stranger
 * costs two look-ups, however many flows the mapping has.  Behind the port of
 * a forward each target that the address talks to has a ring of its own.
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
	if (!place_init(&t->places, size))
		return false;
	t->flows = memory_take(place_highest(&t->places) + 1,
	    sizeof *t->flows);
	t->rests = memory_take(place_highest(&t->places) + 1,
	    sizeof *t->rests);
	if (t->flows == NULL || t->rests == NULL)
		return false;
	wheel_init_apart(&t->wheel, &t->rests[0].timer, sizeof *t->rests,
	    &t->flows[0].expires, sizeof *t->flows);
	return index_init(&t->inbound, size);
}

void
flow_table_free(struct flow_table *t)
{
	index_free(&t->inbound);
	memory_give(t->rests);
	memory_give(t->flows);
	place_free(&t->places);
}

static inline bool
match_peer(const void *table, uint32_t number, const void *key)
{
	const struct flow_table *t = table;
	const struct flow *f = &t->flows[number];
	const struct peer_key *peer = key;

	return f->remote == peer->remote &&
	    f->outside_port == peer->outside_port &&
	    f->protocol == peer->protocol &&
	    (peer->mapping == 0 || t->rests[number].mapping == peer->mapping);
}

/* True, with s->exact, where the leader's ring has the very flow. */
static bool
match_exact(const void *table, uint32_t leader, const void *key)
{
	struct peer_search *s = (struct peer_search *)key;
	const struct flow_table *t = table;
	const struct flow *f = &t->flows[leader];
	struct flow_key wanted;

	if (!match_peer(table, leader, &s->peer))
		return false;
	s->leader = s->exact = leader;
	if (f->remote_port == s->remote_port)
		return true;
	wanted = flow_key(f->protocol, f->inside, f->inside_port, f->remote,
	    s->remote_port);
	s->exact = flow_find(t, wanted, flow_hash_outbound(t, wanted), 0);
	return s->exact != 0 &&
	    t->flows[s->exact].outside_port == f->outside_port;
}

uint32_t
flow_find_peer(const struct flow_table *t, uint8_t protocol,
    in_port_t outside_port, in_addr_t remote, in_port_t remote_port,
    uint64_t hash)
{
	struct peer_search s = {
		.peer = { remote, outside_port, protocol, 0 },
		.remote_port = remote_port,
	};

	if (index_find(&t->inbound, hash, match_exact, t, &s) != 0)
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
join_peers(struct flow_table *t, uint32_t number, uint64_t hash)
{
	struct flow *f = &t->flows[number];
	struct flow_rest *rest = &t->rests[number], *leader;
	struct peer_key peer = {
		f->remote, f->outside_port, f->protocol, rest->mapping
	};
	uint32_t first = index_find(&t->inbound, hash, match_peer, t, &peer);

	if (first == 0) {
		rest->peer_next = rest->peer_previous = number;
		f->is_leader = true;
		index_insert(&t->inbound, hash, number);
		return;
	}
	leader = &t->rests[first];
	rest->peer_previous = first;
	rest->peer_next = leader->peer_next;
	t->rests[rest->peer_next].peer_previous = number;
	leader->peer_next = number;
}

static void
leave_peers(struct flow_table *t, uint32_t number, uint64_t hash)
{
	uint32_t next = t->rests[number].peer_next;
	uint32_t previous = t->rests[number].peer_previous;

	if (next == number) {
		index_remove(&t->inbound, hash, number);
		return;
	}
	t->rests[previous].peer_next = next;
	t->rests[next].peer_previous = previous;
	if (t->flows[number].is_leader) {
		t->flows[next].is_leader = true;
		index_replace(&t->inbound, hash, number, next);
	}
}

static void
link_to_mapping(struct flow_table *t, uint32_t number)
{
	struct flow_rest *rest = &t->rests[number];
	struct mapping *m = &t->mappings->mappings[rest->mapping];

	rest->next = m->first_flow;
	if (rest->next != 0)
		t->rests[rest->next].previous = number;
	m->first_flow = number;
	m->flows++;
}

static void
unlink_from_mapping(struct flow_table *t, uint32_t number)
{
	const struct flow_rest *rest = &t->rests[number];
	struct mapping *m = &t->mappings->mappings[rest->mapping];

	if (rest->next != 0)
		t->rests[rest->next].previous = rest->previous;
	if (rest->previous != 0)
		t->rests[rest->previous].next = rest->next;
	else
		m->first_flow = rest->next;
	m->flows--;
}

uint32_t
flow_add(struct flow_table *t, uint32_t mapping, in_addr_t remote,
    in_port_t remote_port, uint64_t hash, uint32_t now, uint32_t ticks)
{
	const struct mapping *m = &t->mappings->mappings[mapping];
	uint64_t peer = flow_hash_inbound(t, m->protocol, m->outside_port,
	    remote);
	uint32_t number;

	index_prefetch(&t->inbound, peer); /* by when it is needed */
	number = place_take(&t->places, hash);
	t->count++;
	t->flows[number] = (struct flow){
		.inside = m->inside,
		.remote = remote,
		.inside_port = m->inside_port,
		.remote_port = remote_port,
		.outside_port = m->outside_port,
		.protocol = m->protocol,
		.caller = m->caller,
	};
	t->rests[number] = (struct flow_rest){ .mapping = mapping };
	t->mappings->callers->slots[m->caller].flows++;
	link_to_mapping(t, number);
	join_peers(t, number, peer);
	wheel_start(&t->wheel, number, now + ticks, now);
	return number;
}

void
flow_remove(struct flow_table *t, uint32_t number, uint32_t until)
{
	struct flow *f = &t->flows[number];
	uint32_t mapping = t->rests[number].mapping;
	uint64_t hash, peer;

	/* All that will be looked at is asked for before any of it is. */
	mapping_prefetch_removal(t->mappings, mapping, f->protocol,
	    f->outside_port);
	peer = hash_of_peer(t, f);
	index_prefetch(&t->inbound, peer);
	hash = flow_hash_outbound(t, flow_key_of(f));
	place_prefetch(&t->places, hash);
	wheel_stop(&t->wheel, number);
	place_leave(&t->places, hash, number);
	leave_peers(t, number, peer);
	unlink_from_mapping(t, number);
	t->mappings->callers->slots[f->caller].flows--;
	*f = (struct flow){ .protocol = 0 };
	t->count--;
	if (t->mappings->mappings[mapping].flows == 0)
		mapping_remove(t->mappings, mapping, until);
}
