/*
 * queue.c - the packets that wait for one caller's line
 *
 * Overview.  A packet's octets lie in a chain of pieces; its first piece also
 * says how long it is and since when it waits.  A flow is a list of packets.
 * Flows with something to say stand in one of two lists, the new ones before
 * the old (RFC 8290 4.2): a flow that was silent enters the new list, and
 * moves to the end of the old one with its first quantum used up, so that it
 * goes first only while it says little.
 *
 * A flow has its place by a keyed hash, and shares it with whom it meets there
 * (one in 64 with four others on the line): so its packets keep their order.
 *
 * What must never happen: a packet that was put in neither comes out nor is
 * reported dropped; packets of a flow that change their order.
 */
#include "queue.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "masqd/nat/checksum.h"
#include "masqd/nat/hash.h"

enum {
	PIECE = QUEUE_OCTETS / QUEUE_PACKETS,
	FLOWS = 256,
	QUANTUM = 300, /* RFC 8290 5.2.3: small packets before large ones */
	TARGET_MS = 5,
	INTERVAL_MS = 100,
	/* From a modem's caller and back, with V.42's delay in both modems and
	 * a delayed ACK. */
	SLOW_ROUND_TRIP_MS = 400,
	SLOW_RATE = 16000 /* octets a second: 128 kbit/s */
};

struct piece {
	struct piece *more;  /* of this packet */
	struct piece *next;  /* the flow's next packet; first piece only, */
	uint64_t since;	     /* as the rest: */
	uint32_t length;
	enum packet_tally tally;
	uint8_t octets[PIECE];
};

enum list { NONE, NEW, OLD };

struct flow {
	TAILQ_ENTRY(flow) entry;
	enum list list;
	struct piece *first, *last; /* packets */
	size_t octets;
	int32_t deficit;
	/* CoDel, RFC 8289 5: */
	uint64_t first_above; /* when it may be dropped from; 0: below target */
	uint64_t drop_next;
	uint32_t count, last_count;
	bool dropping;
};
TAILQ_HEAD(flow_list, flow);

struct queue {
	size_t packets, octets;
	size_t active; /* flows in the lists */
	uint32_t mtu;
	uint64_t target, interval, packet_ms; /* that of an MTU */
	struct hash_key key;
	struct queue_setup setup;
	struct flow_list fresh, old;
	struct piece *free; /* of those that have been used; */
	size_t untouched;   /* pieces[untouched..] never have */
	size_t free_count;  /* both */
	uint64_t dropped, marked;
	struct flow flows[FLOWS];
	struct piece pieces[QUEUE_PACKETS];
};

struct queue *
queue_create(const struct queue_setup *setup)
{
	struct queue *queue = malloc(sizeof *queue);

	if (queue == NULL)
		return NULL;
	/* Most callers never have much waiting: what they do not use of the
	 * pieces is not to be touched. */
	memset(queue, 0, offsetof(struct queue, pieces));
	queue->setup = *setup;
	queue->mtu = setup->mtu;
	memcpy(&queue->key, setup->key, sizeof queue->key);
	TAILQ_INIT(&queue->fresh);
	TAILQ_INIT(&queue->old);
	queue->free_count = QUEUE_PACKETS;
	queue_set_rate(queue, 0);
	return queue;
}

void
queue_set_rate(struct queue *queue, uint32_t rate)
{
	queue->target = TARGET_MS;
	queue->interval = INTERVAL_MS;
	queue->packet_ms = rate == 0 ? 0 : queue->mtu * 1000ULL / rate;
	if (queue->packet_ms * 3 / 2 > queue->target)
		queue->target = queue->packet_ms * 3 / 2;
	if (rate != 0 && rate < SLOW_RATE)
		queue->interval = queue->target + SLOW_ROUND_TRIP_MS;
}

/* ---- packets and pieces ------------------------------------------------ */

static size_t
pieces_of(size_t length)
{
	return length == 0 ? 1 : (length + PIECE - 1) / PIECE;
}

static struct piece *
take_piece(struct queue *queue)
{
	struct piece *piece = queue->free;

	queue->free_count--;
	if (piece == NULL)
		return &queue->pieces[queue->untouched++];
	queue->free = piece->more;
	return piece;
}

static struct piece *
copy_in(struct queue *queue, const struct packet *packet)
{
	struct piece *first = NULL, **at = &first;

	for (size_t done = 0; done < packet->length || done == 0;
	     done += PIECE) {
		struct piece *piece = take_piece(queue);
		size_t part = packet->length - done;

		memcpy(piece->octets, packet->data + done,
		    part < PIECE ? part : PIECE);
		*at = piece;
		at = &piece->more;
	}
	*at = NULL;
	return first;
}

static void
copy_out(const struct piece *piece, uint8_t *to)
{
	for (size_t left = piece->length; piece != NULL; piece = piece->more) {
		size_t part = left < PIECE ? left : PIECE;

		memcpy(to, piece->octets, part);
		to += part;
		left -= part;
	}
}

static void
give_back(struct queue *queue, struct piece *first)
{
	struct piece *last = first;

	queue->free_count += pieces_of(first->length);
	while (last->more != NULL)
		last = last->more;
	last->more = queue->free;
	queue->free = first;
}

static void
append(struct queue *queue, struct flow *flow, struct piece *packet)
{
	packet->next = NULL;
	if (flow->first == NULL)
		flow->first = packet;
	else
		flow->last->next = packet;
	flow->last = packet;
	flow->octets += packet->length;
	queue->octets += packet->length;
	queue->packets++;
}

static struct piece *
remove_first(struct queue *queue, struct flow *flow)
{
	struct piece *packet = flow->first;

	if (packet == NULL)
		return NULL;
	flow->first = packet->next;
	flow->octets -= packet->length;
	queue->octets -= packet->length;
	queue->packets--;
	return packet;
}

static void
drop(struct queue *queue, struct piece *packet, enum verdict verdict)
{
	enum packet_tally tally = packet->tally;

	give_back(queue, packet);
	queue->dropped++;
	queue->setup.dropped(queue->setup.context, tally, verdict);
}

/* ---- flows ------------------------------------------------------------- */

/* What tells two flows apart; fragments of a datagram stay in order, since
 * none of them shows its ports. */
static uint64_t
hash_flow(const struct queue *queue, const struct packet *packet)
{
	const uint8_t *ip = packet->data;
	size_t header = (size_t)(ip[0] & 0xf) * 4;
	uint64_t addresses, ports = 0;
	uint32_t both;

	if (packet->length < PACKET_HEADER)
		return 0;
	memcpy(&addresses, ip + 12, sizeof addresses);
	if (((ip[6] & 0x3f) | ip[7]) == 0 && packet->length >= header + 8) {
		memcpy(&both, ip + header + (ip[9] == IPPROTO_ICMP ? 4 : 0),
		    sizeof both);
		/* Of an ICMP query the identifier, without the number. */
		ports = ip[9] == IPPROTO_ICMP ? ntohl(both) >> 16 : both;
	}
	return hash_13(&queue->key, addresses, ports | (uint64_t)ip[9] << 32);
}

static void
enter_list(struct queue *queue, struct flow *flow, enum list list)
{
	if (flow->list == NEW)
		TAILQ_REMOVE(&queue->fresh, flow, entry);
	else if (flow->list == OLD)
		TAILQ_REMOVE(&queue->old, flow, entry);
	else
		queue->active++;
	if (list == NEW)
		TAILQ_INSERT_TAIL(&queue->fresh, flow, entry);
	else if (list == OLD)
		TAILQ_INSERT_TAIL(&queue->old, flow, entry);
	else
		queue->active--;
	flow->list = list;
}

static struct flow *
fattest_of(const struct flow_list *list, struct flow *fattest)
{
	struct flow *flow;

	TAILQ_FOREACH (flow, list, entry)
		if (fattest == NULL || flow->octets > fattest->octets)
			fattest = flow;
	return fattest;
}

/* RFC 8290 4.1.3: the head of the flow that has the most waiting. */
static void
drop_from_fattest(struct queue *queue)
{
	struct flow *flow = fattest_of(&queue->fresh,
	    fattest_of(&queue->old, NULL));

	flow->count++;
	drop(queue, remove_first(queue, flow), DROP_QUEUE);
}

void
queue_put(struct queue *queue, struct packet *packet, uint64_t now)
{
	struct flow *flow;
	struct piece *kept;

	if (packet->length > QUEUE_OCTETS) {
		packet->verdict = DROP_QUEUE;
		return;
	}
	while (queue->free_count < pieces_of(packet->length))
		drop_from_fattest(queue);
	flow = &queue->flows[hash_flow(queue, packet) % FLOWS];
	kept = copy_in(queue, packet);
	kept->since = now;
	kept->length = packet->length;
	kept->tally = packet->tally;
	append(queue, flow, kept);
	if (flow->list == NONE) {
		flow->deficit = QUANTUM;
		enter_list(queue, flow, NEW);
	}
	packet->verdict = LATER;
}

/* ---- CoDel, RFC 8289 5 ------------------------------------------------- */

/* The square root of a number, in 256ths. */
static uint32_t
root(uint32_t of)
{
	uint64_t value = (uint64_t)of << 16, low = 0;

	for (uint64_t bit = 1 << 23; bit > 0; bit >>= 1)
		if ((low + bit) * (low + bit) <= value)
			low += bit;
	return (uint32_t)low;
}

static uint64_t
control_law(const struct queue *queue, uint64_t time, uint32_t count)
{
	return time + queue->interval * 256 / root(count);
}

/* With many flows each waits for its turn: that alone is no queue that
 * stands.  A flow with no more than a packet left is never cut. */
static bool
is_above(const struct queue *queue, const struct flow *flow,
    const struct piece *packet, uint64_t now)
{
	uint64_t target = queue->packet_ms * queue->active * 2;

	if (target < queue->target)
		target = queue->target;
	return now - packet->since >= target && flow->octets > queue->mtu;
}

static struct piece *
next_of(struct queue *queue, struct flow *flow, bool *may_drop, uint64_t now)
{
	struct piece *packet = remove_first(queue, flow);

	*may_drop = false;
	if (packet == NULL || !is_above(queue, flow, packet, now))
		flow->first_above = 0;
	else if (flow->first_above == 0)
		flow->first_above = now + queue->interval;
	else
		*may_drop = now >= flow->first_above;
	return packet;
}

/* Instead of a drop where the ends understand it: RFC 3168 5. */
static bool
mark(struct queue *queue, struct piece *packet)
{
	enum { ECN = 3 };
	uint8_t *ip = packet->octets;
	uint32_t sum;

	if ((ip[1] & ECN) == 0)
		return false;
	/* RFC 1624: ~(~sum + ~old + new), of the first word. */
	sum = (uint16_t)~octets_get16(ip + 10);
	sum += (uint16_t)~octets_get16(ip);
	ip[1] |= ECN;
	sum += octets_get16(ip);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	octets_put16(ip + 10, (uint16_t)~sum);
	queue->marked++;
	return true;
}

/* The flow has waited too long for an interval, for the first time. */
static struct piece *
begin_dropping(struct queue *queue, struct flow *flow, struct piece *packet,
    uint64_t now)
{
	uint32_t before = flow->count - flow->last_count;
	bool may_drop;

	if (!mark(queue, packet)) {
		drop(queue, packet, DROP_QUEUE);
		packet = next_of(queue, flow, &may_drop, now);
	}
	flow->dropping = true;
	flow->count = before > 1 &&
	    now < flow->drop_next + 16 * queue->interval ? before : 1;
	flow->last_count = flow->count;
	flow->drop_next = control_law(queue, now, flow->count);
	return packet;
}

static struct piece *
go_on_dropping(struct queue *queue, struct flow *flow, struct piece *packet,
    bool may_drop, uint64_t now)
{
	flow->dropping = may_drop;
	while (flow->dropping && now >= flow->drop_next) {
		flow->count++;
		flow->drop_next = control_law(queue, flow->drop_next,
		    flow->count);
		if (mark(queue, packet))
			break;
		drop(queue, packet, DROP_QUEUE);
		packet = next_of(queue, flow, &may_drop, now);
		flow->dropping = may_drop;
	}
	return packet;
}

static struct piece *
codel(struct queue *queue, struct flow *flow, uint64_t now)
{
	bool may_drop;
	struct piece *packet = next_of(queue, flow, &may_drop, now);

	if (flow->dropping)
		return go_on_dropping(queue, flow, packet, may_drop, now);
	return may_drop ? begin_dropping(queue, flow, packet, now) : packet;
}

/* ---- in turn, RFC 8290 4.2 --------------------------------------------- */

static struct piece *
take(struct queue *queue, uint64_t now)
{
	for (;;) {
		struct flow *flow = TAILQ_FIRST(&queue->fresh);
		struct piece *packet;

		if (flow == NULL)
			flow = TAILQ_FIRST(&queue->old);
		if (flow == NULL)
			return NULL;
		if (flow->deficit <= 0) {
			flow->deficit += QUANTUM;
			enter_list(queue, flow, OLD);
			continue;
		}
		packet = codel(queue, flow, now);
		if (packet != NULL) {
			flow->deficit -= (int32_t)packet->length;
			return packet;
		}
		/* An empty flow waits behind the old ones once: with packets
		 * one by one it would be new for ever. */
		enter_list(queue, flow, flow->list == NEW &&
			!TAILQ_EMPTY(&queue->old) ? OLD : NONE);
	}
}

bool
queue_take(struct queue *queue, uint8_t *room, struct packet *packet,
    uint64_t now)
{
	struct piece *first = take(queue, now);

	if (first == NULL)
		return false;
	*packet = (struct packet){ .data = room, .length = first->length,
		.capacity = PACKET_MAX, .caller = PACKET_NO_CALLER,
		.tally = first->tally, .verdict = PASS };
	copy_out(first, room);
	give_back(queue, first);
	return true;
}

bool
queue_is_empty(const struct queue *queue)
{
	return queue->packets == 0;
}

static void
view_list(const struct flow_list *list, struct queue_view *view)
{
	const struct flow *flow;

	TAILQ_FOREACH (flow, list, entry) {
		if (flow->first == NULL)
			continue;
		view->flows++;
		if (view->oldest_ms == 0 ||
		    flow->first->since < view->oldest_ms)
			view->oldest_ms = flow->first->since;
	}
}

struct queue_view
queue_view(const struct queue *queue)
{
	struct queue_view view = { .packets = queue->packets,
		.octets = queue->octets, .dropped = queue->dropped,
		.marked = queue->marked };

	view_list(&queue->fresh, &view);
	view_list(&queue->old, &view);
	return view;
}

void
queue_destroy(struct queue *queue)
{
	if (queue == NULL)
		return;
	for (size_t i = 0; i < FLOWS; i++)
		while (queue->flows[i].first != NULL)
			drop(queue, remove_first(queue, &queue->flows[i]),
			    DROP_NO_SESSION);
	free(queue);
}
