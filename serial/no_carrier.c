/*
 * no_carrier.c - the end of a call, as a modem says it whose DCD does not
 */
#include "serial/no_carrier.h"

static const char words[] = "NO CARRIER\r\n";

enum { END_OF_LINE = sizeof(words) - 2 }; /* its CR is there */

bool
no_carrier_feed(struct no_carrier *end, const uint8_t *octets, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint8_t c = octets[i] & 0x7f;

		if (words[end->matched] != '\0' &&
		    c == (uint8_t)words[end->matched])
			end->matched++;
		else
			end->matched = c == (uint8_t)words[0];
	}
	return end->matched >= END_OF_LINE;
}
