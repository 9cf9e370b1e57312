#include "pieces.h"

#include <string.h>

enum { BITS = 64 };

void
pieces_clear(struct pieces *p)
{
	memset(p->came, 0, (size_t)(p->last + BITS - 1) / BITS *
	    sizeof p->came[0]);
	p->count = p->last = p->end = 0;
}

/* The bits from..to that lie in a word, of which there are some. */
static uint64_t
mask_of(unsigned word, unsigned from, unsigned to)
{
	uint64_t mask = UINT64_MAX;

	if (from > word * BITS)
		mask <<= from % BITS;
	if (to < (word + 1) * BITS)
		mask &= UINT64_MAX >> (BITS - to % BITS);
	return mask;
}

static unsigned
count_came(const struct pieces *p, unsigned from, unsigned to)
{
	int n = 0;

	for (unsigned word = from / BITS; word * BITS < to; word++)
		n += __builtin_popcountll(p->came[word] &
		    mask_of(word, from, to));
	return (unsigned)n;
}

enum verdict
pieces_add(struct pieces *p, const struct packet *packet)
{
	uint32_t octets = packet->length - packet->transport;
	unsigned from = packet->fragment_offset / PIECES_UNIT;
	unsigned to = (packet->fragment_offset + octets + PIECES_UNIT - 1) /
	    PIECES_UNIT;
	unsigned came = count_came(p, from, to);

	if (octets == 0)
		return DROP_FRAGMENT;
	if (came == to - from)
		return DROP_FRAGMENT_TWICE;
	if (came > 0 || (packet->more_fragments ? p->end != 0 && to >= p->end :
	    p->end != 0 || p->last > to))
		return DROP_FRAGMENT_OVERLAP;
	for (unsigned word = from / BITS; word * BITS < to; word++)
		p->came[word] |= mask_of(word, from, to);
	p->count = (uint16_t)(p->count + to - from);
	if (p->last < to)
		p->last = (uint16_t)to;
	if (!packet->more_fragments)
		p->end = (uint16_t)to;
	return PASS;
}
