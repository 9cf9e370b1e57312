/*
 * login.h - the first octets of a call decide what it is
 *
 * Pure.  PPP frames come in several dresses (RFC 1662: escaped or not, with
 * address and control octets or without), SLIP and CSLIP packets begin with
 * END, people and scripts send printable text or press Return.  Bit 7 may be
 * parity.
 */
#ifndef SERIAL_LOGIN_H
#define SERIAL_LOGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum login_kind {
	LOGIN_UNKNOWN,
	LOGIN_TEXT,   /* CR, or something printable and a line end */
	LOGIN_MAILER, /* Fido's EMSI */
	LOGIN_SLIP,
	LOGIN_CSLIP,
	LOGIN_PPP,
	LOGIN_KINDS
};

enum {
	/* What is kept for pppd or the SLIP decoder: a caller's first frames
	 * are 30 to 100 octets; this holds all until pppd is there. */
	LOGIN_KEEP = 2048,
	LOGIN_FRAME = 9 /* a flag and four octets, each escaped */
};

struct login {
	enum login_kind kind;
	uint8_t kept[LOGIN_KEEP]; /* PPP: from the first frame's flag on;
				   * SLIP: from the first packet's END on */
	size_t length;
	bool in_frame; /* a flag came, and what followed may be LCP */
	uint8_t frame[LOGIN_FRAME]; /* it, as it came */
	size_t frame_length;
	uint8_t head[4]; /* what is in it, unescaped */
	size_t head_length;
	bool escaped;
	bool decided;	    /* login_decide() */
	bool end;	    /* the octet before was SLIP's END */
	unsigned printable; /* since the last control character */
	unsigned mailer;    /* octets of **EMSI seen */
};

void login_reset(struct login *);

/*
 * Take octets.  Returns what the call is: LOGIN_PPP is final; another kind is
 * the best that was recognised, and PPP may still follow (noise looks like
 * anything).
 */
enum login_kind login_feed(struct login *, const uint8_t *, size_t);

/* The call has become what `kind` says for another reason than its octets:
 * nothing is looked at any more, and what is fed is kept from here on. */
void login_decide(struct login *, enum login_kind);

/* How many octets may still be kept. */
size_t login_room(const struct login *);

/* For the log: "a SLIP packet". */
const char *login_kind_name(enum login_kind);

#endif
