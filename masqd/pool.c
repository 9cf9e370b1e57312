/*
 * pool.c - the addresses masqd lends
 *
 * Every address is one entry; the free ones stand in a queue, the one that
 * has been free longest at its head.  An entry is in the queue or lent, never
 * both; those of odd addresses are neither.  Taking and releasing cost the
 * same whatever the pool's size.  Lent addresses outside of the pool, some
 * accounts' own, are a list.
 */
#include "pool.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/queue.h>

#define NONE UINT32_MAX

struct entry {
	uint32_t before, after; /* in the queue of free ones, or NONE */
	bool lent;
};

struct range {
	uint32_t first, last; /* host byte order */
	uint32_t entry;	      /* of the first address */
};

struct outside {
	in_addr_t address;
	LIST_ENTRY(outside) entry;
};

struct pool {
	struct range *ranges;
	size_t range_count;
	struct entry *entries;
	uint32_t size, lent; /* without odd addresses */
	uint32_t head, tail; /* free longest, freed last */
	LIST_HEAD(, outside) outside; /* those lent */
};

/* Some systems take 10.64.0.0 or 10.64.0.255 for a network or a broadcast
 * address, whatever the netmask is. */
static bool
is_odd(uint32_t address)
{
	return (address & 0xff) == 0 || (address & 0xff) == 0xff;
}

static void
append(struct pool *pool, uint32_t index)
{
	struct entry *entry = &pool->entries[index];

	entry->lent = false;
	entry->before = pool->tail;
	entry->after = NONE;
	if (pool->tail == NONE)
		pool->head = index;
	else
		pool->entries[pool->tail].after = index;
	pool->tail = index;
}

static void
unlink_entry(struct pool *pool, uint32_t index)
{
	struct entry *entry = &pool->entries[index];

	if (entry->before == NONE)
		pool->head = entry->after;
	else
		pool->entries[entry->before].after = entry->after;
	if (entry->after == NONE)
		pool->tail = entry->before;
	else
		pool->entries[entry->after].before = entry->before;
	entry->lent = true;
}

static void
give_back_outside(struct outside *outside)
{
	LIST_REMOVE(outside, entry);
	free(outside);
}

static void
fill(struct pool *pool)
{
	for (size_t i = 0; i < pool->range_count; i++) {
		const struct range *range = &pool->ranges[i];

		for (uint64_t a = range->first; a <= range->last; a++) {
			if (is_odd((uint32_t)a))
				continue;
			append(pool, range->entry +
			    (uint32_t)(a - range->first));
			pool->size++;
		}
	}
}

struct pool *
pool_create(const struct config_range *ranges, size_t count)
{
	struct pool *pool = calloc(1, sizeof *pool);
	uint64_t size = 0;

	if (pool == NULL)
		return NULL;
	pool->head = pool->tail = NONE;
	pool->ranges = calloc(count + 1, sizeof *pool->ranges);
	if (pool->ranges == NULL)
		goto failed;
	for (size_t i = 0; i < count; i++) {
		pool->ranges[i] = (struct range){ ranges[i].first,
			ranges[i].last, (uint32_t)size };
		size += (uint64_t)ranges[i].last - ranges[i].first + 1;
		if (size >= NONE)
			goto failed;
	}
	pool->range_count = count;
	pool->entries = calloc(size + 1, sizeof *pool->entries);
	if (pool->entries == NULL)
		goto failed;
	fill(pool);
	return pool;
failed:
	pool_destroy(pool);
	return NULL;
}

void
pool_destroy(struct pool *pool)
{
	if (pool == NULL)
		return;
	while (!LIST_EMPTY(&pool->outside))
		give_back_outside(LIST_FIRST(&pool->outside));
	free(pool->ranges);
	free(pool->entries);
	free(pool);
}

/* The entry of an address, NONE if the pool does not lend it by itself. */
static uint32_t
find(const struct pool *pool, in_addr_t address)
{
	uint32_t wanted = ntohl(address);

	if (is_odd(wanted))
		return NONE;

	for (size_t i = 0; i < pool->range_count; i++) {
		const struct range *range = &pool->ranges[i];

		if (wanted >= range->first && wanted <= range->last)
			return range->entry + (wanted - range->first);
	}
	return NONE;
}

static in_addr_t
address_of(const struct pool *pool, uint32_t index)
{
	size_t i = 0;

	while (i + 1 < pool->range_count &&
	    pool->ranges[i + 1].entry <= index)
		i++;
	return htonl(pool->ranges[i].first + (index - pool->ranges[i].entry));
}

in_addr_t
pool_take(struct pool *pool, in_addr_t wanted)
{
	uint32_t index = find(pool, wanted);

	if (index == NONE || pool->entries[index].lent)
		index = pool->head;
	if (index == NONE)
		return 0;
	unlink_entry(pool, index);
	pool->lent++;
	return address_of(pool, index);
}

static struct outside *
find_outside(const struct pool *pool, in_addr_t address)
{
	struct outside *outside;

	LIST_FOREACH (outside, &pool->outside, entry)
		if (outside->address == address)
			break;
	return outside;
}

bool
pool_take_fixed(struct pool *pool, in_addr_t address)
{
	uint32_t index = find(pool, address);
	struct outside *outside;

	if (index != NONE)
		return !pool->entries[index].lent &&
		    pool_take(pool, address) == address;
	if (find_outside(pool, address) != NULL ||
	    (outside = malloc(sizeof *outside)) == NULL)
		return false;
	outside->address = address;
	LIST_INSERT_HEAD(&pool->outside, outside, entry);
	return true;
}

void
pool_release(struct pool *pool, in_addr_t address)
{
	uint32_t index = find(pool, address);
	struct outside *outside = find_outside(pool, address);

	if (outside != NULL)
		give_back_outside(outside);
	if (index == NONE || !pool->entries[index].lent)
		return;
	append(pool, index);
	pool->lent--;
}

size_t
pool_size(const struct pool *pool)
{
	return pool->size;
}

size_t
pool_lent(const struct pool *pool)
{
	return pool->lent;
}
