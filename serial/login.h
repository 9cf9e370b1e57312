/*
 * login.h - the first octets of a call decide what it is
 *
 * Pure.  PPP frames come in several dresses (RFC 1662: escaped or not, with
 * address and control octets or without), SLIP and CSLIP packets begin with
 * END, people and scripts send printable text.  Bit 7 may be parity.
 */
#ifndef SERIAL_LOGIN_H
#define SERIAL_LOGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum login_kind {
	LOGIN_UNKNOWN,
	LOGIN_TEXT,   /* something printable and a CR */
	LOGIN_MAILER, /* Fido's EMSI */
	LOGIN_SLIP,
	LOGIN_CSLIP,
	LOGIN_PPP,
	LOGIN_KINDS
};

/* What is kept for pppd: a caller's first frames are 30 to 100 octets; this
 * holds all that it sends until pppd is there. */
enum { LOGIN_KEEP = 2048 };

struct login {
	enum login_kind kind;
	uint8_t kept[LOGIN_KEEP]; /* PPP: from the first frame's flag on */
	size_t length;
	uint8_t head[4]; /* of the frame that begins, unescaped */
	size_t head_length;
	bool in_frame, escaped;
	bool end;	    /* the octet before was SLIP's END */
	unsigned printable; /* since the last control character */
	unsigned mailer;    /* octets of **EMSI seen */
};

void login_reset(struct login *);

/*
 * Take octets, at most login_room() of them.  Returns what the call is:
 * LOGIN_PPP is final; another kind is the first that was recognised, and PPP
 * may still follow (noise looks like anything).
 */
enum login_kind login_feed(struct login *, const uint8_t *, size_t);

/* How many octets may still be fed. */
size_t login_room(const struct login *);

/* For the log: "a SLIP packet". */
const char *login_kind_name(enum login_kind);

#endif
