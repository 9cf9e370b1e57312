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

enum verdict
policy_inbound(in_addr_t source)
{
	return policy_martian(source);
}

static bool
is_dns(const struct config_callers *callers, const struct packet *packet)
{
	if (packet->destination_port != htons(53) ||
	    (packet->protocol != IPPROTO_UDP &&
		packet->protocol != IPPROTO_TCP))
		return false;
	for (size_t i = 0; i < callers->dns_count; i++)
		if (callers->dns[i] == packet->destination)
			return true;
	return false;
}

enum verdict
policy_outbound(const struct config_callers *callers,
    const struct packet *packet)
{
	uint32_t destination = ntohl(packet->destination);

	if (is_dns(callers, packet))
		return PASS;
	for (size_t i = 0; i < callers->pool_count; i++)
		if (destination >= callers->pool[i].first &&
		    destination <= callers->pool[i].last)
			return DROP_EACH_OTHER;
	if (!callers->private_networks &&
	    is_in(privates, sizeof privates / sizeof privates[0],
		packet->destination))
		return DROP_PRIVATE;
	return PASS;
}
