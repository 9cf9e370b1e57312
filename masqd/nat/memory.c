#include "memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* A table of LARGE octets or more is worth a huge page that it does not fill:
 * small pages would cost it more entries of the TLB than there are. */
enum { LINE = 64, LARGE = 256 << 10, HUGE_PAGE = 2 << 20 };

void *
memory_take(size_t count, size_t size)
{
	size_t n, alignment;
	void *memory;

	if (__builtin_mul_overflow(count, size, &n) ||
	    n > (size_t)-1 - HUGE_PAGE)
		return NULL;
	alignment = n >= LARGE ? HUGE_PAGE : LINE;
	n = (n + alignment - 1) / alignment * alignment;
	memory = aligned_alloc(alignment, n);
	if (memory == NULL)
		return NULL;
	/* A wish only: without huge pages all works as well, but slower. */
	if (alignment == HUGE_PAGE)
		(void)madvise(memory, n, MADV_HUGEPAGE);
	return memset(memory, 0, n);
}

void *
memory_reserve(size_t count, size_t size)
{
	return calloc(count, size);
}

void
memory_give(void *memory)
{
	free(memory);
}
