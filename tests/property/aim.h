/*
 * aim.h - where random packets go: few ends, so that they meet one another
 */
#ifndef PROPERTY_AIM_H
#define PROPERTY_AIM_H

#include "check.h"

enum {
	AIM_HOSTS = 12, /* computers on the network */
	AIM_KEPT = 32,
	AIM_OCTETS = 160
};

/* Packets that came out somewhere, to be quoted and answered. */
struct aim_memory {
	uint8_t octets[AIM_KEPT][AIM_OCTETS];
	size_t lengths[AIM_KEPT];
	unsigned count;
};

void aim_remember(struct aim_memory *, const struct packet *);

/* Somebody behind the link to somebody outside, or a spoofer, or to an
 * address nobody should write to. */
struct throw_ends aim_from_link(const struct place *);
struct throw_ends aim_from_outside(void);

/* The ends of an answer to something that came out there; false: to nothing
 * that could be answered, the ends are as they were. */
bool aim_answer(const struct aim_memory *, struct throw_ends *);

/* An ICMP error about what has come out there, or about an invention.
 * Returns its length; out has THROW_ROOM octets. */
size_t aim_error(uint8_t *out, const struct aim_memory *, in_addr_t source,
    in_addr_t destination);

#endif
