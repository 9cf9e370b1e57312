/*
 * vj.h - RFC 1144: TCP/IP headers compressed on a slow line
 *
 * Pure.  A compressor and a decompressor, for one direction each; both keep
 * the last header of as many conversations as there are slots.  The type of
 * what is sent is carried in the first octet, as SLIP does (RFC 1144 3.2.2,
 * appendix A): an IP packet begins with 4x, an uncompressed TCP packet (it
 * tells the slot where IP has its protocol) with 7x, a compressed one with a
 * bit of 80.
 */
#ifndef SERIAL_VJ_H
#define SERIAL_VJ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	VJ_SLOTS_LEAST = 3, /* RFC 1144 A.1 */
	VJ_SLOTS_MOST = 254,
	VJ_SLOTS_USUAL = 16, /* what everybody has where nobody asks */
	VJ_HEADER_MAX = 120  /* IP and TCP headers, with all options */
};

enum vj_type {
	VJ_IP,
	VJ_UNCOMPRESSED_TCP,
	VJ_COMPRESSED_TCP
};

/* By the first octet of a frame. */
static inline enum vj_type
vj_type(uint8_t first)
{
	return first & 0x80 ? VJ_COMPRESSED_TCP :
	    first >= 0x70   ? VJ_UNCOMPRESSED_TCP :
			      VJ_IP;
}

struct vj_compressor;
struct vj_decompressor;

/*
 * slots: VJ_SLOTS_LEAST to VJ_SLOTS_MOST, the same or fewer than the peer's
 * decompressor has.  slot_ids: a packet of the same slot as the one before
 * does not name it; wants a framing by which the peer hears of errors.
 * NULL: out of memory.
 */
struct vj_compressor *vj_compressor_create(unsigned slots, bool slot_ids);
void vj_compressor_destroy(struct vj_compressor *);

/*
 * Compress a datagram in place.  What is to be sent begins at the returned
 * address, inside the datagram; *length is its length.  Left as they are:
 * fragments, all but TCP, and TCP with anything but ACK, PSH and URG in its
 * flags (RFC 1144 3.2.3).
 */
uint8_t *vj_compress(struct vj_compressor *, uint8_t *packet, size_t *length);

struct vj_decompressor *vj_decompressor_create(unsigned slots);
void vj_decompressor_destroy(struct vj_decompressor *);

/*
 * Make a frame of type VJ_UNCOMPRESSED_TCP or VJ_COMPRESSED_TCP a datagram in
 * packet[0..capacity), which it must not overlap.  Returns its length; 0: it
 * is tossed (RFC 1144 4.1), because it does not hold together, or because
 * something before it was lost.  The IP checksum of an uncompressed one is
 * verified, so that noise fills no slot; TCP's is the receiver's to verify.
 */
size_t vj_decompress(struct vj_decompressor *, const uint8_t *frame,
    size_t length, uint8_t *packet, size_t capacity);

/* A frame was lost or is damaged: what does not name its slot is tossed until
 * something comes that does. */
void vj_decompressor_error(struct vj_decompressor *);

#endif
