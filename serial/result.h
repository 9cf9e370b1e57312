/*
 * result.h - what one line of a modem's output says
 *
 * Pure: text in, meaning out.  A line is the octets between two line ends,
 * without them, bit 7 cleared, NUL-terminated.  The shapes are those that
 * modems of some thirty years have been seen to print; ITU-T V.250 6.2 names
 * the plain ones.
 */
#ifndef SERIAL_RESULT_H
#define SERIAL_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum result_code {
	RESULT_NOTHING,	  /* no line */
	RESULT_TEXT,	  /* anything that is no result code */
	RESULT_OK,
	RESULT_ERROR,
	RESULT_RING,
	RESULT_CONNECT,
	RESULT_NO_CARRIER,
	RESULT_BUSY,
	RESULT_NO_ANSWER,
	RESULT_NO_DIALTONE,
	RESULT_REFUSED,	  /* BLACKLISTED, DELAYED: the modem will not dial */
	RESULT_RINGBACK,
	RESULT_VOICE,
	RESULT_FAX,
	RESULT_DATA,
	RESULT_CODES
};

enum {
	RESULT_NUMBER_SIZE = 32,
	RESULT_KIND_SIZE = 32,
	RESULT_WORD_SIZE = 16
};

/* Rates of a call in bit/s, 0 where unknown.  tx is towards the caller. */
struct result_rates {
	uint32_t tx, rx;
	bool line;  /* true: of the telephone line; false: CONNECT gave one
		     * number only, which may be that of the serial port */
};

/* What is known of a call's connection; "" where unknown.  The words are the
 * same whatever the modem's own spelling: modulation V92 V90 V34 V32BIS ...,
 * protocol LAPM MNP NONE ..., compression V44 V42BIS MNP5 NONE.  ARQ and REL
 * stand for some error control or other. */
struct result_connect {
	struct result_rates rates;
	char modulation[RESULT_WORD_SIZE];
	char protocol[RESULT_WORD_SIZE];
	char compression[RESULT_WORD_SIZE];
};

/* The code of a line; digits of V0 count for OK and ERROR alone. */
enum result_code result_code(const char *line);

/* For the log: "NO CARRIER". */
const char *result_name(enum result_code);

/*
 * Take what a line says of the rates: a CONNECT text, CARRIER, +MRR.  A rate
 * of the line that is known already is not overwritten by a bare CONNECT
 * number.  Lines that say nothing change nothing.
 */
void result_rates(const char *line, struct result_rates *);

/* Take all that a line says of the connection: as result_rates(), and the
 * words of a CONNECT text, PROTOCOL, COMPRESSION, +MCR, +ER, +DR. */
void result_connect(const char *line, struct result_connect *);

/* Is there error control, as far as known? */
bool result_corrected(const struct result_connect *);

/*
 * Take the kind of a distinctive ring into kind, of RESULT_KIND_SIZE octets:
 * what follows RING as a word of its own ("A" of `RING A`, "2" of `RING 2`,
 * the called number of `RING/3030` and `RING;from;to`); or the cadence, in
 * tenths of a second, from the lines before a RING ("20-40" of DRON=20,
 * DROF=40; set kind to "" before each ring).  Returns true where the line
 * told something.  A RING that comes without changes nothing.
 */
bool result_ring(const char *line, char *kind);

/* 'P' where a caller id line says that the caller withholds his number, 'O'
 * where the network has none (out of area), 0 otherwise. */
char result_withheld(const char *line);

/*
 * Take the calling number out of a caller id line (or a RING;from;to) into
 * number, of RESULT_NUMBER_SIZE octets: digits, +, * and # only, whatever
 * the network sent.  Returns true where the line had one.
 */
bool result_caller(const char *line, char *number);

#endif
