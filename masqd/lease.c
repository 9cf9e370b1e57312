#include "lease.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "masqd/config/value.h"

static const char *
dotted(in_addr_t address, char text[INET_ADDRSTRLEN])
{
	return inet_ntop(AF_INET, &address, text, INET_ADDRSTRLEN);
}

int
lease_allow(const struct lease_house *house, const struct lease_wish *wish,
    char *error, size_t size)
{
	if (!account_options_allow(wish->options, wish->protocol)) {
		(void)snprintf(error, size, "the account is not for %s; see "
			       "its options", account_protocol_name(
				   wish->protocol));
		return -1;
	}
	if ((wish->options->given & ACCOUNT_ONE_CALL) &&
	    gateway_user_slot(house->gateway, wish->user) !=
	    PACKET_NO_CALLER) {
		(void)snprintf(error, size, "the user has a call already, and "
			       "one-call allows no second");
		return -1;
	}
	return 0;
}

/* No address of ours, and none of a network's computers. */
static bool
may_be_fixed(const struct config *config, in_addr_t address)
{
	if (!value_is_host(address) || address == config->callers.gateway ||
	    address == config->uplink.address)
		return false;
	for (size_t i = 0; i < config->network_count; i++)
		if ((address & config->networks[i].netmask) ==
		    config->networks[i].subnet)
			return false;
	return true;
}

static in_addr_t
take_fixed(const struct lease_house *house, in_addr_t address, char *error,
    size_t size)
{
	char text[INET_ADDRSTRLEN];

	if (!may_be_fixed(house->config, address))
		(void)snprintf(error, size, "the fixed address %s can be no "
			       "caller's; give another", dotted(address,
				   text));
	else if (!pool_take_fixed(house->pool, address))
		(void)snprintf(error, size, "the fixed address %s is lent "
			       "already; if to another user, take it out of "
			       "the pool", dotted(address, text));
	else
		return address;
	return 0;
}

in_addr_t
lease_take(const struct lease_house *house, const struct lease_wish *wish,
    char *error, size_t size)
{
	in_addr_t address;

	if (lease_allow(house, wish, error, size) == -1)
		return 0;
	if (wish->fixed != 0)
		return take_fixed(house, wish->fixed, error, size);
	address = pool_take(house->pool, wish->wanted);
	if (address == 0)
		(void)snprintf(error, size, "the pool is exhausted: %zu of "
			       "%zu addresses are lent",
		    pool_lent(house->pool), pool_size(house->pool));
	return address;
}

/* What is not given is masqd.conf's. */
static uint32_t
given(const struct account_options *options, enum account_option bit,
    uint32_t value)
{
	return options->given & bit ? value : 0;
}

void
lease_apply(const struct lease_house *house, struct gateway_link *place,
    const struct account_options *options)
{
	const struct config_callers *callers = &house->config->callers;

	gateway_caller_options(place,
	    callers->clear_df || (options->given & ACCOUNT_CLEAR_DF),
	    options->given & ACCOUNT_TTL_FLOOR ? options->ttl_floor :
	    (uint8_t)callers->ttl_floor);
	gateway_caller_limits(house->gateway, place,
	    given(options, ACCOUNT_MAPPINGS, options->max_mappings),
	    given(options, ACCOUNT_FLOWS, options->max_flows),
	    given(options, ACCOUNT_NEW_FLOWS, options->new_flows));
}
