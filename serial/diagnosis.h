/*
 * diagnosis.h - what a modem says of its last call
 *
 * Pure.  The reports are those of USRobotics (ATI6), Rockwell and Conexant
 * (AT&V1), Lucent (ATI11), ZyXEL (ATI2), GSM (AT+CEER) and the Unimodem
 * Diagnostics Command (AT#UD, Microsoft, with the causes of ITU-T V.58).  They
 * are made for people; what many of them have is taken from them.
 */
#ifndef SERIAL_DIAGNOSIS_H
#define SERIAL_DIAGNOSIS_H

#include <stdbool.h>
#include <stdint.h>

enum { DIAGNOSIS_WORD_SIZE = 40, DIAGNOSIS_TEXT_SIZE = 240 };

/* Which numbers the modem gave: ored in `known`. */
enum diagnosis_number {
	DIAGNOSIS_TX,		/* bit/s at the end, towards the caller */
	DIAGNOSIS_RX,		/* bit/s at the end */
	DIAGNOSIS_RETRAINS,	/* asked for by this modem */
	DIAGNOSIS_RETRAINED,	/* asked for by the caller's */
	DIAGNOSIS_ERRORS,	/* blocks that came wrong */
	DIAGNOSIS_RESENT,	/* blocks sent again */
	DIAGNOSIS_LOST,		/* octets: the modem's buffer ran over */
	DIAGNOSIS_NUMBERS
};

struct diagnosis {
	unsigned known; /* 1 << enum diagnosis_number, ored */
	uint32_t number[DIAGNOSIS_NUMBERS];
	char reason[DIAGNOSIS_WORD_SIZE]; /* of the end, or "" */
	char protocol[DIAGNOSIS_WORD_SIZE], compression[DIAGNOSIS_WORD_SIZE];
};

void diagnosis_reset(struct diagnosis *);

/* Take what one line of a report says; lines that say nothing change
 * nothing. */
void diagnosis_line(struct diagnosis *, const char *line);

/* True where the report waits for a key before it goes on. */
bool diagnosis_wants_key(const char *line);

/* For the log: `DTR dropped, retrains 2, 26400/31200 bit/s`; "" where nothing
 * is known. */
void diagnosis_text(const struct diagnosis *,
    char text[DIAGNOSIS_TEXT_SIZE]);

/* For the console: "retrains"; all small letters. */
const char *diagnosis_number_name(enum diagnosis_number);

#endif
