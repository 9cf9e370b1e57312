/*
 * kept.h - packets that wait, in blocks of a fixed size
 *
 * A packet is known by the number of its first block, above 0, and lies in a
 * list of its owner's until it is made ready.
 */
#ifndef MASQD_NAT_KEPT_H
#define MASQD_NAT_KEPT_H

#include "packet.h"

enum { KEPT_BLOCK = 512 /* octets */ };

struct kept_block {
	uint32_t next_block, next_packet;
	uint32_t length; /* this and the next two: in a packet's first */
	int32_t caller;
	enum verdict verdict;
	uint8_t octets[KEPT_BLOCK];
};

struct kept {
	struct kept_block *blocks; /* [1 .. size] */
	uint32_t size, count;
	uint32_t fresh, free;
	uint32_t ready_first, ready_last;
};

bool kept_init(struct kept *, uint32_t blocks);
void kept_free(struct kept *);

/* How many blocks the packet needs. */
static inline uint32_t
kept_blocks(const struct packet *p)
{
	return (p->length + KEPT_BLOCK - 1) / KEPT_BLOCK;
}

/* Copy the packet to the end of the list that starts at *list (0: empty).
 * There is room: count + kept_blocks() <= size. */
void kept_add(struct kept *, uint32_t *list, const struct packet *);

/* All packets of the list leave it and are ready, with verdict and caller. */
void kept_ready(struct kept *, uint32_t *list, enum verdict, int32_t caller);

/* Take the first that is ready, parsed, into room (PACKET_MAX octets). */
bool kept_take(struct kept *, uint8_t *room, struct packet *);

#endif
