/*
 * check.h - what must hold of every packet that comes out
 */
#ifndef PROPERTY_CHECK_H
#define PROPERTY_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "masqd/gateway/gateway.h"
#include "throw.h"

enum { CHECK_PORT_LOW = 61000, CHECK_PORT_HIGH = 61299 };

enum property { UPLINK_SOURCE, NOTHING_PRIVATE, WHOLE, RIGHT_CALLER, ONE_OWNER,
	CHECKSUMS, TABLES, CONSERVATION, NOTHING_KEPT, PROPERTIES };

/* A link, and who is behind it. */
struct place {
	struct link base; /* the first member */
	struct gateway_link *at;
	in_addr_t gateway;
	uint32_t first, last; /* host order */
	uint16_t session;
	bool there;
};

/* What is being put in at the moment. */
struct input {
	bool outbound;
	const struct place *place; /* where, outbound */
	bool is_sound; /* sums are right, and it is what `ends` says */
	bool is_wrong; /* nothing but its transport checksum is wrong */
	struct throw_ends ends; /* of the whole datagram, sent undamaged */
	uint16_t session;	/* of its source, outbound */
	in_addr_t outside;	/* the uplink's address, 0: it is gone */
	in_addr_t last_outside; /* the last that it had */
	uint64_t number, now;
};
extern struct input input;

/* A property is broken by the packet (NULL: by none); the first few are
 * told, all are counted. */
void violate(enum property, const uint8_t *packet, size_t length,
    const char *form, ...) __attribute__((format(printf, 4, 5)));

/* A packet that leaves by the uplink, or by a link. */
void check_uplink(const uint8_t *packet, size_t length, uint32_t mtu);
void check_link(const struct place *, const uint8_t *packet, size_t length);

/* A line of TAP each property.  Returns how many are broken. */
unsigned check_report(void);

#endif
