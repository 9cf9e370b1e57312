#include "kept.h"

#include <string.h>

#include "memory.h"

bool
kept_init(struct kept *k, uint32_t blocks)
{
	k->size = blocks;
	k->blocks = memory_reserve((size_t)blocks + 1, sizeof *k->blocks);
	return k->blocks != NULL;
}

void
kept_free(struct kept *k)
{
	memory_give(k->blocks);
}

static uint32_t
take_block(struct kept *k)
{
	uint32_t block = k->free;

	if (block != 0)
		k->free = k->blocks[block].next_block;
	else
		block = ++k->fresh;
	k->count++;
	k->blocks[block].next_block = k->blocks[block].next_packet = 0;
	return block;
}

static uint32_t
part_of(uint32_t left)
{
	return left < KEPT_BLOCK ? left : KEPT_BLOCK;
}

void
kept_add(struct kept *k, uint32_t *list, const struct packet *p)
{
	uint32_t first = take_block(k), block = first, done = 0, part;

	k->blocks[first].length = p->length;
	for (;;) {
		part = part_of(p->length - done);
		memcpy(k->blocks[block].octets, p->data + done, part);
		done += part;
		if (done == p->length)
			break;
		k->blocks[block].next_block = take_block(k);
		block = k->blocks[block].next_block;
	}
	while (*list != 0)
		list = &k->blocks[*list].next_packet;
	*list = first;
}

void
kept_ready(struct kept *k, uint32_t *list, enum verdict verdict,
    int32_t caller)
{
	uint32_t packet;

	if (*list == 0)
		return;
	if (k->ready_last != 0)
		k->blocks[k->ready_last].next_packet = *list;
	else
		k->ready_first = *list;
	for (packet = *list; packet != 0;
	    packet = k->blocks[packet].next_packet) {
		k->blocks[packet].verdict = verdict;
		k->blocks[packet].caller = caller;
		k->ready_last = packet;
	}
	*list = 0;
}

bool
kept_take(struct kept *k, uint8_t *room, struct packet *p)
{
	uint32_t first = k->ready_first, block, next, done = 0, part;
	struct kept_block *head = &k->blocks[first];

	if (first == 0)
		return false;
	k->ready_first = head->next_packet;
	if (k->ready_first == 0)
		k->ready_last = 0;
	for (block = first; block != 0; block = next) {
		next = k->blocks[block].next_block;
		part = part_of(head->length - done);
		memcpy(room + done, k->blocks[block].octets, part);
		done += part;
		k->blocks[block].next_block = k->free;
		k->free = block;
		k->count--;
	}
	(void)packet_parse(p, room, head->length, PACKET_MAX);
	p->caller = head->caller;
	p->verdict = head->verdict;
	return true;
}
