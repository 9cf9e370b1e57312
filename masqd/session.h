/*
 * session.h - the callers that are there; PPP's, from hand-off to hang-up
 *
 * A PPP session lives as long as the socket to its pppd's masq.so: either end
 * gone, the lease is back, the link closed, the mappings gone.  See handoff.h
 * for the messages and session.c for the states.  SLIP sessions (slip.h) live
 * elsewhere, take their addresses from the same pool and are seen with the
 * others.
 */
#ifndef MASQD_SESSION_H
#define MASQD_SESSION_H

#include <sys/queue.h>
#include <uv.h>

#include "masqd/config/config.h"
#include "masqd/gateway/gateway.h"
#include "pool.h"

struct sessions;

/* Serve masq.so on the listening socket, owned from now on; -1: no pppd comes
 * here.  netns: the callers' namespace, passed on to each pppd; owned too.
 * The configuration is kept.  NULL: out of memory. */
struct sessions *sessions_create(uv_loop_t *, const struct config *,
    struct gateway *, int listener, int netns);
void sessions_destroy(struct sessions *);

/* Call changed() whenever a session got its link or has lost it. */
void sessions_watch(struct sessions *, void (*changed)(void *context),
    void *context);

/* What sessions need of the lines below them, which they know by name; also by
 * names that are no line of masqd's. */
struct session_lines {
	/* Returns the link of a new session: one that keeps packets back for
	 * the line, or the inner link itself. */
	struct link *(*queue)(void *context, const char *line,
	    struct link *inner);
	/* The call gets no session; the log says why, and its pppd ends. */
	void (*refused)(void *context, const char *line);
	void *context;
};

/* The struct is the caller's, and stays. */
void sessions_lines(struct sessions *, const struct session_lines *);

struct session_view {
	const char *user, *line, *device, *caller, *interface;
	const char *protocol; /* "ppp", "slip" or "cslip" */
	in_addr_t address; /* network order */
	bool up;	   /* IPCP is open */
	uint64_t since_ms; /* uv_now() at hand-off */
	const struct gateway_link *place; /* NULL before the hand-off */
};

/* A session without a pppd.  view() is asked for what is to be shown of it;
 * the struct is the owner's, and stays until sessions_leave(). */
struct session_guest {
	void (*view)(const struct session_guest *, struct session_view *);
	LIST_ENTRY(session_guest) entry;
};
void sessions_join(struct sessions *, struct session_guest *);
void sessions_leave(struct sessions *, struct session_guest *);

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

struct pool *sessions_pool(const struct sessions *);

#endif
