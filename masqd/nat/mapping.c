/*
 * Mappings lie in one array, where the hash of the inside endpoint puts them,
 * and are known by their number.  Two other ways lead to one: the port stock
 * (inbound packets) and the list of its caller (the end of a session).
 *
 *   free --mapping_add--> in use, flows > 0 --mapping_remove--> free
 *
 * Never: a mapping without flows outside of the step that adds or removes
 * its last one; two mappings of one inside endpoint, outside port and protocol;
 * two that are not static of one inside endpoint and protocol.
 */
#include "mapping.h"

#include "memory.h"

struct endpoint {
	in_addr_t inside;
	in_port_t port, outside;
	uint8_t protocol;
};

bool
mapping_table_init(struct mapping_table *t, uint32_t size,
    const struct hash_key *key, struct ports *ports, struct callers *callers)
{
	t->size = size;
	t->key = *key;
	t->ports = ports;
	t->callers = callers;
	if (!place_init(&t->places, size))
		return false;
	t->mappings = memory_take(place_highest(&t->places) + 1,
	    sizeof *t->mappings);
	t->leads = memory_take(PORTS_PROTOCOLS * MAPPING_LEADS,
	    sizeof *t->leads);
	return t->mappings != NULL && t->leads != NULL;
}

void
mapping_table_free(struct mapping_table *t)
{
	memory_give(t->leads);
	place_free(&t->places);
	memory_give(t->mappings);
}

static uint64_t
hash_of(const struct mapping_table *t, const struct endpoint *e)
{
	return hash_7(&t->key, (uint64_t)e->inside << 24 |
	    (uint64_t)e->port << 8 | e->protocol);
}

static bool
match(const void *table, uint32_t number, const void *key)
{
	const struct mapping *m = (const struct mapping *)table + number;
	const struct endpoint *e = key;

	return m->inside == e->inside && m->inside_port == e->port &&
	    m->protocol == e->protocol &&
	    (e->outside == 0 || e->outside == m->outside_port);
}

uint32_t
mapping_find(const struct mapping_table *t, uint8_t protocol,
    in_addr_t inside, in_port_t inside_port, in_port_t outside_port)
{
	struct endpoint e = { inside, inside_port, outside_port, protocol };

	return place_find(&t->places, hash_of(t, &e), match, t->mappings, &e);
}

uint64_t
mapping_prefetch(const struct mapping_table *t, uint32_t caller,
    uint8_t protocol, in_addr_t inside, in_port_t inside_port)
{
	struct endpoint e = { inside, inside_port, 0, protocol };

	uint64_t hash = hash_of(t, &e);

	__builtin_prefetch(&t->callers->slots[caller], 1);
	place_prefetch(&t->places, hash);
	return hash;
}

void
mapping_prefetch_record(const struct mapping_table *t, uint64_t hash)
{
	uint32_t number = place_guess(&t->places, hash);

	if (number == 0)
		number = place_guess_new(&t->places, hash);
	__builtin_prefetch(&t->mappings[number], 1);
}

void
mapping_prefetch_removal(const struct mapping_table *t, uint32_t number,
    uint8_t protocol, in_port_t outside)
{
	__builtin_prefetch(&t->mappings[number], 1);
	__builtin_prefetch(mapping_lead(t, protocol, outside), 1);
	ports_prefetch(t->ports, protocol, outside);
}

static void
link_to_caller(struct mapping_table *t, uint32_t number)
{
	struct mapping *m = &t->mappings[number];
	struct caller *caller = &t->callers->slots[m->caller];

	m->next = caller->first;
	m->previous = 0;
	if (m->next != 0)
		t->mappings[m->next].previous = number;
	caller->first = number;
	caller->mappings++;
}

static void
unlink_from_caller(struct mapping_table *t, const struct mapping *m)
{
	struct caller *caller = &t->callers->slots[m->caller];

	if (m->next != 0)
		t->mappings[m->next].previous = m->previous;
	if (m->previous != 0)
		t->mappings[m->previous].next = m->next;
	else
		caller->first = m->next;
	caller->mappings--;
}

static struct mapping_lead *
lead_of(const struct mapping_table *t, uint8_t protocol, in_port_t port)
{
	return (struct mapping_lead *)mapping_lead(t, protocol, port);
}

static void
note(const struct mapping_table *t, const struct mapping *m, bool begins)
{
	const struct nat_event event = { m->inside, m->inside_port,
		m->outside_port, m->caller, m->protocol, begins };

	if (t->journal != NULL)
		journal_write(t->journal, &event);
}

enum verdict
mapping_add(struct mapping_table *t, uint32_t caller, uint8_t protocol,
    in_addr_t inside, in_port_t inside_port, in_port_t reserved,
    uint32_t *number)
{
	const struct caller *owner = &t->callers->slots[caller];
	struct endpoint e = { inside, inside_port, 0, protocol };
	in_port_t outside_port = reserved;
	uint64_t hash = hash_of(t, &e);

	if (owner->limits.mappings != 0 &&
	    owner->mappings >= owner->limits.mappings)
		return DROP_CALLER_MAPPINGS;
	if (t->count == t->size)
		return DROP_MAPPINGS_FULL;
	*number = place_take(&t->places, hash);
	if (reserved != 0) {
		ports_share(t->ports, protocol, reserved);
	} else if (!ports_take(t->ports, protocol, inside_port, *number,
	    &outside_port)) {
		place_leave(&t->places, hash, *number);
		return DROP_PORTS_FULL;
	}
	t->count++;
	t->mappings[*number] = (struct mapping){
		.inside = inside,
		.inside_port = inside_port,
		.outside_port = outside_port,
		.caller = caller,
		.protocol = protocol,
		.is_static = reserved != 0,
	};
	link_to_caller(t, *number);
	note(t, &t->mappings[*number], true);
	if (reserved == 0)
		*lead_of(t, protocol, outside_port) = (struct mapping_lead){
			inside, inside_port, true
		};
	return PASS;
}

void
mapping_remove(struct mapping_table *t, uint32_t number, uint32_t until)
{
	struct mapping *m = &t->mappings[number];
	struct endpoint e = { m->inside, m->inside_port, 0, m->protocol };

	note(t, m, false);
	place_leave(&t->places, hash_of(t, &e), number);
	if (m->is_static) {
		ports_unshare(t->ports, m->protocol, m->outside_port, until);
	} else {
		ports_quarantine(t->ports, m->protocol, m->outside_port,
		    until);
		lead_of(t, m->protocol, m->outside_port)->in_use = false;
	}
	unlink_from_caller(t, m);
	*m = (struct mapping){ .protocol = 0 };
	t->count--;
}
