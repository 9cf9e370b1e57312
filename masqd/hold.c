/*
 * hold.c - the gateway's stock of held ports
 *
 * A port is FREE, ASKED for, BUSY (a program of the host has it), or held by
 * the descriptor in its place.  Held ports are offered to the translation, come
 * back after their quarantine, and are closed when more than SPARE are spare.
 * BUSY ports are tried again when no FREE one is left.
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
enum { FREE = -1, ASKED = -2, BUSY = -3 };

enum {
	SPARE = 128,	/* ports of a protocol held and not in use */
	ASKED_MOST = 32 /* of a protocol, not yet answered */
};

static const uint8_t protocols[KINDS] = { IPPROTO_TCP, IPPROTO_UDP };

struct hold {
	struct hold_setup setup;
	struct nat *nat;
	uint32_t ports;
	uint64_t random; /* state of the choice, see next_random() */
	size_t asked[KINDS];
	bool short_said[KINDS]; /* the log was told that ports are short */
	int *place[KINDS];	/* by port - low */
};

static int
kind_of(uint8_t protocol)
{
	return protocol == IPPROTO_TCP ? TCP : UDP;
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
		hold->place[kind] = malloc(hold->ports * sizeof(int));
		if (hold->place[kind] == NULL) {
			hold_destroy(hold);
			return NULL;
		}
		for (uint32_t i = 0; i < hold->ports; i++)
			hold->place[kind][i] = FREE;
	}
	return hold;
}

void
hold_destroy(struct hold *hold)
{
	if (hold == NULL)
		return;
	for (int kind = 0; kind < KINDS; kind++) {
		for (uint32_t i = 0; hold->place[kind] != NULL &&
		     i < hold->ports; i++)
			if (hold->place[kind][i] >= 0)
				close(hold->place[kind][i]);
		free(hold->place[kind]);
	}
	free(hold);
}

void
hold_start(struct hold *hold, struct nat *nat)
{
	hold->nat = nat;
	for (uint32_t port = hold->setup.low; port <= hold->setup.high;
	     port++) {
		in_port_t id = htons((uint16_t)port);

		(void)nat_port_offer(nat, IPPROTO_ICMP, id);
		for (int kind = 0; hold->setup.ask == NULL && kind < KINDS;
		     kind++)
			(void)nat_port_offer(nat, protocols[kind], id);
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

/* A free port's place, or -1; then BUSY ones become free for the next try. */
static int64_t
choose(struct hold *hold, int kind)
{
	uint32_t start = (uint32_t)(next_random(hold) % hold->ports);

	for (uint32_t i = 0; i < hold->ports; i++) {
		uint32_t at = (start + i) % hold->ports;

		if (hold->place[kind][at] == FREE)
			return at;
	}
	for (uint32_t i = 0; i < hold->ports; i++)
		if (hold->place[kind][i] == BUSY)
			hold->place[kind][i] = FREE;
	return -1;
}

static void
say_short(struct hold *hold, int kind, const char *why)
{
	if (!hold->short_said[kind])
		log_warnx("uplink: no further %s port can be held: %s",
		    kind == TCP ? "TCP" : "UDP", why);
	hold->short_said[kind] = true;
}

static void
fill(struct hold *hold, int kind)
{
	while (hold->asked[kind] < ASKED_MOST &&
	    nat_ports_spare(hold->nat, protocols[kind]) + hold->asked[kind] <
		SPARE) {
		int64_t at = choose(hold, kind);

		if (at == -1) {
			say_short(hold, kind, "all are in use");
			return;
		}
		if (!hold->setup.ask(hold->setup.context, protocols[kind],
			htons((uint16_t)(hold->setup.low + at))))
			return;
		hold->place[kind][at] = ASKED;
		hold->asked[kind]++;
	}
}

void
hold_fill(struct hold *hold)
{
	for (int kind = 0; hold->setup.ask != NULL && kind < KINDS; kind++)
		fill(hold, kind);
}

void
hold_answered(struct hold *hold, uint8_t protocol, in_port_t port,
    int descriptor, int error)
{
	uint32_t at = (uint32_t)ntohs(port) - hold->setup.low;
	int kind = kind_of(protocol);

	if (at >= hold->ports || hold->place[kind][at] != ASKED) {
		if (descriptor != -1)
			close(descriptor);
		return;
	}
	hold->asked[kind]--;
	if (descriptor != -1) {
		hold->place[kind][at] = descriptor;
		hold->short_said[kind] = false;
		(void)nat_port_offer(hold->nat, protocol, port);
		return;
	}
	hold->place[kind][at] = BUSY;
	if (error != EADDRINUSE)
		say_short(hold, kind, strerror(error));
}

bool
hold_is_settled(const struct hold *hold)
{
	return hold->asked[TCP] + hold->asked[UDP] == 0;
}

void
hold_port_free(void *context, uint8_t protocol, in_port_t port)
{
	struct hold *hold = context;
	uint32_t at = (uint32_t)ntohs(port) - hold->setup.low;
	int kind = kind_of(protocol);

	if (hold->setup.ask == NULL || protocol == IPPROTO_ICMP ||
	    nat_ports_spare(hold->nat, protocol) < SPARE) {
		(void)nat_port_offer(hold->nat, protocol, port);
		return;
	}
	if (at < hold->ports && hold->place[kind][at] >= 0) {
		close(hold->place[kind][at]);
		hold->place[kind][at] = FREE;
	}
}
