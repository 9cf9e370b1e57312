/*
 * listener.h - TCP callers: a listening socket and the lines that it leads to
 *
 * Whoever comes gets the first idle line; who finds none reads BUSY.  One
 * address (of IPv6: one /64) can take no more than its share of the lines,
 * nor call, or try passwords, without end.
 */
#ifndef SERIAL_LISTENER_H
#define SERIAL_LISTENER_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "serial/line.h"

struct listener;

struct listener_config {
	const char *name;    /* for the log */
	struct line **lines; /* an element becomes NULL when its line goes */
	size_t line_count;
	uint32_t calls_each;	 /* at a time, from one source; 0: any */
	uint32_t new_calls_each; /* a minute, from one source; 0: any, also
				  * after any number of failed logins */
};

/* fd: listening, not blocking, owned from now on.  The lines array is kept,
 * the strings too.  NULL: out of memory, fd is closed. */
struct listener *listener_create(uv_loop_t *, int fd,
    const struct listener_config *);
/* The caller of that line, one of the listener's or not, has given a wrong
 * password. */
void listener_login_failed(struct listener *, const struct line *);

/* Frees itself in the loop's next turn. */
void listener_destroy(struct listener *); /* NULL is allowed */

#endif
