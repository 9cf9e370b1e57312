/*
 * state.h - what a gateway holds; for the files gateway*.c only
 */
#ifndef MASQD_GATEWAY_STATE_H
#define MASQD_GATEWAY_STATE_H

#include "gateway.h"
#include "policy.h"
#include "roster.h"

struct gateway {
	const struct config *config;
	struct uplink *uplink;
	struct policy_uplink at; /* address 0: no uplink */
	bool (*is_host)(void *, in_addr_t);
	void *host_context;
	struct nat *nat;
	struct roster *roster;
	struct allowance errors; /* ICMP errors of ours by the uplink */
	uint64_t sweep_ms;
	uint64_t dropped[VERDICT_COUNT];
	uint64_t outbound, inbound, answered, held;
};

/* Is this an address of the gateway's host, other than the uplink's? */
bool gateway_is_host(const struct gateway *, in_addr_t);

/* May a caller's packet that is for no caller go on?  PASS, or policy's drop,
 * or DROP_NO_UPLINK; what is for the outside address itself needs no uplink. */
enum verdict gateway_check_beyond(const struct gateway *,
    const struct packet *);

/* Send, deliver or count what the translation has kept back. */
void gateway_release(struct gateway *, uint64_t now);

#endif
