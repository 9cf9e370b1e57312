/*
 * telnet.c - fuzz what tells telnet from data
 *
 * The first octet sets the line's `telnet`.  What comes out must not depend
 * on how the octets were cut, and keeps to its bounds; what is sent reads
 * back as it was, for a peer that undoubles; raw is raw.
 */
#include <stdlib.h>
#include <string.h>

#include "serial/telnet.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

enum { MOST = 4096 };

struct taken {
	uint8_t data[MOST + TELNET_MORE], reply[MOST + TELNET_MORE];
	size_t data_count, reply_count;
};

static void
feed(struct telnet *telnet, const uint8_t *octets, size_t count,
    struct taken *taken)
{
	size_t room = TELNET_IN_ROOM(count), data_count, reply_count;
	uint8_t *data = malloc(room), *reply = malloc(room);

	telnet_in(telnet, octets, count, data, &data_count, reply,
	    &reply_count);
	if (data_count > room || reply_count > room || reply_count % 3 != 0)
		abort();
	memcpy(taken->data + taken->data_count, data, data_count);
	taken->data_count += data_count;
	memcpy(taken->reply + taken->reply_count, reply, reply_count);
	taken->reply_count += reply_count;
	free(data);
	free(reply);
}

/* As a telnet program reads it: FF FF is FF, CR NUL is CR. */
static void
check_out(struct telnet *telnet, const uint8_t *octets, size_t count)
{
	uint8_t *out = malloc(TELNET_OUT_ROOM(count));
	bool spoken = telnet->mode == TELNET_SPOKEN, after_cr = false;
	bool text = spoken && telnet->greeted && telnet->ours[0] == TELNET_OFF;
	size_t out_count, at = 0;

	telnet->sent_cr = false;
	telnet_out(telnet, octets, count, out, &out_count);
	if (out_count > TELNET_OUT_ROOM(count) ||
	    (!spoken && out_count != count))
		abort();
	for (size_t i = 0; i < out_count; i++) {
		if (spoken && out[i] == 0xff && (++i == out_count ||
			out[i] != 0xff))
			abort();
		if (text && after_cr && out[i] == '\0') {
			after_cr = false;
			continue;
		}
		after_cr = out[i] == '\r';
		if (at == count || out[i] != octets[at++])
			abort();
	}
	if (at != count)
		abort();
	free(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t count)
{
	static struct taken whole, cut;
	struct telnet one, two;
	unsigned setting;

	if (count < 1 || count > MOST)
		return 0;
	setting = octets[0] % 3;
	octets++;
	count--;
	whole.data_count = whole.reply_count = 0;
	cut.data_count = cut.reply_count = 0;
	telnet_reset(&one, setting);
	telnet_reset(&two, setting);
	feed(&one, octets, count, &whole);
	for (size_t i = 0; i < count; i++)
		feed(&two, octets + i, 1, &cut);
	if (whole.data_count != cut.data_count ||
	    whole.reply_count != cut.reply_count ||
	    memcmp(whole.data, cut.data, cut.data_count) != 0 ||
	    memcmp(whole.reply, cut.reply, cut.reply_count) != 0)
		abort();
	if (one.mode != two.mode || whole.reply_count > 300)
		abort();
	if (setting == TELNET_NO && (whole.data_count != count ||
		memcmp(whole.data, octets, count) != 0))
		abort();
	check_out(&one, octets, count);
	return 0;
}
