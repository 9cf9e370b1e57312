/*
 * segment.h - cutting a super-packet back into the packets that were sent
 *
 * The kernel may hand over many TCP segments or UDP datagrams as one (GRO,
 * or an offloading sender next door).  Only the size that the virtio-net
 * header tells may be used to cut them: any other cut would invent packets.
 */
#ifndef MASQD_SEGMENT_H
#define MASQD_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct segment {
	const uint8_t *data;
	size_t length, header; /* of the whole; of IP and transport header */
	size_t size;	       /* payload of one segment */
	size_t done;	       /* payload already given out */
	uint16_t count;	       /* segments given out */
	bool tcp;
};

/*
 * Begin to cut the IPv4 super-packet in data (kept, not copied) into pieces
 * of `size` octets of payload.  tcp: TCP, otherwise UDP datagrams.  Returns
 * false where the packet is not what the header says; it is to be dropped.
 */
bool segment_begin(struct segment *, const uint8_t *data, size_t length,
    size_t size, bool tcp);

/*
 * Write the next segment, with headers and checksums of its own, to out.
 * Returns its length, 0 when all have been given out or it does not fit
 * `capacity`.  Identifications count up; FIN and PSH stand on the last, CWR
 * on the first segment only.
 */
size_t segment_next(struct segment *, uint8_t *out, size_t capacity);

#endif
