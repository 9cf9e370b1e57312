#include "nat.h"
#include "quote.h"
#include "state.h"

#include <arpa/inet.h>
#include <netinet/ip_icmp.h>

#include "octets.h"

/* How far a quoted TCP sequence number may be from what the remote has
 * acknowledged last (RFC 5927 section 4): data on its way. */
static const uint32_t quote_window = 1 << 20;

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

/* The flow that still lives, exact or a peer of it, or 0. */
static uint32_t
find(struct nat *nat, const struct packet *p, const struct probe *probe,
    uint32_t tick)
{
	uint32_t flow, guess = probe->guess;

	for (;; guess = 0) {
		flow = flow_find_peer(&nat->flows, p->protocol,
		    p->destination_port, p->source,
		    remote_port(p->protocol, p->source_port), probe->hash,
		    guess);
		if (flow == 0 || !state_flow_is_over(nat, flow, tick))
			return flow;
		state_flow_end(nat, flow, tick);
	}
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
	if (mapping == 0)
		return DROP_NO_MAPPING;
	if (p->protocol == IPPROTO_ICMP ||
	    nat->filtering == NAT_FILTER_ADDRESS_AND_PORT ||
	    (nat->filtering == NAT_FILTER_ADDRESS && peer == 0))
		return DROP_FILTERED;
	if (p->protocol == IPPROTO_TCP && !tcp_opens(p->tcp_flags))
		return DROP_TCP_STATE;
	return PASS;
}

/* What passes the filter opens a flow, so that the answer finds it. */
static enum verdict
open_flow(struct nat *nat, const struct packet *p, uint32_t peer,
    uint64_t now, uint32_t *flow)
{
	uint32_t mapping = peer != 0 ? nat->flows.flows[peer].mapping :
	    ports_mapping(nat->ports, p->protocol, p->destination_port);
	const struct mapping *m = &nat->mappings.mappings[mapping];
	enum verdict v = filter(nat, p, mapping, peer);
	struct flow_key key;
	struct ends ends;

	if (v != PASS)
		return v;
	ends = (struct ends){
		.inside = m->inside,
		.inside_port = m->inside_port,
		.remote = p->source,
		.remote_port = p->source_port,
		.caller = m->caller,
		.protocol = p->protocol,
	};
	key = flow_key(p->protocol, m->inside, m->inside_port, p->source,
	    p->source_port);
	return state_flow_open(nat, &ends,
	    flow_hash_outbound(&nat->flows, key), INBOUND, mapping, now,
	    flow);
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
			return v;
		f = &nat->flows.flows[flow];
	}
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
	    sequence - f->acked[INBOUND] + quote_window < 2 * quote_window;
}

/* RFC 5508 REQ-4: an error about a packet that a caller sent, from whatever
 * router (RFC 4787 REQ-12a). */
static enum verdict
translate_error(struct nat *nat, struct packet *p, uint64_t now)
{
	const struct flow *f;
	struct quote q;
	in_port_t port;
	uint32_t flow;
	enum verdict v = quote_parse(p, &q);

	if (v != PASS)
		return v;
	if (q.source != nat->address)
		return DROP_ICMP_QUOTE;
	port = remote_port(q.protocol, q.destination_port);
	flow = flow_find_peer(&nat->flows, q.protocol, q.source_port,
	    q.destination, port, flow_hash_inbound(&nat->flows, q.protocol,
	        q.source_port, q.destination), 0);
	f = &nat->flows.flows[flow];
	if (flow == 0 || f->remote_port != port ||
	    state_flow_is_over(nat, flow, wheel_tick(now)) ||
	    !is_plausible(f, &q))
		return DROP_ICMP_QUOTE;
	quote_set_source(&q, f->inside, f->inside_port);
	quote_close(p);
	packet_set_destination_address(p, f->inside);
	p->caller = (int32_t)f->caller;
	return PASS;
}

static enum verdict
inbound(struct nat *nat, struct packet *p, const struct probe *probe,
    uint64_t now)
{
	if (p->destination != nat->address)
		return DROP_NO_MAPPING;
	if (packet_is_fragment(p))
		return DROP_FRAGMENT;
	switch (p->protocol) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
		return translate(nat, p, probe, now);
	case IPPROTO_ICMP:
		if (is_reply(p->icmp_type))
			return translate(nat, p, probe, now);
		if (quote_is_carried_by(p->icmp_type))
			return translate_error(nat, p, now);
		return packet_icmp_is_query(p->icmp_type) ? DROP_NO_MAPPING :
		    DROP_ICMP_TYPE;
	default:
		return DROP_PROTOCOL;
	}
}

/* As outbound_batch(). */
static void
inbound_batch(struct nat *nat, struct packet *const *packets, size_t n,
    uint64_t now)
{
	const struct flow_table *t = &nat->flows;
	struct probe probes[STATE_BATCH];

	for (size_t i = 0; i < n; i++) {
		probes[i].hash = flow_hash_inbound(t, packets[i]->protocol,
		    packets[i]->destination_port, packets[i]->source);
		index_prefetch(&t->inbound, probes[i].hash);
	}
	for (size_t i = 0; i < n; i++) {
		probes[i].guess = index_guess(&t->inbound, probes[i].hash);
		if (probes[i].guess != 0)
			__builtin_prefetch(&t->flows[probes[i].guess], 1);
		else
			ports_prefetch(nat->ports, packets[i]->protocol,
			    packets[i]->destination_port);
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

	for (; n > 0; n -= part, packets += part) {
		part = n < STATE_BATCH ? n : STATE_BATCH;
		inbound_batch(nat, packets, part, now);
	}
}
