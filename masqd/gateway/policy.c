#include "policy.h"

#include <arpa/inet.h>

struct prefix {
	uint32_t address, mask; /* host order */
};

static const struct prefix martians[] = {
	{ 0x00000000, 0xff000000 }, /* 0/8: this network */
	{ 0x7f000000, 0xff000000 }, /* 127/8: loopback */
	{ 0xe0000000, 0xe0000000 }, /* 224/3: multicast, reserved, broadcast */
};

static const struct prefix privates[] = {
	{ 0x0a000000, 0xff000000 }, /* 10/8 */
	{ 0xac100000, 0xfff00000 }, /* 172.16/12 */
	{ 0xc0a80000, 0xffff0000 }, /* 192.168/16 */
	{ 0xa9fe0000, 0xffff0000 }, /* 169.254/16: link-local, RFC 3927 */
};

/* RFC 6598: between a provider and its customers. */
static const struct prefix shared = { 0x64400000, 0xffc00000 };

static bool
is_in(const struct prefix *prefixes, size_t count, in_addr_t address)
{
	uint32_t host = ntohl(address);

	for (size_t i = 0; i < count; i++)
		if ((host & prefixes[i].mask) == prefixes[i].address)
			return true;
	return false;
}

enum verdict
policy_martian(in_addr_t address)
{
	return is_in(martians, sizeof martians / sizeof martians[0], address) ?
	    DROP_MARTIAN : PASS;
}

/* Of the subnet in which `one` is.  mask 0: not known. */
static bool
is_broadcast(in_addr_t one, in_addr_t mask, in_addr_t address)
{
	/* RFC 3021: a subnet of two addresses has none. */
	return mask != 0 && ntohl(mask) < 0xfffffffe &&
	    (address & mask) == (one & mask) &&
	    ((address & ~mask) == ~mask || (address & ~mask) == 0);
}

static bool
is_any_broadcast(const struct config *config,
    const struct policy_uplink *uplink, in_addr_t address)
{
	for (size_t i = 0; i < config->network_count; i++)
		if (is_broadcast(config->networks[i].subnet,
		    config->networks[i].netmask, address))
			return true;
	return is_broadcast(uplink->address, uplink->netmask, address);
}

/* In a pool, a line's own or of a network of callers, or our end of their
 * links. */
static bool
is_callers(const struct config *config, in_addr_t address)
{
	uint32_t host = ntohl(address);

	for (size_t i = 0; i < config->callers.pool_count; i++)
		if (host >= config->callers.pool[i].first &&
		    host <= config->callers.pool[i].last)
			return true;
	for (size_t i = 0; i < config->network_count; i++)
		if ((address & config->networks[i].netmask) ==
		    config->networks[i].subnet)
			return true;
	return address == config->callers.gateway ||
	    config_is_fixed(config, address);
}

enum verdict
policy_inbound(const struct config *config,
    const struct policy_uplink *uplink, in_addr_t source)
{
	if (source == uplink->address || is_callers(config, source) ||
	    is_any_broadcast(config, uplink, source))
		return DROP_MARTIAN;
	return policy_martian(source);
}

static bool
is_dns(const struct config_callers *callers, const struct packet *packet)
{
	if ((packet->destination_port != htons(53) &&
		packet->fragment_offset == 0) ||
	    (packet->protocol != IPPROTO_UDP &&
		packet->protocol != IPPROTO_TCP))
		return false;
	for (size_t i = 0; i < callers->dns_count; i++)
		if (callers->dns[i] == packet->destination)
			return true;
	return false;
}

static bool
is_private(const struct policy_uplink *uplink, in_addr_t address)
{
	return is_in(privates, sizeof privates / sizeof privates[0],
	    address) || (is_in(&shared, 1, uplink->address) &&
	    is_in(&shared, 1, address));
}

enum verdict
policy_outbound(const struct config *config,
    const struct policy_uplink *uplink, const struct packet *packet)
{
	if (is_any_broadcast(config, uplink, packet->destination))
		return DROP_MARTIAN;
	if (is_callers(config, packet->destination))
		return DROP_EACH_OTHER;
	if (!config->callers.private_networks &&
	    is_private(uplink, packet->destination) &&
	    !is_dns(&config->callers, packet))
		return DROP_PRIVATE;
	return PASS;
}
