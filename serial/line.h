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

#include "serial/bank.h"
#include "serial/cause.h"
#include "serial/screen.h"

struct diagnosis;
struct line;
struct dialogue_options;
struct profiles;
struct result_connect;

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
	LINE_SLIP,	/* octets go to the house and come from it; left to
			 * HANGUP alone */
	LINE_HANGUP,	/* DTR low, carrier and pppd have to go; left to INIT
			 * (TCP: IDLE) or BAD; never answers */
	LINE_BAD,	/* the modem does not do its work; its port is closed;
			 * left when it is tried again */
	LINE_OUT,	/* another program has locked the idle port, which is
			 * closed here; left when the lock goes */
	LINE_BUSY_OUT,	/* answers nobody, and the exchange can see it; left
			 * by line_restore() */
	LINE_STATES
};

enum line_kind { LINE_SERIAL, LINE_PTY, LINE_TCP };

/* Ored: what is offered on a line, and what a user may begin. */
enum line_protocol {
	LINE_WITH_PPP = 1 << 0,
	LINE_WITH_SLIP = 1 << 1,
	LINE_WITH_CSLIP = 1 << 2,
	LINE_WITH_LOGIN = 1 << 3 /* by text; only of a line */
};

struct line_config {
	const char *name;
	enum line_kind kind;
	const char *path;  /* of the port; TCP: the listener's address */
	uint32_t speed;	   /* bit/s; not of TCP */
	const char *modem; /* "auto", "none" or a profile's name */
	const char *const *init;
	size_t init_count;
	uint32_t rings; /* 0: one */
	uint32_t rate;	/* TCP: bit/s that callers are to see; 0: any */
	unsigned telnet; /* TCP: enum telnet_setting */
	unsigned protocols; /* enum line_protocol, ored */
	const char *user;   /* who it is without a login, or "" */
	const char *ring;   /* the kind of ring that is answered; "": any */
	struct screen_list allow, deny; /* whose calls are answered */
	const struct dialogue_options *login;
	const struct profiles *profiles; /* what "modem" may name */
};

/* What a SLIP caller gets; addresses in network order. */
struct line_slip {
	uint32_t peer, gate; /* the caller's, masqd's */
	uint32_t mtu;
};

/* What a line needs from the house; the context is the one of line_create. */
struct line_house {
	/* Start a pppd for the call; line_ppp_started() or line_ppp_ended()
	 * follows. caller: his number or ""; user: who has logged in, or "". */
	void (*ppp_start)(void *context, struct line *, const char *caller,
	    const char *user);
	/* End that pppd, the second time by all means; line_ppp_ended()
	 * follows once it is gone. */
	void (*ppp_stop)(void *context, struct line *);
	/* Write the port's lock file, or take it away. */
	void (*lock)(void *context, struct line *, bool lock);
	/* Make a pty with the line's path; line_pty_opened() follows. */
	void (*pty_open)(void *context, struct line *);
	/* May this user in? line_checked() follows unless the call ends
	 * before; the password is wiped after this. NULL: the line's own. */
	void (*check)(void *context, struct line *, const char *user,
	    const char *password);
	/* A SLIP call begins: fill in what the caller gets. False: refused, and
	 * the log says why. compressed: he said so. */
	bool (*slip_begin)(void *context, struct line *, const char *user,
	    bool compressed, struct line_slip *);
	/* Octets of that call; and its end. */
	void (*slip_octets)(void *context, struct line *, const uint8_t *,
	    size_t);
	void (*slip_end)(void *context, struct line *, enum line_cause);
	/* The line is in another state now. */
	void (*changed)(void *context, struct line *, enum line_state before);
	void *context;
};

/* Everything the console shows of a line. Strings live as long as the line. */
struct line_status {
	const char *name, *path;
	enum line_kind kind;
	enum line_state state;
	const char *reason; /* why ABSENT or BAD, otherwise "" */
	bool leaving; /* it will be BUSY_OUT when the call has ended */
	unsigned signals;   /* enum port_signal, ored */
	uint64_t since_ms;  /* uv_now() at which the state was entered */
	const char *caller; /* calling number or "" */
	const char *connect; /* the modem's CONNECT text, whole, or "" */
	uint32_t rate;	    /* bit/s as CONNECT said, or masqd.conf; or 0 */
	uint64_t in, out;   /* octets of this call: from the caller, to him */
	uint32_t calls;	    /* calls answered since start */
	struct bank_counts counts;
	enum line_cause last_cause;
	const char *family; /* the modem's profile */
	const char *model;  /* what the modem calls itself, or "" */
	const struct result_connect *link; /* what CONNECT said */
	const struct diagnosis *diagnosis; /* of the last call that had one */
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

/* The pty asked for by pty_open: its master, owned by the line from now on; or
 * -1, and what went wrong. */
void line_pty_opened(struct line *, int master, const char *error);

/* The answer to check; any, of the line's own user. protocols: what he may
 * have, enum line_protocol ored, 0: all; protocol: one begun unasked, or 0. */
void line_checked(struct line *, bool right, unsigned protocols,
    unsigned protocol);

/* A caller has come to the listener of a TCP line: its call begins. fd: the
 * accepted socket, not blocking, owned by the line from now on. caller: the
 * address, which is copied. False where the line is not idle; fd is untouched
 * then. */
bool line_tcp_call(struct line *, int fd, const char *caller);

/* Write to the caller of a SLIP call. What the port does not take waits here;
 * all n octets must fit into line_room(). */
void line_write(struct line *, const uint8_t *octets, size_t n);
size_t line_room(const struct line *);

/* Look whether another program has taken the idle port, or has let it go: to
 * be called every second, and when the lock files have changed. */
void line_look(struct line *);

/* Would a caller with that number be answered here? */
bool line_admits(const struct line *, const char *caller);

/* Take the line out of service: at once where there is no call, otherwise when
 * it has ended, or `now`: it is ended.  And back into service. */
void line_busy_out(struct line *, bool now);
void line_restore(struct line *);

/* End the call, if there is one. */
void line_hangup(struct line *, enum line_cause cause);

void line_status(const struct line *, struct line_status *);
const char *line_name(const struct line *);
enum line_state line_state(const struct line *);
/* Is there somebody on it? From the answer to the end of the hang-up. */
bool line_has_call(const struct line *);
const char *line_state_name(enum line_state);

#endif
