/*
 * network_open.c - the keeper's part of a TUN network
 *
 * What comes in from the subnet's computers leads to the TUN interface, and
 * what masqd writes into it leads to the computers, by rules before all others
 * but the local table's (ip-rule(8)).  They are masqd's by their protocol
 * number, and stay when masqd is gone: the table that the first one names then
 * ends in its `unreachable`, so that nothing of the subnet is ever forwarded
 * past masqd, whatever ip_forward says.
 *
 *	from SUBNET iif FROM	table of masqd's: default dev TUN,
 *				unreachable
 *	to SUBNET iif TUN	main, but no route wider than the subnet
 *	iif TUN			blackhole: no error that quotes the inside
 *	from SUBNET to SUBNET iif lo	as above: the host to its neighbours
 *	from SUBNET iif lo	blackhole: nor the host's own packets
 *	iif FROM		blackhole, where masqd has switched its
 *				forwarding on: nothing else is opened by that
 *
 * The host itself would tell the Internet, in an ICMP error that quotes inside
 * addresses, that a computer has gone.  icmp_errors_use_inbound_ifaddr makes
 * that error come from the TUN interface's address, which is the gateway's,
 * and the blackhole before the last swallows it.
 */
#include "masqd/network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/fib_rules.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "interface.h"
#include "masqd/log.h"
#include "netlink.h"

enum {
	RULES = 6,	       /* of a network */
	RULE_FIRST = 6000,     /* their preferences, networks one after other */
	NETWORKS_MOST = CONFIG_TUN_NETWORKS,
	TABLE_FIRST = 0x6d7100,
	PROTOCOL = 0x6d	       /* marks rules and routes as masqd's */
};

struct rule {
	uint32_t preference, table, suppress;
	in_addr_t from, to;
	uint8_t from_bits, to_bits, action, protocol;
	char interface[IFNAMSIZ];
};

struct rules {
	struct rule list[RULES * NETWORKS_MOST];
	size_t count;
};

static unsigned
bits_of(in_addr_t netmask)
{
	return (unsigned)__builtin_popcount(netmask);
}

static void
request_rule(struct netlink_request *request, uint16_t type, uint16_t flags,
    const struct rule *rule)
{
	struct fib_rule_hdr body = { .family = AF_INET,
		.src_len = rule->from_bits, .dst_len = rule->to_bits,
		.action = rule->action };
	uint8_t protocol = PROTOCOL;

	netlink_begin(request, type, flags, &body, sizeof body);
	netlink_add_number(request, FRA_PRIORITY, rule->preference);
	netlink_add_text(request, FRA_IIFNAME, rule->interface);
	netlink_add(request, FRA_PROTOCOL, &protocol, sizeof protocol);
	if (rule->from_bits != 0)
		netlink_add(request, FRA_SRC, &rule->from, sizeof rule->from);
	if (rule->to_bits != 0)
		netlink_add(request, FRA_DST, &rule->to, sizeof rule->to);
	if (rule->action == FR_ACT_TO_TBL)
		netlink_add_number(request, FRA_TABLE, rule->table);
	if (rule->suppress != 0)
		netlink_add_number(request, FRA_SUPPRESS_PREFIXLEN,
		    rule->suppress);
}

/* One that is there already is taken over. */
static int
add_rule(int fd, const struct rule *rule)
{
	struct netlink_request request;
	int error;

	request_rule(&request, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, rule);
	error = netlink_do(fd, &request);
	return error == EEXIST ? 0 : error;
}

static void
read_attribute(struct rule *rule, const struct rtattr *a)
{
	const void *data = RTA_DATA(a);
	size_t size = RTA_PAYLOAD(a);
	const struct {
		unsigned short type;
		void *to;
		size_t size;
	} fields[] = {
		{ FRA_PRIORITY, &rule->preference, sizeof rule->preference },
		{ FRA_TABLE, &rule->table, sizeof rule->table },
		{ FRA_SUPPRESS_PREFIXLEN, &rule->suppress,
		    sizeof rule->suppress },
		{ FRA_SRC, &rule->from, sizeof rule->from },
		{ FRA_DST, &rule->to, sizeof rule->to },
		{ FRA_PROTOCOL, &rule->protocol, sizeof rule->protocol },
	};

	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
		if (fields[i].type == a->rta_type && fields[i].size == size)
			memcpy(fields[i].to, data, size);
	if (a->rta_type == FRA_IIFNAME && size <= sizeof rule->interface)
		memcpy(rule->interface, data, size);
}

static void
read_rule(void *context, const struct nlmsghdr *message)
{
	struct rules *rules = context;
	struct rule rule = { .preference = 0 };
	struct fib_rule_hdr body;
	int left;

	if (message->nlmsg_type != RTM_NEWRULE ||
	    message->nlmsg_len < NLMSG_LENGTH(sizeof body))
		return;
	memcpy(&body, NLMSG_DATA(message), sizeof body);
	rule.from_bits = body.src_len;
	rule.to_bits = body.dst_len;
	rule.action = body.action;
	left = (int)(message->nlmsg_len - NLMSG_SPACE(sizeof body));
	for (const struct rtattr *a = (const struct rtattr *)(const void *)
		 ((const char *)message + NLMSG_SPACE(sizeof body));
	     RTA_OK(a, left); a = RTA_NEXT(a, left))
		read_attribute(&rule, a);
	/* The kernel says -1 where nothing is suppressed. */
	if (rule.suppress == UINT32_MAX)
		rule.suppress = 0;
	if (rule.action != FR_ACT_TO_TBL)
		rule.table = 0;
	if (rule.protocol == PROTOCOL && rules->count < RULES * NETWORKS_MOST)
		rules->list[rules->count++] = rule;
}

static bool
same_rule(const struct rule *a, const struct rule *b)
{
	return a->preference == b->preference && a->table == b->table &&
	    a->suppress == b->suppress && a->from == b->from &&
	    a->to == b->to && a->from_bits == b->from_bits &&
	    a->to_bits == b->to_bits && a->action == b->action &&
	    strcmp(a->interface, b->interface) == 0;
}

static bool
has_rule(const struct rules *rules, const struct rule *rule)
{
	for (size_t i = 0; i < rules->count; i++)
		if (same_rule(&rules->list[i], rule))
			return true;
	return false;
}

static int
read_rules(int fd, struct rules *rules)
{
	struct fib_rule_hdr body = { .family = AF_INET };
	struct netlink_request request;

	netlink_begin(&request, RTM_GETRULE, 0, &body, sizeof body);
	return netlink_dump(fd, &request, read_rule, rules);
}

static void
want_rules(struct rules *rules, const struct config_network *network,
    uint32_t index, bool close_rest)
{
	uint8_t bits = (uint8_t)bits_of(network->netmask);
	in_addr_t subnet = network->subnet;
	const struct rule wanted[RULES] = {
		{ .from = subnet, .from_bits = bits, .action = FR_ACT_TO_TBL,
		    .table = TABLE_FIRST + index },
		{ .to = subnet, .to_bits = bits, .action = FR_ACT_TO_TBL,
		    .table = RT_TABLE_MAIN, .suppress = bits - 1u },
		{ .action = FR_ACT_BLACKHOLE },
		{ .from = subnet, .from_bits = bits, .to = subnet,
		    .to_bits = bits, .action = FR_ACT_TO_TBL,
		    .table = RT_TABLE_MAIN, .suppress = bits - 1u },
		{ .from = subnet, .from_bits = bits,
		    .action = FR_ACT_BLACKHOLE },
		{ .action = FR_ACT_BLACKHOLE },
	};
	const char *const interfaces[RULES] = { network->from, network->tun,
		network->tun, "lo", "lo", network->from };

	for (uint32_t i = 0; i < (close_rest ? RULES : RULES - 1); i++) {
		struct rule *rule = &rules->list[rules->count++];

		*rule = wanted[i];
		/* What closes the rest comes after all networks. */
		rule->preference = RULE_FIRST + (i < RULES - 1 ?
		    index * (RULES - 1) + i :
		    NETWORKS_MOST * (RULES - 1) + index);
		(void)snprintf(rule->interface, sizeof rule->interface, "%s",
		    interfaces[i]);
	}
}

/* The table's end, without an interface, so that it outlives masqd. */
static int
add_end(int fd, uint32_t index, const char *tun)
{
	struct rtmsg body = { .rtm_family = AF_INET, .rtm_protocol = PROTOCOL,
		.rtm_scope = RT_SCOPE_UNIVERSE,
		.rtm_type = tun == NULL ? RTN_UNREACHABLE : RTN_UNICAST };
	struct netlink_request request;

	if (tun != NULL)
		body.rtm_scope = RT_SCOPE_LINK;
	netlink_begin(&request, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE,
	    &body, sizeof body);
	netlink_add_number(&request, RTA_TABLE, TABLE_FIRST + index);
	netlink_add_number(&request, RTA_PRIORITY, tun == NULL ? UINT32_MAX :
	    1);
	if (tun != NULL)
		netlink_add_number(&request, RTA_OIF, if_nametoindex(tun));
	return netlink_do(fd, &request);
}

static int
set_rules(int fd, const struct rules *wanted, const struct rules *there)
{
	struct netlink_request request;
	int error = 0;

	for (size_t i = 0; error == 0 && i < wanted->count; i++)
		error = add_rule(fd, &wanted->list[i]);
	/* Those of an older configuration, when the new ones stand. */
	for (size_t i = 0; error == 0 && i < there->count; i++) {
		if (has_rule(wanted, &there->list[i]))
			continue;
		request_rule(&request, RTM_DELRULE, 0, &there->list[i]);
		error = netlink_do(fd, &request);
	}
	return error;
}

/* Was the rule that closes the rest set by an earlier masqd? */
static bool
rest_is_closed(const struct rules *there, const char *interface)
{
	for (size_t i = 0; i < there->count; i++)
		if (there->list[i].action == FR_ACT_BLACKHOLE &&
		    strcmp(there->list[i].interface, interface) == 0)
			return true;
	return false;
}

static int
prepare(int fd, const struct config *config, struct rules *wanted,
    const struct rules *there)
{
	int error = 0;
	uint32_t index = 0;

	for (size_t i = 0; error == 0 && i < config->network_count; i++) {
		const struct config_network *network = &config->networks[i];

		if (network->tun == NULL)
			continue;
		want_rules(wanted, network, index,
		    interface_get("ipv4", network->from, "forwarding") == 0 ||
		    rest_is_closed(there, network->from));
		error = add_end(fd, index++, NULL);
	}
	return error;
}

/* What makes the computers find the gateway: its address, unless the host has
 * it there already, and forwarding, only when the rules stand. */
static int
open_from(const struct config_network *network)
{
	int error = interface_up(network->from);

	if (error == 0)
		error = interface_add_address(network->from, network->gateway,
		    bits_of(network->netmask));
	if (error == 0)
		(void)interface_set("ipv4", network->from, "forwarding", 1);
	return error;
}

int
network_open_rules(const struct config *config, char *error, size_t error_size)
{
	static struct rules wanted, there;
	int fd = netlink_open(), failure;
	uint32_t index = 0;

	wanted.count = there.count = 0;
	failure = fd == -1 ? errno : read_rules(fd, &there);
	if (failure == 0)
		failure = prepare(fd, config, &wanted, &there);
	if (failure == 0)
		failure = set_rules(fd, &wanted, &there);
	for (size_t i = 0; failure == 0 && i < config->network_count; i++) {
		const struct config_network *network = &config->networks[i];
		int missing;

		if (network->tun == NULL)
			continue;
		failure = add_end(fd, index++, network->tun);
		missing = open_from(network);
		if (missing != 0)
			log_warnx("network %s: interface %s: %s; its "
				  "computers are served when it is there",
			    network->name, network->from, strerror(missing));
	}
	if (fd != -1)
		close(fd);
	if (failure != 0)
		(void)snprintf(error, error_size, "cannot set the routing "
		    "rules of the networks: %s", strerror(failure));
	return failure == 0 ? 0 : -1;
}

int
network_open_tun(const struct config_network *network, char *error,
    size_t error_size)
{
	int fd = interface_create_tun(network->tun, network->mtu, error,
	    error_size), failure;

	if (fd == -1)
		return -1;
	/* masqd answers from the gateway's address, which is the host's. */
	(void)interface_set("ipv4", network->tun, "accept_local", 1);
	(void)interface_set("ipv4", NULL, "icmp_errors_use_inbound_ifaddr", 1);
	failure = interface_add_address(network->tun, network->gateway, 32);
	if (failure == 0)
		return fd;
	(void)snprintf(error, error_size, "interface %s: cannot give it an "
	    "address: %s", network->tun, strerror(failure));
	close(fd);
	return -1;
}
