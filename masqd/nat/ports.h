/*
 * ports.h - the stock of outside ports
 *
 * A port (or query identifier) is absent until offered, then free, then in
 * use by one mapping, then in quarantine (RFC 6888 REQ-8), then absent again:
 * whoever offered it hears of that.  Or it is reserved for a forward, whose
 * mappings share it.  Ports are kept in network byte order outside of ports.c.
 */
#ifndef MASQD_NAT_PORTS_H
#define MASQD_NAT_PORTS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hash.h"

enum { PORTS_PROTOCOLS = 3 }; /* TCP, UDP, ICMP */

struct ports;

/* key: of the random choice.  NULL: no memory. */
struct ports *ports_create(const struct hash_key *key);
void ports_destroy(struct ports *);

/* False: another protocol, port 0 of TCP or UDP, or not absent. */
bool ports_offer(struct ports *, uint8_t protocol, in_port_t);
size_t ports_spare(const struct ports *, uint8_t protocol);

/*
 * Take a free port, random by RFC 6056, for an inside port: below 1024 for
 * one below 1024 (RFC 4787 REQ-3a) where such are offered, otherwise and for
 * all others from 1024 on; of the same parity (REQ-4) where such are free.
 * False: none is free.  mapping: its number, above 0.
 */
bool ports_take(struct ports *, uint8_t protocol, in_port_t inside,
    uint32_t mapping, in_port_t *taken);

/* The port is offered no longer, if it was free. */
void ports_withdraw(struct ports *, uint8_t protocol, in_port_t);

/*
 * Reserve the port, free, absent or in quarantine, for a forward (its number,
 * above 0).  False: in use or reserved.  After ports_unreserve() it goes to
 * quarantine as soon as no mapping shares it any more; until then it may be
 * reserved again.
 */
bool ports_reserve(struct ports *, uint8_t protocol, in_port_t,
    uint32_t forward);
void ports_unreserve(struct ports *, uint8_t protocol, in_port_t,
    uint32_t until);
void ports_share(struct ports *, uint8_t protocol, in_port_t);
void ports_unshare(struct ports *, uint8_t protocol, in_port_t,
    uint32_t until);

/* The forward that has reserved the port, or 0. */
uint32_t ports_forward(const struct ports *, uint8_t protocol, in_port_t);

/* Offered, in use, reserved or in quarantine: nobody else answers there. */
bool ports_has(const struct ports *, uint8_t protocol, in_port_t);

/* The mapping that uses the port, or 0. */
uint32_t ports_mapping(const struct ports *, uint8_t protocol, in_port_t);

/* Ask the cache for what all of these will look at. */
void ports_prefetch(const struct ports *, uint8_t protocol, in_port_t);

/* The port's mapping has ended: it stays closed until the tick. */
void ports_quarantine(struct ports *, uint8_t protocol, in_port_t,
    uint32_t until);

/* The next port whose quarantine has passed by tick `now`; it is absent from
 * here on.  False: none. */
bool ports_release(struct ports *, uint32_t now, uint8_t *protocol,
    in_port_t *port);

/* Ticks until ports_release() has something, UINT32_MAX for never. */
uint32_t ports_next(const struct ports *, uint32_t now);

#endif
