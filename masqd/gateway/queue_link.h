/*
 * queue_link.h - a link that keeps packets back until the line can take them
 *
 * Below a packet socket or a modem several seconds of data can hide, and a
 * keystroke's echo waits behind them.  This link holds the packets of its
 * caller itself (queue.h) and gives them to the inner link one by one, while
 * little is below.  Gateway and session need not know.
 */
#ifndef MASQD_QUEUE_LINK_H
#define MASQD_QUEUE_LINK_H

#include <uv.h>

#include "gateway.h"
#include "link.h"

/* The line that is below the inner link. */
struct queue_line {
	/* How many octets lie there; *rate: octets a second that it is
	 * believed to carry, 0: not known, fast. */
	size_t (*below)(void *context, uint32_t *rate);
	/* A packet was given; backlogged: more wait behind it. */
	void (*given)(void *context, size_t octets, bool backlogged);
	/* What was given then (uv_now()) is acknowledged. */
	void (*arrived)(void *context, uint64_t given_ms);
	void *context;
};

struct queue_link_setup {
	uv_loop_t *loop;
	struct gateway *gateway; /* is told what became of the packets */
	const uint8_t *key;	 /* 16 random octets */
	struct queue_line line;
};

/* A link before the inner one, which is owned from now on.  NULL: out of
 * memory, the inner link stays the caller's. */
struct link *queue_link_open(const struct queue_link_setup *,
    struct link *inner);

/* For an inner link that is not received from: a datagram came from the
 * caller. */
void queue_link_heard(struct link *, const uint8_t *data, size_t length);

#endif
