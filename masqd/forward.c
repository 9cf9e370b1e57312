/*
 * forward.c - the table of forwards
 *
 * Each outside port of a forward goes its own way: it is held, then given to
 * the translation together with those targets that are there.  Targets are
 * looked up again whenever a session began or ended, and every few seconds,
 * which keeps a network's address in its slot (roster.h).
 *
 * What must never happen: a port that is served without a hold where holds are
 * needed (the host would answer too); a target whose slot has become another
 * caller's.
 */
#include "forward.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "log.h"

enum {
	ADDED_MOST = 256, /* forwards, at the console; see passed.c */
	RETRY_MS = 30 * 1000 /* for a port that could not be held */
};

enum port_state {
	UNHELD, /* claimed -> WAITING or HELD */
	WAITING, /* forwards_held() -> HELD or BUSY */
	BUSY,	/* a program of the host has it; RETRY_MS later -> UNHELD */
	HELD,	/* given to the translation -> OPEN; it is in use: tried again */
	OPEN,	/* served; a new address, where it cannot be held -> BUSY */
};

struct found {
	int32_t slot; /* PACKET_NO_CALLER: not there */
	in_addr_t address;
};

struct forward {
	struct config_forward is;
	bool configured;
	uint32_t count; /* ports */
	uint8_t *states; /* enum port_state, by port - is.port_low */
	uint16_t troubled;
	int trouble; /* of the port `troubled`: an errno; 0: none */
	uint32_t present; /* bit i: target i is there */
	struct found found[CONFIG_TARGETS]; /* as many as is.targets */
	TAILQ_ENTRY(forward) entry;
};

struct forwards {
	struct forward_setup setup;
	TAILQ_HEAD(, forward) list;
	uint32_t added, added_ports; /* at the console */
	uint64_t retry_ms; /* when BUSY ports are tried again */
};

static struct found
find_target(const struct forwards *all, const struct config_target *target,
    uint64_t now)
{
	struct gateway *gateway = all->setup.gateway;
	struct found found = { .address = target->address };

	if (target->user == NULL) {
		found.slot = gateway_slot(gateway, target->address, now);
		return found;
	}
	found.slot = gateway_user_slot(gateway, target->user);
	if (found.slot != PACKET_NO_CALLER)
		(void)gateway_caller(gateway, (uint32_t)found.slot,
		    &found.address);
	return found;
}

/* Look all targets up; true where something is not as it was. */
static bool
find_targets(const struct forwards *all, struct forward *forward,
    uint64_t now)
{
	bool changed = false;

	forward->present = 0;
	for (size_t i = 0; i < forward->is.target_count; i++) {
		struct found is = find_target(all, &forward->is.targets[i],
		    now);
		const struct found *was = &forward->found[i];

		changed = changed || is.slot != was->slot ||
		    is.address != was->address;
		forward->found[i] = is;
		if (is.slot != PACKET_NO_CALLER)
			forward->present |= 1U << i;
	}
	return changed;
}

static in_port_t
outside_port(const struct forward *forward, uint32_t at)
{
	return htons((uint16_t)(forward->is.port_low + at));
}

static void
set_trouble(struct forward *forward, uint32_t at, int trouble)
{
	uint16_t port = (uint16_t)(forward->is.port_low + at);

	if (trouble == 0 && forward->troubled != port)
		return;
	forward->troubled = port;
	forward->trouble = trouble;
}

static_assert((int)CONFIG_TARGETS == (int)NAT_TARGETS, "each has its turn");

/* Give a held port to the translation, or tell it of new targets. */
static void
serve(const struct forwards *all, struct forward *forward, uint32_t at)
{
	struct nat_target targets[CONFIG_TARGETS];
	size_t n = 0;

	for (size_t i = 0; i < forward->is.target_count; i++) {
		const struct found *found = &forward->found[i];

		if (found->slot == PACKET_NO_CALLER)
			continue;
		targets[n++] = (struct nat_target){ .address = found->address,
			.port = htons((uint16_t)
			    (forward->is.targets[i].port + at)),
			.caller = (uint32_t)found->slot };
	}
	if (nat_forward_add(gateway_nat(all->setup.gateway),
		forward->is.protocol, outside_port(forward, at), targets, n)) {
		forward->states[at] = OPEN;
		set_trouble(forward, at, 0);
	} else {
		forward->states[at] = HELD;
		set_trouble(forward, at, EBUSY);
	}
}

/* Bring every port of a forward as far as it can go now. */
static void
advance(const struct forwards *all, struct forward *forward, bool changed)
{
	for (uint32_t at = 0; at < forward->count; at++) {
		uint8_t *state = &forward->states[at];

		if (*state == UNHELD)
			*state = hold_claim(all->setup.hold,
			    forward->is.protocol, outside_port(forward, at)) ?
			    HELD : WAITING;
		if (*state == HELD || (*state == OPEN && changed))
			serve(all, forward, at);
	}
}

void
forwards_update(struct forwards *all, uint64_t now)
{
	bool retry = now >= all->retry_ms;
	struct forward *forward;

	if (retry)
		all->retry_ms = now + RETRY_MS;
	TAILQ_FOREACH (forward, &all->list, entry) {
		for (uint32_t at = 0; retry && at < forward->count; at++)
			if (forward->states[at] == BUSY)
				forward->states[at] = UNHELD;
		advance(all, forward, find_targets(all, forward, now));
	}
}

static void
close_port(const struct forwards *all, struct forward *forward, uint32_t at)
{
	if (forward->states[at] == OPEN)
		nat_forward_remove(gateway_nat(all->setup.gateway),
		    forward->is.protocol, outside_port(forward, at));
}

static void
port_held(const struct forwards *all, struct forward *forward, uint32_t at,
    int error)
{
	if (error == 0) {
		if (forward->states[at] != OPEN)
			serve(all, forward, at);
		return;
	}
	if (forward->trouble != error)
		log_warnx("forward %s: port %u cannot be held: %s; it is tried"
		    " again", forward->is.name, forward->is.port_low + at,
		    strerror(error));
	close_port(all, forward, at);
	forward->states[at] = BUSY;
	set_trouble(forward, at, error);
}

void
forwards_held(struct forwards *all, uint8_t protocol, in_port_t port,
    int error)
{
	struct forward *forward;

	TAILQ_FOREACH (forward, &all->list, entry) {
		uint32_t at = ntohs(port) - (uint32_t)forward->is.port_low;

		if (forward->is.protocol == protocol && at < forward->count)
			port_held(all, forward, at, error);
	}
}

static void
forward_free(struct forward *forward)
{
	forward_clear(&forward->is);
	free(forward->states);
	free(forward);
}

/* A copy that owns its memory; NULL: out of memory. */
static struct forward *
copy(const struct config_forward *from)
{
	struct forward *to = calloc(1, sizeof *to);
	bool whole;

	if (to == NULL)
		return NULL;
	to->is = *from;
	to->is.target_count = 0;
	to->is.name = strdup(from->name);
	to->is.targets = calloc(from->target_count + 1,
	    sizeof *to->is.targets);
	to->count = (uint32_t)(from->port_high - from->port_low) + 1;
	to->states = calloc(to->count, sizeof *to->states);
	whole = to->is.name != NULL && to->is.targets != NULL &&
	    to->states != NULL;
	for (size_t i = 0; whole && i < from->target_count; i++) {
		struct config_target *target = &to->is.targets[i];

		*target = from->targets[i];
		if (target->user != NULL)
			target->user = strdup(target->user);
		whole = from->targets[i].user == NULL || target->user != NULL;
		to->found[i].slot = PACKET_NO_CALLER;
		to->is.target_count++;
	}
	if (whole)
		return to;
	forward_free(to);
	return NULL;
}

static bool
overlap(const struct config_forward *one, const struct config_forward *two)
{
	return one->protocol == two->protocol &&
	    one->port_low <= two->port_high && one->port_high >= two->port_low;
}

/* Does it fit to those that are there? */
static bool
check(const struct forwards *all, const struct config_forward *new,
    char *error, size_t size)
{
	const struct forward *other;

	TAILQ_FOREACH (other, &all->list, entry) {
		if (strcmp(other->is.name, new->name) == 0) {
			(void)snprintf(error, size,
			    "there is a forward %s already; choose another "
			    "name, or delete it first", new->name);
			return false;
		}
		if (overlap(&other->is, new)) {
			(void)snprintf(error, size,
			    "forward %s has such a port already (%u-%u); "
			    "choose another port", other->is.name,
			    other->is.port_low, other->is.port_high);
			return false;
		}
	}
	if (new->target_count > CONFIG_TARGETS) {
		(void)snprintf(error, size, "a forward has at most %d targets",
		    CONFIG_TARGETS);
		return false;
	}
	for (size_t i = 0; i < new->target_count; i++) {
		struct in_addr address = { new->targets[i].address };
		char dots[INET_ADDRSTRLEN];

		if (address.s_addr == 0 ||
		    config_is_inside(all->setup.config, address.s_addr))
			continue;
		(void)snprintf(error, size,
		    "%s is in no pool and no network; give a caller's address "
		    "or a user", inet_ntop(AF_INET, &address, dots,
		    sizeof dots));
		return false;
	}
	return true;
}

/* The tables are sized at start. */
static bool
has_room(const struct forwards *all, const struct config_forward *new,
    char *error, size_t size)
{
	uint32_t ports = (uint32_t)(new->port_high - new->port_low) + 1;

	if (all->added < ADDED_MOST &&
	    all->added_ports + ports <= CONFIG_ADDED_PORTS)
		return true;
	(void)snprintf(error, size,
	    "there is room for %d forwards and %d ports besides those of "
	    "masqd.conf; delete what is not needed, or write it there",
	    ADDED_MOST, CONFIG_ADDED_PORTS);
	return false;
}

static void
take_out(struct forwards *all, struct forward *forward)
{
	for (uint32_t at = 0; at < forward->count; at++) {
		close_port(all, forward, at);
		hold_release(all->setup.hold, forward->is.protocol,
		    outside_port(forward, at));
	}
	TAILQ_REMOVE(&all->list, forward, entry);
	if (!forward->configured) {
		all->added--;
		all->added_ports -= forward->count;
	}
	forward_free(forward);
}

static struct forward *
put_in(struct forwards *all, const struct config_forward *from,
    bool configured, uint64_t now)
{
	struct forward *forward = copy(from);

	if (forward == NULL)
		return NULL;
	forward->configured = configured;
	TAILQ_INSERT_TAIL(&all->list, forward, entry);
	if (!configured) {
		all->added++;
		all->added_ports += forward->count;
	}
	advance(all, forward, find_targets(all, forward, now));
	return forward;
}

bool
forwards_add(struct forwards *all, const struct config_forward *new,
    uint64_t now, char *error, size_t error_size)
{
	struct forward *forward;

	if (!check(all, new, error, error_size) ||
	    !has_room(all, new, error, error_size))
		return false;
	forward = put_in(all, new, false, now);
	if (forward == NULL) {
		(void)snprintf(error, error_size, "masqd is out of memory");
		return false;
	}
	if (forward->trouble == 0)
		return true;
	(void)snprintf(error, error_size,
	    "outside port %u is in use by a mapping (masqctl mappings shows "
	    "whose) or was a short while ago; choose another, best one outside "
	    "the uplink's `ports`", forward->troubled);
	take_out(all, forward);
	return false;
}

bool
forwards_remove(struct forwards *all, const char *name, char *error,
    size_t error_size)
{
	struct forward *forward;

	TAILQ_FOREACH (forward, &all->list, entry)
		if (strcmp(forward->is.name, name) == 0) {
			take_out(all, forward);
			return true;
		}
	(void)snprintf(error, error_size,
	    "there is no forward \"%.80s\"; see `masqctl forward list`", name);
	return false;
}

struct forwards *
forwards_create(const struct forward_setup *setup, uint64_t now)
{
	struct forwards *all = calloc(1, sizeof *all);

	if (all == NULL)
		return NULL;
	all->setup = *setup;
	all->retry_ms = now + RETRY_MS;
	TAILQ_INIT(&all->list);
	for (size_t i = 0; i < setup->config->forward_count; i++) {
		const struct config_forward *from =
		    &setup->config->forwards[i];
		char error[200];

		if (!check(all, from, error, sizeof error)) {
			log_warnx("forward %s is not served: %s", from->name,
			    error);
		} else if (put_in(all, from, true, now) == NULL) {
			forwards_destroy(all);
			return NULL;
		}
	}
	return all;
}

void
forwards_destroy(struct forwards *all)
{
	struct forward *forward;

	if (all == NULL)
		return;
	while ((forward = TAILQ_FIRST(&all->list)) != NULL) {
		TAILQ_REMOVE(&all->list, forward, entry);
		forward_free(forward);
	}
	free(all);
}

void
forwards_each(const struct forwards *all,
    void (*see)(void *, const struct forward_view *), void *context)
{
	const struct forward *forward;

	TAILQ_FOREACH (forward, &all->list, entry) {
		struct forward_view view = { .forward = &forward->is,
			.configured = forward->configured,
			.present = forward->present,
			.troubled = forward->trouble == 0 ? 0 :
			    forward->troubled,
			.trouble = forward->trouble };

		for (uint32_t at = 0; at < forward->count; at++) {
			view.open += forward->states[at] == OPEN;
			view.waiting += forward->states[at] == WAITING;
		}
		see(context, &view);
	}
}
