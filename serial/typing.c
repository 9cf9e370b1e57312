/*
 * typing.c - one line of text as a caller types it
 *
 * A terminal set to seven bits fills bit 7 with a parity over all of them.
 * That is believed where it fits each octet since the line began, so that
 * noise spoils one line and not the call.  We answer with that parity only
 * once a whole line had it: a script that reads eight bits would not know its
 * prompt any more.
 */
#include <string.h>

#include "serial/typing.h"

enum {
	HIGH = 0x80,
	INTERRUPT = 0x03, /* Ctrl-C */
	BACKSPACE = 0x08,
	XON = 0x11,
	XOFF = 0x13,
	KILL = 0x15, /* Ctrl-U */
	DELETE = 0x7f
};

static void
forget_octets(struct typing *typing)
{
	typing->even = typing->odd = true;
	typing->low = typing->high = false;
	typing->parity = typing->known;
}

void
typing_reset(struct typing *typing)
{
	memset(typing, 0, sizeof(*typing));
	typing_clear(typing);
	typing->after_cr = true; /* the CR of CONNECT */
}

void
typing_clear(struct typing *typing)
{
	explicit_bzero(typing->text, sizeof(typing->text));
	typing->count = 0;
	typing->erased = 0;
	typing->spoilt = false;
	forget_octets(typing);
}

static bool
is_odd(uint8_t octet)
{
	return __builtin_parity(octet) != 0;
}

/* Without a bit 7 in the line odd parity cannot be told from none: what was
 * known stays. */
static void
note_parity(struct typing *typing, uint8_t octet)
{
	if (is_odd(octet))
		typing->even = false;
	else
		typing->odd = false;
	if (octet & HIGH)
		typing->high = true;
	else
		typing->low = true;
	if (typing->high)
		typing->parity = typing->even ? PARITY_EVEN :
		    typing->odd ? PARITY_ODD :
		    !typing->low ? PARITY_MARK : PARITY_NONE;
	else if (!typing->even && !typing->odd)
		typing->parity = PARITY_NONE;
}

static enum typing_event
add(struct typing *typing, char c)
{
	if (typing->count == sizeof(typing->text) - 1) {
		typing->spoilt = true;
		return TYPING_NOTHING;
	}
	typing->text[typing->count++] = c;
	return TYPING_ADDED;
}

static enum typing_event
erase(struct typing *typing, size_t count)
{
	typing->erased = count;
	typing->count -= count;
	explicit_bzero(typing->text + typing->count, count);
	if (typing->count == 0)
		typing->spoilt = false;
	return count > 0 ? TYPING_ERASED : TYPING_NOTHING;
}

static enum typing_event
control(struct typing *typing, uint8_t c)
{
	switch (c) {
	case '\r':
		typing->after_cr = true;
		return TYPING_ENTERED;
	case '\n':
		return TYPING_ENTERED;
	case INTERRUPT:
		return TYPING_INTERRUPTED;
	case BACKSPACE:
	case DELETE:
		return erase(typing, typing->count > 0);
	case KILL:
		return erase(typing, typing->count);
	case '\0':
	case XON:
	case XOFF:
		return TYPING_NOTHING;
	default:
		/* In front of the line it is noise, within it an accident. */
		typing->spoilt = typing->count > 0;
		return TYPING_NOTHING;
	}
}

static enum typing_event
take(struct typing *typing, uint8_t octet)
{
	bool after_cr = typing->after_cr;
	uint8_t c = octet;

	typing->after_cr = false;
	if (typing->parity != PARITY_NONE)
		c &= (uint8_t)~HIGH;
	if (after_cr && (c == '\n' || c == '\0'))
		return TYPING_NOTHING;
	if (c & HIGH)
		return typing->wide ? add(typing, (char)c) : TYPING_NOTHING;
	if (c < ' ' || c == DELETE)
		return control(typing, c);
	return add(typing, (char)c);
}

enum typing_event
typing_octet(struct typing *typing, uint8_t octet)
{
	enum typing_event event;

	note_parity(typing, octet);
	event = take(typing, octet);
	if (event == TYPING_ENTERED)
		typing->known = typing->parity;
	else if (typing->count == 0)
		forget_octets(typing);
	return event;
}

uint8_t
typing_dress(const struct typing *typing, uint8_t octet)
{
	uint8_t c = octet & (uint8_t)~HIGH;

	switch (typing->known) {
	case PARITY_EVEN:
		return is_odd(c) ? c | HIGH : c;
	case PARITY_ODD:
		return is_odd(c) ? c : c | HIGH;
	case PARITY_MARK:
		return c | HIGH;
	default:
		return octet;
	}
}
