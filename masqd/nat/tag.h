/*
 * tag.h - eight bits of a hash for each record, compared many at once
 *
 * Used by index.h and place.h: a look-up compares all tags of a group in
 * registers and touches, nearly always, no record but the right one.
 */
#ifndef MASQD_NAT_TAG_H
#define MASQD_NAT_TAG_H

#include <stdint.h>
#include <string.h>

enum {
	TAG_EMPTY = 0,
	TAG_NONE = 16 /* tag_next(): no more */
};

static inline uint8_t
tag_of(uint64_t hash)
{
	uint8_t tag = (uint8_t)hash;

	return tag == TAG_EMPTY ? 1 : tag;
}

/* The slots whose tag may be the one looked for: bit 8 * slot + 7 is set.
 * A carry may set one too many behind a right one (never one too few, and
 * the first is right), keys are compared anyway.  first holds the slots 0
 * to 7, second 8 and up. */
struct tag_candidates {
	uint64_t first, second;
};

static inline uint64_t
tag_zero_octets(uint64_t word)
{
	return (word - UINT64_C(0x0101010101010101)) & ~word &
	    UINT64_C(0x8080808080808080);
}

/* Among the n tags, 8 to 15, that a group of 16 octets or more begins with. */
static inline struct tag_candidates
tag_candidates(const void *group, unsigned n, uint8_t tag)
{
	uint64_t wanted = tag * UINT64_C(0x0101010101010101);
	uint64_t first, second;

	memcpy(&first, group, sizeof first);
	memcpy(&second, (const uint8_t *)group + sizeof first, sizeof second);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	second >>= 8 * (16 - n); /* the wanted ones are the low octets */
	second = tag_zero_octets(second ^ wanted) << 8 * (16 - n);
#else
	second = tag_zero_octets(second ^ wanted) &
	    ((UINT64_C(1) << 8 * (n - 8)) - 1);
#endif
	return (struct tag_candidates){
		tag_zero_octets(first ^ wanted), second
	};
}

/* Takes the next candidate's slot, or returns TAG_NONE. */
static inline unsigned
tag_next(struct tag_candidates *c)
{
	unsigned slot;

	if (c->first != 0) {
		slot = (unsigned)__builtin_ctzll(c->first);
		c->first &= c->first - 1;
	} else if (c->second != 0) {
		slot = 64 + (unsigned)__builtin_ctzll(c->second);
		c->second &= c->second - 1;
	} else {
		return TAG_NONE;
	}
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	return slot < 64 ? 7 - slot / 8 : 23 - slot / 8;
#else
	return slot / 8;
#endif
}

#endif
