/*
 * cmux.c - frames of 3GPP TS 27.010, basic option
 *
 * A reader is between frames (FLAG), in one (ADDRESS to END), or has lost its
 * place and looks for the next flag (LOST).  Information may contain the flag
 * octet; only the length says where a frame ends, so a wrong FCS means that
 * the place is lost.
 */
#include <assert.h>
#include <string.h>

#include "cmux.h"

enum { FLAG = 0xf9, EA = 0x01, CR = 0x02, PF = 0x10 };

/*
 * Beside each step: what leaves it.
 * LOST: a flag.  ADDRESS: any octet but a flag.  CONTROL, LENGTH, LENGTH2,
 * INFORMATION, FCS: enough octets, or LOST.  END: a flag, else LOST.
 */
enum step { LOST, ADDRESS, CONTROL, LENGTH, LENGTH2, INFORMATION, FCS, END };

/* 27.010 5.2.1.6 and annex B: reversed CRC-8, over the header for UIH. */
static uint8_t
fcs(const uint8_t *octets, size_t count)
{
	uint8_t crc = 0xff;

	for (size_t i = 0; i < count; i++) {
		crc ^= octets[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (uint8_t)(crc & 1 ? (crc >> 1) ^ 0xe0 : crc >> 1);
	}
	return (uint8_t)(0xff - crc);
}

void
cmux_reader_init(struct cmux_reader *reader,
    void (*frame)(void *context, const struct cmux_frame *), void *context)
{
	memset(reader, 0, sizeof(*reader));
	reader->frame = frame;
	reader->context = context;
	reader->step = LOST;
}

static void
deliver(const struct cmux_reader *reader)
{
	const uint8_t *octets = reader->octets;

	reader->frame(reader->context, &(struct cmux_frame){
	    .channel = octets[0] >> 2,
	    .cr = (octets[0] & CR) != 0,
	    .final = (octets[1] & PF) != 0,
	    .kind = (enum cmux_kind)(octets[1] & ~PF),
	    .information = octets + reader->header,
	    .length = reader->length,
	});
}

/* The header is whole: is there information to wait for? */
static enum step
after_length(struct cmux_reader *reader)
{
	reader->header = reader->have;
	if (reader->length > CMUX_INFORMATION) {
		reader->discarded++;
		return LOST;
	}
	return reader->length ? INFORMATION : FCS;
}

static enum step
read_octet(struct cmux_reader *reader, uint8_t octet)
{
	const enum step step = (enum step)reader->step;

	if (step == LOST || step == ADDRESS) {
		if (octet == FLAG)
			return ADDRESS;
		if (step == LOST)
			return LOST;
		reader->have = 0;
	}
	if (step == END) {
		if (octet == FLAG) {
			deliver(reader);
			return ADDRESS;
		}
		reader->discarded++;
		return LOST;
	}
	reader->octets[reader->have++] = octet;
	switch (step) {
	case ADDRESS:
		return octet & EA ? CONTROL : LOST;
	case CONTROL:
		return LENGTH;
	case LENGTH:
		reader->length = octet >> 1;
		return octet & EA ? after_length(reader) : LENGTH2;
	case LENGTH2:
		reader->length |= (size_t)octet << 7;
		return after_length(reader);
	case INFORMATION:
		return reader->have < reader->header + reader->length ?
		    INFORMATION : FCS;
	default:
		if (octet == fcs(reader->octets, reader->header))
			return END;
		reader->discarded++;
		return octet == FLAG ? ADDRESS : LOST;
	}
}

void
cmux_read(struct cmux_reader *reader, const uint8_t *octets, size_t count)
{
	for (size_t i = 0; i < count; i++)
		reader->step = read_octet(reader, octets[i]);
}

size_t
cmux_write(uint8_t out[CMUX_FRAME], const struct cmux_frame *frame)
{
	size_t size = 0;

	assert(frame->length <= CMUX_INFORMATION);
	out[size++] = FLAG;
	out[size++] = (uint8_t)(frame->channel << 2 | (frame->cr ? CR : 0) | EA);
	out[size++] = (uint8_t)(frame->kind | (frame->final ? PF : 0));
	if (frame->length < 128) {
		out[size++] = (uint8_t)(frame->length << 1 | EA);
	} else {
		out[size++] = (uint8_t)((frame->length & 0x7f) << 1);
		out[size++] = (uint8_t)(frame->length >> 7);
	}
	const uint8_t check = fcs(out + 1, size - 1);

	if (frame->length)
		memcpy(out + size, frame->information, frame->length);
	size += frame->length;
	out[size++] = check;
	out[size++] = FLAG;
	return size;
}
