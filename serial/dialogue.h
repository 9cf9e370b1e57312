/*
 * dialogue.h - from CONNECT to PPP or SLIP: everything a caller may do first
 *
 * Whoever owns the line gives it all octets from CONNECT on, and sends what
 * dialogue_output() has.  Inside, the first octets decide (login.h); text is
 * answered by `login: ` and `Password: `, then `Protocol: `.  A PPP frame is
 * found at any moment, also while a prompt stands.  Pure: milliseconds and
 * octets come in, octets and events come out.
 *
 * After dialogue_begin(), _feed(), _late() and _checked() the owner looks at
 * the event that was returned, sends the output (before anything that the
 * event leads to), and sets its timer to dialogue_deadline().
 */
#ifndef SERIAL_DIALOGUE_H
#define SERIAL_DIALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "serial/login.h"
#include "serial/typing.h"

/* What a call may become; the same bits as in the accounts' options. */
enum dialogue_protocol {
	DIALOGUE_PPP = 1 << 0,
	DIALOGUE_SLIP = 1 << 1,
	DIALOGUE_CSLIP = 1 << 2
};

enum {
	DIALOGUE_AHEAD = 512,  /* octets kept while a password is checked */
	DIALOGUE_OUTPUT = 4096 /* holds an issue text and a menu */
};

/* masqd.conf's section `login`; the same for all lines.  Strings are kept,
 * not copied. */
struct dialogue_options {
	const char *issue;   /* template, see banner.h; "": none */
	const char *banner;  /* template */
	uint32_t timeout_ms; /* from begin to protocol; 0: none */
	uint32_t idle_ms;    /* without an octet; 0: none */
	uint32_t tries;	     /* wrong passwords until the end, at least 1 */
	uint32_t delay_ms;   /* after the first of them, then double */
	bool menu;	     /* list the protocols before asking */
};

/* What the line is for.  Strings are kept, not copied. */
struct dialogue_line {
	const char *name;
	const char *user;   /* fixed: SLIP needs no login; or "" */
	unsigned protocols; /* enum dialogue_protocol, ored */
	bool text;	    /* prompts are given */
	bool greets;	    /* Windows' CLIENT is answered, as a cable's */
	uint32_t quiet_ms;  /* silence before the first prompt */
};

/* What is known of a user whose password was right. */
struct dialogue_user {
	unsigned protocols; /* that the user may have, ored; 0: all */
	unsigned protocol;  /* one, begun unasked; 0: ask */
};

enum dialogue_event {
	DIALOGUE_GOES,	/* nothing happened that the owner cares for */
	DIALOGUE_CHECK, /* ->user and ->password are to be checked: answer by
			 * dialogue_checked() */
	DIALOGUE_START, /* ->protocol for ->user ("": PPP without a login); the
			 * caller's octets are kept in ->login */
	DIALOGUE_END	/* hang up: ->reason */
};

enum dialogue_reason {
	DIALOGUE_NO_REASON,
	DIALOGUE_TIMEOUT, /* no protocol in time */
	DIALOGUE_IDLE,	  /* nothing came */
	DIALOGUE_TRIES,	  /* too many wrong passwords */
	DIALOGUE_QUIT,	  /* the user's wish */
	DIALOGUE_REFUSED, /* what the caller speaks (->login.kind) or may have
			   * is not served here */
	DIALOGUE_REASONS
};

enum dialogue_state {
	DIALOGUE_LISTENS, /* nothing was sent yet */
	DIALOGUE_NAME,
	DIALOGUE_PASSWORD,
	DIALOGUE_CHECKS, /* the house does */
	DIALOGUE_WAITS,	 /* a wrong password's delay */
	DIALOGUE_ASKS,	 /* for the protocol */
	DIALOGUE_OVER	 /* start or end was returned */
};

struct dialogue {
	const struct dialogue_options *options;
	struct dialogue_line line;
	enum dialogue_state state;
	struct login login;	     /* the first octets; then what follows */
	uint64_t begun, heard;	     /* ms */
	uint64_t until;		     /* ms: LISTENS and WAITS end; 0: never */
	uint32_t tries;		     /* wrong passwords so far */
	bool refused;		     /* ->login.kind is of no use here */
	unsigned allowed;	     /* protocols of the line and the user */

	char user[TYPING_SIZE];
	char password[TYPING_SIZE];  /* wiped once it is checked */
	unsigned protocol;	     /* START: one of enum dialogue_protocol */
	enum dialogue_reason reason; /* END */

	struct typing typing;
	bool cabled;		     /* ... and may still come */
	size_t echoed;		     /* characters of the line, on the screen */
	uint8_t held[LOGIN_FRAME];   /* may be a frame's first octets */
	size_t held_count;
	uint8_t ahead[DIALOGUE_AHEAD];
	size_t ahead_count;

	uint8_t out[DIALOGUE_OUTPUT];
	size_t out_count;
};

/* A call begins. now: ms of a clock that does not jump. */
enum dialogue_event dialogue_begin(struct dialogue *,
    const struct dialogue_options *, const struct dialogue_line *,
    uint64_t now);

/* Octets from the caller.  All are taken; what follows START is kept in
 * ->login, as far as login_room() goes, for pppd or the SLIP decoder. */
enum dialogue_event dialogue_feed(struct dialogue *, const uint8_t *, size_t,
    uint64_t now);

/* ms at which dialogue_late() wants to be called, 0: never. */
uint64_t dialogue_deadline(const struct dialogue *);
enum dialogue_event dialogue_late(struct dialogue *, uint64_t now);

/* The answer to DIALOGUE_CHECK; NULL: the password was wrong. */
enum dialogue_event dialogue_checked(struct dialogue *,
    const struct dialogue_user *, uint64_t now);

/* Say something to the caller, with its parity; \n becomes CR LF unless CR
 * stands before it.  For the SLIP banner. */
void dialogue_say(struct dialogue *, const char *text);

/* What is to be sent; so much of it was sent. */
const uint8_t *dialogue_output(const struct dialogue *, size_t *count);
void dialogue_sent(struct dialogue *, size_t count);

/* The call is over, or ->login was taken over: nothing secret stays. */
void dialogue_end(struct dialogue *);

/* For the log: "too many wrong passwords". */
const char *dialogue_reason_text(enum dialogue_reason);

#endif
