/*
 * line.h - one line: a port, the modem behind it, and the call on it
 *
 * See line.c for the states and what leaves each of them.  A line needs a
 * house to stand in: who starts pppd, who hears of changes (struct
 * line_house).  It knows nothing of sessions, leases and translation.
 */
#ifndef SERIAL_LINE_H
#define SERIAL_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct line;

/* line.c's head lists every way from one to another. */
enum line_state {
	LINE_ABSENT,	/* the port cannot be opened; left when it can */
	LINE_INIT,	/* the modem is being set up; left to IDLE or BAD */
	LINE_IDLE,	/* waits for a call; left by RING, for a call found
			 * running, or for INIT when the modem is silent */
	LINE_RINGING,	/* left by enough rings, or when they stop */
	LINE_ANSWERING, /* ATA sent; left by CONNECT, refusal, or 60 s */
	LINE_LOGIN,	/* CONNECT seen, first octets decide; left to PPP when
			 * pppd is there, or to HANGUP */
	LINE_PPP,	/* octets go between the modem and pppd; left to
			 * HANGUP alone */
	LINE_HANGUP,	/* DTR low, carrier and pppd have to go; left to INIT
			 * or BAD; never answers */
	LINE_BAD,	/* the modem does not do its work; its port is closed;
			 * left when it is tried again */
	LINE_STATES
};

/* Why a call ended: RFC 2866 5.10, Acct-Terminate-Cause. */
enum line_cause {
	CAUSE_NONE,
	CAUSE_USER_REQUEST,
	CAUSE_LOST_CARRIER,
	CAUSE_IDLE_TIMEOUT,
	CAUSE_SESSION_TIMEOUT,
	CAUSE_ADMIN_RESET,
	CAUSE_ADMIN_REBOOT,
	CAUSE_PORT_ERROR,
	CAUSE_NAS_ERROR,
	CAUSE_NAS_REQUEST,
	CAUSE_SERVICE_UNAVAILABLE,
	CAUSE_USER_ERROR,
	CAUSE_COUNT
};

struct line_config {
	const char *name;
	const char *path;  /* of the serial port */
	uint32_t speed;	   /* bit/s */
	const char *modem; /* "auto", "none" or a profile's name */
	const char *const *init;
	size_t init_count;
	uint32_t rings; /* 0: one */
	bool ppp;	/* PPP is allowed here */
};

/* What a line needs from the house; the context is the one of line_create. */
struct line_house {
	/* Start a pppd for the call; line_ppp_started() or line_ppp_ended()
	 * follows. caller: the calling number or "". */
	void (*ppp_start)(void *context, struct line *, const char *caller);
	/* End that pppd; line_ppp_ended() follows once it is gone. */
	void (*ppp_stop)(void *context, struct line *);
	/* The line is in another state now. */
	void (*changed)(void *context, struct line *, enum line_state before);
	void *context;
};

/* Everything the console shows of a line. Strings live as long as the line. */
struct line_status {
	const char *name, *path;
	enum line_state state;
	const char *reason; /* why ABSENT or BAD, otherwise "" */
	unsigned signals;   /* enum port_signal, ored */
	uint64_t since_ms;  /* uv_now() at which the state was entered */
	const char *caller; /* calling number or "" */
	const char *connect; /* the modem's CONNECT text, whole, or "" */
	uint32_t rate;	    /* bit/s as CONNECT said, 0: unknown */
	uint64_t in, out;   /* octets of this call, seen from the gateway */
	uint32_t calls;	    /* calls answered since start */
	enum line_cause last_cause;
};

/* Make a line; it opens its port on the loop's next turn and lives until
 * line_destroy().  The configuration's strings are kept, not copied. */
struct line *line_create(uv_loop_t *, const struct line_config *,
    const struct line_house *);

/* Hang up if there is a call, close the port. `done` is called on the loop
 * when nothing of the line is left. */
void line_destroy(struct line *, void (*done)(void *context), void *context);

/* The pppd asked for by ppp_start is there: `master` is the pty's master,
 * owned by the line from now on. */
void line_ppp_started(struct line *, int master);
/* pppd has ended, or could not be started. cause: why, as far as known. */
void line_ppp_ended(struct line *, enum line_cause cause);

/* End the call, if there is one. */
void line_hangup(struct line *, enum line_cause cause);

void line_status(const struct line *, struct line_status *);
const char *line_name(const struct line *);
const char *line_state_name(enum line_state);
/* As RFC 2866 writes it: "Lost-Carrier"; "" for CAUSE_NONE. */
const char *line_cause_name(enum line_cause);

#endif
