/*
 * telnet.c - telnet or not: the octets of a call that comes over TCP
 *
 * UNDECIDED  every octet is data but for telnet commands, IAC (FF) followed
 *            by F0 or more.  To SPOKEN by the first of them; to RAW by the
 *            first octets of a PPP frame or by SLIP's END, since from there
 *            on any octet may follow an FF.
 * RAW        nothing is looked at any more.
 * SPOKEN     telnet: commands are taken out and answered, FF is doubled.
 *
 * What callers do:
 * - netcat, soft modems of emulators and most Wi-Fi modems send no telnet.
 * - tcpser greets with WILL ECHO, WILL BINARY, DO BINARY (the first of them
 *   alone where it has parity) and then goes on without; it would take up
 *   telnet only if our first octet were FF or 1A, and its telnet is poor.
 *   That greeting alone is not answered, and the call is raw.
 * - Soft modems derived from DOSBox's take telnet commands out of what they
 *   read and undouble FF once we said WILL BINARY, but never double what they
 *   send; QEMU's telnet ports do not either.  An FF followed by less than F0
 *   tells: telnet never has that.  From there on their FF is single, and only
 *   the very commands that we still wait for are taken out.
 * - telnet programs do as RFC 854 says.
 *
 * Never: an octet before the caller's first; an answer that could be answered
 * for ever (RFC 1143: only a change is answered, and ANSWERS_MOST in a call);
 * a subnegotiation that eats the call.
 */
#include <string.h>

#include "serial/telnet.h"

enum {
	SE = 0xf0, /* the least of the commands */
	BREAK = 0xf3,
	INTERRUPT = 0xf4,
	ABORT = 0xf5,
	ERASE_CHARACTER = 0xf7,
	ERASE_LINE = 0xf8,
	SB = 0xfa,
	WILL = 0xfb,
	WONT = 0xfc,
	DO = 0xfd,
	DONT = 0xfe,
	IAC = 0xff,

	BINARY = 0, /* RFC 856 */
	ECHO = 1,   /* RFC 857 */
	NO_GO_AHEAD = 3, /* RFC 858 */

	FLAG = 0x7e, /* PPP's, RFC 1662 */
	END = 0xc0,  /* SLIP's, RFC 1055 */

	SUB_MOST = 1024,
	ANSWERS_MOST = 100
};

/* What is accepted, and on our side also offered. */
static const bool ours_wanted[TELNET_OPTIONS] = {
	[BINARY] = true, [ECHO] = true, [NO_GO_AHEAD] = true,
};
static const bool theirs_wanted[TELNET_OPTIONS] = {
	[BINARY] = true, [NO_GO_AHEAD] = true,
};

static const uint8_t tcpser[] = { IAC, WILL, ECHO, IAC, WILL, BINARY, IAC, DO,
	BINARY };

/* Where telnet_in() puts what comes out. */
struct sink {
	uint8_t *out, *reply;
	size_t out_count, reply_count;
};

void
telnet_reset(struct telnet *telnet, enum telnet_setting setting)
{
	memset(telnet, 0, sizeof(*telnet));
	telnet->setting = setting;
	telnet->mode = setting == TELNET_NO ? TELNET_RAW :
	    setting == TELNET_YES ? TELNET_SPOKEN : TELNET_UNDECIDED;
}

static void
say(struct telnet *telnet, uint8_t verb, uint8_t option, struct sink *sink)
{
	if (telnet->answers == ANSWERS_MOST)
		return;
	telnet->answers++;
	sink->reply[sink->reply_count++] = IAC;
	sink->reply[sink->reply_count++] = verb;
	sink->reply[sink->reply_count++] = option;
}

/* Offer what nobody has spoken of yet. */
static void
greet(struct telnet *telnet, struct sink *sink)
{
	static const uint8_t offers[][2] = { { WILL, ECHO },
		{ WILL, NO_GO_AHEAD }, { WILL, BINARY }, { DO, BINARY } };

	if (telnet->greeted)
		return;
	telnet->greeted = true;
	for (size_t i = 0; i < sizeof(offers) / sizeof(*offers); i++) {
		enum telnet_state *state = offers[i][0] == WILL ?
		    telnet->ours : telnet->theirs;

		state += offers[i][1];
		if (*state != TELNET_OFF)
			continue;
		*state = TELNET_ASKED;
		say(telnet, offers[i][0], offers[i][1], sink);
	}
}

/* RFC 1143 7; agree and refuse are our words for this side. */
static void
negotiate(struct telnet *telnet, enum telnet_state *state, bool wanted,
    bool yes, uint8_t agree, uint8_t refuse, uint8_t option, struct sink *sink)
{
	enum telnet_state before = *state;

	if (yes && before == TELNET_OFF && !wanted) {
		say(telnet, refuse, option, sink);
	} else if (yes) {
		*state = TELNET_ON;
		if (before == TELNET_OFF)
			say(telnet, agree, option, sink);
	} else {
		*state = TELNET_OFF;
		if (before == TELNET_ON)
			say(telnet, refuse, option, sink);
	}
}

static void
option(struct telnet *telnet, uint8_t verb, uint8_t number, struct sink *sink)
{
	bool ours = verb == DO || verb == DONT;
	bool yes = verb == DO || verb == WILL;
	enum telnet_state unknown = TELNET_OFF, *state = &unknown;
	bool wanted = false;

	if (number < TELNET_OPTIONS) {
		state = (ours ? telnet->ours : telnet->theirs) + number;
		wanted = (ours ? ours_wanted : theirs_wanted)[number];
	}
	negotiate(telnet, state, wanted, yes, ours ? WILL : DO,
	    ours ? WONT : DONT, number, sink);
}

/* It is telnet: what was held to be a greeting only is answered, too. */
static void
speak(struct telnet *telnet, struct sink *sink)
{
	uint8_t count = telnet->preamble;

	telnet->mode = TELNET_SPOKEN;
	telnet->preamble = 0;
	for (uint8_t i = 0; i < count; i += 3)
		option(telnet, tcpser[i + 1], tcpser[i + 2], sink);
}

/* The caller's first data octet tells what its greeting was. */
static void
begin(struct telnet *telnet, struct sink *sink)
{
	telnet->begun = true;
	if (telnet->mode != TELNET_UNDECIDED || telnet->preamble == 0)
		return;
	if (telnet->preamble == 3 || telnet->preamble == sizeof(tcpser)) {
		telnet->mode = TELNET_RAW;
	} else {
		speak(telnet, sink);
		greet(telnet, sink);
	}
}

/* No person types these: what follows is binary. */
static bool
starts_frame(struct telnet *telnet, uint8_t octet)
{
	uint8_t c = octet & 0x7f;
	bool after_flag = telnet->flag;

	telnet->flag = c == FLAG;
	return octet == END ||
	    (after_flag && (c == 0x7f || c == 0x7d || c == 0x40));
}

static void
data(struct telnet *telnet, uint8_t octet, struct sink *sink)
{
	bool after_cr = telnet->after_cr;

	if (!telnet->begun)
		begin(telnet, sink);
	telnet->after_cr = octet == '\r' && telnet->mode == TELNET_SPOKEN &&
	    !telnet->single && telnet->theirs[BINARY] != TELNET_ON;
	if (octet == '\0' && after_cr)
		return;
	if (telnet->mode == TELNET_UNDECIDED && starts_frame(telnet, octet))
		telnet->mode = TELNET_RAW;
	sink->out[sink->out_count++] = octet;
}

/* What a terminal's keys would have sent. */
static void
key(struct telnet *telnet, uint8_t command, struct sink *sink)
{
	switch (command) {
	case BREAK:
	case INTERRUPT:
	case ABORT:
		data(telnet, 0x03, sink);
		break;
	case ERASE_CHARACTER:
		data(telnet, 0x08, sink);
		break;
	case ERASE_LINE:
		data(telnet, 0x15, sink);
		break;
	default:
		break;
	}
}

/* Commands of one octet, and the beginning of longer ones. */
static void
command(struct telnet *telnet, uint8_t octet, struct sink *sink)
{
	telnet->held_count = 0;
	if (octet == IAC) {
		data(telnet, IAC, sink);
		if (telnet->mode != TELNET_SPOKEN)
			data(telnet, IAC, sink);
	} else if (octet < SE) {
		telnet->single = telnet->mode == TELNET_SPOKEN;
		data(telnet, IAC, sink);
		data(telnet, octet, sink);
	} else if (octet >= WILL) {
		telnet->held[1] = octet;
		telnet->held_count = 2;
	} else {
		speak(telnet, sink);
		if (octet == SB)
			telnet->sub = 1;
		else
			key(telnet, octet, sink);
		greet(telnet, sink);
	}
}

/* IAC, verb, option. */
static void
verb(struct telnet *telnet, uint8_t number, struct sink *sink)
{
	const uint8_t *wanted = tcpser + telnet->preamble;

	telnet->held_count = 0;
	if (telnet->mode == TELNET_UNDECIDED && !telnet->begun &&
	    telnet->preamble < sizeof(tcpser) &&
	    telnet->held[1] == wanted[1] && number == wanted[2]) {
		telnet->preamble += 3;
		return;
	}
	if (telnet->mode == TELNET_UNDECIDED)
		speak(telnet, sink);
	option(telnet, telnet->held[1], number, sink);
	greet(telnet, sink);
}

/* Nothing that is negotiated in them is of use here. */
static void
subnegotiation(struct telnet *telnet, uint8_t octet)
{
	if ((telnet->sub_iac && octet == SE) || telnet->sub == SUB_MOST) {
		telnet->sub = 0;
		telnet->sub_iac = false;
		return;
	}
	telnet->sub_iac = octet == IAC && !telnet->sub_iac;
	telnet->sub++;
}

/* Of a caller that does not double its FF: is this an answer that we wait
 * for?  count: of the held octets. */
static bool
is_awaited(const struct telnet *telnet, uint8_t octet)
{
	bool ours;

	if (telnet->held_count == 0)
		return octet == IAC;
	if (telnet->held_count == 1)
		return octet >= WILL && octet <= DONT;
	ours = telnet->held[1] == DO || telnet->held[1] == DONT;
	return octet < TELNET_OPTIONS &&
	    (ours ? telnet->ours : telnet->theirs)[octet] == TELNET_ASKED;
}

static void
single_octet(struct telnet *telnet, uint8_t octet, struct sink *sink)
{
	uint8_t count = telnet->held_count;

	if (is_awaited(telnet, octet)) {
		if (count == 2)
			verb(telnet, octet, sink);
		else
			telnet->held[telnet->held_count++] = octet;
		return;
	}
	telnet->held_count = 0;
	for (uint8_t i = 0; i < count; i++)
		data(telnet, telnet->held[i], sink);
	if (count > 0 && octet == IAC) {
		telnet->held[0] = octet;
		telnet->held_count = 1;
	} else {
		data(telnet, octet, sink);
	}
}

static void
octet_in(struct telnet *telnet, uint8_t octet, struct sink *sink)
{
	if (telnet->mode == TELNET_RAW)
		sink->out[sink->out_count++] = octet;
	else if (telnet->single)
		single_octet(telnet, octet, sink);
	else if (telnet->sub > 0)
		subnegotiation(telnet, octet);
	else if (telnet->held_count == 1)
		command(telnet, octet, sink);
	else if (telnet->held_count == 2)
		verb(telnet, octet, sink);
	else if (octet == IAC && !telnet->flag)
		telnet->held[telnet->held_count++] = octet;
	else
		data(telnet, octet, sink);
}

void
telnet_in(struct telnet *telnet, const uint8_t *in, size_t count, uint8_t *out,
    size_t *out_count, uint8_t *reply, size_t *reply_count)
{
	struct sink sink = { .out = out, .reply = reply };

	if (count > 0 && telnet->setting == TELNET_YES)
		greet(telnet, &sink);
	for (size_t i = 0; i < count; i++)
		octet_in(telnet, in[i], &sink);
	*out_count = sink.out_count;
	*reply_count = sink.reply_count;
}

void
telnet_out(struct telnet *telnet, const uint8_t *in, size_t count, uint8_t *out,
    size_t *out_count)
{
	size_t end = 0;

	for (size_t i = 0; i < count; i++) {
		if (telnet->sent_cr && in[i] != '\n')
			out[end++] = '\0';
		/* Binary from our offer on: there are callers that never
		 * answer it, and none that a NUL would help. */
		telnet->sent_cr = in[i] == '\r' &&
		    telnet->mode == TELNET_SPOKEN && telnet->greeted &&
		    telnet->ours[BINARY] == TELNET_OFF;
		if (in[i] == IAC && telnet->mode == TELNET_SPOKEN)
			out[end++] = IAC;
		out[end++] = in[i];
	}
	*out_count = end;
}

bool
telnet_is_clean(const struct telnet *telnet)
{
	return telnet->mode != TELNET_SPOKEN ||
	    (telnet->ours[BINARY] != TELNET_OFF &&
		(telnet->single || telnet->theirs[BINARY] == TELNET_ON));
}
