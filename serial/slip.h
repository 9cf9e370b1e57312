/*
 * slip.h - RFC 1055: packets to octets, octets to frames
 *
 * Pure.  An END goes before each frame and one behind it, so that noise
 * between two frames becomes a frame of its own, which is no packet.  What a
 * frame holds is not looked at; cslip.h does that.
 */
#ifndef SERIAL_SLIP_H
#define SERIAL_SLIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SLIP_END = 0xc0,
	SLIP_ESC = 0xdb,
	SLIP_ESC_END = 0xdc,
	SLIP_ESC_ESC = 0xdd
};

/* The octets that a packet of n octets takes at most. */
static inline size_t
slip_room(size_t n)
{
	return 2 * n + 2;
}

/* Write the packet as octets, at most slip_room(n), END at both ends.
 * Returns how many.  The two must not overlap. */
size_t slip_encode(const uint8_t *packet, size_t n, uint8_t *octets);

enum slip_event {
	SLIP_NOTHING, /* all octets are taken, no frame has ended */
	SLIP_FRAME,   /* decoder->frame[0..length), until the next call */
	SLIP_TOSSED   /* a frame was thrown away */
};

struct slip_decoder {
	uint8_t *frame;	 /* the owner's, of `capacity` octets */
	size_t capacity; /* the longest frame that is taken */
	size_t length;
	bool escaped;	/* the octet before was ESC */
	bool tossing;	/* until the next END */
	bool complete;	/* the frame was told; the next octet begins another */
	bool dubious;	/* the frame holds a bad escape */
	uint32_t overlong, bad_escapes; /* counted, never reset */
};

/* The frame's buffer stays the owner's. */
void slip_decoder_start(struct slip_decoder *, uint8_t *frame,
    size_t capacity);

/*
 * Take octets up to the end of a frame.  Returns how many were used, all of
 * them where *event is SLIP_NOTHING; call again for the rest.
 *
 * Empty frames are passed over.  A frame longer than the capacity is thrown
 * away whole.  ESC and an octet that may not follow it: the octet is taken as
 * it is (RFC 1055, "leave the byte alone and just stuff it into the packet"),
 * and the frame is dubious.  ESC and END is the end of a frame that has lost
 * an octet: it is thrown away, not joined to the next one.
 */
size_t slip_decode(struct slip_decoder *, const uint8_t *octets, size_t n,
    enum slip_event *event);

#endif
