/*
 * session_state.h - the inside of PPP's sessions, for the files that are them
 *
 * session.c has the way from hand-off to hang-up, session_view.c what is shown
 * and said to all of them.  Nobody else includes this.
 */
#ifndef MASQD_SESSION_STATE_H
#define MASQD_SESSION_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <uv.h>

#include "channel.h"
#include "handoff.h"
#include "session.h"

enum {
	SESSIONS_MAX = 4096,
	FIRST_UNIT = 1000, /* PPP units apart from the host's own */
	HELLO_MS = 5000
};

enum session_state {
	NEW,	  /* HELLO within HELLO_MS -> WELCOMED; else ended */
	WELCOMED, /* ASK -> LEASED, or refused; it may end unleased */
	LEASED,	  /* ASK again: another address; LINK -> LINKED */
	LINKED,	  /* UP -> ONLINE; packets flow already */
	ONLINE,	  /* until DOWN or end of file */
	STATES
};

struct session {
	struct sessions *all;
	enum session_state state;
	int socket;
	unsigned unit; /* index into all->unit_used */
	uv_poll_t poll;
	uv_timer_t timer;
	int handles; /* not yet closed by the loop */
	struct handoff hello;
	char user[sizeof((struct handoff *)0)->user];
	char interface[sizeof((struct handoff *)0)->interface];
	char why[sizeof((struct handoff *)0)->reason];
	in_addr_t address;
	struct account_options options;
	struct gateway_link *place;
	struct channel *channel;
	uint64_t since_ms;
	LIST_ENTRY(session) entry;
};

struct sessions {
	uv_loop_t *loop;
	uv_poll_t poll;
	const struct config *config;
	struct gateway *gateway;
	struct pool *pool;
	int listener, netns;
	unsigned next_unit;
	bool unit_used[SESSIONS_MAX];
	LIST_HEAD(, session) list;
	LIST_HEAD(, session_guest) guests;
	void (*changed)(void *context); /* NULL: nobody wants to know */
	void *changed_context;
	const struct session_lines *lines; /* NULL: none of masqd's own */
};

/* "s1" or, for a pppd that somebody else started, its device. */
const char *session_where(const struct session *);

/* A message to its masq.so, as message_send(). */
int session_tell(struct session *, struct handoff *, enum handoff_kind,
    int descriptor);

/* Whoever watches is told that a session has come or gone. */
void session_changed(const struct sessions *);

#endif
