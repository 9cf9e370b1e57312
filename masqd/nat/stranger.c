/*
 * All wait equally long, so a ring is their queue; an index finds the one
 * that a caller's SYN meets.  A SYN sent again while it waits is the same.
 */
#include "stranger.h"

#include "memory.h"
#include "wheel.h"

enum { WAIT_SECONDS = 6, QUOTED = 8 };

struct endpoints {
	in_addr_t remote;
	in_port_t remote_port, outside_port;
};

bool
strangers_init(struct strangers *s, const struct hash_key *key)
{
	s->key = *key;
	s->ring = memory_reserve(STRANGERS + 1, sizeof *s->ring);
	return s->ring != NULL && index_init(&s->index, STRANGERS);
}

void
strangers_free(struct strangers *s)
{
	index_free(&s->index);
	memory_give(s->ring);
}

static uint64_t
hash_of(const struct strangers *s, const struct endpoints *e)
{
	return hash_13(&s->key, e->remote,
	    (uint64_t)e->remote_port << 16 | e->outside_port);
}

static bool
match(const void *table, uint32_t number, const void *key)
{
	const struct stranger *one = (const struct stranger *)table + number;
	const struct endpoints *e = key;

	return one->remote == e->remote &&
	    one->remote_port == e->remote_port &&
	    one->outside_port == e->outside_port;
}

static uint32_t
find(const struct strangers *s, const struct endpoints *e)
{
	return index_find(&s->index, hash_of(s, e), match, s->ring, e);
}

void
strangers_note(struct strangers *s, const struct packet *p, uint32_t now)
{
	struct endpoints e = {
		p->source, p->source_port, p->destination_port
	};
	uint32_t number = 1 + (s->first + s->count) % STRANGERS;
	struct stranger *one = &s->ring[number];

	if (s->count == STRANGERS || find(s, &e) != 0)
		return;
	s->count++;
	*one = (struct stranger){
		.remote = e.remote,
		.remote_port = e.remote_port,
		.outside_port = e.outside_port,
		.due = now + wheel_ticks_of_seconds(WAIT_SECONDS),
		.length = (uint8_t)(p->transport + QUOTED),
	};
	memcpy(one->head, p->data, one->length);
	index_insert(&s->index, hash_of(s, &e), number);
}

void
strangers_meet(struct strangers *s, in_addr_t remote, in_port_t remote_port,
    in_port_t outside_port)
{
	struct endpoints e = { remote, remote_port, outside_port };
	uint32_t number = s->count == 0 ? 0 : find(s, &e);

	if (number != 0)
		s->ring[number].is_met = true;
}

static const struct stranger *
take_first(struct strangers *s)
{
	uint32_t number = 1 + s->first;
	const struct stranger *one = &s->ring[number];
	struct endpoints e = {
		one->remote, one->remote_port, one->outside_port
	};

	index_remove(&s->index, hash_of(s, &e), number);
	s->first = (s->first + 1) % STRANGERS;
	s->count--;
	return one;
}

bool
strangers_due(struct strangers *s, uint32_t now, uint8_t *room,
    struct packet *p)
{
	const struct stranger *one;

	while (s->count > 0 &&
	    wheel_passed(s->ring[1 + s->first].due, now)) {
		one = take_first(s);
		if (one->is_met)
			continue;
		memcpy(room, one->head, one->length);
		*p = (struct packet){
			.data = room,
			.length = one->length,
			.capacity = PACKET_MAX,
			.caller = PACKET_NO_CALLER,
			.transport = one->length - QUOTED,
			.protocol = IPPROTO_TCP,
		};
		memcpy(&p->source, room + 12, sizeof p->source);
		memcpy(&p->destination, room + 16, sizeof p->destination);
		return true;
	}
	return false;
}

uint32_t
strangers_next(const struct strangers *s, uint32_t now)
{
	uint32_t due = s->ring[1 + s->first].due;

	if (s->count == 0)
		return UINT32_MAX;
	return wheel_passed(due, now) ? 0 : due - now;
}

void
strangers_clear(struct strangers *s)
{
	while (s->count > 0)
		(void)take_first(s);
}
