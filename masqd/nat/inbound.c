#include "nat.h"
#include "quote.h"
#include "state.h"

#include <arpa/inet.h>
#include <netinet/ip_icmp.h>

#include "icmp.h"
#include "octets.h"

/* How far behind the caller's highest sequence number a quoted one may be (RFC
 * 5927 section 4): data on its way, as much as systems of today send by
 * themselves. */
static const uint32_t quote_window = 1 << 22;

/* RFC 1413: servers ask it, and wait where nobody answers. */
enum { IDENT = 113 };

static bool
is_reply(uint8_t type)
{
	return type == ICMP_ECHOREPLY || type == ICMP_TIMESTAMPREPLY ||
	    type == ICMP_INFO_REPLY || type == ICMP_ADDRESSREPLY;
}

static in_port_t
remote_port(uint8_t protocol, in_port_t port)
{
	return protocol == IPPROTO_ICMP ? 0 : port;
}

/* No flow's key: there is no protocol in it. */
static inline bool
is_nobodys(struct flow_key key)
{
	return key.rest == 0;
}

/* The flow of the mapping that has the outside port, or a peer of it where
 * there is none, or where the port is a forward's; 0. */
static uint32_t
look_up(const struct nat *nat, const struct packet *p,
    const struct probe *probe)
{
	const struct flow_table *t = &nat->flows;
	uint64_t peers = probe->other;
	uint32_t flow = 0;

	if (!is_nobodys(probe->key))
		flow = flow_find(t, probe->key, probe->hash, probe->guess);
	if (flow != 0 && t->flows[flow].outside_port == p->destination_port)
		return flow;
	if (peers == 0)
		peers = flow_hash_inbound(t, p->protocol,
		    p->destination_port, p->source);
	return flow_find_peer(t, p->protocol, p->destination_port, p->source,
	    remote_port(p->protocol, p->source_port), peers);
}

/* That which still lives, or 0. */
static uint32_t
find(struct nat *nat, const struct packet *p, const struct probe *probe,
    uint32_t tick)
{
	uint32_t flow;

	while ((flow = look_up(nat, p, probe)) != 0 &&
	    state_flow_is_over(nat, flow, tick))
		state_flow_end(nat, flow, tick);
	return flow;
}

/* A caller who comes back in to a mapping of his own is no stranger to it. */
static bool
is_own(const struct nat *nat, const struct packet *p,
    const struct mapping *m)
{
	return p->source == nat->address && p->caller == (int32_t)m->caller;
}

/*
 * A packet that belongs to no flow, to a mapping whose caller has a flow with
 * this address (peer) or has not (0): the filter decides (RFC 4787 section 5,
 * RFC 5382 REQ-3).
 */
static enum verdict
filter(const struct nat *nat, const struct packet *p, uint32_t mapping,
    uint32_t peer)
{
	const struct mapping *m = &nat->mappings.mappings[mapping];

	if (mapping == 0)
		return DROP_NO_MAPPING;
	/* Nothing new comes by a forward that has been removed. */
	if (p->protocol == IPPROTO_ICMP || m->is_static)
		return DROP_FILTERED;
	if (!is_own(nat, p, m) &&
	    (nat->filtering == NAT_FILTER_ADDRESS_AND_PORT ||
	    (nat->filtering == NAT_FILTER_ADDRESS && peer == 0)))
		return DROP_FILTERED;
	return PASS;
}

enum verdict
state_find_inside(const struct nat *nat, const struct packet *p,
    uint32_t peer, struct ends *ends, uint32_t *mapping)
{
	uint32_t forward = ports_forward(nat->ports, p->protocol,
	    p->destination_port);
	const struct nat_target *target;
	const struct mapping *m;
	enum verdict v;

	if (forward != 0) {
		target = forwarding_turn(&nat->forwarding, forward);
		if (target == NULL)
			return DROP_NO_TARGET;
		ends->inside = target->address;
		ends->inside_port = target->port;
		ends->caller = target->caller;
		ends->outside_port = p->destination_port;
		*mapping = 0;
		return PASS;
	}
	*mapping = peer != 0 ? nat->flows.rests[peer].mapping :
	    ports_mapping(nat->ports, p->protocol, p->destination_port);
	v = filter(nat, p, *mapping, peer);
	m = &nat->mappings.mappings[*mapping];
	ends->inside = m->inside;
	ends->inside_port = m->inside_port;
	ends->caller = m->caller;
	return v;
}

/*
 * What filter() says of most strangers, by what has been looked at already.
 * A port in use by a mapping that is not static is no forward's, and all its
 * flows are that mapping's.
 */
static inline bool
is_refused(const struct nat *nat, const struct packet *p, uint32_t peer)
{
	return peer == 0 && p->source != nat->address &&
	    nat->filtering != NAT_FILTER_ENDPOINT_INDEPENDENT &&
	    mapping_lead(&nat->mappings, p->protocol,
	        p->destination_port)->in_use;
}

/* What passes the filter opens a flow, so that the answer finds it.  Not
 * inlined: out of the way of the packets that have theirs. */
static __attribute__((noinline)) enum verdict
open_flow(struct nat *nat, const struct packet *p, uint32_t peer,
    uint64_t now, uint32_t *flow)
{
	struct ends ends = {
		.remote = p->source,
		.remote_port = p->source_port,
		.protocol = p->protocol,
	};
	uint32_t mapping, other;
	struct flow_key key;
	uint64_t hash;
	enum verdict v;

	if (is_refused(nat, p, peer))
		return DROP_FILTERED;
	v = state_find_inside(nat, p, peer, &ends, &mapping);
	if (v != PASS)
		return v;
	if (p->protocol == IPPROTO_TCP && !tcp_opens(p->tcp_flags))
		return DROP_TCP_STATE;
	key = flow_key(p->protocol, ends.inside, ends.inside_port, p->source,
	    p->source_port);
	hash = flow_hash_outbound(&nat->flows, key);
	other = flow_find(&nat->flows, key, hash, 0);
	if (other != 0 && !state_flow_is_over(nat, other, wheel_tick(now)))
		return DROP_CLASH;
	if (other != 0)
		state_flow_end(nat, other, wheel_tick(now));
	v = state_flow_open(nat, &ends, hash, INBOUND, mapping, now, flow);
	if (v == PASS && p->protocol == IPPROTO_TCP)
		strangers_meet(&nat->strangers, p->source, p->source_port,
		    p->destination_port);
	/* Of a target that may have no more, too: it must not stand before the
	 * others. */
	if (ends.outside_port != 0)
		forwarding_next(&nat->forwarding, ports_forward(nat->ports,
		    p->protocol, p->destination_port));
	return v;
}

/* Where nothing may be told yet, or a closed port would answer. */
static __attribute__((noinline)) enum verdict
turn_away(struct nat *nat, struct packet *p, enum verdict v)
{
	bool opens = p->protocol == IPPROTO_TCP && tcp_opens(p->tcp_flags);
	bool unknown = v == DROP_NO_MAPPING || v == DROP_FILTERED;

	if (v == DROP_NO_TARGET && p->protocol == IPPROTO_UDP)
		v = icmp_error(p, nat->address, ICMP_UNREACH,
		    ICMP_UNREACH_PORT, 0, v);
	else if (v == DROP_NO_TARGET || (unknown && opens &&
	    p->destination_port == htons(IDENT)))
		v = tcp_reset(p, v);
	else if (unknown && opens && !nat->silent &&
	    p->source != nat->address && (nat->is_sole ||
	    ports_has(nat->ports, IPPROTO_TCP, p->destination_port)))
		strangers_note(&nat->strangers, p, nat->tick);
	if (v == REPLY)
		packet_set_identification(p,
		    state_identification(nat, p->destination));
	return v;
}

static enum verdict
translate(struct nat *nat, struct packet *p, const struct probe *probe,
    uint64_t now)
{
	uint32_t tick = wheel_tick(now), flow = find(nat, p, probe, tick);
	const struct flow *f = &nat->flows.flows[flow];
	enum verdict v;

	if (flow == 0 || f->remote_port !=
	    remote_port(p->protocol, p->source_port)) {
		v = open_flow(nat, p, flow, now, &flow);
		if (v != PASS)
			return turn_away(nat, p, v);
		f = &nat->flows.flows[flow];
	}
	if (f->state == TCP_STATE_LOST && !tcp_opens(p->tcp_flags))
		return DROP_TCP_STATE;
	state_flow_seen(nat, flow, INBOUND, p, tick);
	p->caller = (int32_t)f->caller;
	packet_set_destination(p, f->inside, f->inside_port);
	return PASS;
}

/* A forged error about a TCP flow hardly guesses what is on its way. */
static bool
is_plausible(const struct flow *f, const struct quote *q)
{
	uint32_t sequence = ntohl(octets_get32(q->transport + 4));

	return q->protocol != IPPROTO_TCP ||
	    f->tcp.sent - sequence < quote_window;
}

/* The same about a later fragment, which has no ports. */
static enum verdict
translate_fragment_error(struct nat *nat, struct packet *p, struct quote *q)
{
	const struct datagram *d = fragments_find(&nat->fragments[OUTBOUND],
	    q->protocol, q->source, q->destination, q->identification);

	if (d == NULL)
		return DROP_ICMP_QUOTE;
	quote_set_identification(q, d->identification);
	quote_set_source(q, d->source, 0);
	quote_close(p);
	packet_set_destination_address(p, d->source);
	p->caller = d->caller;
	return PASS;
}

/* RFC 5508 REQ-4: an error about a packet that a caller sent, from whatever
 * router (RFC 4787 REQ-12a). */
static enum verdict
translate_error(struct nat *nat, struct packet *p, uint64_t now)
{
	const struct identification *sent;
	const struct flow *f;
	struct quote q;
	in_port_t port;
	uint32_t flow;
	enum verdict v = quote_parse(p, &q);

	if (v != PASS)
		return v;
	if (q.source != nat->address)
		return DROP_ICMP_QUOTE;
	if (q.is_later)
		return translate_fragment_error(nat, p, &q);
	port = remote_port(q.protocol, q.destination_port);
	flow = flow_find_peer(&nat->flows, q.protocol, q.source_port,
	    q.destination, port, flow_hash_inbound(&nat->flows, q.protocol,
	        q.source_port, q.destination));
	f = &nat->flows.flows[flow];
	if (flow == 0 || f->remote_port != port ||
	    state_flow_is_over(nat, flow, wheel_tick(now)) ||
	    !is_plausible(f, &q))
		return DROP_ICMP_QUOTE;
	sent = state_sent(nat, q.destination, q.identification);
	if (!q.is_atomic && sent->destination == q.destination &&
	    sent->sent == q.identification)
		quote_set_identification(&q, sent->original);
	quote_set_source(&q, f->inside, f->inside_port);
	quote_close(p);
	packet_set_destination_address(p, f->inside);
	p->caller = (int32_t)f->caller;
	return PASS;
}

/* A fragment's first carries the ports, the others follow it. */
static enum verdict
inbound_fragment(struct nat *nat, struct packet *p,
    const struct probe *probe, uint64_t now)
{
	struct fragments *f = &nat->fragments[INBOUND];
	uint32_t number, tick = wheel_tick(now);
	in_port_t port = p->destination_port;
	enum verdict v = fragments_enter(f, p, tick, &number), first;

	if (v != PASS)
		return v;
	if (p->fragment_offset != 0)
		return fragments_later(f, number, p, tick);
	if (p->protocol == IPPROTO_ICMP && !is_reply(p->icmp_type))
		v = DROP_FRAGMENT;
	else
		v = translate(nat, p, probe, now);
	first = fragments_first(f, number, v, p->destination, 0, p->caller,
	    tick);
	if (v == PASS && first != PASS) /* what is dropped is not changed */
		packet_set_destination(p, nat->address, port);
	return first;
}

/* Asked of the address itself.  A host would answer ping; where there is none
 * behind the address, we do (RFC 1122 3.2.2.6). */
static enum verdict
answer_query(struct nat *nat, struct packet *p)
{
	enum verdict v = DROP_NO_MAPPING;

	if (nat->is_sole && p->icmp_type == ICMP_ECHO)
		v = icmp_echo_reply(p);
	if (v == REPLY)
		packet_set_identification(p,
		    state_identification(nat, p->destination));
	return v;
}

static enum verdict
inbound(struct nat *nat, struct packet *p, const struct probe *probe,
    uint64_t now)
{
	if (p->destination != nat->address)
		return DROP_NO_MAPPING;
	if (p->protocol != IPPROTO_TCP && p->protocol != IPPROTO_UDP &&
	    p->protocol != IPPROTO_ICMP)
		return DROP_PROTOCOL;
	if (packet_is_fragment(p))
		return inbound_fragment(nat, p, probe, now);
	if (p->protocol != IPPROTO_ICMP || is_reply(p->icmp_type))
		return translate(nat, p, probe, now);
	if (quote_is_carried_by(p->icmp_type))
		return translate_error(nat, p, now);
	return packet_icmp_is_query(p->icmp_type) ? answer_query(nat, p) :
	    DROP_ICMP_TYPE;
}

/* The flow that the outside port and the source give, if there is one.  Where
 * the port is no mapping's no flow has such a key. */
static inline struct flow_key
key_of(const struct nat *nat, const struct packet *p)
{
	const struct mapping_lead *lead = mapping_lead(&nat->mappings,
	    p->protocol, p->destination_port);

	if (!lead->in_use)
		return (struct flow_key){ 0, 0 };
	return flow_key(p->protocol, lead->inside, lead->inside_port,
	    p->source, p->source_port);
}

/* What is looked at where there is no flow.  Returns the hash of the peers. */
static inline __attribute__((always_inline)) uint64_t
prefetch_stranger(const struct nat *nat, const struct packet *p)
{
	uint64_t hash = flow_hash_inbound(&nat->flows, p->protocol,
	    p->destination_port, p->source);

	index_prefetch(&nat->flows.inbound, hash);
	if (p->protocol == IPPROTO_TCP || !is_refused(nat, p, 0))
		ports_prefetch(nat->ports, p->protocol, p->destination_port);
	return hash;
}

/* As outbound_batch(), and before that the inside endpoint of each. */
static void
inbound_batch(struct nat *nat, struct packet *const *packets, size_t n,
    uint64_t now)
{
	const struct flow_table *t = &nat->flows;
	struct probe probes[STATE_BATCH];

	if (n > 1)
		for (size_t i = 0; i < n; i++)
			__builtin_prefetch(mapping_lead(&nat->mappings,
			    packets[i]->protocol,
			    packets[i]->destination_port));
	for (size_t i = 0; i < n; i++) {
		probes[i].key = key_of(nat, packets[i]);
		probes[i].hash = flow_hash_outbound(t, probes[i].key);
		probes[i].other = 0;
		place_prefetch(&t->places, probes[i].hash);
	}
	probes[0].guess = 0;
	for (size_t i = 0; n > 1 && i < n; i++) {
		probes[i].guess = place_guess(&t->places, probes[i].hash);
		if (probes[i].guess != 0)
			flow_prefetch(t, probes[i].guess);
		else
			probes[i].other = prefetch_stranger(nat, packets[i]);
	}
	for (size_t i = 0; i < n; i++)
		if (packets[i]->verdict == PASS)
			packets[i]->verdict = inbound(nat, packets[i],
			    &probes[i], now);
}

void
nat_inbound(struct nat *nat, struct packet *const *packets, size_t n,
    uint64_t now)
{
	size_t part;

	nat->tick = wheel_tick(now);
	for (; n > 0; n -= part, packets += part) {
		part = n < STATE_BATCH ? n : STATE_BATCH;
		inbound_batch(nat, packets, part, now);
	}
}
