/*
 * hash.h - the keyed hash of every table: SipHash-1-3
 *
 * Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012), with one
 * compression and three finalization rounds.  The tables' keys are 7 or 13
 * octets long: one or two words, the last of them closed by the length.
 * A caller who does not know the key cannot aim at one bucket.
 */
#ifndef MASQD_NAT_HASH_H
#define MASQD_NAT_HASH_H

#include <stdint.h>
#include <string.h>

struct hash_key {
	uint64_t k0, k1;
};

struct hash_state {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t
hash_rotate(uint64_t x, int by)
{
	return x << by | x >> (64 - by);
}

static inline void
hash_round(struct hash_state *s)
{
	s->v0 += s->v1;
	s->v1 = hash_rotate(s->v1, 13) ^ s->v0;
	s->v0 = hash_rotate(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = hash_rotate(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = hash_rotate(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = hash_rotate(s->v1, 17) ^ s->v2;
	s->v2 = hash_rotate(s->v2, 32);
}

static inline struct hash_state
hash_begin(const struct hash_key *key)
{
	return (struct hash_state){
		key->k0 ^ UINT64_C(0x736f6d6570736575),
		key->k1 ^ UINT64_C(0x646f72616e646f6d),
		key->k0 ^ UINT64_C(0x6c7967656e657261),
		key->k1 ^ UINT64_C(0x7465646279746573),
	};
}

static inline void
hash_word(struct hash_state *s, uint64_t word)
{
	s->v3 ^= word;
	hash_round(s);
	s->v0 ^= word;
}

static inline uint64_t
hash_end(struct hash_state *s)
{
	s->v2 ^= 0xff;
	hash_round(s);
	hash_round(s);
	hash_round(s);
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

/* 7 octets in the low bits of word. */
static inline uint64_t
hash_7(const struct hash_key *key, uint64_t word)
{
	struct hash_state s = hash_begin(key);

	hash_word(&s, word | UINT64_C(7) << 56);
	return hash_end(&s);
}

/* 13 octets: 8 in first, 5 in the low bits of second. */
static inline uint64_t
hash_13(const struct hash_key *key, uint64_t first, uint64_t second)
{
	struct hash_state s = hash_begin(key);

	hash_word(&s, first);
	hash_word(&s, second | UINT64_C(13) << 56);
	return hash_end(&s);
}

#endif
