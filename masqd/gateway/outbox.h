/*
 * outbox.h - packets on their way out, many in one system call
 *
 * What is longer than the MTU of where it goes is sent in fragments (RFC 791
 * 3.2, RFC 4787 REQ-13a).
 */
#ifndef MASQD_OUTBOX_H
#define MASQD_OUTBOX_H

#include <assert.h>

#include "batch.h"
#include "roster.h"
#include "uplink.h"

/* Packets by where they go; they stay whose they were. */
struct vector {
	struct packet *packet[BATCH_MAX];
	size_t count;
};

/* There is room: of one batch no more can come. */
static inline void
vector_add(struct vector *vector, struct packet *packet)
{
	assert(vector->count < BATCH_MAX);
	vector->packet[vector->count++] = packet;
}

/* Packets for one link, sent in one go when the next is for another. */
struct outbox {
	struct gateway_link *to;
	struct vector vector;
};

/* To a link.  What cannot be sent has its verdict after the flush. */
void outbox_add(struct outbox *, struct gateway_link *to, struct packet *);
void outbox_flush(struct outbox *);

/* All of them by the uplink, in order; what cannot be sent has its verdict. */
void outbox_uplink(struct uplink *, const struct vector *);

#endif
