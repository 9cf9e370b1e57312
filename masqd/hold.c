/*
 * hold.c - the gateway's stock of held ports
 *
 * A port is in one of the states below.  Held ports are offered to the
 * translation, come back after their quarantine, and are closed when more than
 * SPARE are spare.  A port that a forward has claimed is held and not offered.
 * When the uplink's address changes all holds are of no use: what was held is
 * wanted again, and where that cannot be, the translation must not use the
 * port any more.
 */
#include "hold.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "masqd/nat/nat.h"

enum { TCP, UDP, KINDS };

enum state {
	FREE,	/* the stock may choose it -> ASKED */
	WANTED, /* to be asked for next -> ASKED */
	ASKED,	/* the keeper answers -> HELD, BUSY */
	HELD,	/* -> FREE when too many are spare, WANTED at a new address */
	BUSY	/* a program has it -> FREE when no other one is left, in turn */
};

enum {
	SPARE = 128,	/* ports of a protocol held and not in use */
	ASKED_MOST = 32, /* of a protocol, not yet answered */
	PORTS = 65536,
	LOW = 1024,	/* RFC 4787 REQ-3a: where privileged ports end */
	VIEWS = 64,
	RETRY_MS = 1000 /* between two tries of what programs have */
};

static const uint8_t protocols[KINDS] = { IPPROTO_TCP, IPPROTO_UDP };

struct place {
	int fd; /* HELD */
	uint8_t state;
	bool claimed; /* by a forward */
	bool urgent;  /* WANTED: in use, or somebody waits */
	bool offered; /* the translation knows it */
};

struct kind {
	struct place port[PORTS];
	size_t asked, wanted, urgent;
	size_t low_held; /* below LOW */
	bool short_said; /* the log was told that ports are short */
	bool none_free;	 /* known; until one becomes so */
	uint64_t retry_ms;
};

struct hold {
	struct hold_setup setup;
	struct nat *nat;
	in_addr_t address;
	unsigned index; /* of its interface */
	bool there;	 /* an uplink with that address */
	uint32_t ports;	 /* low to high */
	uint64_t random; /* state of the choice, see next_random() */
	struct kind *kinds[KINDS];
};

static struct place *
place_of(const struct hold *hold, uint8_t protocol, in_port_t port)
{
	return &hold->kinds[protocol == IPPROTO_TCP ? TCP : UDP]
		    ->port[ntohs(port)];
}

static bool
is_privileged(const struct hold *hold, uint32_t port)
{
	return hold->setup.privileged_low != 0 &&
	    port >= hold->setup.privileged_low &&
	    port <= hold->setup.privileged_high;
}

/* Is it one that the translation may give out? */
static bool
is_stock(const struct hold *hold, uint32_t port)
{
	return (port >= hold->setup.low && port <= hold->setup.high) ||
	    is_privileged(hold, port);
}

struct hold *
hold_create(const struct hold_setup *setup)
{
	struct hold *hold = calloc(1, sizeof *hold);

	if (hold == NULL)
		return NULL;
	hold->setup = *setup;
	hold->ports = (uint32_t)setup->high - setup->low + 1;
	memcpy(&hold->random, setup->key, sizeof hold->random);
	for (int kind = 0; kind < KINDS; kind++) {
		hold->kinds[kind] = calloc(1, sizeof *hold->kinds[kind]);
		if (hold->kinds[kind] == NULL) {
			hold_destroy(hold);
			return NULL;
		}
	}
	return hold;
}

void
hold_destroy(struct hold *hold)
{
	if (hold == NULL)
		return;
	for (int kind = 0; kind < KINDS; kind++) {
		for (uint32_t i = 0; hold->kinds[kind] != NULL && i < PORTS;
		     i++)
			if (hold->kinds[kind]->port[i].state == HELD)
				close(hold->kinds[kind]->port[i].fd);
		free(hold->kinds[kind]);
	}
	free(hold);
}

/* Every change of state but those of the stock's own choice goes here. */
static void
want(struct hold *hold, int kind, uint32_t port, bool urgent)
{
	struct kind *k = hold->kinds[kind];
	struct place *place = &k->port[port];

	if (place->state == HELD) {
		close(place->fd);
		k->low_held -= port < LOW;
	}
	k->wanted += place->state != WANTED;
	k->urgent += urgent && !(place->state == WANTED && place->urgent);
	place->state = WANTED;
	place->urgent |= urgent;
}

static void
offer(struct hold *hold, int kind, uint32_t port)
{
	(void)nat_port_offer(hold->nat, protocols[kind],
	    htons((uint16_t)port));
	hold->kinds[kind]->port[port].offered = true;
}

void
hold_start(struct hold *hold, struct nat *nat)
{
	const struct hold_setup *setup = &hold->setup;

	hold->nat = nat;
	for (uint32_t port = setup->low; port <= setup->high; port++)
		(void)nat_port_offer(nat, IPPROTO_ICMP,
		    htons((uint16_t)port));
	for (uint32_t port = 1; port < PORTS; port++)
		for (int kind = 0; kind < KINDS; kind++) {
			if (setup->ask == NULL && is_stock(hold, port))
				offer(hold, kind, port);
			else if (setup->ask != NULL &&
			    is_privileged(hold, port))
				want(hold, kind, port, false);
		}
}

/* splitmix64 over a secret start: an order that nobody outside can guess from
 * the few ports he sees. */
static uint64_t
next_random(struct hold *hold)
{
	uint64_t z = hold->random += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* A free port of the range, or -1. */
static int64_t
choose(struct hold *hold, struct kind *kind)
{
	uint32_t start = (uint32_t)(next_random(hold) % hold->ports);

	for (uint32_t i = 0; !kind->none_free && i < hold->ports; i++) {
		uint32_t at = hold->setup.low + (start + i) % hold->ports;

		if (kind->port[at].state == FREE)
			return at;
	}
	kind->none_free = true;
	return -1;
}

/* What programs had may be free by now. */
static void
forget_busy(const struct hold *hold, struct kind *kind, uint64_t now)
{
	if (now < kind->retry_ms)
		return;
	kind->retry_ms = now + RETRY_MS;
	kind->none_free = false;
	for (uint32_t port = hold->setup.low; port <= hold->setup.high; port++)
		if (kind->port[port].state == BUSY)
			kind->port[port].state = FREE;
}

static void
say_short(struct kind *kind, const char *name, const char *why)
{
	if (!kind->short_said)
		log_warnx("uplink: no further %s port can be held: %s", name,
		    why);
	kind->short_said = true;
}

/* False: not now. */
static bool
ask(struct hold *hold, int kind, uint32_t port)
{
	struct kind *k = hold->kinds[kind];

	if (k->asked >= ASKED_MOST ||
	    !hold->setup.ask(hold->setup.context, protocols[kind],
		htons((uint16_t)port)))
		return false;
	k->port[port].state = ASKED;
	k->asked++;
	return true;
}

/* False: not all could be asked for. */
static bool
fill_wanted(struct hold *hold, int kind)
{
	struct kind *k = hold->kinds[kind];

	for (uint32_t port = 1; port < PORTS && k->wanted > 0; port++) {
		struct place *place = &k->port[port];
		bool urgent = place->urgent;

		if (place->state != WANTED || (k->urgent > 0 && !urgent))
			continue;
		if (!ask(hold, kind, port))
			return false;
		k->wanted--;
		k->urgent -= urgent;
		place->urgent = false;
	}
	return k->wanted == 0;
}

static void
fill_stock(struct hold *hold, int kind, uint64_t now)
{
	struct kind *k = hold->kinds[kind];

	/* What is held below LOW must not pass for the stock above it. */
	while (nat_ports_spare(hold->nat, protocols[kind]) + k->asked <
	    SPARE + k->low_held) {
		int64_t port = choose(hold, k);

		if (port == -1) {
			say_short(k, kind == TCP ? "TCP" : "UDP",
			    "all are in use");
			forget_busy(hold, k, now);
			return;
		}
		if (!ask(hold, kind, (uint32_t)port))
			return;
	}
}

void
hold_fill(struct hold *hold, uint64_t now)
{
	if (hold->setup.ask == NULL || !hold->there)
		return;
	for (int kind = 0; kind < KINDS; kind++)
		if (fill_wanted(hold, kind))
			fill_stock(hold, kind, now);
}

/* Ports with a mapping are asked for first. */
static void
want_used(struct hold *hold, uint64_t now)
{
	struct nat_mapping_view views[VIEWS];
	size_t cursor = 0, n;

	do {
		n = nat_mappings(hold->nat, &cursor, views, VIEWS, now);
		for (size_t i = 0; i < n; i++)
			if (views[i].protocol != IPPROTO_ICMP &&
			    place_of(hold, views[i].protocol,
				views[i].outside_port)->state == HELD)
				want(hold, views[i].protocol == IPPROTO_TCP ?
				    TCP : UDP, ntohs(views[i].outside_port),
				    true);
	} while (n == VIEWS);
}

void
hold_follow(struct hold *hold, in_addr_t address, unsigned index, uint64_t now)
{
	bool moved = address != 0 && hold->address != 0 &&
	    (address != hold->address || index != hold->index);

	hold->there = address != 0;
	if (address != 0) {
		hold->address = address;
		hold->index = index;
	}
	if (!moved || hold->setup.ask == NULL)
		return;
	want_used(hold, now);
	for (int kind = 0; kind < KINDS; kind++)
		for (uint32_t port = 1; port < PORTS; port++) {
			const struct place *p = &hold->kinds[kind]->port[port];

			if (p->state == HELD)
				want(hold, kind, port, p->claimed);
		}
}

static void
let_go(const struct hold *hold, int kind, uint32_t port)
{
	if (hold->setup.let_go != NULL && !is_stock(hold, port))
		hold->setup.let_go(hold->setup.context, protocols[kind],
		    htons((uint16_t)port));
}

static void
is_held(struct hold *hold, int kind, uint32_t port, int descriptor)
{
	struct kind *k = hold->kinds[kind];
	struct place *place = &k->port[port];

	place->state = HELD;
	place->fd = descriptor;
	k->low_held += port < LOW;
	k->short_said = false;
	if (place->claimed) {
		hold->setup.claimed(hold->setup.context, protocols[kind],
		    htons((uint16_t)port), 0);
	} else if (is_stock(hold, port)) {
		offer(hold, kind, port);
	} else {
		close(descriptor);
		k->low_held -= port < LOW;
		place->state = FREE;
		k->none_free = false;
		let_go(hold, kind, port);
	}
}

static void
is_refused(struct hold *hold, int kind, uint32_t port, int error, uint64_t now)
{
	struct place *place = &hold->kinds[kind]->port[port];

	place->state = BUSY;
	let_go(hold, kind, port);
	if (place->offered)
		nat_port_withdraw(hold->nat, protocols[kind],
		    htons((uint16_t)port), now);
	place->offered = false;
	if (place->claimed)
		hold->setup.claimed(hold->setup.context, protocols[kind],
		    htons((uint16_t)port), error);
	else if (error != EADDRINUSE)
		say_short(hold->kinds[kind], kind == TCP ? "TCP" : "UDP",
		    strerror(error));
}

void
hold_answered(struct hold *hold, uint8_t protocol, in_port_t port,
    int descriptor, int error, uint64_t now)
{
	int kind = protocol == IPPROTO_TCP ? TCP : UDP;
	struct place *place = place_of(hold, protocol, port);

	if (place->state != ASKED) {
		if (descriptor != -1)
			close(descriptor);
		return;
	}
	hold->kinds[kind]->asked--;
	if (descriptor != -1)
		is_held(hold, kind, ntohs(port), descriptor);
	else
		is_refused(hold, kind, ntohs(port), error, now);
}

bool
hold_is_settled(const struct hold *hold)
{
	size_t open = 0;

	for (int kind = 0; hold->there && kind < KINDS; kind++)
		open += hold->kinds[kind]->asked + hold->kinds[kind]->wanted;
	return open == 0;
}

bool
hold_claim(struct hold *hold, uint8_t protocol, in_port_t port)
{
	int kind = protocol == IPPROTO_TCP ? TCP : UDP;
	struct place *place = place_of(hold, protocol, port);

	place->claimed = true;
	if (hold->setup.ask == NULL || place->state == HELD)
		return true;
	if (place->state != ASKED)
		want(hold, kind, ntohs(port), true);
	return false;
}

void
hold_release(struct hold *hold, uint8_t protocol, in_port_t port)
{
	place_of(hold, protocol, port)->claimed = false;
}

void
hold_port_free(void *context, uint8_t protocol, in_port_t port)
{
	struct hold *hold = context;
	int kind = protocol == IPPROTO_TCP ? TCP : UDP;
	uint32_t number = ntohs(port);
	struct place *place;

	if (protocol == IPPROTO_ICMP) {
		(void)nat_port_offer(hold->nat, protocol, port);
		return;
	}
	place = place_of(hold, protocol, port);
	place->offered = false;
	if (place->claimed)
		return;
	if (hold->setup.ask == NULL ? is_stock(hold, number) :
	    place->state == HELD && is_stock(hold, number) &&
		(number < LOW || nat_ports_spare(hold->nat, protocol) <
		    SPARE + hold->kinds[kind]->low_held)) {
		offer(hold, kind, number);
	} else if (place->state == HELD) {
		close(place->fd);
		place->state = FREE;
		hold->kinds[kind]->none_free = false;
		hold->kinds[kind]->low_held -= number < LOW;
		let_go(hold, kind, number);
	}
}
