/*
 * echo.h - echo requests to a host outside, and its replies
 */
#ifndef MASQD_TESTS_BENCH_ECHO_H
#define MASQD_TESTS_BENCH_ECHO_H

#include <arpa/inet.h>
#include <string.h>

#include "masqd/nat/checksum.h"

enum { ECHO = 64 }; /* octets */

/* source: host byte order. */
static inline void
echo_build(uint8_t *packet, uint32_t source, uint16_t query)
{
	static const uint8_t outside[4] = { 198, 51, 100, 80 };

	memset(packet, 0, ECHO);
	packet[0] = 0x45;
	packet[3] = ECHO;
	packet[8] = 64;
	packet[9] = 1;
	octets_put32(packet + 12, htonl(source));
	memcpy(packet + 16, outside, sizeof outside);
	octets_put16(packet + 10, checksum_of(packet, 20));
	packet[20] = 8;
	octets_put16(packet + 24, htons(query));
	octets_put16(packet + 22, checksum_of(packet + 20, ECHO - 20));
}

/* Request to reply, as the other end would: addresses change places. */
static inline void
echo_turn_round(uint8_t *packet)
{
	uint8_t source[4];

	memcpy(source, packet + 12, 4);
	memcpy(packet + 12, packet + 16, 4);
	memcpy(packet + 16, source, 4);
	packet[20] = 0;
	packet[22] = packet[23] = 0;
	octets_put16(packet + 22, checksum_of(packet + 20, ECHO - 20));
}

#endif
