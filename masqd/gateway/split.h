/*
 * split.h - cutting a datagram into fragments that fit a link (RFC 791 3.2)
 */
#ifndef MASQD_SPLIT_H
#define MASQD_SPLIT_H

#include <stddef.h>
#include <stdint.h>

#include "masqd/nat/packet.h"

struct split {
	const struct packet *packet;
	uint32_t mtu;
	size_t done; /* payload octets given out */
};

/* Begin to cut the packet (kept, not copied) for an MTU of at least 68. */
void split_begin(struct split *, const struct packet *, uint32_t mtu);

/*
 * Write the next fragment, in order, to out, which has room for the MTU, and
 * describe it in *fragment.  Returns false when all have been given out.
 * Options that are not to be copied stand in the first fragment only, the
 * packet's tally in the last.
 */
bool split_next(struct split *, uint8_t *out, struct packet *fragment);

#endif
