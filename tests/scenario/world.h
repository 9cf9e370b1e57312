/*
 * world.h - a gateway with links and an uplink that only remember
 */
#ifndef SCENARIO_WORLD_H
#define SCENARIO_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WORLD_UPLINK "192.0.2.1"

struct world;

/* A new world at time 0, with nothing in it; ends the program where there is
 * no memory. */
struct world *world_create(void);
void world_destroy(struct world *);

/* Change the configuration; only before the first packet.  False: there is
 * no such key. */
bool world_set(struct world *, const char *key, const char *value);

/* The time moves on to `ms`. */
void world_time(struct world *, uint64_t ms);

/* A packet comes in at "lab", "alice", "bob" or "net".  False: no such place. */
bool world_inject(struct world *, const char *where, const uint8_t *packet,
    size_t length);

/* The next packet that came out there, described, or NULL. Valid until the
 * next call. */
const char *world_take(struct world *, const char *where);

/* The first packet that came out anywhere and was not taken, or NULL. */
const char *world_unexpected(struct world *);

/* Was the last packet dropped under this name? */
bool world_dropped(const struct world *, const char *name);
const char *world_last_verdict(const struct world *);

/* The session of "alice" or "bob" ends, or a new one begins. */
void world_end(struct world *, const char *who);
void world_begin(struct world *, const char *who);

/* protocol: "tcp" or "udp"; port: host order; targets: "alice:80 bob:8080".
 * False: it is refused. */
bool world_forward(struct world *, const char *protocol, unsigned port,
    const char *targets);
void world_unforward(struct world *, const char *protocol, unsigned port);

/* An outside port is usable no longer. */
void world_withdraw(struct world *, const char *protocol, unsigned port);

/* The uplink's address from now on; "none": there is no uplink. */
void world_address(struct world *, const char *address);

#endif
