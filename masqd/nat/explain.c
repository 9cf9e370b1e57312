/*
 * The look-ups of outbound.c and inbound.c, without what they change.
 */
#include <netinet/ip_icmp.h>

#include "quote.h"
#include "state.h"
#include "view.h"

static void
tell_flow(const struct nat *nat, uint32_t flow, struct nat_explain *e)
{
	const struct flow *f = &nat->flows.flows[flow];

	e->flow = e->mapping = true;
	e->caller = f->caller;
	e->inside = f->inside;
	e->inside_port = f->inside_port;
	e->outside_port = f->outside_port;
	e->state = tcp_state_name(f->state);
	e->forward = nat->mappings.mappings[
	    nat->flows.rests[flow].mapping].is_static;
}

static void
tell_mapping(const struct nat *nat, uint32_t mapping, struct nat_explain *e)
{
	const struct mapping *m = &nat->mappings.mappings[mapping];

	if (mapping == 0)
		return;
	e->mapping = true;
	e->outside_port = m->outside_port;
}

/* What state_flow_open() would say. */
static enum verdict
may_open(const struct nat *nat, const struct nat_explain *e, uint8_t protocol,
    enum direction d, uint64_t now)
{
	struct caller copy = { .limits = nat->callers.usual };
	uint32_t most;
	enum verdict v;

	if (e->caller < nat->callers.count)
		copy = nat->callers.slots[e->caller];
	if (nat->flows.count == nat->flows.size)
		return DROP_FLOWS_FULL;
	v = caller_admit(&copy, d, now);
	if (v != PASS || e->mapping)
		return v;
	most = copy.limits.mappings;
	if (most != 0 && copy.mappings >= most)
		return DROP_CALLER_MAPPINGS;
	if (nat->mappings.count == nat->mappings.size)
		return DROP_MAPPINGS_FULL;
	return !e->forward && ports_spare(nat->ports, protocol) == 0 ?
	    DROP_PORTS_FULL : PASS;
}

static bool
is_alive(const struct nat *nat, uint32_t flow, uint64_t now)
{
	return flow != 0 && !state_flow_is_over(nat, flow, wheel_tick(now)) &&
	    nat->flows.flows[flow].state != TCP_STATE_LOST;
}

static enum verdict
explain_outbound(const struct nat *nat, const struct packet *p,
    struct nat_explain *e, uint64_t now)
{
	struct flow_key key = flow_key(p->protocol, p->source, p->source_port,
	    p->destination, p->destination_port);
	uint32_t flow = flow_find(&nat->flows, key,
	    flow_hash_outbound(&nat->flows, key), 0);

	e->hairpin = p->destination == nat->address;
	if (is_alive(nat, flow, now)) {
		tell_flow(nat, flow, e);
		return PASS;
	}
	if (state_is_for_host(nat, p))
		return DROP_HOST_ADDRESS;
	if (p->protocol == IPPROTO_TCP && !tcp_opens(p->tcp_flags))
		return DROP_TCP_STATE;
	e->caller = (uint32_t)p->caller;
	e->inside = p->source;
	e->inside_port = p->source_port;
	e->outside_port = forwarding_outside(&nat->forwarding, p->protocol,
	    p->source, p->source_port);
	e->forward = e->outside_port != 0;
	tell_mapping(nat, mapping_find(&nat->mappings, p->protocol,
	    p->source, p->source_port, e->outside_port), e);
	return may_open(nat, e, p->protocol, OUTBOUND, now);
}

static enum verdict
explain_inbound(const struct nat *nat, const struct packet *p,
    struct nat_explain *e, uint64_t now)
{
	in_port_t port = p->protocol == IPPROTO_ICMP ? 0 : p->source_port;
	uint32_t peer = flow_find_peer(&nat->flows, p->protocol,
	    p->destination_port, p->source, port,
	    flow_hash_inbound(&nat->flows, p->protocol, p->destination_port,
	        p->source)), mapping = 0;
	struct ends ends = { .protocol = p->protocol };
	struct flow_key key;
	enum verdict v;

	if (!is_alive(nat, peer, now))
		peer = 0;
	e->outside_port = p->destination_port;
	if (peer != 0 && nat->flows.flows[peer].remote_port == port) {
		tell_flow(nat, peer, e);
		return PASS;
	}
	v = state_find_inside(nat, p, peer, &ends, &mapping);
	e->forward = ends.outside_port != 0 || v == DROP_NO_TARGET;
	e->caller = ends.caller;
	e->inside = ends.inside;
	e->inside_port = ends.inside_port;
	tell_mapping(nat, mapping, e);
	if (v != PASS)
		return v;
	if (e->forward)
		tell_mapping(nat, mapping_find(&nat->mappings, p->protocol,
		    e->inside, e->inside_port, p->destination_port), e);
	if (p->protocol == IPPROTO_TCP && !tcp_opens(p->tcp_flags))
		return DROP_TCP_STATE;
	key = flow_key(p->protocol, e->inside, e->inside_port, p->source,
	    p->source_port);
	if (is_alive(nat, flow_find(&nat->flows, key,
	    flow_hash_outbound(&nat->flows, key), 0), now))
		return DROP_CLASH;
	return may_open(nat, e, p->protocol, INBOUND, now);
}

static bool
is_reply(uint8_t type)
{
	return type == ICMP_ECHOREPLY || type == ICMP_TIMESTAMPREPLY ||
	    type == ICMP_INFO_REPLY || type == ICMP_ADDRESSREPLY;
}

/* What can be said without a look at the tables. */
static enum verdict
explain_kind(const struct nat *nat, const struct packet *p, enum direction d)
{
	if (nat->address == 0)
		return DROP_NO_UPLINK;
	if (d == INBOUND && p->destination != nat->address)
		return DROP_NO_MAPPING;
	if (p->protocol == IPPROTO_TCP || p->protocol == IPPROTO_UDP)
		return PASS;
	if (p->protocol != IPPROTO_ICMP)
		return DROP_PROTOCOL;
	if (quote_is_carried_by(p->icmp_type))
		return DROP_ICMP_QUOTE;
	if (!packet_icmp_is_query(p->icmp_type))
		return DROP_ICMP_TYPE;
	if (d == OUTBOUND && is_reply(p->icmp_type))
		return DROP_ICMP_TYPE;
	if (d == OUTBOUND || is_reply(p->icmp_type))
		return PASS;
	return nat->is_sole && p->icmp_type == ICMP_ECHO ? REPLY :
	    DROP_NO_MAPPING;
}

enum verdict
nat_explain(const struct nat *nat, const struct packet *p, enum direction d,
    struct nat_explain *e, uint64_t now)
{
	*e = (struct nat_explain){ .state = "" };
	e->verdict = p->verdict == PASS ? explain_kind(nat, p, d) :
	    p->verdict;
	if (e->verdict == PASS)
		e->verdict = d == OUTBOUND ?
		    explain_outbound(nat, p, e, now) :
		    explain_inbound(nat, p, e, now);
	return e->verdict;
}
