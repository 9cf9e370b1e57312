/*
 * turn.h - what turns while packets fly: the uplink's address, the forwards
 */
#ifndef PROPERTY_TURN_H
#define PROPERTY_TURN_H

#include "check.h"

/* The uplink has another address, the same again, or is gone. */
void turn_uplink(struct gateway *);

/* A forward begins, gets other targets of these places, or ends. */
void turn_forward(struct gateway *, const struct place *places, unsigned n);

#endif
