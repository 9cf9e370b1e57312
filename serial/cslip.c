#include "cslip.h"

#include <stdlib.h>
#include <string.h>

#include "slip.h"
#include "vj.h"

struct cslip {
	bool compressing; /* towards the caller */
	bool may;	  /* it may become so */
	struct slip_decoder decoder;
	struct vj_compressor *compressor;
	struct vj_decompressor *decompressor;
	struct cslip_counts counts;
	uint8_t frame[CSLIP_RECEIVE_MAX];
};

struct cslip *
cslip_create(enum cslip_mode mode, unsigned slots)
{
	struct cslip *slip = calloc(1, sizeof *slip);

	if (slip == NULL)
		return NULL;
	slip->compressing = mode == CSLIP_COMPRESSED;
	slip->may = mode != CSLIP_PLAIN;
	slip_decoder_start(&slip->decoder, slip->frame, sizeof slip->frame);
	slip->decompressor = vj_decompressor_create(slots);
	if (slip->may)
		slip->compressor = vj_compressor_create(slots, true);
	if (slip->decompressor == NULL ||
	    (slip->may && slip->compressor == NULL)) {
		cslip_destroy(slip);
		return NULL;
	}
	return slip;
}

void
cslip_destroy(struct cslip *slip)
{
	if (slip == NULL)
		return;
	vj_compressor_destroy(slip->compressor);
	vj_decompressor_destroy(slip->decompressor);
	free(slip);
}

/* A frame with a bad escape has an octet too few or a wrong one.  A whole
 * packet's own checksums tell; a compressed one would spoil the slot. */
static size_t
restore(struct cslip *slip, uint8_t *packet)
{
	const struct slip_decoder *decoder = &slip->decoder;
	enum vj_type type = vj_type(decoder->frame[0]);
	size_t got = 0;

	if (decoder->dubious)
		vj_decompressor_error(slip->decompressor);
	else
		got = vj_decompress(slip->decompressor, decoder->frame,
		    decoder->length, packet, CSLIP_RECEIVE_MAX);
	if (got == 0) {
		slip->counts.tossed++;
		return 0;
	}
	slip->counts.frames++;
	if (type == VJ_COMPRESSED_TCP)
		slip->counts.compressed++;
	else
		slip->compressing = slip->may;
	return got;
}

static size_t
take_frame(struct cslip *slip, uint8_t *packet)
{
	const struct slip_decoder *decoder = &slip->decoder;

	if (vj_type(decoder->frame[0]) != VJ_IP)
		return restore(slip, packet);
	if (decoder->frame[0] >> 4 != 4) {
		/* It may have been anything. */
		vj_decompressor_error(slip->decompressor);
		slip->counts.not_ip++;
		return 0;
	}
	memcpy(packet, decoder->frame, decoder->length);
	slip->counts.frames++;
	return decoder->length;
}

size_t
cslip_receive(struct cslip *slip, const uint8_t *octets, size_t n,
    uint8_t *packet, size_t *length)
{
	size_t used = 0;

	*length = 0;
	while (used < n && *length == 0) {
		enum slip_event event;

		used += slip_decode(&slip->decoder, octets + used, n - used,
		    &event);
		if (event == SLIP_FRAME)
			*length = take_frame(slip, packet);
		else if (event == SLIP_TOSSED)
			vj_decompressor_error(slip->decompressor);
	}
	return used;
}

size_t
cslip_send(struct cslip *slip, uint8_t *packet, size_t n, uint8_t *octets)
{
	if (slip->compressing)
		packet = vj_compress(slip->compressor, packet, &n);
	return slip_encode(packet, n, octets);
}

bool
cslip_compresses(const struct cslip *slip)
{
	return slip->compressing;
}

void
cslip_counts(const struct cslip *slip, struct cslip_counts *counts)
{
	*counts = slip->counts;
	counts->overlong = slip->decoder.overlong;
	counts->bad_escapes = slip->decoder.bad_escapes;
}
