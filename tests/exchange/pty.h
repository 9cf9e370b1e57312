/*
 * pty.h - a modem's wire that is a pty: octets, and whether anybody is there
 *
 * No signals go through a pty.  The other end's closing is DTR that falls,
 * its opening DTR and RTS that rise; CTS is that we read; DCD and RI are not
 * there.
 */
#ifndef EXCHANGE_PTY_H
#define EXCHANGE_PTY_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "wire.h"

struct pty;

struct pty_house {
	/* The computer's signals are now: WIRE_OPEN, DTR and RTS, or none. */
	void (*computer)(void *context, unsigned signals);
	void (*octets)(void *context, const uint8_t *, size_t);
	/* There is room again after room() was 0. */
	void (*room)(void *context);
	void *context;
};

/* The functions of a struct wire whose end is a struct pty. */
extern const struct wire_ops pty_wire;

/*
 * A pty whose slave is for a computer to open; or, with a path, the slave of
 * a pty that the computer makes: it is opened when it appears, and again
 * after it went away.  path: kept, not copied.  NULL with errno.
 */
struct pty *pty_create(uv_loop_t *, const char *path,
    const struct pty_house *);
void pty_destroy(struct pty *);

#endif
