/*
 * line_state.h - the inside of a line, for the files that are the line
 *
 * line.c has the door, line_io.c the events; the states are in line_idle.c
 * (no call), line_out.c (OUT and BUSY_OUT), setup.c (INIT and HANGUP, which
 * climb ladder.c), call.c (ring, answer, begin, end, PPP), call_login.c and
 * call_slip.c; line_parts.h has what these files have for each other.  Nobody
 * else includes this.
 */
#ifndef SERIAL_LINE_STATE_H
#define SERIAL_LINE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "serial/diagnosis.h"
#include "serial/line.h"
#include "serial/dialogue.h"
#include "serial/modem.h"
#include "serial/no_carrier.h"
#include "serial/pace.h"
#include "serial/port.h"
#include "serial/probe.h"
#include "serial/profile.h"
#include "serial/pump.h"

enum {
	LINE_REASON_SIZE = 200,
	LINE_GOODBYE_MS = 3000 /* for pppd's Terminate-Request, RFC 1661 4.6 */
};

/* The pppd of a call: asked for, here, told to go. */
enum line_ppp { LINE_PPP_NONE, LINE_PPP_ASKED, LINE_PPP_RUNS, LINE_PPP_ENDS };

/* Octets towards a SLIP caller, or one who logs in, that the port has not
 * taken yet: two packets of 1500 octets, all of them escaped, and a prompt. */
enum { LINE_OUT_SIZE = 8192 };

/* One descriptor in the loop.  It outlives the line's interest in it until
 * the loop has closed the handle, hence not part of struct line. */
struct watch;

/* A ladder's rung: steps that end in a modem that works, or fail. */
struct rung;

struct line {
	struct line_config config;
	struct line_house house;
	const struct profile *profile; /* configured, or the modem's own */
	char model[PROBE_MODEL_SIZE];  /* as the modem says it, or "" */
	bool cable; /* no modem to talk to: a cable, a TCP stream */
	bool alive; /* a modem has answered since the port was opened */
	bool strapped; /* DCD is high without a call, too */
	bool claimed; /* no other program may have the port */
	bool wants_out; /* to BUSY_OUT, as soon as no call is in the way */
	bool pty_asked;	     /* the house makes one */
	unsigned pty_silent; /* commands that nobody has answered */

	uv_loop_t *loop;
	uv_timer_t timer;
	struct watch *port_watch, *master_watch;
	unsigned handles;		  /* not yet closed by the loop */
	void (*done)(void *context);	  /* of line_destroy() */
	void *done_context;
	bool dying;

	enum line_state state;
	uint64_t since;	   /* ms: when the state was entered */
	uint64_t deadline; /* ms: the state's `late` is called; 0: never */
	uint64_t poll_at;  /* ms: the signals are looked at; 0: never */
	unsigned signals;  /* enum port_signal, as last seen */

	struct port *port;
	bool port_ended; /* TCP: the caller has ended the stream */
	struct modem modem;
	char reason[LINE_REASON_SIZE]; /* of ABSENT or BAD */
	bool told;	   /* the reason was logged */
	bool after_call;   /* INIT follows a hang-up: the short way */
	unsigned retry;	   /* s to the next try; doubles */
	unsigned quick;	   /* tries that were made at once */
	unsigned retry_in; /* s: the next one */

	const struct rung *rungs; /* the ladder in use, or NULL: ladder.c */
	size_t rung_count, rung, piece, step_index, speed_index;
	struct probe *probe;	 /* while the modem is asked what it is */
	bool probed;		 /* it was asked since the port was opened */
	bool holding;		 /* RTS is low to see what the modem does */
	bool put_off;		 /* the health check, while RI is high */
	bool told_hold;		 /* the log was told that it does nothing */
	struct step step; /* under way */
	unsigned tries;	  /* left for its command, or its change of DTR */
	int dtr_error;	  /* errno of that change; 0: it was done */

	unsigned rings;	      /* of this call */
	char ring[RESULT_KIND_SIZE]; /* their kind, or "" */
	char cadence[RESULT_KIND_SIZE]; /* of the ring that is to come */
	char withheld;	      /* the number is: 'P', 'O'; or 0 */
	bool turned_away;     /* it was told that this call is not for us */
	uint64_t last_ring;   /* ms; 0: none */
	uint64_t heard_at;    /* ms: who calls, or a ring; 0: nothing yet */
	unsigned unanswered;  /* health checks in a row */
	unsigned phantoms;    /* answers in a row to a ring without a call */

	char caller[RESULT_NUMBER_SIZE];
	char connect[MODEM_TEXT_SIZE];
	struct result_connect link;
	struct dialogue dialogue;
	struct no_carrier no_carrier; /* where DCD does not tell */
	uint64_t hung_at;  /* ms: the modem has said so; 0: it has not */
	bool checked;	   /* the dialogue's user has logged in */
	bool leaving;	   /* the dialogue is over; its last words go out */
	unsigned carrier;  /* the signals that were seen high in this call */
	enum line_ppp ppp;
	struct pump pump;
	bool pumping;
	uint64_t ppp_deadline; /* ms: the order to end is given again */
	uint64_t in, out;      /* octets of this call beside the pump's */
	uint8_t out_octets[LINE_OUT_SIZE]; /* [first..end) are not sent */
	size_t out_first, out_end;
	bool slip; /* the house has a session for this call */
	uint32_t calls;
	struct bank_counts counts;
	struct pace pace;      /* line_pace.c */
	uint64_t paced;	       /* octets written when last looked at */
	bool in_call;	       /* its end was not told yet */
	uint64_t call_since;   /* ms */
	enum line_cause cause; /* of the call's end */
	struct diagnosis diagnosis; /* of the last call that had one */
	uint64_t diagnosis_until;   /* ms */
};

/* What a state does with what happens; NULL: nothing. */
struct line_does {
	const char *name;
	void (*enter)(struct line *);
	void (*late)(struct line *);	/* line->deadline is over */
	void (*event)(struct line *, const struct modem_event *);
	void (*octets)(struct line *, const uint8_t *, size_t); /* a call's */
	void (*silent)(struct line *);	/* the command was not answered */
	void (*signals)(struct line *); /* looked at every 100 ms */
};

/* line_idle.c, setup.c; call.c, call_login.c, call_slip.c */
extern const struct line_does line_absent, line_bad, line_idle;
extern const struct line_does line_out, line_busy_out_state;
extern const struct line_does line_init, line_hanging;
extern const struct line_does line_ringing, line_answering, line_in_ppp;
extern const struct line_does line_in_login, line_in_slip;

/* The one door.  Nothing of the state before may be done after it. */
void line_enter(struct line *, enum line_state);
const struct line_does *line_does(const struct line *); /* of its state */

/* Into ABSENT or BAD with its reason, to be tried again. */
void line_fail(struct line *, enum line_state, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void line_wait(struct line *, uint64_t ms); /* set the deadline */
uint64_t line_now(const struct line *);
void line_send(struct line *, const char *text, uint64_t wait_ms);

/* line_pace.c: a call begins, whose rate is known as far as it will be. */
void line_pace_start(struct line *);

bool line_in_call(const struct line *); /* LOGIN, PPP or SLIP */

/* line_io.c: what is waited for now; after anything that happened. */
void line_arm(struct line *);

/* The port: open it and watch it; take this one; close it. */
bool line_open_port(struct line *, char *error, size_t size);
bool line_take_port(struct line *, struct port *);
void line_close_port(struct line *);
void line_port_gone(struct line *, const char *why);
/* pppd's master: watch it (the pump reads it); close it. */
bool line_open_master(struct line *, int master);
void line_close_master(struct line *);
/* Nothing of the line is left in the loop once its timer is closed, too. */
void line_close_timer(struct line *);

#include "serial/line_parts.h"

#endif
