/*
 * checksum.h - the Internet checksum, in full and incremental
 *
 * A ones' complement sum does not care for byte order as long as loads and
 * stores agree (RFC 1071 section 2 (B)), so all of this works on octets as
 * they stand in the packet.  The incremental form is RFC 1624 equation 3:
 * a checksum that was wrong stays wrong by the same amount (RFC 3022 4.1).
 */
#ifndef MASQD_NAT_CHECKSUM_H
#define MASQD_NAT_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

#include "octets.h"

/* Fold a sum to 16 bits, not complemented: added to itself with its halves
 * exchanged the upper half is the sum of both with the carry of the lower. */
static inline uint16_t
checksum_fold(uint64_t sum)
{
	uint32_t half;

	sum += sum << 32 | sum >> 32;
	half = (uint32_t)(sum >> 32);
	half += half << 16 | half >> 16;
	return (uint16_t)(half >> 16);
}

/* Add n octets to an unfolded sum.  Only the last piece of what is summed
 * may be of odd length; good for 16 GiB. */
static inline uint64_t
checksum_add(uint64_t sum, const uint8_t *data, size_t n)
{
	uint8_t tail[4] = { 0 };

	for (; n >= 4; n -= 4, data += 4)
		sum += octets_get32(data);
	if (n > 0) {
		memcpy(tail, data, n);
		sum += octets_get32(tail);
	}
	return sum;
}

/* The checksum field for n octets whose own field is zero; for octets that
 * hold a correct one the result is 0. */
static inline uint16_t
checksum_of(const uint8_t *data, size_t n)
{
	return (uint16_t)~checksum_fold(checksum_add(0, data, n));
}

/* What a change from old to new adds to the sum; deltas are added up. */
static inline uint64_t
checksum_delta16(uint16_t old, uint16_t new)
{
	return (uint64_t)(uint16_t)~old + new;
}

static inline uint64_t
checksum_delta32(uint32_t old, uint32_t new)
{
	return (uint64_t)(uint32_t)~old + new;
}

/* The checksum field after a change of delta. */
static inline uint16_t
checksum_adjust(uint16_t checksum, uint64_t delta)
{
	return (uint16_t)~checksum_fold((uint16_t)~checksum + delta);
}

/* The same for UDP (RFC 768): 0 says "none" and stays; a sum that comes out
 * as 0 is sent as ffff. */
static inline uint16_t
checksum_adjust_udp(uint16_t checksum, uint64_t delta)
{
	uint16_t adjusted;

	if (checksum == 0)
		return 0;
	adjusted = checksum_adjust(checksum, delta);
	return adjusted == 0 ? 0xffff : adjusted;
}

#endif
