/*
 * at.h - the command language of a modem: ITU-T V.250 and its relatives
 *
 * Octets of the computer go in one by one; whole command lines are executed
 * against a table of commands.  What a command does to the call is the
 * modem's business (struct at_modem).
 */
#ifndef EXCHANGE_AT_H
#define EXCHANGE_AT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "personality.h"

enum {
	AT_LINE = 128,
	AT_REGISTERS = 64,
	AT_TEXT = 160,
	AT_REPORT = 2048
};

/* The numbers are those of V0, V.250 table 1. */
enum at_result {
	AT_OK = 0,
	AT_CONNECT = 1,
	AT_RING = 2,
	AT_NO_CARRIER = 3,
	AT_ERROR = 4,
	AT_NO_DIALTONE = 6,
	AT_BUSY = 7,
	AT_NO_ANSWER = 8,
	AT_NOTHING = 99 /* no result code, or not yet */
};

struct at {
	char line[AT_LINE];
	size_t length;
	char before; /* the octet before: an A that may start a line */
	bool collecting, overlong;
	char last[AT_LINE]; /* for A/ */

	/* What the settings are now: ATE, ATV, ATQ, ATX, AT&C, AT&D, ... */
	bool echo, verbose, quiet, dcd_always, caller_id;
	unsigned x, dtr, w, v, mr, crc;
	uint8_t s[AT_REGISTERS];

	/* Not settings: who it is, NULL as "plain"; the rest of a report that
	 * waits for a key. */
	const struct personality *personality;
	const char *more;
};

/* What the command line wants of the modem. A result of AT_NOTHING says that
 * the result code comes later or has been sent. */
struct at_modem {
	enum at_result (*dial)(void *context, const char *number);
	enum at_result (*answer)(void *context);
	enum at_result (*hang_up)(void *context);
	enum at_result (*online)(void *context);
	enum at_result (*off_hook)(void *context); /* ATH1 */
	/* Information text, a line or several with \n between them. */
	void (*text)(void *context, const char *text);
	const char *identity;
};

/* Factory settings, as AT&F. */
void at_reset(struct at *);

/*
 * Take one octet.  Returns true when a command line is complete: it is in
 * at->line then, without AT and CR, for at_execute().  What must be echoed is
 * the caller's business: every octet while at->echo is set.
 */
bool at_octet(struct at *, char octet);

/* Execute the line that at_octet() has completed. */
enum at_result at_execute(struct at *, const struct at_modem *, void *context);

/* A key was pressed while at->more waited for one: go on with the report. */
enum at_result at_key(struct at *, const struct at_modem *, void *context);

/* The result code as it is sent, "" where ATQ or ATX hold it back.
 * connect: the text of CONNECT. */
void at_result_text(const struct at *, enum at_result, const char *connect,
    char out[AT_TEXT]);

/* A line of information text as it is sent; of several the first. */
void at_information_text(const struct at *, const char *text,
    char out[AT_TEXT]);

#endif
