#include "split.h"

#include <string.h>

#include "masqd/nat/checksum.h"

enum {
	IP_BASE = 20,
	MORE_FRAGMENTS = 0x2000,
	FLAGS = 0xe000,
	OFFSET = 0x1fff,
	OPTION_COPIED = 0x80,
	OPTION_END = 0,
	OPTION_NOP = 1
};

void
split_begin(struct split *split, const struct packet *packet, uint32_t mtu)
{
	*split = (struct split){ .packet = packet, .mtu = mtu };
}

static void
put16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* In later fragments an option without the copied flag becomes padding. */
static void
blank_options(uint8_t *header, size_t length)
{
	size_t at = IP_BASE;

	while (at < length && header[at] != OPTION_END) {
		size_t size = 1;

		if (header[at] != OPTION_NOP)
			size = at + 1 < length ? header[at + 1] : 0;
		if (size == 0 || at + size > length)
			break;
		if (!(header[at] & OPTION_COPIED))
			memset(header + at, OPTION_NOP, size);
		at += size;
	}
}

bool
split_next(struct split *split, uint8_t *out, struct packet *fragment)
{
	const struct packet *whole = split->packet;
	size_t header = (size_t)(whole->data[0] & 0xf) * 4;
	size_t left = whole->length - header - split->done;
	size_t room = (split->mtu - header) & ~(size_t)7;
	size_t payload = left > split->mtu - header ? room : left;
	size_t field = (size_t)(whole->data[6] << 8 | whole->data[7]);

	if (left == 0)
		return false;
	memcpy(out, whole->data, header);
	memcpy(out + header, whole->data + header + split->done, payload);
	if (split->done > 0)
		blank_options(out, header);
	field = (field & FLAGS) | ((field & OFFSET) + split->done / 8);
	if (payload < left)
		field |= MORE_FRAGMENTS;
	put16(out + 2, header + payload);
	put16(out + 6, field);
	put16(out + 10, 0);
	octets_put16(out + 10, checksum_of(out, header));
	*fragment = *whole;
	fragment->data = out;
	fragment->length = fragment->capacity = (uint32_t)(header + payload);
	if (payload < left)
		fragment->tally = TALLY_NONE;
	split->done += payload;
	return true;
}
