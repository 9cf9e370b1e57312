/*
 * trunk.h - real modem ttys out of one pty: the kernel's N_GSM
 *
 * The slave of a pty has the line discipline N_GSM, which makes /dev/gsmttyN
 * of each channel; we hold the master and are the "modem" of 3GPP TS 27.010.
 * Each channel is one tty with DTR, RTS, CTS, DSR, DCD and RI.
 */
#ifndef EXCHANGE_TRUNK_H
#define EXCHANGE_TRUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "wire.h"

struct trunk;

/* Channels count from 1. */
struct trunk_house {
	/* The computer's signals are now: WIRE_OPEN, DTR, RTS, ored. */
	void (*computer)(void *context, unsigned channel, unsigned signals);
	void (*octets)(void *context, unsigned channel, const uint8_t *,
	    size_t);
	/* There is room again after room() was 0. */
	void (*room)(void *context);
	void *context;
};

/* Make the ttys; NULL with errno and what failed in *error. */
struct trunk *trunk_create(uv_loop_t *, unsigned channels,
    const struct trunk_house *, const char **error);
void trunk_destroy(struct trunk *);

/* The functions of a struct wire whose end is a struct trunk. */
extern const struct wire_ops trunk_wire;

/* Can the ttys be opened by now?  Some tenths of a second after creation. */
bool trunk_ready(const struct trunk *);

#endif
