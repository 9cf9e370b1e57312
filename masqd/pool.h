/*
 * pool.h - the addresses masqd lends
 *
 * Taken is the address released longest ago, so that late packets for the
 * last holder of an address meet nobody; never-used addresses come first.
 * Addresses that end in .0 or .255 are lent as fixed ones only, since some
 * callers refuse them.  All addresses are in network byte order.
 */
#ifndef MASQD_POOL_H
#define MASQD_POOL_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#include "masqd/config/config.h"

struct pool;

/* A pool of the ranges; those must not overlap.  NULL: out of memory. */
struct pool *pool_create(const struct config_range *, size_t count);
void pool_destroy(struct pool *);

/* Lend `wanted` if it is in the pool and free, otherwise the address released
 * longest ago.  Returns 0 when all are lent. */
in_addr_t pool_take(struct pool *, in_addr_t wanted);

/* Lend this address and no other: one of the pool, or a fixed one outside of
 * it.  False where it is lent already, or out of memory. */
bool pool_take_fixed(struct pool *, in_addr_t);

/* Give back an address that was lent; others are ignored. */
void pool_release(struct pool *, in_addr_t);

/* Without fixed addresses outside of it. */
size_t pool_size(const struct pool *);
size_t pool_lent(const struct pool *);

#endif
