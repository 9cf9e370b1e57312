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

bool
state_is_for_host(const struct nat *nat, const struct packet *p)
{
	return p->destination == nat->address &&
	    (p->protocol == IPPROTO_ICMP ||
	    (ports_mapping(nat->ports, p->protocol,
	        p->destination_port) == 0 &&
	    ports_forward(nat->ports, p->protocol,
	        p->destination_port) == 0));
}

/* Out of the way of the packets that have their flow. */
static __attribute__((noinline)) enum verdict
open_flow(struct nat *nat, struct packet *p, uint64_t hash, uint64_t now,
    uint32_t *flow)
{
	const struct ends ends = {
		.inside = p->source,
		.inside_port = p->source_port,
		.remote = p->destination,
		.remote_port = p->protocol == IPPROTO_ICMP ? 0 :
		    p->destination_port,
		.outside_port = forwarding_outside(&nat->forwarding,
		    p->protocol, p->source, p->source_port),
		.caller = (uint32_t)p->caller,
		.protocol = p->protocol,
	};
	enum verdict v;

	if (state_is_for_host(nat, p))
		return DROP_HOST_ADDRESS;
	if (p->protocol == IPPROTO_TCP && !tcp_opens(p->tcp_flags))
		return tcp_reset(p, DROP_TCP_STATE);
	v = state_flow_open(nat, &ends, hash, OUTBOUND, 0, now, flow);
	if (v == PASS && p->protocol == IPPROTO_TCP)
		strangers_meet(&nat->strangers, p->destination,
		    p->destination_port,
		    nat->flows.flows[*flow].outside_port);
	return v;
}

static enum verdict
translate(struct nat *nat, struct packet *p, const struct probe *probe,
    uint64_t now)
{
	uint32_t tick = wheel_tick(now);
	uint32_t flow = flow_find(&nat->flows, probe->key, probe->hash,
	    probe->guess);
	enum verdict v;

	if (flow != 0 && (state_flow_is_over(nat, flow, tick) ||
	    nat->flows.flows[flow].state == TCP_STATE_LOST)) {
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

/* Nobody speaks for another caller, but where a router of theirs may be. */
static bool
may_speak_for(const struct nat *nat, int32_t speaker, int32_t caller)
{
	const struct caller *slots = nat->callers.slots;

	return speaker == caller || (caller != PACKET_NO_CALLER &&
	    slots[caller].group != 0 &&
	    slots[caller].group == slots[speaker].group);
}

/* The same about a later fragment, which has no ports. */
static enum verdict
translate_fragment_error(struct nat *nat, struct packet *p, struct quote *q)
{
	const struct datagram *d = fragments_find(&nat->fragments[INBOUND],
	    q->protocol, q->source, nat->address, q->identification);

	if (d == NULL || d->address != q->destination ||
	    !may_speak_for(nat, p->caller, d->caller) ||
	    p->destination != q->source)
		return DROP_ICMP_QUOTE;
	quote_set_destination(q, nat->address, 0);
	quote_close(p);
	packet_set_source_address(p, nat->address);
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
	if (q.is_later)
		return translate_fragment_error(nat, p, &q);
	key = flow_key(q.protocol, q.destination, q.destination_port,
	    q.source, q.source_port);
	flow = flow_find(&nat->flows, key,
	    flow_hash_outbound(&nat->flows, key), 0);
	if (flow == 0 || state_flow_is_over(nat, flow, wheel_tick(now)))
		return DROP_ICMP_QUOTE;
	f = &nat->flows.flows[flow];
	/* Nor to a third party. */
	if (!may_speak_for(nat, p->caller, (int32_t)f->caller) ||
	    p->destination != q.source)
		return DROP_ICMP_QUOTE;
	quote_set_destination(&q, nat->address, f->outside_port);
	quote_close(p);
	packet_set_source_address(p, nat->address);
	return PASS;
}

/* A fragment's first carries the ports, the others follow it. */
static enum verdict
outbound_fragment(struct nat *nat, struct packet *p,
    const struct probe *probe, uint64_t now)
{
	struct fragments *f = &nat->fragments[OUTBOUND];
	uint32_t number, tick = wheel_tick(now);
	uint16_t identification = 0;
	enum verdict v = fragments_enter(f, p, tick, &number);

	if (v != PASS)
		return v;
	if (p->fragment_offset != 0)
		return fragments_later(f, number, p, tick);
	if (p->protocol == IPPROTO_ICMP && !is_request(p->icmp_type))
		v = DROP_FRAGMENT;
	else
		v = translate(nat, p, probe, now);
	if (v == PASS)
		identification = state_identify(nat, p);
	return fragments_first(f, number, v, nat->address, identification,
	    p->caller, tick);
}

static enum verdict
outbound_whole(struct nat *nat, struct packet *p, const struct probe *probe,
    uint64_t now)
{
	enum verdict v;

	if (p->protocol != IPPROTO_ICMP || is_request(p->icmp_type))
		v = translate(nat, p, probe, now);
	else if (quote_is_carried_by(p->icmp_type))
		v = translate_error(nat, p, now);
	else
		return DROP_ICMP_TYPE;
	/* Atomic datagrams need none (RFC 6864 4.1). */
	if (v == PASS && !p->dont_fragment)
		(void)state_identify(nat, p);
	return v;
}

static enum verdict
outbound(struct nat *nat, struct packet *p, const struct probe *probe,
    uint64_t now)
{
	if (p->caller < 0 || (uint32_t)p->caller >= nat->callers.count)
		return DROP_NO_SESSION;
	if (nat->address == 0)
		return DROP_NO_UPLINK;
	if (p->protocol != IPPROTO_TCP && p->protocol != IPPROTO_UDP &&
	    p->protocol != IPPROTO_ICMP)
		return DROP_PROTOCOL;
	if (packet_is_fragment(p))
		return outbound_fragment(nat, p, probe, now);
	return outbound_whole(nat, p, probe, now);
}

/* The flow, or what is needed to make one.  True: that is more. */
static inline bool
prefetch(const struct nat *nat, const struct packet *p, struct probe *probe)
{
	probe->guess = place_guess(&nat->flows.places, probe->hash);
	if (probe->guess != 0) {
		flow_prefetch(&nat->flows, probe->guess);
		return false;
	}
	if (p->verdict != PASS)
		return false;
	flow_prefetch_new(&nat->flows, probe->hash);
	probe->other = mapping_prefetch(&nat->mappings,
	    (uint32_t)p->caller, p->protocol, p->source, p->source_port);
	return true;
}

/* Three passes, so that the cache misses of all packets overlap: the tags
 * that lead to each flow, the flow of each (one more where some are new), and
 * only then the work.  A packet alone waits as long either way. */
static void
outbound_batch(struct nat *nat, struct packet *const *packets, size_t n,
    uint64_t now)
{
	const struct flow_table *t = &nat->flows;
	struct probe probes[STATE_BATCH];
	bool some_new = false;

	for (size_t i = 0; i < n; i++) {
		probes[i].key = key_of(packets[i]);
		probes[i].hash = flow_hash_outbound(t, probes[i].key);
		place_prefetch(&t->places, probes[i].hash);
	}
	probes[0].guess = 0;
	for (size_t i = 0; n > 1 && i < n; i++)
		some_new |= prefetch(nat, packets[i], &probes[i]);
	for (size_t i = 0; some_new && i < n; i++)
		if (probes[i].guess == 0 && packets[i]->verdict == PASS)
			mapping_prefetch_record(&nat->mappings,
			    probes[i].other);
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

	nat->tick = wheel_tick(now);
	for (; n > 0; n -= part, packets += part) {
		part = n < STATE_BATCH ? n : STATE_BATCH;
		outbound_batch(nat, packets, part, now);
	}
}
