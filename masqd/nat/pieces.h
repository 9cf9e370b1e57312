/*
 * pieces.h - which octets of a datagram have come
 *
 * Fragments may come in any order (RFC 4787 REQ-14), so every place of the
 * longest datagram has its bit: no order and no size of pieces is too much.
 */
#ifndef MASQD_NAT_PIECES_H
#define MASQD_NAT_PIECES_H

#include <stdbool.h>
#include <stdint.h>

#include "packet.h"

enum {
	PIECES_UNIT = 8, /* octets, RFC 791: where a fragment may begin */
	PIECES_WORDS = (PACKET_MAX + 1) / PIECES_UNIT / 64
};

struct pieces {
	uint64_t came[PIECES_WORDS]; /* a bit a unit */
	/* in units */
	uint16_t count; /* that have come */
	uint16_t last;	/* behind the highest that has come */
	uint16_t end;	/* behind the datagram's last, 0: not come yet */
};

/* Nothing has come. */
void pieces_clear(struct pieces *);

/*
 * One more fragment (parsed).  PASS; DROP_FRAGMENT_TWICE: all of it has come
 * before; DROP_FRAGMENT_OVERLAP: some of it has, or it lies behind the end
 * (RFC 1858, RFC 5722); DROP_FRAGMENT: there is nothing in it.  A drop changes
 * nothing.
 */
enum verdict pieces_add(struct pieces *, const struct packet *);

static inline bool
pieces_are_all(const struct pieces *p)
{
	return p->end != 0 && p->count == p->end;
}

#endif
