/*
 * memory.h - the tables' memory, taken once
 *
 * Zeroed, resident from the start and, where the machine gives them, in huge
 * pages: a look-up in a big table then costs no second miss in the TLB.
 */
#ifndef MASQD_NAT_MEMORY_H
#define MASQD_NAT_MEMORY_H

#include <stddef.h>

/* Zeroed, but resident only where it has been touched: for what is sized by
 * the worst case and mostly stays empty.  NULL: no memory. */
void *memory_reserve(size_t count, size_t size);

/* count * size octets, aligned to a cache line.  NULL: no memory. */
void *memory_take(size_t count, size_t size);
void memory_give(void *); /* what either of them gave, or NULL */

#endif
