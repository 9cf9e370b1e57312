/*
 * octets.h - loads and stores at any alignment
 *
 * Values keep the byte order they have in the packet: addresses and ports
 * travel through the library in network order and are never converted on
 * the way; use ntohs() where a number is meant.
 */
#ifndef MASQD_NAT_OCTETS_H
#define MASQD_NAT_OCTETS_H

#include <stdint.h>
#include <string.h>

static inline uint16_t
octets_get16(const uint8_t *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof value);
	return value;
}

static inline uint32_t
octets_get32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof value);
	return value;
}

static inline void
octets_put16(uint8_t *at, uint16_t value)
{
	memcpy(at, &value, sizeof value);
}

static inline void
octets_put32(uint8_t *at, uint32_t value)
{
	memcpy(at, &value, sizeof value);
}

#endif
