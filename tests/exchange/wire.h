/*
 * wire.h - what is between a modem and its computer: octets and signals
 *
 * A wire is a channel of the trunk (a real tty with all signals) or a pty
 * (octets alone).  What comes from the computer is told to the wire's house.
 */
#ifndef EXCHANGE_WIRE_H
#define EXCHANGE_WIRE_H

#include <stddef.h>
#include <stdint.h>

enum { WIRE_PATH = 256 };

/* From the computer (DTE). */
enum { WIRE_OPEN = 1, WIRE_DTR = 2, WIRE_RTS = 4 };
/* To the computer. */
enum { WIRE_CTS = 1, WIRE_DCD = 2, WIRE_RI = 4 };

struct wire_ops {
	/* Set WIRE_CTS, WIRE_DCD, WIRE_RI. Costs nothing when unchanged. */
	void (*signals)(void *end, unsigned channel, unsigned signals);
	/* How many octets send() takes now without queueing too many. */
	size_t (*room)(const void *end, unsigned channel);
	void (*send)(void *end, unsigned channel, const uint8_t *, size_t);
	/* The name of the tty that the computer opens. */
	void (*tty)(const void *end, unsigned channel, char path[WIRE_PATH]);
};

struct wire {
	const struct wire_ops *ops;
	void *end; /* a struct trunk or a struct pty */
	unsigned channel;
};

#endif
