/*
 * explain.h - what would happen to a packet, in sentences
 */
#ifndef MASQD_EXPLAIN_H
#define MASQD_EXPLAIN_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "masqd/gateway/gateway.h"

/* Ports in network order; ICMP: the echo request's identifier is
 * source_port. */
struct explain_packet {
	uint8_t protocol;
	in_addr_t source, destination;
	in_port_t source_port, destination_port;
};

/*
 * Read a packet from words: "tcp" (a SYN), "udp", "icmp" (an echo request) or
 * a protocol's number; addresses; ports, where "-" is 0.  False with one
 * sentence in error; a word may be NULL.
 */
bool explain_read(struct explain_packet *, const char *protocol,
    const char *source, const char *source_port, const char *destination,
    const char *destination_port, char *error, size_t error_size);

/* Follow the packet through the gateway, changing nothing.  steps: a sentence
 * a line, cut where there is no room.  Returns what would be said of it. */
enum verdict explain(struct gateway *, const struct explain_packet *,
    char *steps, size_t size, uint64_t now);

#endif
