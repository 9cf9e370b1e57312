/*
 * login.c - the first octets of a call decide what it is
 *
 * A frame is told by its first four octets, which are eight at most as they
 * come in; they are held until they are LCP's or not.  Once PPP is recognised
 * the octets are only collected.  From a SLIP packet's END on they are, too,
 * but a PPP frame is still looked for.
 */
#include <string.h>

#include "serial/login.h"

enum {
	FLAG = 0x7e,
	ESCAPE = 0x7d,
	END = 0xc0,
	PARITY = 0x80
};

static const char *const names[] = {
	[LOGIN_UNKNOWN] = "nothing known",
	[LOGIN_TEXT] = "text",
	[LOGIN_MAILER] = "a mailer's EMSI request",
	[LOGIN_SLIP] = "a SLIP packet",
	[LOGIN_CSLIP] = "a CSLIP packet",
	[LOGIN_PPP] = "a PPP frame",
};
_Static_assert(sizeof(names) / sizeof(*names) == LOGIN_KINDS,
    "a name for each kind");

void
login_reset(struct login *login)
{
	memset(login, 0, sizeof(*login));
}

size_t
login_room(const struct login *login)
{
	return sizeof(login->kept) - login->length;
}

const char *
login_kind_name(enum login_kind kind)
{
	return names[kind];
}

enum frame { FRAME_MORE, FRAME_LCP, FRAME_OTHER };

/* LCP's protocol number, behind address and control or not, bit 7 left out
 * (a 7E1 caller's parity). */
static enum frame
frame_kind(const uint8_t *head, size_t length)
{
	static const uint8_t full[] = { 0x7f, 0x03, 0x40, 0x21 };
	const uint8_t *wanted = full;
	size_t wanted_length = sizeof(full);

	if (length > 0 && (head[0] & 0x7f) == 0x40) {
		wanted = full + 2;
		wanted_length = 2;
	}
	for (size_t i = 0; i < length && i < wanted_length; i++)
		if ((head[i] & 0x7f) != wanted[i])
			return FRAME_OTHER;
	return length >= wanted_length ? FRAME_LCP : FRAME_MORE;
}

/* `~@!`, without address and control: somebody types it.  A frame has bit 7 in
 * one of these octets, or a caller's parity sets it. */
static bool
is_typed(const struct login *login)
{
	return login->head_length == 2 &&
	    ((login->frame[0] | login->head[0] | login->head[1]) & PARITY) == 0;
}

static void
keep(struct login *login, const uint8_t *octets, size_t count)
{
	if (count > login_room(login))
		count = login_room(login);
	memcpy(login->kept + login->length, octets, count);
	login->length += count;
}

static void
frame_begin(struct login *login, uint8_t octet)
{
	login->in_frame = true;
	login->end = false;
	login->escaped = false;
	login->head_length = 0;
	login->frame[0] = octet;
	login->frame_length = 1;
}

static void
frame_octet(struct login *login, uint8_t octet)
{
	enum frame frame;

	login->frame[login->frame_length++] = octet;
	if ((octet & 0x7f) == ESCAPE && !login->escaped) {
		login->escaped = true;
		return;
	}
	if (login->escaped)
		octet ^= 0x20;
	login->escaped = false;
	login->head[login->head_length++] = octet;
	frame = frame_kind(login->head, login->head_length);
	if (frame == FRAME_MORE)
		return;
	login->in_frame = false;
	if (frame == FRAME_LCP && !is_typed(login)) {
		login->kind = LOGIN_PPP;
		login->length = 0;
		keep(login, login->frame, login->frame_length);
	}
}

/* The kinds stand in the order of how much they tell: a Return that was
 * noise does not hide a packet. */
static void
found(struct login *login, enum login_kind kind)
{
	if (kind > login->kind)
		login->kind = kind;
}

static bool
is_slip(const struct login *login)
{
	return login->kind == LOGIN_SLIP || login->kind == LOGIN_CSLIP;
}

/* Behind END: the first octet of an IP header, RFC 1144 3.2.2. */
static void
slip_octet(struct login *login, uint8_t octet)
{
	uint8_t begin[] = { END, octet };

	if (login->end && octet >= 0x45 && octet <= 0x4f)
		found(login, LOGIN_SLIP);
	else if (login->end && (octet >= 0x80 ? octet != END : octet >> 4 == 7))
		found(login, LOGIN_CSLIP);
	login->end = octet == END;
	if (is_slip(login))
		keep(login, begin, sizeof(begin));
}

static void
text_octet(struct login *login, uint8_t octet)
{
	static const char emsi[] = "**EMSI";
	uint8_t c = octet & (uint8_t)~PARITY;

	if (c == (uint8_t)emsi[login->mailer])
		login->mailer++;
	else if (c != '*' || login->mailer != 2)
		login->mailer = c == '*';
	if (emsi[login->mailer] == '\0') {
		found(login, LOGIN_MAILER);
		login->mailer = 0;
	}
	if (c >= ' ' && c <= '~') {
		if (login->printable < 255)
			login->printable++;
	} else {
		/* Return alone is what a person presses first; a line feed
		 * alone may be the last of the modem's CONNECT. */
		if (c == '\r' || (c == '\n' && login->printable > 0))
			found(login, LOGIN_TEXT);
		login->printable = 0;
	}
}

static void
feed_octet(struct login *login, uint8_t octet)
{
	if (is_slip(login))
		keep(login, &octet, 1);
	if ((octet & 0x7f) == FLAG) {
		frame_begin(login, octet);
		return;
	}
	if (login->in_frame) {
		frame_octet(login, octet);
		if (login->in_frame || login->kind == LOGIN_PPP)
			return;
	}
	if (!is_slip(login)) {
		slip_octet(login, octet);
		text_octet(login, octet);
	}
}

enum login_kind
login_feed(struct login *login, const uint8_t *octets, size_t count)
{
	size_t i = 0;

	while (i < count && login->kind != LOGIN_PPP && !login->decided)
		feed_octet(login, octets[i++]);
	keep(login, octets + i, count - i);
	return login->kind;
}

void
login_decide(struct login *login, enum login_kind kind)
{
	if (login->kind != kind) {
		explicit_bzero(login->kept, sizeof(login->kept));
		login->length = 0;
	}
	login->kind = kind;
	login->decided = true;
	login->in_frame = false;
}
