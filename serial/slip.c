#include "slip.h"

#include <string.h>

/* How many octets from the beginning on mean themselves. */
static size_t
plain_run(const uint8_t *octets, size_t n)
{
	size_t i = 0;

	while (i < n && octets[i] != SLIP_END && octets[i] != SLIP_ESC)
		i++;
	return i;
}

size_t
slip_encode(const uint8_t *packet, size_t n, uint8_t *octets)
{
	size_t out = 0;

	octets[out++] = SLIP_END;
	while (n > 0) {
		size_t run = plain_run(packet, n);

		memcpy(octets + out, packet, run);
		out += run;
		packet += run;
		n -= run;
		if (n == 0)
			break;
		octets[out++] = SLIP_ESC;
		octets[out++] = *packet == SLIP_END ? SLIP_ESC_END :
		    SLIP_ESC_ESC;
		packet++;
		n--;
	}
	octets[out++] = SLIP_END;
	return out;
}

void
slip_decoder_start(struct slip_decoder *decoder, uint8_t *frame,
    size_t capacity)
{
	*decoder = (struct slip_decoder){ .frame = frame,
		.capacity = capacity };
}

static void
append(struct slip_decoder *decoder, const uint8_t *octets, size_t n)
{
	if (decoder->tossing)
		return;
	if (n > decoder->capacity - decoder->length) {
		decoder->overlong++;
		decoder->tossing = true;
		return;
	}
	memcpy(decoder->frame + decoder->length, octets, n);
	decoder->length += n;
}

static void
unescape(struct slip_decoder *decoder, uint8_t octet)
{
	decoder->escaped = false;
	if (octet == SLIP_ESC_END) {
		octet = SLIP_END;
	} else if (octet == SLIP_ESC_ESC) {
		octet = SLIP_ESC;
	} else {
		decoder->bad_escapes++;
		decoder->dubious = true;
	}
	append(decoder, &octet, 1);
}

static enum slip_event
end_frame(struct slip_decoder *decoder)
{
	if (decoder->escaped) {
		decoder->bad_escapes++;
		decoder->tossing = true;
	}
	if (decoder->length == 0 && !decoder->tossing)
		return SLIP_NOTHING;
	decoder->complete = true;
	return decoder->tossing ? SLIP_TOSSED : SLIP_FRAME;
}

static void
begin_frame(struct slip_decoder *decoder)
{
	decoder->length = 0;
	decoder->complete = decoder->escaped = false;
	decoder->tossing = decoder->dubious = false;
}

size_t
slip_decode(struct slip_decoder *decoder, const uint8_t *octets, size_t n,
    enum slip_event *event)
{
	size_t used = 0;

	*event = SLIP_NOTHING;
	if (decoder->complete)
		begin_frame(decoder);
	while (used < n && *event == SLIP_NOTHING) {
		uint8_t octet = octets[used];

		if (octet == SLIP_END) {
			used++;
			*event = end_frame(decoder);
		} else if (decoder->escaped) {
			used++;
			unescape(decoder, octet);
		} else if (octet == SLIP_ESC) {
			used++;
			decoder->escaped = true;
		} else {
			size_t run = plain_run(octets + used, n - used);

			append(decoder, octets + used, run);
			used += run;
		}
	}
	return used;
}
