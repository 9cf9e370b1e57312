#include "roster.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <uthash.h>

enum {
	SILENT_MS = 300 * 1000, /* until a network's slot is given up */
	SLOTS_A_SWEEP = 1024,
	USER_MAX = 128
};

struct place {
	struct gateway_link at;
	char user[USER_MAX];
	union {
		LIST_ENTRY(place) entry; /* networks */
		UT_hash_handle hh;	 /* one address: by at.first */
	};
};

struct roster {
	struct nat *nat;
	struct roster_caller *callers;
	uint32_t count;
	int32_t free_slot;
	uint32_t sweep_at;	     /* the next slot to be looked at */
	uint32_t groups;	     /* given out */
	LIST_HEAD(, place) networks; /* as many as configured: few */
	struct place *single;	     /* links with one address */
};

struct roster *
roster_create(uint32_t slots, struct nat *nat)
{
	struct roster *roster = calloc(1, sizeof *roster);

	if (roster == NULL)
		return NULL;
	roster->nat = nat;
	roster->count = slots;
	roster->callers = calloc(slots, sizeof *roster->callers);
	if (roster->callers == NULL) {
		free(roster);
		return NULL;
	}
	for (uint32_t i = 0; i < slots; i++)
		roster->callers[i].next_free = i + 1 < slots ?
		    (int32_t)i + 1 : PACKET_NO_CALLER;
	return roster;
}

static bool
is_single(const struct place *place)
{
	return place->at.first == place->at.last;
}

static void
place_free(struct roster *roster, struct place *place)
{
	if (is_single(place))
		HASH_DEL(roster->single, place);
	else
		LIST_REMOVE(place, entry);
	free(place->at.slots);
	free(place);
}

void
roster_destroy(struct roster *roster)
{
	if (roster == NULL)
		return;
	while (!LIST_EMPTY(&roster->networks))
		place_free(roster, LIST_FIRST(&roster->networks));
	while (roster->single != NULL)
		place_free(roster, roster->single);
	free(roster->callers);
	free(roster);
}

static int32_t
take(struct roster *roster, struct gateway_link *link, uint32_t address)
{
	int32_t slot = roster->free_slot;
	struct roster_caller *caller;

	if (slot == PACKET_NO_CALLER)
		return slot;
	caller = &roster->callers[slot];
	roster->free_slot = caller->next_free;
	caller->address = htonl(address);
	caller->link = link;
	link->slots[address - link->first] = slot;
	nat_caller_group(roster->nat, (uint32_t)slot, link->group);
	return slot;
}

static void
give_up(struct roster *roster, int32_t slot, uint64_t now)
{
	struct roster_caller *caller = &roster->callers[slot];
	struct gateway_link *link = caller->link;

	nat_caller_end(roster->nat, (uint32_t)slot, now);
	link->slots[ntohl(caller->address) - link->first] = PACKET_NO_CALLER;
	caller->link = NULL;
	caller->address = 0;
	caller->next_free = roster->free_slot;
	roster->free_slot = slot;
}

struct gateway_link *
roster_add(struct roster *roster, struct link *link, in_addr_t gateway,
    uint32_t first, uint32_t last, const char *user, uint64_t now)
{
	struct place *place = calloc(1, sizeof *place);
	size_t hosts = (size_t)last - first + 1;

	if (place == NULL)
		return NULL;
	place->at = (struct gateway_link){ .link = link, .gateway = gateway,
		.first = first, .last = last, .user = place->user,
		.slots = malloc(hosts * sizeof(int32_t)), .last_ms = now };
	strncpy(place->user, user, sizeof place->user - 1);
	if (place->at.slots == NULL) {
		free(place);
		return NULL;
	}
	for (size_t i = 0; i < hosts; i++)
		place->at.slots[i] = PACKET_NO_CALLER;
	if (!is_single(place)) {
		place->at.group = ++roster->groups;
		LIST_INSERT_HEAD(&roster->networks, place, entry);
		return &place->at;
	}
	if (roster_slot(roster, &place->at, first, now) == PACKET_NO_CALLER) {
		free(place->at.slots);
		free(place);
		return NULL;
	}
	HASH_ADD(hh, roster->single, at.first, sizeof place->at.first, place);
	return &place->at;
}

void
roster_remove(struct roster *roster, struct gateway_link *link, uint64_t now)
{
	struct place *place = (struct place *)link; /* its first member */

	for (uint32_t i = 0; i <= link->last - link->first; i++)
		if (link->slots[i] != PACKET_NO_CALLER)
			give_up(roster, link->slots[i], now);
	place_free(roster, place);
}

int32_t
roster_slot(struct roster *roster, struct gateway_link *link, uint32_t address,
    uint64_t now)
{
	int32_t slot = link->slots[address - link->first];

	if (slot == PACKET_NO_CALLER)
		slot = take(roster, link, address);
	if (slot != PACKET_NO_CALLER)
		roster->callers[slot].last_ms = now;
	return slot;
}

const struct roster_caller *
roster_at(const struct roster *roster, uint32_t slot)
{
	return &roster->callers[slot];
}

struct gateway_link *
roster_find(const struct roster *roster, in_addr_t address)
{
	uint32_t host = ntohl(address);
	struct place *place;

	LIST_FOREACH (place, &roster->networks, entry)
		if (host >= place->at.first && host <= place->at.last)
			return &place->at;
	HASH_FIND(hh, roster->single, &host, sizeof host, place);
	return place == NULL ? NULL : &place->at;
}

struct gateway_link *
roster_user(const struct roster *roster, const char *user)
{
	for (struct place *place = roster->single; place != NULL;
	     place = place->hh.next)
		if (strcmp(place->user, user) == 0)
			return &place->at;
	return NULL;
}

static bool
is_silent(const struct roster *roster, uint32_t slot, uint64_t now)
{
	const struct roster_caller *caller = &roster->callers[slot];

	return caller->link != NULL &&
	    caller->link->first != caller->link->last &&
	    now - caller->last_ms >= SILENT_MS &&
	    nat_caller_usage(roster->nat, slot).mappings == 0;
}

void
roster_sweep(struct roster *roster, uint64_t now)
{
	for (uint32_t n = 0; n < SLOTS_A_SWEEP && n < roster->count; n++) {
		uint32_t slot = roster->sweep_at++ % roster->count;

		if (is_silent(roster, slot, now))
			give_up(roster, (int32_t)slot, now);
	}
}
