/*
 * pump.h - octets both ways between a port and a pty's master
 *
 * Bounded: what one side does not take stops the reading from the other, and
 * the operating system then stops whoever writes there.  No events of its
 * own: whoever owns the descriptors waits for what pump_port_events() and
 * pump_master_events() say, and calls pump_move().
 */
#ifndef SERIAL_PUMP_H
#define SERIAL_PUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "serial/port.h"

enum {
	PUMP_IN_SIZE = 4096, /* from the caller */
	/* Towards the caller: at 33600 bit/s 512 octets are 0.12 s, which a
	 * keystroke's echo would wait behind. */
	PUMP_OUT_SIZE = 512
};

enum pump_result { PUMP_GOES, PUMP_PORT_GONE, PUMP_MASTER_GONE };

struct pump_way {
	uint8_t *octets;
	size_t size, first, end; /* octets[first..end) wait to be written */
};

struct pump {
	struct port *port;
	int master;
	bool held; /* nothing goes to the master yet */
	/* Sees what comes from the port; NULL: nobody. */
	void (*seen)(void *context, const uint8_t *, size_t);
	void *seen_context;
	uint64_t in_count;  /* octets read from the port */
	uint64_t out_count; /* octets written to it */
	struct pump_way in, out;
	uint8_t in_octets[PUMP_IN_SIZE], out_octets[PUMP_OUT_SIZE];
};

/*
 * Start between a port and a master, both not blocking and owned by the
 * caller of this function.  first: octets, at most PUMP_IN_SIZE, that go to
 * the master before any others.
 *
 * The inward way is held until pump_release(), or until the master has sent
 * its first octet: a pty slave's input is thrown away when pppd sets the tty
 * up and when it changes the line discipline, and only a frame of pppd's own
 * shows that this is over.
 */
void pump_start(struct pump *, struct port *, int master,
    const uint8_t *first, size_t count);

void pump_release(struct pump *);

/* Move what can be moved now, a bounded number of octets. */
enum pump_result pump_move(struct pump *);

/* What to wait for: UV_READABLE and UV_WRITABLE, ored; 0: nothing. */
int pump_port_events(const struct pump *);
int pump_master_events(const struct pump *);

#endif
