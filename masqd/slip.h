/*
 * slip.h - SLIP callers, from the word `slip` to the end of the call
 *
 * A SLIP session is what a PPP session is (session.h), without a pppd: a
 * lease of the same pool, a link of its own kind at the gateway.  The line
 * gives it the caller's octets and takes those for him; it knows nothing
 * else of the line.
 */
#ifndef MASQD_SLIP_H
#define MASQD_SLIP_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "account_options.h"
#include "masqd/config/config.h"
#include "masqd/gateway/gateway.h"
#include "session.h"

struct slip_session;

/* Where it lives; kept. */
struct slip_house {
	const struct config *config;
	struct gateway *gateway;
	struct sessions *sessions;
};

/* What a call begins with, and the line it is on. */
struct slip_setup {
	const char *user;   /* of the login, or the line's own; copied */
	const char *caller; /* calling number or ""; copied */
	const char *line;   /* its name; kept */
	const char *device; /* its port; kept */
	in_addr_t address;  /* fixed, of the account or the line; 0: none */
	uint32_t rate;	    /* bit/s towards the caller; 0: not known */
	bool compressed;    /* he said `cslip` */
	const struct account_options *options; /* NULL: none; copied */

	/* Makes the link before this one that keeps packets back for the line,
	 * or returns this one; NULL: none. */
	struct link *(*queue)(void *queue_context, const char *line,
	    struct link *inner);
	void *queue_context;

	/* The line.  send() takes all n octets, never more than the last
	 * room() said; where there is too little room for a packet at its
	 * worst, 2 * MTU + 2, it is dropped before it is compressed.  Neither
	 * may end the session. */
	size_t (*room)(void *context);
	void (*send)(void *context, const uint8_t *octets, size_t n);
	void *context;
};

/*
 * Begin a session: take the lease, add the link.  To be called before the
 * address is told to the caller; that text goes to the line before send() is
 * called first, which is not from here.  now: uv_now().  NULL with one
 * sentence in error: there is no address, or no room.
 */
struct slip_session *slip_session_begin(const struct slip_house *,
    const struct slip_setup *, uint64_t now, char *error, size_t error_size);

/* For the text before SLIP begins: the caller's address (network order), and
 * the MTU towards him. */
in_addr_t slip_session_address(const struct slip_session *);
uint32_t slip_session_mtu(const struct slip_session *);

/* Octets that came from the caller, in pieces of any size. */
void slip_session_octets(struct slip_session *, const uint8_t *octets,
    size_t n, uint64_t now);

/* What ends a session from our side. */
enum slip_limit { SLIP_NO_LIMIT, SLIP_IDLE, SLIP_TIME_OVER };

/* Has the caller's idle or session time run out?  To be asked every second or
 * so; the line then hangs up. */
enum slip_limit slip_session_limit(struct slip_session *, uint64_t now);

/* Lease, link and mappings are given back; the session is freed.  reason: for
 * the log. */
void slip_session_end(struct slip_session *, const char *reason, uint64_t now);

#endif
