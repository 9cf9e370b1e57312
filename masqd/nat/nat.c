/*
 * What a translation owns, from nat_create() to nat_destroy(): its tables,
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
#include <netinet/ip_icmp.h>
#include <stdlib.h>

#include "icmp.h"
#include "state.h"

enum {
	TABLE_MAX = 1 << 28,
	PORTS_MAX = 1 << 17, /* of TCP and UDP */
	FORWARDS_USUAL = 256,
	FRAGMENTS_USUAL = 512,
	FRAGMENTS_MAX = 1 << 16,
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
	    c->filtering <= NAT_FILTER_ADDRESS_AND_PORT &&
	    c->max_forwards <= PORTS_MAX &&
	    c->max_fragments <= FRAGMENTS_MAX;
}

static bool
create_fragments(struct nat *nat, const struct nat_config *c,
    const struct hash_key *key)
{
	struct fragments_config f = {
		.size = c->max_fragments != 0 ? c->max_fragments :
		    FRAGMENTS_USUAL,
		.seconds = c->fragment,
		.key = *key,
		.callers = &nat->callers,
	};

	f.caller_max = c->caller_fragments != 0 ? c->caller_fragments :
	    f.size / 8 + 1;
	for (f.direction = 0; f.direction < DIRECTIONS; f.direction++)
		if (!fragments_init(&nat->fragments[f.direction], &f))
			return false;
	return true;
}

/* Unpredictable from the first one on. */
static void
start_identifications(struct nat *nat, const struct hash_key *key)
{
	for (uint32_t i = 0; i < IDENTIFICATIONS; i++)
		nat->identifications[i] = (uint16_t)hash_7(key, i);
	nat->identification_key = (uint32_t)hash_13(key, 1, 1) | 1;
}

static bool
create_tables(struct nat *nat, const struct nat_config *c)
{
	struct hash_key key, choice;

	memcpy(&key, c->key, sizeof key);
	choice.k0 = hash_13(&key, 0, 1);
	choice.k1 = hash_13(&key, 0, 2);
	nat->ports = ports_create(&choice);
	start_identifications(nat, &choice);
	return nat->ports != NULL &&
	    callers_init(&nat->callers, c->callers) &&
	    mapping_table_init(&nat->mappings, c->max_mappings, &key,
	        nat->ports, &nat->callers) &&
	    flow_table_init(&nat->flows, c->max_flows, &key,
	        &nat->mappings) &&
	    forwarding_init(&nat->forwarding, c->max_forwards != 0 ?
	        c->max_forwards : FORWARDS_USUAL, &key, nat->ports) &&
	    create_fragments(nat, c, &key) &&
	    strangers_init(&nat->strangers, &key);
}

static void
set_tcp_timers(struct nat *nat, const struct nat_config *c)
{
	const uint32_t seconds[TCP_PHASES] = {
		[TCP_PHASE_OPENING] = c->tcp_opening,
		[TCP_PHASE_ESTABLISHED] = c->tcp_established,
		[TCP_PHASE_CLOSING] = c->tcp_closing,
		[TCP_PHASE_TRANSITORY] = c->tcp_transitory,
	};

	for (int i = 0; i < TCP_PHASES; i++)
		nat->tcp[i] = wheel_ticks_of_seconds(seconds[i] != 0 ?
		    seconds[i] : c->tcp_transitory);
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
	nat->address = nat->last_address = config->address;
	nat->filtering = config->filtering;
	nat->silent = config->silent;
	nat->is_sole = config->is_sole;
	nat->outbound_refresh_only = config->outbound_refresh_only;
	nat->udp = wheel_ticks_of_seconds(config->udp);
	nat->icmp = wheel_ticks_of_seconds(config->icmp);
	set_tcp_timers(nat, config);
	if (config->quarantine > 0)
		nat->quarantine = wheel_ticks_of_seconds(config->quarantine);
	if (ops != NULL)
		nat->ops = *ops;
	nat->callers.usual = (struct caller_limits){
		.mappings = config->caller_mappings,
		.flows = config->caller_flows,
		.new_flows = config->caller_new_flows };
	if (config->journal)
		nat->mappings.journal = calloc(1, sizeof(struct journal));
	if ((config->journal && nat->mappings.journal == NULL) ||
	    !create_tables(nat, config)) {
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
	strangers_free(&nat->strangers);
	for (int d = 0; d < DIRECTIONS; d++)
		fragments_free(&nat->fragments[d]);
	forwarding_free(&nat->forwarding);
	flow_table_free(&nat->flows);
	mapping_table_free(&nat->mappings);
	callers_free(&nat->callers);
	ports_destroy(nat->ports);
	free(nat->mappings.journal);
	free(nat);
}

size_t
nat_events(struct nat *nat, struct nat_event *events, size_t n, uint64_t *lost)
{
	*lost = 0;
	return nat->mappings.journal == NULL ? 0 :
	    journal_read(nat->mappings.journal, events, n, lost);
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
		return nat->tcp[tcp_phase(state)];
	}
}

void
state_tcp_seen(struct nat *nat, uint32_t flow, enum direction d,
    const struct packet *p, uint32_t now)
{
	struct flow *f = &nat->flows.flows[flow];
	bool refresh = true;

	f->state = tcp_step(f->state, d, p, &f->tcp, &refresh) & 0x7f;
	if (refresh)
		flow_refresh(&nat->flows, flow, now,
		    idle_ticks(nat, IPPROTO_TCP, f->state));
}

enum verdict
state_flow_open(struct nat *nat, const struct ends *e, uint64_t hash,
    enum direction d, uint32_t mapping, uint64_t now, uint32_t *flow)
{
	enum verdict v;

	if (nat->flows.count == nat->flows.size)
		return DROP_FLOWS_FULL;
	v = caller_admit(&nat->callers.slots[e->caller], d, now);
	if (v != PASS)
		return v;
	if (mapping == 0)
		mapping = mapping_find(&nat->mappings, e->protocol,
		    e->inside, e->inside_port, e->outside_port);
	if (mapping == 0)
		v = mapping_add(&nat->mappings, e->caller, e->protocol,
		    e->inside, e->inside_port, e->outside_port, &mapping);
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

static uint32_t
next_tick(const struct nat *nat, uint32_t now)
{
	const uint32_t times[] = {
		wheel_next(&nat->flows.wheel, now),
		ports_next(nat->ports, now),
		fragments_next(&nat->fragments[OUTBOUND], now),
		fragments_next(&nat->fragments[INBOUND], now),
		strangers_next(&nat->strangers, now),
	};
	uint32_t nearest = UINT32_MAX;

	for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
		if (times[i] < nearest)
			nearest = times[i];
	return nearest;
}

uint64_t
nat_expire(struct nat *nat, uint64_t now)
{
	uint32_t tick = wheel_tick(now), flow, next;
	unsigned flow_budget = EXPIRE_BUDGET, port_budget = EXPIRE_BUDGET;
	uint8_t protocol;
	in_port_t port;

	nat->tick = tick;
	while ((flow = wheel_expire(&nat->flows.wheel, tick,
	    &flow_budget)) != 0)
		state_flow_end(nat, flow, tick);
	while (port_budget-- > 0 &&
	    ports_release(nat->ports, tick, &protocol, &port))
		free_port(nat, protocol, port);
	for (int d = 0; d < DIRECTIONS; d++)
		while (fragments_expire(&nat->fragments[d], tick))
			continue;
	next = next_tick(nat, tick);
	if (next == 0)
		return 0;
	return next == UINT32_MAX ? UINT64_MAX :
	    milliseconds_until(now, next);
}

void
nat_caller_end(struct nat *nat, uint32_t caller, uint64_t now)
{
	struct caller *c;

	if (caller >= nat->callers.count)
		return;
	nat->tick = wheel_tick(now);
	c = &nat->callers.slots[caller];
	forwarding_caller_end(&nat->forwarding, caller);
	for (int d = 0; d < DIRECTIONS; d++)
		fragments_end(&nat->fragments[d], (int32_t)caller);
	while (c->first != 0)
		state_flow_end(nat,
		    nat->mappings.mappings[c->first].first_flow, nat->tick);
	caller_reset(&nat->callers, c);
}

void
nat_caller_group(struct nat *nat, uint32_t caller, uint32_t group)
{
	if (caller < nat->callers.count)
		nat->callers.slots[caller].group = group;
}

void
nat_caller_limits(struct nat *nat, uint32_t caller, uint32_t mappings,
    uint32_t flows, uint32_t new_flows)
{
	const struct caller_limits *usual = &nat->callers.usual;
	const struct caller_limits limits = {
		.mappings = mappings != 0 ? mappings : usual->mappings,
		.flows = flows != 0 ? flows : usual->flows,
		.new_flows = new_flows != 0 ? new_flows : usual->new_flows };

	if (caller < nat->callers.count)
		caller_limit(&nat->callers.slots[caller], &limits);
}

bool
nat_release(struct nat *nat, uint8_t *room, struct packet *p,
    enum direction *way, uint64_t now)
{
	for (*way = 0; *way < DIRECTIONS; ++*way)
		if (kept_take(&nat->fragments[*way].kept, room, p))
			return true;
	*way = OUTBOUND;
	while (strangers_due(&nat->strangers, wheel_tick(now), room, p)) {
		p->verdict = icmp_error(p, nat->address, ICMP_UNREACH,
		    ICMP_UNREACH_PORT, 0, DROP_FILTERED);
		if (p->verdict != REPLY)
			continue;
		packet_set_identification(p,
		    state_identification(nat, p->destination));
		return true;
	}
	return false;
}

uint16_t
nat_identification(struct nat *nat, in_addr_t destination)
{
	return state_identification(nat, destination);
}

static bool
can_be_forwarded(uint8_t protocol, in_port_t port)
{
	return port != 0 &&
	    (protocol == IPPROTO_TCP || protocol == IPPROTO_UDP);
}

bool
nat_forward_add(struct nat *nat, uint8_t protocol, in_port_t outside,
    const struct nat_target *targets, size_t n)
{
	if (!can_be_forwarded(protocol, outside) || n > NAT_TARGETS)
		return false;
	for (size_t i = 0; i < n; i++)
		if (targets[i].caller >= nat->callers.count ||
		    targets[i].port == 0)
			return false;
	return forwarding_set(&nat->forwarding, protocol, outside, targets,
	    n);
}

void
nat_forward_remove(struct nat *nat, uint8_t protocol, in_port_t outside)
{
	if (can_be_forwarded(protocol, outside))
		forwarding_remove(&nat->forwarding, protocol, outside,
		    nat->tick + nat->quarantine);
}

void
nat_port_withdraw(struct nat *nat, uint8_t protocol, in_port_t port,
    uint64_t now)
{
	uint32_t mapping;

	if (protocol != IPPROTO_ICMP && !can_be_forwarded(protocol, port))
		return;
	ports_withdraw(nat->ports, protocol, port);
	mapping = ports_mapping(nat->ports, protocol, port);
	while (mapping != 0 && nat->mappings.mappings[mapping].flows > 0)
		state_flow_end(nat,
		    nat->mappings.mappings[mapping].first_flow,
		    wheel_tick(now));
}

/* A peer knows the old address, and nothing can tell it the new one. */
static void
lose_tcp(struct nat *nat, uint32_t tick)
{
	struct flow *f = nat->flows.flows;
	uint32_t i = 0;

	while ((i = place_next(&nat->flows.places, i)) != 0) {
		if (f[i].protocol != IPPROTO_TCP ||
		    f[i].state == TCP_STATE_NONE ||
		    f[i].state == TCP_STATE_SYN_OUT)
			continue;
		f[i].state = TCP_STATE_LOST;
		flow_refresh(&nat->flows, i, tick,
		    idle_ticks(nat, IPPROTO_TCP, TCP_STATE_LOST));
	}
}

bool
nat_set_address(struct nat *nat, in_addr_t address, uint64_t now)
{
	if (nat->address == address)
		return false;
	nat->tick = wheel_tick(now);
	nat->address = address;
	for (int d = 0; d < DIRECTIONS; d++)
		fragments_end(&nat->fragments[d], PACKET_NO_CALLER);
	strangers_clear(&nat->strangers);
	if (address == 0 || address == nat->last_address)
		return true;
	nat->last_address = address;
	lose_tcp(nat, nat->tick);
	return true;
}
