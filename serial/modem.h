/*
 * modem.h - the dialogue with a modem: commands out, result codes in
 *
 * Pure: octets and the time go in, events come out; the caller reads and
 * writes the port.  One command is outstanding at a time.  Echo is tolerated,
 * bit 7 (parity) is ignored, lines are bounded.
 */
#ifndef SERIAL_MODEM_H
#define SERIAL_MODEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "serial/result.h"

enum {
	MODEM_TEXT_SIZE = 160,	 /* a longer line is cut */
	MODEM_COMMAND_SIZE = 128 /* with AT and NUL */
};

struct modem {
	char text[MODEM_TEXT_SIZE]; /* of the line that is coming in */
	size_t length;
	bool line_feed; /* CONNECT ended with CR: one LF may follow */
	char command[MODEM_COMMAND_SIZE]; /* outstanding, without CR, or "" */
	uint64_t deadline;		  /* of its answer, ms */
};

struct modem_event {
	enum result_code code; /* RESULT_NOTHING: all octets were taken */
	bool answer;	       /* it settles the outstanding command */
	const char *text;      /* the line, until the next modem_feed() */
};

/* Forget everything. */
void modem_reset(struct modem *);

/*
 * Begin a command: from now on modem->command is outstanding; it and a CR are
 * to be sent.  text: with or without its AT; a command that was outstanding
 * before is forgotten.  now, wait: ms.
 *
 * Returns false, and nothing is outstanding, if the text is too long or has
 * anything but printable ASCII in it.
 */
bool modem_command(struct modem *, const char *text, uint64_t now,
    uint64_t wait);

/* True, once, when the outstanding command was not answered in time. */
bool modem_silent(struct modem *, uint64_t now);

/*
 * Take octets up to the end of the next line that means something.  Returns
 * how many were taken.  After a CONNECT the rest belongs to the call: pass it
 * to modem_call_octets(), not here.
 */
size_t modem_feed(struct modem *, const uint8_t *, size_t,
    struct modem_event *);

/* How many octets at the beginning of the first octets of a call are still
 * the end of CONNECT's line: 0 or 1. */
size_t modem_call_octets(struct modem *, const uint8_t *, size_t);

#endif
