/*
 * What a translation owns, from nat_create() to nat_destroy(): four tables,
 * each with its own file.  Flows hold mappings, mappings hold ports:
 *
 *   packet -> flow -> mapping -> outside port -> quarantine -> port_free
 *
 * A flow ends by its timer or with its caller; with its last flow a mapping
 * ends, and its port goes to quarantine.  Packets never end anything else:
 * no ICMP message and no RST removes a flow (RFC 4787 REQ-12, RFC 5382
 * REQ-10, RFC 7857 2.2).
 *
 * Never: memory taken after nat_create(); a packet changed and then dropped;
 * a table beyond its size; a call of nat_ops on the packet path.
 */
#include "nat.h"

#include <errno.h>
#include <stdlib.h>

#include "state.h"

enum {
	TABLE_MAX = 1 << 28,
	EXPIRE_BUDGET = 512, /* timers and ports a call */
};

static bool
is_valid(const struct nat_config *c)
{
	return c->callers > 0 && c->callers <= INT32_MAX &&
	    c->max_mappings > 0 && c->max_mappings <= TABLE_MAX &&
	    c->max_flows > 0 && c->max_flows <= TABLE_MAX && c->udp > 0 &&
	    c->icmp > 0 && c->tcp_established > 0 &&
	    c->tcp_transitory > 0 &&
	    c->filtering <= NAT_FILTER_ADDRESS_AND_PORT;
}

static bool
create_tables(struct nat *nat, const struct nat_config *c)
{
	struct hash_key key, choice;

	memcpy(&key, c->key, sizeof key);
	choice.k0 = hash_13(&key, 0, 1);
	choice.k1 = hash_13(&key, 0, 2);
	nat->ports = ports_create(&choice);
	return nat->ports != NULL &&
	    callers_init(&nat->callers, c->callers) &&
	    mapping_table_init(&nat->mappings, c->max_mappings, &key,
	        nat->ports, &nat->callers) &&
	    flow_table_init(&nat->flows, c->max_flows, &key,
	        &nat->mappings);
}

struct nat *
nat_create(const struct nat_config *config, const struct nat_ops *ops)
{
	struct nat *nat;

	if (!is_valid(config)) {
		errno = EINVAL;
		return NULL;
	}
	nat = calloc(1, sizeof *nat);
	if (nat == NULL)
		return NULL;
	nat->address = config->address;
	nat->filtering = config->filtering;
	nat->udp = wheel_ticks_of_seconds(config->udp);
	nat->icmp = wheel_ticks_of_seconds(config->icmp);
	nat->tcp_established = wheel_ticks_of_seconds(
	    config->tcp_established);
	nat->tcp_transitory = wheel_ticks_of_seconds(config->tcp_transitory);
	if (config->quarantine > 0)
		nat->quarantine = wheel_ticks_of_seconds(config->quarantine);
	if (ops != NULL)
		nat->ops = *ops;
	nat->callers.max_mappings = config->caller_mappings;
	nat->callers.max_flows = config->caller_flows;
	nat->callers.new_flows = config->caller_new_flows;
	if (!create_tables(nat, config)) {
		nat_destroy(nat);
		errno = ENOMEM;
		return NULL;
	}
	return nat;
}

void
nat_destroy(struct nat *nat)
{
	if (nat == NULL)
		return;
	flow_table_free(&nat->flows);
	mapping_table_free(&nat->mappings);
	callers_free(&nat->callers);
	ports_destroy(nat->ports);
	free(nat);
}

bool
nat_port_offer(struct nat *nat, uint8_t protocol, in_port_t port)
{
	return ports_offer(nat->ports, protocol, port);
}

size_t
nat_ports_spare(const struct nat *nat, uint8_t protocol)
{
	return ports_spare(nat->ports, protocol);
}

static uint32_t
idle_ticks(const struct nat *nat, uint8_t protocol, enum tcp_state state)
{
	switch (protocol) {
	case IPPROTO_UDP:
		return nat->udp;
	case IPPROTO_ICMP:
		return nat->icmp;
	default:
		return tcp_is_established(state) ? nat->tcp_established :
		    nat->tcp_transitory;
	}
}

void
state_flow_seen(struct nat *nat, uint32_t flow, enum direction d,
    const struct packet *p, uint32_t now)
{
	struct flow *f = &nat->flows.flows[flow];
	bool refresh = true;

	if (f->protocol == IPPROTO_TCP)
		f->state = (uint8_t)tcp_step(f->state, d, p, f->acked,
		    &refresh);
	if (refresh)
		flow_refresh(&nat->flows, flow, now,
		    idle_ticks(nat, f->protocol, f->state));
}

enum verdict
state_flow_open(struct nat *nat, const struct ends *e, uint64_t hash,
    enum direction d, uint32_t mapping, uint64_t now, uint32_t *flow)
{
	enum verdict v;

	if (nat->flows.count == nat->flows.size)
		return DROP_FLOWS_FULL;
	v = caller_admit(&nat->callers, &nat->callers.slots[e->caller], d,
	    now);
	if (v != PASS)
		return v;
	if (mapping == 0)
		mapping = mapping_find(&nat->mappings, e->protocol,
		    e->inside, e->inside_port);
	if (mapping == 0)
		v = mapping_add(&nat->mappings, e->caller, e->protocol,
		    e->inside, e->inside_port, &mapping);
	if (v != PASS)
		return v;
	*flow = flow_add(&nat->flows, mapping, e->remote, e->remote_port,
	    hash, wheel_tick(now),
	    idle_ticks(nat, e->protocol, TCP_STATE_NONE));
	return PASS;
}

void
state_flow_end(struct nat *nat, uint32_t flow, uint32_t now)
{
	flow_remove(&nat->flows, flow, now + nat->quarantine);
}

/* Nobody listens: the port may be used again. */
static void
free_port(struct nat *nat, uint8_t protocol, in_port_t port)
{
	if (nat->ops.port_free != NULL)
		nat->ops.port_free(nat->ops.context, protocol, port);
	else
		ports_offer(nat->ports, protocol, port);
}

static uint64_t
milliseconds_until(uint64_t now, uint32_t ticks)
{
	uint64_t tick = now >> WHEEL_TICK_SHIFT;

	return ((tick + ticks) << WHEEL_TICK_SHIFT) - now;
}

uint64_t
nat_expire(struct nat *nat, uint64_t now)
{
	uint32_t tick = wheel_tick(now), flow, timers, ports;
	unsigned flow_budget = EXPIRE_BUDGET, port_budget = EXPIRE_BUDGET;
	uint8_t protocol;
	in_port_t port;

	while ((flow = wheel_expire(&nat->flows.wheel, tick,
	    &flow_budget)) != 0)
		state_flow_end(nat, flow, tick);
	while (port_budget-- > 0 &&
	    ports_release(nat->ports, tick, &protocol, &port))
		free_port(nat, protocol, port);
	timers = wheel_next(&nat->flows.wheel, tick);
	ports = ports_next(nat->ports, tick);
	if (timers == 0 || ports == 0)
		return 0;
	if (timers == UINT32_MAX && ports == UINT32_MAX)
		return UINT64_MAX;
	return milliseconds_until(now, timers < ports ? timers : ports);
}

void
nat_caller_end(struct nat *nat, uint32_t caller, uint64_t now)
{
	struct caller *c;

	if (caller >= nat->callers.count)
		return;
	c = &nat->callers.slots[caller];
	while (c->first != 0)
		state_flow_end(nat,
		    nat->mappings.mappings[c->first].first_flow,
		    wheel_tick(now));
	caller_reset(&nat->callers, c);
}

/* A mapping lives as long as the longest of its flows. */
static uint64_t
expiry_of(const struct nat *nat, const struct mapping *m, uint64_t now)
{
	uint32_t tick = wheel_tick(now), longest = 0, left, flow;

	for (flow = m->first_flow; flow != 0;
	    flow = nat->flows.flows[flow].next) {
		left = nat->flows.flows[flow].timer.expires - tick;
		if ((int32_t)left > 0 && left > longest)
			longest = left;
	}
	return longest == 0 ? 0 : milliseconds_until(now, longest);
}

size_t
nat_mappings(const struct nat *nat, size_t *cursor,
    struct nat_mapping_view *views, size_t n, uint64_t now)
{
	const struct mapping_table *t = &nat->mappings;
	const struct mapping *m;
	size_t filled = 0;

	while (filled < n && *cursor < t->fresh) {
		m = &t->mappings[++*cursor];
		if (m->protocol == 0)
			continue;
		views[filled++] = (struct nat_mapping_view){
			.caller = m->caller,
			.protocol = m->protocol,
			.inside = m->inside,
			.inside_port = m->inside_port,
			.outside_port = m->outside_port,
			.flows = m->flows,
			.expires_ms = expiry_of(nat, m, now),
		};
	}
	return filled;
}

struct nat_usage
nat_usage(const struct nat *nat)
{
	return (struct nat_usage){ nat->mappings.count, nat->flows.count };
}

struct nat_usage
nat_caller_usage(const struct nat *nat, uint32_t caller)
{
	const struct caller *c;

	if (caller >= nat->callers.count)
		return (struct nat_usage){ 0, 0 };
	c = &nat->callers.slots[caller];
	return (struct nat_usage){ c->mappings, c->flows };
}
