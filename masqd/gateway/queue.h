/*
 * queue.h - the packets that wait for one caller's line
 *
 * FlowQueue-CoDel, RFC 8290, for lines of some kbit/s: a queue for each flow,
 * served in turn by octets (deficit round robin, so that the small packet of
 * a flow that has nothing waiting goes first: a keystroke's echo, an ACK, a
 * DNS answer), and in each flow CoDel (RFC 8289), whose target and interval
 * grow as the line is slower.  Pure: packets and the time go in, packets come
 * out.  All memory is there from the beginning, and is all there will be.
 */
#ifndef MASQD_QUEUE_H
#define MASQD_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "masqd/nat/packet.h"

struct queue;

enum {
	QUEUE_PACKETS = 256,	/* at most; */
	QUEUE_OCTETS = 256 * 224 /* at most, in pieces of 224 */
};

struct queue_setup {
	uint32_t mtu;
	const uint8_t *key; /* 16 random octets: callers cannot aim flows
			     * at one queue */
	/* A packet that was put in will not come out. */
	void (*dropped)(void *context, enum packet_tally, enum verdict);
	void *context;
};

/* NULL: out of memory. */
struct queue *queue_create(const struct queue_setup *);

/* What is in it is dropped: DROP_NO_SESSION.  NULL is allowed. */
void queue_destroy(struct queue *);

/*
 * What the line carries, octets a second; 0: not known, fast.  CoDel's target
 * is then the time of 1.5 packets of the MTU, at least 5 ms; the interval is
 * the target and the round-trip time of a slow line's caller (RFC 8290 5.2.1,
 * 5.2.2).
 */
void queue_set_rate(struct queue *, uint32_t rate);

/*
 * Copy the packet in; its verdict becomes LATER.  Where there is no room,
 * packets of the flow that has the most octets make it: `dropped` is called
 * with DROP_QUEUE.  A packet longer than QUEUE_OCTETS has that verdict
 * itself.  now: milliseconds.
 */
void queue_put(struct queue *, struct packet *, uint64_t now);

/*
 * The packet that is to be sent next, copied to room (of PACKET_MAX octets):
 * data, length, capacity, tally and the verdict PASS are set in *packet, the
 * rest is not.  CoDel may drop some on the way.  False: nothing waits.
 */
bool queue_take(struct queue *, uint8_t *room, struct packet *,
    uint64_t now);

/* What waits, and since when the oldest at the head of a flow does. */
struct queue_view {
	size_t packets, octets, flows;
	uint64_t oldest_ms; /* 0: nothing waits */
	uint64_t dropped, marked; /* since the beginning */
};
struct queue_view queue_view(const struct queue *);

bool queue_is_empty(const struct queue *);

#endif
