/*
 * vj.c - fuzz RFC 1144: a hostile caller's headers, and both ends
 *
 * The input is frames, each behind an octet that is its length.  A
 * decompressor gets all of them.  What it makes of them are packets as the
 * gateway may see them; they go through a compressor and a second
 * decompressor, and must come out as they went in.
 */
#include <stdlib.h>
#include <string.h>

#include "serial/vj.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

enum { ROOM = 512, SLOTS = 3 };

static size_t
total(const uint8_t *packet)
{
	return (size_t)packet[2] << 8 | packet[3];
}

/* Else nothing gets past the checksum; and who restores a header makes it
 * anew, so that a wrong one would not come out as it went in. */
static void
mend(uint8_t *packet, size_t length)
{
	size_t header = (size_t)(packet[0] & 15) * 4;
	uint32_t sum = 0;

	if (header < 20 || header > length)
		return;
	packet[10] = packet[11] = 0;
	for (size_t i = 0; i < header; i += 2)
		sum += (uint32_t)packet[i] << 8 | packet[i + 1];
	sum = (sum >> 16) + (sum & 0xffff);
	sum = (sum >> 16) + (sum & 0xffff);
	packet[10] = (uint8_t)(~sum >> 8);
	packet[11] = (uint8_t)~sum;
}

static void
through(struct vj_compressor *ours, struct vj_decompressor *theirs,
    const uint8_t *packet, size_t length)
{
	uint8_t *copy = malloc(length), *got = malloc(length), *at;
	size_t n = length;

	if (copy == NULL || got == NULL)
		abort();
	memcpy(copy, packet, length);
	at = vj_compress(ours, copy, &n);
	if (at < copy || at + n > copy + length || n == 0)
		abort();
	if (vj_type(at[0]) == VJ_IP) {
		if (n != length || memcmp(at, packet, n) != 0)
			abort();
	} else if (vj_decompress(theirs, at, n, got, length) != length ||
	    memcmp(got, packet, length) != 0) {
		abort();
	}
	free(copy);
	free(got);
}

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t n)
{
	struct vj_decompressor *hostile = vj_decompressor_create(SLOTS);
	struct vj_decompressor *theirs = vj_decompressor_create(SLOTS);
	struct vj_compressor *ours = vj_compressor_create(SLOTS, true);

	if (hostile == NULL || theirs == NULL || ours == NULL)
		abort();
	while (n > 0) {
		size_t length = input[0] < n ? input[0] : n - 1;
		uint8_t *frame = malloc(length + 1), *packet = malloc(ROOM);
		size_t got;

		if (frame == NULL || packet == NULL)
			abort();
		memcpy(frame, input + 1, length);
		if (length > 20 && vj_type(frame[0]) == VJ_UNCOMPRESSED_TCP) {
			uint8_t slot = frame[9];

			frame[0] &= 0x4f;
			frame[9] = 6;
			mend(frame, length);
			frame[0] |= 0x70;
			frame[9] = slot;
		}
		got = vj_decompress(hostile, frame, length, packet, ROOM);
		if (got > ROOM || (got > 0 && (packet[0] >> 4 != 4 ||
		    packet[9] != 6 || total(packet) > got)))
			abort();
		if (got > 0)
			through(ours, theirs, packet, got);
		if (length > 0 && vj_type(frame[0]) == VJ_IP) {
			mend(frame, length);
			through(ours, theirs, frame, length);
		}
		free(frame);
		free(packet);
		input += 1 + length;
		n -= 1 + length;
	}
	vj_decompressor_destroy(hostile);
	vj_decompressor_destroy(theirs);
	vj_compressor_destroy(ours);
	return 0;
}
