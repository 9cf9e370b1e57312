#include "nat.h"
#include "quote.h"
#include "state.h"

#include <netinet/ip_icmp.h>

/* Queries that a caller asks; what he would answer nobody has asked him. */
static bool
is_request(uint8_t type)
{
	return type == ICMP_ECHO || type == ICMP_TIMESTAMP ||
	    type == ICMP_INFO_REQUEST || type == ICMP_ADDRESS;
}

static struct flow_key
key_of(const struct packet *p)
{
	return flow_key(p->protocol, p->source, p->source_port,
	    p->destination, p->destination_port);
}

static enum verdict
open_flow(struct nat *nat, struct packet *p, uint64_t hash, uint64_t now,
    uint32_t *flow)
{
	const struct ends ends = {
		.inside = p->source,
		.inside_port = p->source_port,
		.remote = p->destination,
		.remote_port = p->protocol == IPPROTO_ICMP ? 0 :
		    p->destination_port,
		.caller = (uint32_t)p->caller,
		.protocol = p->protocol,
	};

	if (p->protocol == IPPROTO_TCP && !tcp_opens(p->tcp_flags))
		return tcp_reset(p, DROP_TCP_STATE);
	return state_flow_open(nat, &ends, hash, OUTBOUND, 0, now, flow);
}

static enum verdict
translate(struct nat *nat, struct packet *p, const struct probe *probe,
    uint64_t now)
{
	uint32_t tick = wheel_tick(now);
	uint32_t flow = flow_find(&nat->flows, key_of(p), probe->hash,
	    probe->guess);
	enum verdict v;

	if (flow != 0 && state_flow_is_over(nat, flow, tick)) {
		state_flow_end(nat, flow, tick);
		flow = 0;
	}
	if (flow == 0) {
		v = open_flow(nat, p, probe->hash, now, &flow);
		if (v != PASS)
			return v;
	}
	state_flow_seen(nat, flow, OUTBOUND, p, tick);
	packet_set_source(p, nat->address,
	    nat->flows.flows[flow].outside_port);
	return PASS;
}

/* RFC 5508 REQ-5: the caller's error about a packet that came in to him. */
static enum verdict
translate_error(struct nat *nat, struct packet *p, uint64_t now)
{
	const struct flow *f;
	struct flow_key key;
	struct quote q;
	uint32_t flow;
	enum verdict v = quote_parse(p, &q);

	if (v != PASS)
		return v;
	key = flow_key(q.protocol, q.destination, q.destination_port,
	    q.source, q.source_port);
	flow = flow_find(&nat->flows, key,
	    flow_hash_outbound(&nat->flows, key), 0);
	if (flow == 0 || state_flow_is_over(nat, flow, wheel_tick(now)))
		return DROP_ICMP_QUOTE;
	f = &nat->flows.flows[flow];
	/* Nobody speaks for another caller's flow, or to a third party. */
	if (f->caller != (uint32_t)p->caller || p->destination != q.source)
		return DROP_ICMP_QUOTE;
	quote_set_destination(&q, nat->address, f->outside_port);
	quote_close(p);
	packet_set_source_address(p, nat->address);
	return PASS;
}

static enum verdict
outbound(struct nat *nat, struct packet *p, const struct probe *probe,
    uint64_t now)
{
	if (p->caller < 0 || (uint32_t)p->caller >= nat->callers.count)
		return DROP_NO_SESSION;
	if (nat->address == 0)
		return DROP_NO_UPLINK;
	if (packet_is_fragment(p))
		return DROP_FRAGMENT;
	switch (p->protocol) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
		return translate(nat, p, probe, now);
	case IPPROTO_ICMP:
		if (is_request(p->icmp_type))
			return translate(nat, p, probe, now);
		if (quote_is_carried_by(p->icmp_type))
			return translate_error(nat, p, now);
		return DROP_ICMP_TYPE;
	default:
		return DROP_PROTOCOL;
	}
}

/* The flow, or what is needed to make one. */
static inline void
prefetch(const struct nat *nat, const struct packet *p, uint32_t guess)
{
	if (guess != 0)
		__builtin_prefetch(&nat->flows.flows[guess], 1);
	else if (p->verdict == PASS)
		mapping_prefetch(&nat->mappings, (uint32_t)p->caller,
		    p->protocol, p->source, p->source_port);
}

/* Three passes, so that the cache misses of all packets overlap: the bucket
 * of each, the flow of each, and only then the work. */
static void
outbound_batch(struct nat *nat, struct packet *const *packets, size_t n,
    uint64_t now)
{
	const struct flow_table *t = &nat->flows;
	struct probe probes[STATE_BATCH];

	for (size_t i = 0; i < n; i++) {
		probes[i].hash = flow_hash_outbound(t, key_of(packets[i]));
		index_prefetch(&t->outbound, probes[i].hash);
	}
	for (size_t i = 0; i < n; i++) {
		probes[i].guess = index_guess(&t->outbound, probes[i].hash);
		prefetch(nat, packets[i], probes[i].guess);
	}
	for (size_t i = 0; i < n; i++)
		if (packets[i]->verdict == PASS)
			packets[i]->verdict = outbound(nat, packets[i],
			    &probes[i], now);
}

void
nat_outbound(struct nat *nat, struct packet *const *packets, size_t n,
    uint64_t now)
{
	size_t part;

	for (; n > 0; n -= part, packets += part) {
		part = n < STATE_BATCH ? n : STATE_BATCH;
		outbound_batch(nat, packets, part, now);
	}
}
