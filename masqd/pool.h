/*
 * pool.h - the addresses masqd lends
 *
 * Taken is the address released longest ago, so that late packets for the
 * last holder of an address meet nobody; never-used addresses come first.
 * All addresses are in network byte order.
 */
#ifndef MASQD_POOL_H
#define MASQD_POOL_H

#include <netinet/in.h>
#include <stddef.h>

#include "config.h"

struct pool;

/* A pool of the ranges; those must not overlap.  NULL: out of memory. */
struct pool *pool_create(const struct config_range *, size_t count);
void pool_destroy(struct pool *);

/* Lend `wanted` if it is in the pool and free, otherwise the address released
 * longest ago.  Returns 0 when all are lent. */
in_addr_t pool_take(struct pool *, in_addr_t wanted);

/* Give back an address that pool_take() lent; others are ignored. */
void pool_release(struct pool *, in_addr_t);

size_t pool_size(const struct pool *);
size_t pool_lent(const struct pool *);

#endif
