/*
 * lease.h - which address a caller gets, and what comes with it
 *
 * The same for PPP and SLIP: the account's or the line's fixed address, or one
 * of the pool; the account's limits in place of masqd.conf's.
 */
#ifndef MASQD_LEASE_H
#define MASQD_LEASE_H

#include <netinet/in.h>
#include <stddef.h>

#include "account_options.h"
#include "masqd/config/config.h"
#include "masqd/gateway/gateway.h"
#include "pool.h"

struct lease_house {
	const struct config *config;
	struct gateway *gateway;
	struct pool *pool;
};

struct lease_wish {
	const char *user;
	const struct account_options *options; /* of the user's account */
	enum account_protocol protocol;	       /* of the call */
	in_addr_t fixed;  /* this address and no other; 0: any of the pool */
	in_addr_t wanted; /* if it is of the pool and free; or 0 */
};

/* May this user have this call?  0, or -1 and error is one sentence. */
int lease_allow(const struct lease_house *, const struct lease_wish *,
    char *error, size_t size);

/* Lend an address, to be given back by pool_release(); network order.  0:
 * none, and error is one sentence. */
in_addr_t lease_take(const struct lease_house *, const struct lease_wish *,
    char *error, size_t size);

/* A link that has just got its place: what its caller may have. */
void lease_apply(const struct lease_house *, struct gateway_link *,
    const struct account_options *);

#endif
