/*
 * probe.h - what a modem says of itself: identification
 *
 * Pure.  probe_next() gives one command after the other; what the modem says
 * to each is given to probe_line().  Then the answers choose a profile and
 * name the model.  ITU-T V.250 6.1.3 to 6.1.6 (I, +GMI, +GMM, +GMR), 3GPP TS
 * 27.007 5.1 and 5.2 (+CGMI, +CGMM); what I1 and its like answer is the
 * manufacturer's affair.
 */
#ifndef SERIAL_PROBE_H
#define SERIAL_PROBE_H

#include <stdbool.h>
#include <stddef.h>

#include "serial/profile.h"

enum {
	PROBE_ANSWERS = 48,	/* lines kept in all */
	PROBE_LINES = 8,	/* of one command: some print a page */
	PROBE_ANSWER_SIZE = 80, /* with the command and NUL */
	PROBE_MODEL_SIZE = 64,
	PROBE_WAIT_MS = 1500	/* ATI2 adds up a ROM */
};

struct probe { /* zeroes at first */
	size_t next; /* command */
	unsigned silent; /* commands in a row without any answer */
	size_t count, of_command;
	char answers[PROBE_ANSWERS][PROBE_ANSWER_SIZE]; /* "ATI3 Courier" */
};

/* The next command; NULL: that is all, or the modem has fallen silent. */
const char *probe_next(struct probe *);

/* A line that is no result code, and the command it follows. */
void probe_line(struct probe *, const char *command, const char *line);

/* The command before was answered by OK or ERROR; by nothing at all. */
void probe_answered(struct probe *);
void probe_silent(struct probe *);

/* The modem's profile among those known; "generic" where none fits. */
const struct profile *probe_choose(const struct probe *,
    const struct profiles *);

/* The model's name: the first telling answer to the profile's `model`, or to
 * what most put it into; "" where there is none. */
void probe_model(const struct probe *, const struct profile *,
    char model[PROBE_MODEL_SIZE]);

#endif
