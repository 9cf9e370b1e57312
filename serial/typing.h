/*
 * typing.h - one line of text as a caller types it
 *
 * Pure.  Backspace, DEL and Ctrl-U edit; CR, LF, CR LF and CR NUL end a line;
 * bit 7 is taken for parity where it is one over the whole line.
 */
#ifndef SERIAL_TYPING_H
#define SERIAL_TYPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TYPING_SIZE = 128 }; /* of a line, with its NUL */

/* How the caller fills bit 7. */
enum typing_parity { PARITY_NONE, PARITY_EVEN, PARITY_ODD, PARITY_MARK };

enum typing_event {
	TYPING_NOTHING,
	TYPING_ADDED,	    /* a character is there more */
	TYPING_ERASED,	    /* ->erased characters are there less */
	TYPING_ENTERED,	    /* ->text is the line; typing_clear() follows */
	TYPING_INTERRUPTED  /* Ctrl-C */
};

struct typing {
	char text[TYPING_SIZE]; /* a string */
	size_t count, erased;
	bool spoilt;   /* it was too long, or held a control character */
	bool wide;     /* octets above 7F count where they are no parity */
	bool after_cr; /* an LF or NUL belongs to the CR */
	enum typing_parity parity; /* of this line, as far as it goes */
	enum typing_parity known;  /* of the lines before */
	bool even, odd;		   /* each octet of this line is */
	bool low, high;		   /* some octet has bit 7 clear, set */
};

void typing_reset(struct typing *);

/* A new line begins; the old one is wiped, the parity stays known. */
void typing_clear(struct typing *);

enum typing_event typing_octet(struct typing *, uint8_t octet);

/* The character as this caller's terminal wants it. */
uint8_t typing_dress(const struct typing *, uint8_t octet);

#endif
