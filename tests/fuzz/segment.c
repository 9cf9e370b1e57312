/* A super-packet of any octets, cut at any size: the pieces are as long as
 * they say, and hold what the whole held. */
#include <stdlib.h>
#include <string.h>

#include "masqd/gateway/segment.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t n)
{
	struct segment segment;
	uint8_t *data, *out;
	size_t size, capacity, got, payload = 0;

	if (n < 4)
		return 0;
	size = (size_t)(input[0] << 8 | input[1]);
	capacity = (size_t)input[2] * 16;
	data = malloc(n - 4 + 1);
	out = malloc(capacity + 1);
	memcpy(data, input + 4, n - 4);
	if (segment_begin(&segment, data, n - 4, size, input[3] & 1)) {
		while ((got = segment_next(&segment, out, capacity)) > 0) {
			if (got > capacity || got <= segment.header ||
			    got > segment.header + size ||
			    (size_t)(out[2] << 8 | out[3]) != got ||
			    memcmp(out + segment.header, data +
				segment.header + payload,
				got - segment.header) != 0)
				abort();
			payload += got - segment.header;
		}
		if (segment.header + payload > n - 4)
			abort();
	}
	free(data);
	free(out);
	return 0;
}
