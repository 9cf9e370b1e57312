/*
 * arrival.h - what a caller's acknowledgements say of his line
 *
 * What goes to a caller passes here, and what comes from him: a TCP segment is
 * noted with its time, and its acknowledgement found.  Only segments of about
 * the greatest length are noted, so that all took as long on the line, and
 * none that was sent again, since nobody knows which of the two is meant (Karn
 * and Partridge, 1987).  Pure; what it reads has been checked by the gateway,
 * or is checked here.
 */
#ifndef MASQD_ARRIVAL_H
#define MASQD_ARRIVAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ARRIVALS = 32 };

struct arrivals {
	struct arrival {
		uint32_t flow; /* addresses and ports, mixed */
		uint32_t end;  /* the sequence number behind it */
		uint64_t given; /* ms; 0: free */
	} noted[ARRIVALS];
	unsigned next;
	uint32_t longest;
};

/* A datagram goes to the caller now (ms, not 0). */
void arrivals_given(struct arrivals *, const uint8_t *ip, size_t length,
    uint64_t now);

/* A datagram came from the caller.  True: it acknowledges what was given at
 * *given. */
bool arrivals_heard(struct arrivals *, const uint8_t *ip, size_t length,
    uint64_t *given);

#endif
