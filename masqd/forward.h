/*
 * forward.h - outside ports that lead inside
 *
 * The table of forwards: those of masqd.conf and those added at the console.
 * A target is a user, whom a forward follows from session to session, or an
 * address of a network or a pool.  Several targets are served in turn.  Where
 * nobody is there, the port answers as a closed one.
 */
#ifndef MASQD_FORWARD_H
#define MASQD_FORWARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "masqd/config/config.h"
#include "masqd/gateway/gateway.h"
#include "hold.h"

struct forwards;

struct forward_setup {
	const struct config *config; /* kept */
	struct gateway *gateway;     /* kept */
	struct hold *hold;	     /* kept: of the outside ports */
};

/* The configured forwards, served as soon as their ports are held.  NULL: out of
 * memory. */
struct forwards *forwards_create(const struct forward_setup *, uint64_t now);
void forwards_destroy(struct forwards *);

/*
 * Add a forward, which is copied.  Returns false with one sentence in error
 * where its name or one of its ports is taken, a target cannot be a caller's,
 * or the table is full; then nothing has changed.
 */
bool forwards_add(struct forwards *, const struct config_forward *,
    uint64_t now, char *error, size_t error_size);

/* Its flows live on until they end.  False with a sentence in error: there is
 * none of that name. */
bool forwards_remove(struct forwards *, const char *name, char *error,
    size_t error_size);

/* Find the targets anew: to be called whenever a session began or ended, and
 * from time to time, since it tries again what could not be had, and keeps the
 * targets' places at the gateway. */
void forwards_update(struct forwards *, uint64_t now);

/* hold_setup.claimed: the port is held (error 0), or it cannot be, and why, as
 * an errno.  Called again when the uplink's address has changed. */
void forwards_held(struct forwards *, uint8_t protocol, in_port_t, int error);

struct forward_view {
	const struct config_forward *forward;
	bool configured;  /* or added at the console */
	uint32_t present; /* bit i: target i is there */
	uint32_t open;	  /* ports that are served */
	uint32_t waiting; /* ports that wait for their hold */
	uint16_t troubled; /* a port that cannot be had, host order, or 0 */
	int trouble;	   /* and why: an errno */
};

/* Call see() for each forward, in the order in which they were made. */
void forwards_each(const struct forwards *,
    void (*see)(void *context, const struct forward_view *), void *context);

/*
 * Read a forward from words as people write them: "tcp" or "udp"; "8080" or
 * "8000-8010"; "alice:80", "10.65.0.9:80", or without a port for the outside
 * port itself.  False with one sentence in error.  On true *forward owns
 * memory, which forward_clear() gives back.
 */
bool forward_read(struct config_forward *forward, const char *name,
    const char *protocol, const char *ports, const char *const *targets,
    size_t target_count, char *error, size_t error_size);
void forward_clear(struct config_forward *);

#endif
