/*
 * Forwards lie in one array.  Inbound packets come by the port's reservation,
 * outbound ones that open a flow by an index of all targets, so that a server
 * that sends first does so from the port it is known by.
 *
 *   free --set--> in use --set--> in use, other targets --remove--> free
 *
 * Flows and mappings outlive a forward; the port's reservation counts them.
 */
#include "forwarding.h"

#include "memory.h"

struct endpoint {
	in_addr_t inside;
	in_port_t port;
	uint8_t protocol;
};

bool
forwarding_init(struct forwarding *t, uint32_t size,
    const struct hash_key *key, struct ports *ports)
{
	t->size = size;
	t->key = *key;
	t->ports = ports;
	t->forwards = memory_reserve((size_t)size + 1, sizeof *t->forwards);
	return t->forwards != NULL &&
	    index_init(&t->inside, (size_t)size * NAT_TARGETS);
}

void
forwarding_free(struct forwarding *t)
{
	index_free(&t->inside);
	memory_give(t->forwards);
}

static uint64_t
hash_of(const struct forwarding *t, const struct endpoint *e)
{
	return hash_7(&t->key, (uint64_t)e->inside << 24 |
	    (uint64_t)e->port << 8 | e->protocol);
}

static bool
match(const void *table, uint32_t reference, const void *key)
{
	const struct forward *f = (const struct forward *)table +
	    reference / NAT_TARGETS;
	const struct nat_target *target =
	    &f->targets[reference % NAT_TARGETS];
	const struct endpoint *e = key;

	return target->address == e->inside && target->port == e->port &&
	    f->protocol == e->protocol;
}

static void
index_target(struct forwarding *t, uint32_t number, uint32_t i, bool in)
{
	const struct forward *f = &t->forwards[number];
	struct endpoint e = {
		f->targets[i].address, f->targets[i].port, f->protocol
	};

	if (in)
		index_insert(&t->inside, hash_of(t, &e),
		    number * NAT_TARGETS + i);
	else
		index_remove(&t->inside, hash_of(t, &e),
		    number * NAT_TARGETS + i);
}

static void
set_targets(struct forwarding *t, uint32_t number,
    const struct nat_target *targets, size_t n)
{
	struct forward *f = &t->forwards[number];

	for (uint32_t i = 0; i < f->count; i++)
		index_target(t, number, i, false);
	f->count = (uint8_t)n;
	for (uint32_t i = 0; i < n; i++) {
		f->targets[i] = targets[i];
		index_target(t, number, i, true);
	}
	if (f->turn >= n)
		f->turn = 0;
}

bool
forwarding_set(struct forwarding *t, uint8_t protocol, in_port_t outside,
    const struct nat_target *targets, size_t n)
{
	uint32_t number = ports_forward(t->ports, protocol, outside);

	if (number == 0) {
		number = t->free != 0 ? t->free : t->fresh + 1;
		if (t->count == t->size ||
		    !ports_reserve(t->ports, protocol, outside, number))
			return false;
		if (number == t->free)
			t->free = t->forwards[number].next_free;
		else
			t->fresh = number;
		t->count++;
		t->forwards[number] = (struct forward){
			.outside = outside, .protocol = protocol,
		};
	}
	set_targets(t, number, targets, n);
	return true;
}

void
forwarding_remove(struct forwarding *t, uint8_t protocol, in_port_t outside,
    uint32_t until)
{
	uint32_t number = ports_forward(t->ports, protocol, outside);

	if (number == 0)
		return;
	set_targets(t, number, NULL, 0);
	t->forwards[number] = (struct forward){ .next_free = t->free };
	t->free = number;
	t->count--;
	ports_unreserve(t->ports, protocol, outside, until);
}

in_port_t
forwarding_outside(const struct forwarding *t, uint8_t protocol,
    in_addr_t inside, in_port_t port)
{
	struct endpoint e = { inside, port, protocol };
	uint32_t found;

	if (t->count == 0)
		return 0;
	found = index_find(&t->inside, hash_of(t, &e), match, t->forwards, &e);
	return found == 0 ? 0 : t->forwards[found / NAT_TARGETS].outside;
}

const struct nat_target *
forwarding_turn(const struct forwarding *t, uint32_t number)
{
	const struct forward *f = &t->forwards[number];

	return f->count == 0 ? NULL : &f->targets[f->turn];
}

void
forwarding_next(struct forwarding *t, uint32_t number)
{
	struct forward *f = &t->forwards[number];

	f->turn = (uint8_t)((f->turn + 1) % f->count);
}

static void
drop_targets_of(struct forwarding *t, uint32_t number, uint32_t caller)
{
	const struct forward *f = &t->forwards[number];
	struct nat_target left[NAT_TARGETS];
	size_t n = 0;

	for (uint32_t i = 0; i < f->count; i++)
		if (f->targets[i].caller != caller)
			left[n++] = f->targets[i];
	if (n < f->count)
		set_targets(t, number, left, n);
}

void
forwarding_caller_end(struct forwarding *t, uint32_t caller)
{
	for (uint32_t number = 1; number <= t->fresh; number++)
		drop_targets_of(t, number, caller);
}
