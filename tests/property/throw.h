/*
 * throw.h - random packets, from sane ones to noise
 *
 * One stream of pseudo-random numbers makes them all, so that a seed repeats
 * a whole run.  Lengths are in octets; addresses and ports in network order.
 */
#ifndef PROPERTY_THROW_H
#define PROPERTY_THROW_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { THROW_ROOM = 4096 }; /* of the longest packet made here */

struct throw_ends {
	in_addr_t source, destination;
	in_port_t source_port, destination_port; /* ICMP: the identifier */
	uint8_t protocol;
};

void throw_seed(uint64_t seed);

/* 0 .. below - 1; below is not 0. */
uint32_t throw_draw(uint32_t below);

/* True once in n. */
bool throw_once_in(uint32_t n);

/* A whole datagram with right checksums and random everything else.
 * answer: an ICMP query is a reply.  Returns its length. */
size_t throw_packet(uint8_t *out, const struct throw_ends *, bool answer);

/* An ICMP error that quotes the packet, or what is left of it. */
size_t throw_error(uint8_t *out, in_addr_t source, in_addr_t destination,
    const uint8_t *quoted, size_t quoted_length);

/* A fragment of the datagram: its payload from..to (multiples of 8, but for
 * the end). */
size_t throw_fragment(uint8_t *out, const uint8_t *whole, size_t length,
    size_t from, size_t to);

/* Octets turned over, cut off or put in; its IP checksum right or wrong.
 * Returns the new length, at most THROW_ROOM. */
size_t throw_spoil(uint8_t *packet, size_t length);

/* The ends of any octets, read as if they were a packet. */
struct throw_ends throw_ends_of(const uint8_t *octets, size_t length);

/* Is the sum of the header, or of the transport (whole datagrams; UDP's 0
 * is right) what it must be? */
bool throw_header_is_right(const uint8_t *packet);
bool throw_transport_is_right(const uint8_t *packet, size_t length);

#endif
