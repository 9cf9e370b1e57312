/*
 * Datagrams lie in one array, each in one of three queues in the order of
 * their time: not known yet or refused; known; done.  What strangers send may
 * take half of the table and half of the blocks: beyond that the oldest of
 * them ends, so that a flood of pieces neither grows nor keeps others out.
 *
 *   FREE -> WAITING -> KNOWN -> DONE -> FREE
 *               \-> REFUSED <-/   \
 *                      \-----------> FREE
 *
 * Kept fragments belong to their datagram until it is known or refused; then
 * they are ready, each with its verdict, and the library's user takes them.
 *
 * Never: a fragment passed on before its first one; two fragments of one
 * datagram that say different things about the same octets.
 */
#include "fragment.h"

#include <assert.h>

#include "checksum.h"
#include "memory.h"
#include "octets.h"
#include "wheel.h"

enum {
	AT_IDENTIFICATION = 4,
	DONE_SECONDS = 5 /* at least RFC 6146's FRAGMENT_MIN, 2 */
};

struct datagram_key {
	in_addr_t source, destination;
	uint16_t identification;
	uint8_t protocol;
	bool sent;
};

bool
fragments_init(struct fragments *f, const struct fragments_config *c)
{
	f->direction = c->direction;
	f->size = c->size;
	f->caller_max = c->caller_max;
	f->key = c->key;
	f->callers = c->callers;
	f->ticks = wheel_ticks_of_seconds(c->seconds);
	f->done_ticks = wheel_ticks_of_seconds(DONE_SECONDS);
	f->datagrams = memory_reserve((size_t)f->size + 1,
	    sizeof *f->datagrams);
	f->pieces = memory_reserve((size_t)f->size + 1, sizeof *f->pieces);
	return f->datagrams != NULL && f->pieces != NULL &&
	    kept_init(&f->kept, c->size * FRAGMENT_BLOCKS) &&
	    index_init(&f->index, f->size) && index_init(&f->sent, f->size);
}

void
fragments_free(struct fragments *f)
{
	index_free(&f->sent);
	index_free(&f->index);
	kept_free(&f->kept);
	memory_give(f->pieces);
	memory_give(f->datagrams);
}

static uint64_t
hash_of(const struct fragments *f, const struct datagram_key *k)
{
	return hash_13(&f->key, k->source | (uint64_t)k->destination << 32,
	    k->identification | (uint64_t)k->protocol << 16 |
	    (uint64_t)k->sent << 24);
}

static bool
match(const void *table, uint32_t number, const void *key)
{
	const struct datagram *d = (const struct datagram *)table + number;
	const struct datagram_key *k = key;

	return d->destination == k->destination &&
	    d->protocol == k->protocol &&
	    (k->sent ? d->address == k->source &&
	    d->sent_identification == k->identification :
	    d->source == k->source &&
	    d->identification == k->identification);
}

static struct datagram_key
key_of(const struct datagram *d)
{
	return (struct datagram_key){
		d->source, d->destination, d->identification, d->protocol,
		false
	};
}

static struct datagram_key
sent_key_of(const struct datagram *d)
{
	return (struct datagram_key){
		d->address, d->destination, d->sent_identification,
		d->protocol, true
	};
}

static uint32_t
find(const struct fragments *f, const struct index *x,
    const struct datagram_key *k)
{
	return index_find(x, hash_of(f, k), match, f->datagrams, k);
}

const struct datagram *
fragments_find(const struct fragments *f, uint8_t protocol, in_addr_t source,
    in_addr_t destination, uint16_t identification)
{
	bool sent = f->direction == OUTBOUND;
	struct datagram_key k = {
		source, destination, identification, protocol, sent
	};
	uint32_t number = find(f, sent ? &f->sent : &f->index, &k);

	return number == 0 ? NULL : &f->datagrams[number];
}

static unsigned
queue_of(const struct datagram *d)
{
	return d->state == DATAGRAM_KNOWN ? QUEUE_KNOWN :
	    d->state == DATAGRAM_DONE ? QUEUE_DONE : QUEUE_OPEN;
}

static void
queue_leave(struct fragments *f, uint32_t number)
{
	struct datagram *d = &f->datagrams[number];
	struct queue *q = &f->queues[queue_of(d)];

	if (d->next != 0)
		f->datagrams[d->next].previous = d->previous;
	else
		q->last = d->previous;
	if (d->previous != 0)
		f->datagrams[d->previous].next = d->next;
	else
		q->first = d->next;
	q->count--;
}

static void
queue_join(struct fragments *f, uint32_t number, uint32_t until)
{
	struct datagram *d = &f->datagrams[number];
	struct queue *q = &f->queues[queue_of(d)];

	d->until = until;
	d->next = 0;
	d->previous = q->last;
	if (q->last != 0)
		f->datagrams[q->last].next = number;
	else
		q->first = number;
	q->last = number;
	q->count++;
}

/* What of the caller's counts against his limit: all that is under way. */
static void
count(struct fragments *f, const struct datagram *d, int by)
{
	struct caller *caller;

	if (d->caller == PACKET_NO_CALLER)
		return;
	caller = &f->callers->slots[d->caller];
	caller->datagrams[f->direction] += (uint32_t)by;
}

static void
count_blocks(struct fragments *f, const struct datagram *d, int by)
{
	if (d->caller != PACKET_NO_CALLER)
		f->callers->slots[d->caller].blocks[f->direction] +=
		    (uint32_t)by;
}

/* The kept fragments are ready, with this verdict. */
static void
make_ready(struct fragments *f, struct datagram *d, enum verdict verdict)
{
	kept_ready(&f->kept, &d->kept, verdict, d->caller);
	count_blocks(f, d, -(int)d->kept_blocks);
	d->kept_blocks = 0;
}

static void
enter_state(struct fragments *f, uint32_t number, enum datagram_state state,
    uint32_t until)
{
	struct datagram *d = &f->datagrams[number];

	queue_leave(f, number);
	d->state = (uint8_t)state;
	queue_join(f, number, until);
}

static void
end(struct fragments *f, uint32_t number, enum verdict why)
{
	struct datagram *d = &f->datagrams[number];
	struct datagram_key k = key_of(d), sent = sent_key_of(d);

	make_ready(f, d, why);
	if (d->state != DATAGRAM_DONE)
		count(f, d, -1);
	queue_leave(f, number);
	index_remove(&f->index, hash_of(f, &k), number);
	if (f->direction == OUTBOUND && d->address != 0)
		index_remove(&f->sent, hash_of(f, &sent), number);
	*d = (struct datagram){ .next = f->free };
	f->free = number;
}

static enum verdict
refuse(struct fragments *f, uint32_t number, enum verdict why, uint32_t now)
{
	struct datagram *d = &f->datagrams[number];

	make_ready(f, d, why);
	d->why = why;
	if (d->state != DATAGRAM_REFUSED)
		enter_state(f, number, DATAGRAM_REFUSED, now + f->ticks);
	return why;
}

/* Is one more of somebody unknown too much?  Outbound nobody is. */
static bool
has_too_many_strangers(const struct fragments *f)
{
	return f->direction == INBOUND &&
	    f->queues[QUEUE_OPEN].count >= (f->size + 1) / 2;
}

static uint32_t
take_number(struct fragments *f)
{
	uint32_t number;

	if (has_too_many_strangers(f))
		end(f, f->queues[QUEUE_OPEN].first, DROP_FRAGMENT_LIMIT);
	if (f->free == 0 && f->fresh == f->size &&
	    f->queues[QUEUE_DONE].first != 0)
		end(f, f->queues[QUEUE_DONE].first, DROP_FRAGMENT_LIMIT);
	number = f->free;
	if (number != 0)
		f->free = f->datagrams[number].next;
	else if (f->fresh < f->size)
		number = ++f->fresh;
	return number;
}

static bool
is_over_limit(const struct fragments *f, int32_t caller)
{
	return caller != PACKET_NO_CALLER &&
	    f->callers->slots[caller].datagrams[f->direction] >=
	    f->caller_max;
}

static uint32_t
begin(struct fragments *f, const struct packet *p,
    const struct datagram_key *k, uint32_t now)
{
	int32_t caller = f->direction == OUTBOUND ? p->caller :
	    PACKET_NO_CALLER;
	uint32_t number;

	if (is_over_limit(f, caller))
		return 0;
	number = take_number(f);
	if (number == 0)
		return 0;
	f->datagrams[number] = (struct datagram){
		.source = k->source,
		.destination = k->destination,
		.identification = k->identification,
		.protocol = k->protocol,
		.state = DATAGRAM_WAITING,
		.caller = caller,
	};
	pieces_clear(&f->pieces[number]);
	count(f, &f->datagrams[number], 1);
	queue_join(f, number, now + f->ticks);
	index_insert(&f->index, hash_of(f, k), number);
	return number;
}

enum verdict
fragments_enter(struct fragments *f, const struct packet *p, uint32_t now,
    uint32_t *number)
{
	struct datagram_key k = {
		p->source, p->destination,
		octets_get16(p->data + AT_IDENTIFICATION), p->protocol, false
	};
	struct datagram *d;
	enum verdict v;

	*number = find(f, &f->index, &k);
	if (*number != 0 && wheel_passed(f->datagrams[*number].until, now)) {
		end(f, *number, DROP_FRAGMENT_TIME);
		*number = 0;
	}
	if (*number == 0)
		*number = begin(f, p, &k, now);
	if (*number == 0)
		return DROP_FRAGMENT_LIMIT;
	d = &f->datagrams[*number];
	if (d->state == DATAGRAM_REFUSED)
		return d->why;
	v = pieces_add(&f->pieces[*number], p);
	if (v == DROP_FRAGMENT_TWICE || v == PASS ||
	    d->state == DATAGRAM_DONE)
		return v;
	return refuse(f, *number, v, now);
}

static void
complete(struct fragments *f, uint32_t number, uint32_t now)
{
	struct datagram *d = &f->datagrams[number];

	if (!pieces_are_all(&f->pieces[number]))
		return;
	count(f, d, -1);
	enter_state(f, number, DATAGRAM_DONE, now + f->done_ticks);
}

enum verdict
fragments_first(struct fragments *f, uint32_t number, enum verdict verdict,
    in_addr_t address, uint16_t identification, int32_t caller, uint32_t now)
{
	struct datagram *d = &f->datagrams[number];
	struct datagram_key sent;

	if (verdict != PASS) {
		refuse(f, number, verdict == REPLY ? DROP_FRAGMENT : verdict,
		    now);
		return verdict;
	}
	if (f->direction == INBOUND) {
		if (is_over_limit(f, caller))
			return refuse(f, number, DROP_FRAGMENT_LIMIT, now);
		d->caller = caller;
		count(f, d, 1);
		count_blocks(f, d, (int)d->kept_blocks);
	}
	d->address = address;
	d->sent_identification = identification;
	if (f->direction == OUTBOUND) {
		sent = sent_key_of(d);
		index_insert(&f->sent, hash_of(f, &sent), number);
	}
	for (uint32_t b = d->kept; b != 0;
	    b = f->kept.blocks[b].next_packet) {
		struct packet head = { .data = f->kept.blocks[b].octets };

		packet_move_fragment(&head, f->direction, address,
		    identification);
	}
	make_ready(f, d, PASS);
	enter_state(f, number, DATAGRAM_KNOWN, now + f->ticks);
	complete(f, number, now);
	return PASS;
}

/* Is there room for so many blocks of this datagram's owner? */
static bool
has_room(const struct fragments *f, const struct datagram *d, uint32_t blocks)
{
	uint32_t most = f->kept.size;

	if (d->caller == PACKET_NO_CALLER)
		most /= 2;
	else if (f->callers->slots[d->caller].blocks[f->direction] + blocks >
	    f->caller_max * FRAGMENT_BLOCKS)
		return false;
	return f->kept.count + blocks <= most;
}

/* Too late for this fragment, but the next finds room. */
static void
make_room(struct fragments *f, uint32_t number)
{
	uint32_t oldest = f->queues[QUEUE_OPEN].first;

	if (f->direction == INBOUND && oldest != number)
		end(f, oldest, DROP_FRAGMENT_LIMIT);
}

enum verdict
fragments_later(struct fragments *f, uint32_t number, struct packet *p,
    uint32_t now)
{
	struct datagram *d = &f->datagrams[number];
	uint32_t blocks = kept_blocks(p);

	if (d->state == DATAGRAM_KNOWN) {
		packet_move_fragment(p, f->direction, d->address,
		    d->sent_identification);
		p->caller = d->caller;
		complete(f, number, now);
		return PASS;
	}
	assert(d->state == DATAGRAM_WAITING);
	if (!has_room(f, d, blocks)) {
		make_room(f, number);
		return refuse(f, number, DROP_FRAGMENT_LIMIT, now);
	}
	kept_add(&f->kept, &d->kept, p);
	d->kept_blocks += blocks;
	count_blocks(f, d, (int)blocks);
	return LATER;
}

bool
fragments_expire(struct fragments *f, uint32_t now)
{
	for (unsigned i = 0; i < QUEUES; i++) {
		uint32_t first = f->queues[i].first;

		if (first != 0 &&
		    wheel_passed(f->datagrams[first].until, now)) {
			end(f, first, DROP_FRAGMENT_TIME);
			return true;
		}
	}
	return false;
}

uint32_t
fragments_next(const struct fragments *f, uint32_t now)
{
	uint32_t nearest = UINT32_MAX, until;

	for (unsigned i = 0; i < QUEUES; i++) {
		if (f->queues[i].first == 0)
			continue;
		until = f->datagrams[f->queues[i].first].until;
		if (wheel_passed(until, now))
			return 0;
		if (until - now < nearest)
			nearest = until - now;
	}
	return nearest;
}

void
fragments_end(struct fragments *f, int32_t caller)
{
	for (uint32_t number = 1; number <= f->fresh; number++) {
		const struct datagram *d = &f->datagrams[number];

		if (d->state != DATAGRAM_FREE &&
		    (caller == PACKET_NO_CALLER || d->caller == caller))
			end(f, number, DROP_NO_SESSION);
	}
}
