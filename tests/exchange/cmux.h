/*
 * cmux.h - frames of the multiplexer protocol 3GPP TS 27.010, basic option
 *
 * One octet stream carries many channels (DLCIs); each frame is
 *
 *	F9 | address | control | length (1 or 2) | information | FCS | F9
 *
 * Only framing is done here; trunk.c knows what the frames mean.
 */
#ifndef EXCHANGE_CMUX_H
#define EXCHANGE_CMUX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	CMUX_CHANNELS = 64,
	CMUX_INFORMATION = 512, /* octets in a frame, at most */
	CMUX_FRAME = CMUX_INFORMATION + 7
};

/* The control octet without its poll/final bit, 27.010 5.2.1.3. */
enum cmux_kind {
	CMUX_SABM = 0x2f, /* open the channel */
	CMUX_UA = 0x63,	  /* done */
	CMUX_DM = 0x0f,	  /* not open */
	CMUX_DISC = 0x43, /* close the channel */
	CMUX_UIH = 0xef	  /* information */
};

struct cmux_frame {
	uint8_t channel;
	bool cr;    /* the C/R bit as it is sent */
	bool final; /* the P/F bit */
	enum cmux_kind kind;
	const uint8_t *information;
	size_t length;
};

struct cmux_reader {
	void (*frame)(void *context, const struct cmux_frame *);
	void *context;
	unsigned step;
	uint8_t octets[CMUX_FRAME];
	size_t have, header, length;
	unsigned long discarded; /* frames with a wrong FCS or shape */
};

void cmux_reader_init(struct cmux_reader *,
    void (*frame)(void *context, const struct cmux_frame *), void *context);

/* Take octets of any number; `frame` is called for each whole, correct frame.
 * A frame's information is valid during the call only. */
void cmux_read(struct cmux_reader *, const uint8_t *, size_t);

/* Encode a frame of up to CMUX_INFORMATION octets; returns its size. */
size_t cmux_write(uint8_t out[CMUX_FRAME], const struct cmux_frame *);

#endif
