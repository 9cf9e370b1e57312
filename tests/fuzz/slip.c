/*
 * slip.c - fuzz what reads a SLIP caller's octets
 *
 * The first octet of the input says into what pieces the rest is cut; the
 * frames must be the same in any pieces, and what comes out of a frame must
 * come out again when it is sent.
 */
#include <stdlib.h>
#include <string.h>

#include "serial/cslip.h"
#include "serial/slip.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

enum { FRAME = 64 };

/* The frames of the octets, one behind the other, each with its length. */
static size_t
frames(const uint8_t *octets, size_t n, size_t piece, uint8_t *out)
{
	/* Of the heap, so that no octet behind it is ours. */
	uint8_t *frame = malloc(FRAME);
	struct slip_decoder decoder;
	size_t length = 0;

	if (frame == NULL)
		abort();
	slip_decoder_start(&decoder, frame, FRAME);
	while (n > 0) {
		size_t part = n < piece ? n : piece;
		enum slip_event event;
		size_t used = slip_decode(&decoder, octets, part, &event);

		if (used == 0 || used > part || decoder.length > FRAME ||
		    (event == SLIP_NOTHING && used != part) ||
		    (event == SLIP_FRAME && decoder.length == 0))
			abort();
		octets += used;
		n -= used;
		if (event == SLIP_NOTHING)
			continue;
		out[length++] = event == SLIP_FRAME ?
		    (uint8_t)decoder.length : 0xff;
		memcpy(out + length, frame, decoder.length);
		length += event == SLIP_FRAME ? decoder.length : 0;
	}
	free(frame);
	return length;
}

static void
both_ways(const uint8_t *packet, size_t n)
{
	uint8_t *octets = malloc(slip_room(n)), frame[FRAME];
	struct slip_decoder decoder;
	enum slip_event event = SLIP_NOTHING;
	size_t m, used = 0;

	if (octets == NULL)
		abort();
	m = slip_encode(packet, n, octets);
	slip_decoder_start(&decoder, frame, sizeof frame);
	while (used < m)
		used += slip_decode(&decoder, octets + used, m - used,
		    &event);
	if (m > slip_room(n) || (n > 0 && n <= FRAME &&
	    (event != SLIP_FRAME || decoder.length != n ||
		memcmp(frame, packet, n) != 0)))
		abort();
	free(octets);
}

/* A whole caller: what is found is a packet, and can be sent back. */
static void
caller(const uint8_t *octets, size_t n)
{
	static uint8_t answer[2 * CSLIP_RECEIVE_MAX + 2];
	struct cslip *slip = cslip_create(CSLIP_ADAPTIVE, 3);
	uint8_t *packet = malloc(CSLIP_RECEIVE_MAX);
	size_t used, length;

	if (slip == NULL || packet == NULL)
		abort();
	for (; n > 0; octets += used, n -= used) {
		used = cslip_receive(slip, octets, n, packet, &length);
		if (used == 0 || used > n || length > CSLIP_RECEIVE_MAX ||
		    (length > 0 && packet[0] >> 4 != 4))
			abort();
		if (length > 0 && cslip_send(slip, packet, length, answer) >
		    slip_room(length))
			abort();
	}
	free(packet);
	cslip_destroy(slip);
}

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t n)
{
	uint8_t *whole = malloc(2 * n + FRAME + 1);
	uint8_t *cut = malloc(2 * n + FRAME + 1);
	size_t length;

	if (whole == NULL || cut == NULL)
		abort();
	if (n > 0) {
		length = frames(input + 1, n - 1, n, whole);
		if (frames(input + 1, n - 1, (size_t)input[0] % 16 + 1,
			cut) != length || memcmp(whole, cut, length) != 0)
			abort();
		both_ways(input + 1, n - 1);
		caller(input + 1, n - 1);
	}
	free(whole);
	free(cut);
	return 0;
}
