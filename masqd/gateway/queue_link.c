/*
 * queue_link.c - a link that keeps packets back until the line can take them
 *
 * Whenever packets come, and by a timer while some wait, the line is asked
 * what is below: with no more than a few milliseconds' worth there the next
 * packet goes.  So about one packet is below, and the line is never without.
 */
#include "queue_link.h"

#include <stdlib.h>
#include <string.h>

#include "arrival.h"
#include "queue.h"

enum {
	/* So many milliseconds of the line are below when the next packet is
	 * given: it has to come from here to the modem in that time. */
	RESERVE_MS = 40,
	LATE_MOST_MS = 100,   /* what a busy machine adds to it at most */
	RESERVE_LEAST = 32,   /* octets */
	/* Octets, where no rate is known.  A line has room for twice as many:
	 * for these, and for a packet of SLIP's with an ESC at every octet. */
	RESERVE_FAST = 4096,
	LOOK_MS = 30	      /* the reckoning wants to be kept up */
};

struct queue_link {
	struct link link; /* first: see link.h */
	struct link *inner;
	struct queue *queue;
	struct arrivals arrivals;
	struct queue_link_setup setup;
	uv_timer_t timer;
	uint64_t due;	/* when the timer was to come; and how late it has */
	uint64_t late;	/* come lately, ms */
	uint32_t rate;
};

static void
dropped(void *context, enum packet_tally tally, enum verdict verdict)
{
	struct queue_link *link = context;

	gateway_settle(link->setup.gateway, tally, verdict);
}

static void
give(struct queue_link *link, uint64_t now)
{
	static uint8_t room[PACKET_MAX];
	const struct queue_line *line = &link->setup.line;
	struct packet packet, *one[1] = { &packet };

	if (!queue_take(link->queue, room, &packet, now))
		return;
	arrivals_given(&link->arrivals, room, packet.length, now);
	link_send(link->inner, one, 1);
	line->given(line->context, packet.length,
	    !queue_is_empty(link->queue));
	gateway_settle(link->setup.gateway, packet.tally, packet.verdict);
}

/* How many octets too many are below; 0: the next packet may go. */
static size_t
too_many(struct queue_link *link)
{
	const struct queue_line *line = &link->setup.line;
	uint32_t rate;
	size_t below = line->below(line->context, &rate);
	size_t reserve = (size_t)(rate * (RESERVE_MS + link->late) / 1000);

	if (rate != link->rate)
		queue_set_rate(link->queue, rate);
	link->rate = rate;
	if (rate == 0)
		reserve = RESERVE_FAST;
	else if (reserve < RESERVE_LEAST)
		reserve = RESERVE_LEAST;
	return below > reserve ? below - reserve : 0;
}

static void run(struct queue_link *);

/* Where the loop comes late to its timers, more has to be below. */
static void
look_again(uv_timer_t *timer)
{
	struct queue_link *link = timer->data;
	uint64_t late = uv_now(timer->loop) - link->due;

	if (late > LATE_MOST_MS)
		late = LATE_MOST_MS;
	link->late = late > link->late ? late : link->late - link->late / 8;
	run(link);
}

static void
run(struct queue_link *link)
{
	uint64_t wait = 1;
	size_t octets;

	while (!queue_is_empty(link->queue)) {
		octets = too_many(link);
		if (octets == 0) {
			give(link, uv_now(link->setup.loop));
			continue;
		}
		if (link->rate != 0)
			wait += octets * 1000ULL / link->rate;
		if (wait > LOOK_MS)
			wait = LOOK_MS;
		link->due = uv_now(link->setup.loop) + wait;
		uv_timer_start(&link->timer, look_again, wait, 0);
		return;
	}
	uv_timer_stop(&link->timer);
}

static size_t
queue_send(struct link *base, struct packet *const *packets, size_t n)
{
	struct queue_link *link = (struct queue_link *)base;
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		queue_put(link->queue, packets[i], uv_now(link->setup.loop));
		kept += packets[i]->verdict == LATER;
	}
	run(link);
	return kept;
}

void
queue_link_heard(struct link *base, const uint8_t *data, size_t length)
{
	struct queue_link *link = (struct queue_link *)base;
	const struct queue_line *line = &link->setup.line;
	uint64_t given;

	if (arrivals_heard(&link->arrivals, data, length, &given))
		line->arrived(line->context, given);
}

static int
queue_receive(struct link *base, struct batch *batch)
{
	struct queue_link *link = (struct queue_link *)base;
	int got = link_receive(link->inner, batch);

	for (size_t i = 0; got == 1 && i < batch->count; i++)
		queue_link_heard(base, batch->item[i].data,
		    batch->item[i].length);
	return got;
}

static void
timer_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void
queue_close(struct link *base)
{
	struct queue_link *link = (struct queue_link *)base;

	uv_close((uv_handle_t *)&link->timer, timer_closed);
	link_close(link->inner);
	queue_destroy(link->queue);
}

static const struct link_ops queue_ops = { queue_send, queue_receive,
	queue_close };

struct link *
queue_link_open(const struct queue_link_setup *setup, struct link *inner)
{
	struct queue_link *link = calloc(1, sizeof *link);
	struct queue_setup queue = { .mtu = inner->mtu, .key = setup->key,
		.dropped = dropped, .context = link };

	if (link == NULL)
		return NULL;
	link->queue = queue_create(&queue);
	if (link->queue == NULL) {
		free(link);
		return NULL;
	}
	link->setup = *setup;
	link->inner = inner;
	link->link = *inner;
	link->link.ops = &queue_ops;
	uv_timer_init(setup->loop, &link->timer);
	link->timer.data = link;
	return &link->link;
}
