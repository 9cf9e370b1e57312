/*
 * pool.c - the addresses masqd lends
 *
 * Every address is one entry; the free ones stand in a queue, the one that
 * has been free longest at its head.  An entry is in the queue or lent, never
 * both.  Taking and releasing cost the same whatever the pool's size.
 */
#include "pool.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define NONE UINT32_MAX

struct entry {
	uint32_t before, after; /* in the queue of free ones, or NONE */
	bool lent;
};

struct range {
	uint32_t first, last; /* host byte order */
	uint32_t entry;	      /* of the first address */
};

struct pool {
	struct range *ranges;
	size_t range_count;
	struct entry *entries;
	uint32_t size, lent;
	uint32_t head, tail; /* free longest, freed last */
};

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
	pool->size = (uint32_t)size;
	pool->entries = calloc(size + 1, sizeof *pool->entries);
	if (pool->entries == NULL)
		goto failed;
	for (uint32_t i = 0; i < pool->size; i++)
		append(pool, i);
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
	free(pool->ranges);
	free(pool->entries);
	free(pool);
}

/* The entry of an address, NONE if it is not in the pool. */
static uint32_t
find(const struct pool *pool, in_addr_t address)
{
	uint32_t wanted = ntohl(address);

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

void
pool_release(struct pool *pool, in_addr_t address)
{
	uint32_t index = find(pool, address);

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
