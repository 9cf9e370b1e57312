/*
 * no_carrier.h - the end of a call, as a modem says it whose DCD does not
 *
 * Pure.  The words may be a caller's data; they are the modem's only if the
 * stream ends with them, which whoever asks finds out by waiting.
 */
#ifndef SERIAL_NO_CARRIER_H
#define SERIAL_NO_CARRIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Octets of NO CARRIER, CR, LF that the stream ends with. */
struct no_carrier {
	uint8_t matched;
};

/* Take octets.  True if all that came ends with NO CARRIER and a line's end. */
bool no_carrier_feed(struct no_carrier *, const uint8_t *, size_t);

#endif
