#include "view.h"

#include "state.h"

static uint64_t
milliseconds_until(uint64_t now, uint32_t ticks)
{
	uint64_t tick = now >> WHEEL_TICK_SHIFT;

	return ((tick + ticks) << WHEEL_TICK_SHIFT) - now;
}

/* A mapping lives as long as the longest of its flows. */
static uint64_t
expiry_of(const struct nat *nat, const struct mapping *m, uint64_t now)
{
	uint32_t tick = wheel_tick(now), longest = 0, left, flow;

	for (flow = m->first_flow; flow != 0;
	    flow = nat->flows.rests[flow].next) {
		left = nat->flows.flows[flow].expires - tick;
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
	uint32_t number;
	size_t filled = 0;

	while (filled < n && (number = place_next(&t->places,
	    (uint32_t)*cursor)) != 0) {
		*cursor = number;
		m = &t->mappings[number];
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

size_t
nat_flows(const struct nat *nat, size_t *cursor, struct nat_flow_view *views,
    size_t n, uint64_t now)
{
	const struct flow_table *t = &nat->flows;
	uint32_t number;
	size_t filled = 0;

	while (filled < n && (number = place_next(&t->places,
	    (uint32_t)*cursor)) != 0) {
		const struct flow *f = &t->flows[number];
		int32_t left = (int32_t)(f->expires - wheel_tick(now));

		*cursor = number;
		views[filled++] = (struct nat_flow_view){
			.caller = f->caller,
			.protocol = f->protocol,
			.inside = f->inside,
			.remote = f->remote,
			.inside_port = f->inside_port,
			.outside_port = f->outside_port,
			.remote_port = f->remote_port,
			.state = tcp_state_name(f->state),
			.expires_ms = left <= 0 ? 0 :
			    milliseconds_until(now, (uint32_t)left),
		};
	}
	return filled;
}
