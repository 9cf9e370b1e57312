/*
 * modem.c - the dialogue with a modem: commands out, result codes in
 *
 * A line ends at CR or at LF, so that both CR LF and the bare CR of V0 do; an
 * empty line is nothing.  A command is outstanding from modem_command() until
 * its answer or modem_silent().  Only OK and ERROR answer a command, and for
 * ATA and ATD also what says how the call went: a late NO CARRIER of the call
 * before must never be taken for the answer to AT.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "serial/modem.h"

void
modem_reset(struct modem *modem)
{
	memset(modem, 0, sizeof(*modem));
}

bool
modem_command(struct modem *modem, const char *text, uint64_t now,
    uint64_t wait)
{
	bool has_at = strncasecmp(text, "AT", 2) == 0;
	int length;

	modem->command[0] = '\0';
	for (const char *c = text; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || (unsigned char)*c > '~')
			return false;
	length = snprintf(modem->command, sizeof(modem->command), "%s%s",
	    has_at ? "" : "AT", text);
	if (length < 0 || (size_t)length >= sizeof(modem->command)) {
		modem->command[0] = '\0';
		return false;
	}
	modem->deadline = now + wait;
	return true;
}

bool
modem_silent(struct modem *modem, uint64_t now)
{
	if (modem->command[0] == '\0' || now < modem->deadline)
		return false;
	modem->command[0] = '\0';
	return true;
}

static bool
is_echo(const struct modem *modem)
{
	return modem->command[0] != '\0' &&
	    strcasecmp(modem->text, modem->command) == 0;
}

static bool
is_answer(const struct modem *modem, enum result_code code)
{
	switch (code) {
	case RESULT_OK:
	case RESULT_ERROR:
		return modem->command[0] != '\0';
	case RESULT_NOTHING:
	case RESULT_TEXT:
	case RESULT_RING:
	case RESULT_RINGBACK:
	case RESULT_DATA:
		return false;
	default:
		return strncasecmp(modem->command, "ATA", 3) == 0 ||
		    strncasecmp(modem->command, "ATD", 3) == 0;
	}
}

/* The line is whole: what does it say? */
static void
line_end(struct modem *modem, struct modem_event *event)
{
	modem->text[modem->length] = '\0';
	modem->length = 0;
	if (is_echo(modem))
		return;
	event->code = result_code(modem->text);
	event->text = modem->text;
	event->answer = is_answer(modem, event->code);
	if (event->answer)
		modem->command[0] = '\0';
}

size_t
modem_feed(struct modem *modem, const uint8_t *octets, size_t count,
    struct modem_event *event)
{
	*event = (struct modem_event){ .code = RESULT_NOTHING, .text = "" };
	for (size_t i = 0; i < count; i++) {
		uint8_t c = octets[i] & 0x7f;

		if (c != '\r' && c != '\n') {
			if (c >= ' ' && c <= '~' &&
			    modem->length + 1 < sizeof(modem->text))
				modem->text[modem->length++] = (char)c;
			continue;
		}
		if (modem->length == 0)
			continue;
		line_end(modem, event);
		if (event->code == RESULT_NOTHING)
			continue;
		modem->line_feed = event->code == RESULT_CONNECT && c == '\r';
		return i + 1;
	}
	return count;
}

size_t
modem_call_octets(struct modem *modem, const uint8_t *octets, size_t count)
{
	bool line_feed = modem->line_feed;

	if (count == 0)
		return 0;
	modem->line_feed = false;
	return line_feed && (octets[0] & 0x7f) == '\n' ? 1 : 0;
}
