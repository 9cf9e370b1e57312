/*
 * house.h - the lines of masqd.conf, and what they need of the daemon
 *
 * Lines know nothing of sessions, leases and the keeper (serial/line.h).  The
 * house asks the keeper for pppd, begins and ends SLIP sessions, and listens
 * for TCP callers.
 */
#ifndef MASQD_HOUSE_H
#define MASQD_HOUSE_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "masqd/config/config.h"
#include "masqd/gateway/gateway.h"
#include "masqd/keeper/keeper.h"
#include "serial/line.h"
#include "session.h"

struct house;

/* Everything is kept. */
struct house_setup {
	uv_loop_t *loop;
	const struct config *config;
	struct gateway *gateway;
	struct sessions *sessions;
	const uint8_t *key;   /* 16 random octets */
	int keeper;	      /* the socket to it */
	const int *listeners; /* as many as configured */
};

/* Make all lines.  NULL: out of memory. */
struct house *house_create(const struct house_setup *);

/* The lines, as many as configured and in their order; NULL: gone. */
struct line **house_lines(struct house *);

/* What the keeper said, if it is about a line: true, and the descriptor is
 * taken; false: it is not. */
bool house_answered(struct house *, const struct keeper_message *,
    int descriptor);

/* Hang up and let all lines go; house_is_empty() once they are gone. */
void house_close(struct house *);
bool house_is_empty(const struct house *);

void house_destroy(struct house *);

#endif
