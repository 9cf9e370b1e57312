/*
 * session.h - PPP callers, from hand-off to hang-up
 *
 * A session lives as long as the socket to its pppd's masq.so: either end
 * gone, the lease is back, the link closed, the mappings gone.  See handoff.h
 * for the messages and session.c for the states.
 */
#ifndef MASQD_SESSION_H
#define MASQD_SESSION_H

#include <uv.h>

#include "config.h"
#include "gateway.h"
#include "pool.h"

struct sessions;

/* Serve masq.so on the listening socket, owned from now on.  netns: the
 * callers' namespace, passed on to each pppd; owned too.  The configuration
 * is kept.  NULL: out of memory. */
struct sessions *sessions_create(uv_loop_t *, const struct config *,
    struct gateway *, int listener, int netns);
void sessions_destroy(struct sessions *);

/* Call changed() whenever a session got its link or has lost it. */
void sessions_watch(struct sessions *, void (*changed)(void *context),
    void *context);

struct session_view {
	const char *user, *line, *device, *caller, *interface;
	in_addr_t address; /* network order */
	bool up;	   /* IPCP is open */
	uint64_t since_ms; /* uv_now() at hand-off */
	const struct gateway_link *place; /* NULL before the hand-off */
};

/* Call see() for each session that has a lease. */
void sessions_each(struct sessions *,
    void (*see)(void *context, const struct session_view *), void *context);

/* The session on a line (its name, or pppd's device), or NULL-user view:
 * returns false where there is none. */
bool sessions_find(struct sessions *, const char *line, struct session_view *);

/* Ask the pppd of the line to hang up.  False: there is no such session. */
bool sessions_hangup(struct sessions *, const char *line, const char *reason);
void sessions_hangup_all(struct sessions *, const char *reason);

/* True when no pppd is there. */
bool sessions_none(const struct sessions *);

const struct pool *sessions_pool(const struct sessions *);

#endif
