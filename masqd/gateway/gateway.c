/*
 * gateway.c - what the gateway owns, and what may be asked of it
 *
 * The way of a packet is path.c.
 */
#include "gateway.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "state.h"

enum {
	NETWORK_SLOTS = 4096,	    /* callers of one network at a time */
	MOST_FORWARDS = 1 << 17,    /* all ports of TCP and UDP */
	SWEEP_MS = 10 * 1000,
	QUARANTINE_S = 120	    /* RFC 6888 REQ-8 */
};

static uint32_t
slots_wanted(const struct config *config)
{
	uint64_t slots = 0;

	for (size_t i = 0; i < config->callers.pool_count; i++)
		slots += config->callers.pool[i].last -
		    config->callers.pool[i].first + 1;
	for (size_t i = 0; i < config->network_count; i++) {
		uint32_t hosts = ~ntohl(config->networks[i].netmask);

		slots += hosts < NETWORK_SLOTS ? hosts : NETWORK_SLOTS;
	}
	/* Callers with a fixed address outside the pool. */
	return (uint32_t)slots + 256;
}

static const enum nat_filtering filterings[] = {
	[FILTERING_ENDPOINT_INDEPENDENT] = NAT_FILTER_ENDPOINT_INDEPENDENT,
	[FILTERING_ADDRESS] = NAT_FILTER_ADDRESS,
	[FILTERING_ADDRESS_AND_PORT] = NAT_FILTER_ADDRESS_AND_PORT,
};

/* All that are configured, and room for those added at the console. */
static uint32_t
forwards_wanted(const struct config *config)
{
	uint32_t ports = CONFIG_ADDED_PORTS;

	for (size_t i = 0; i < config->forward_count; i++)
		ports += (uint32_t)config->forwards[i].port_high -
		    config->forwards[i].port_low + 1;
	return ports < MOST_FORWARDS ? ports : MOST_FORWARDS;
}

static struct nat *
create_nat(const struct gateway_setup *setup, uint32_t callers)
{
	const struct config *config = setup->config;
	struct nat_config nat = {
		.address = setup->address,
		.callers = callers,
		.max_mappings = config->nat.max_mappings,
		.max_flows = config->nat.max_flows,
		.caller_mappings = config->callers.max_mappings,
		.caller_flows = config->callers.max_flows,
		.caller_new_flows = config->callers.new_flows,
		.filtering = filterings[config->nat.filtering],
		.udp = config->nat.udp,
		.icmp = config->nat.icmp,
		.tcp_established = config->nat.tcp_established,
		.tcp_transitory = config->nat.tcp_transitory,
		.tcp_opening = config->nat.tcp_opening,
		.tcp_closing = config->nat.tcp_closing,
		.fragment = config->nat.fragment,
		.silent = !config->nat.syn_errors,
		.is_sole = config->uplink.kind != UPLINK_INTERFACE,
		.journal = config->log_mappings,
		.outbound_refresh_only = !config->nat.inbound_refresh,
		.quarantine = QUARANTINE_S,
		.max_forwards = forwards_wanted(config),
	};

	memcpy(nat.key, setup->key, sizeof nat.key);
	return nat_create(&nat, &setup->ops);
}

struct gateway *
gateway_create(const struct gateway_setup *setup)
{
	struct gateway *gateway = calloc(1, sizeof *gateway);
	uint32_t slots = slots_wanted(setup->config);

	if (gateway == NULL)
		return NULL;
	gateway->config = setup->config;
	gateway->uplink = setup->uplink;
	gateway->at.address = setup->address;
	gateway->is_host = setup->is_host;
	gateway->host_context = setup->host_context;
	gateway->nat = create_nat(setup, slots);
	if (gateway->nat != NULL)
		gateway->roster = roster_create(slots, gateway->nat);
	if (gateway->roster == NULL) {
		gateway_destroy(gateway);
		return NULL;
	}
	return gateway;
}

void
gateway_destroy(struct gateway *gateway)
{
	if (gateway == NULL)
		return;
	roster_destroy(gateway->roster);
	nat_destroy(gateway->nat);
	free(gateway);
}

bool
gateway_is_host(const struct gateway *gateway, in_addr_t address)
{
	return address == gateway->config->callers.gateway ||
	    (gateway->is_host != NULL &&
		gateway->is_host(gateway->host_context, address));
}

enum verdict
gateway_check_beyond(const struct gateway *gateway,
    const struct packet *packet)
{
	bool has_peer = gateway->config->uplink.kind != UPLINK_SOCKET ||
	    gateway->uplink->fd != -1;
	enum verdict verdict;

	if (packet->destination == gateway->at.address)
		return PASS;
	verdict = policy_outbound(gateway->config, &gateway->at, packet);
	if (verdict == PASS && (gateway->at.address == 0 || !has_peer))
		return DROP_NO_UPLINK;
	return verdict;
}

struct gateway_link *
gateway_link_add(struct gateway *gateway, struct link *link, in_addr_t inside,
    uint32_t first, uint32_t last, const char *user, uint64_t now)
{
	const struct config_callers *callers = &gateway->config->callers;
	struct gateway_link *place = roster_add(gateway->roster, link, inside,
	    first, last, user, now);

	if (place != NULL)
		gateway_caller_options(place, callers->clear_df,
		    (uint8_t)callers->ttl_floor);
	return place;
}

void
gateway_link_remove(struct gateway *gateway, struct gateway_link *link,
    uint64_t now)
{
	roster_remove(gateway->roster, link, now);
}

uint64_t
gateway_expire(struct gateway *gateway, uint64_t now)
{
	uint64_t next = nat_expire(gateway->nat, now);

	gateway_release(gateway, now);
	if (now >= gateway->sweep_ms) {
		roster_sweep(gateway->roster, now);
		gateway->sweep_ms = now + SWEEP_MS;
	}
	return next < SWEEP_MS ? next : SWEEP_MS;
}

struct nat *
gateway_nat(struct gateway *gateway)
{
	return gateway->nat;
}

uint64_t
gateway_dropped(const struct gateway *gateway, enum verdict verdict)
{
	return gateway->dropped[verdict];
}

void
gateway_forwarded(const struct gateway *gateway, uint64_t *outbound,
    uint64_t *inbound)
{
	*outbound = gateway->outbound;
	*inbound = gateway->inbound;
}

uint64_t
gateway_answered(const struct gateway *gateway)
{
	return gateway->answered;
}

const char *
gateway_caller(const struct gateway *gateway, uint32_t slot,
    in_addr_t *address)
{
	const struct roster_caller *caller = roster_at(gateway->roster, slot);

	*address = caller->address;
	return caller->link == NULL ? "" : caller->link->user;
}

uint64_t
gateway_held(const struct gateway *gateway)
{
	return gateway->held;
}

void
gateway_caller_options(struct gateway_link *link, bool clear_df,
    uint8_t ttl_floor)
{
	link->clear_df = clear_df;
	link->ttl_floor = ttl_floor;
}

void
gateway_caller_limits(struct gateway *gateway, struct gateway_link *link,
    uint32_t mappings, uint32_t flows, uint32_t new_flows)
{
	nat_caller_limits(gateway->nat, (uint32_t)link->slots[0], mappings,
	    flows, new_flows);
}

void
gateway_set_address(struct gateway *gateway, in_addr_t address, uint32_t mtu,
    uint64_t now)
{
	gateway->at.address = address;
	if (mtu != 0)
		gateway->uplink->mtu = mtu;
	(void)nat_set_address(gateway->nat, address, now);
}

void
gateway_set_netmask(struct gateway *gateway, in_addr_t netmask)
{
	gateway->at.netmask = netmask;
}

int32_t
gateway_slot(struct gateway *gateway, in_addr_t inside, uint64_t now)
{
	struct gateway_link *link = roster_find(gateway->roster, inside);

	if (link == NULL || inside == link->gateway)
		return PACKET_NO_CALLER;
	return roster_slot(gateway->roster, link, ntohl(inside), now);
}

int32_t
gateway_user_slot(struct gateway *gateway, const char *user)
{
	struct gateway_link *link = roster_user(gateway->roster, user);

	return link == NULL ? PACKET_NO_CALLER : link->slots[0];
}
