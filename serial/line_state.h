/*
 * line_state.h - the inside of a line, for the files that are the line
 *
 * line.c has the door and the events, setup.c what is done to a modem, call.c
 * what is done with a call.  Nobody else includes this.
 */
#ifndef SERIAL_LINE_STATE_H
#define SERIAL_LINE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "serial/line.h"
#include "serial/login.h"
#include "serial/modem.h"
#include "serial/port.h"
#include "serial/profile.h"
#include "serial/pump.h"

enum {
	LINE_REASON_SIZE = 200,
	LINE_GOODBYE_MS = 3000 /* for pppd's Terminate-Request, RFC 1661 4.6 */
};

/* The pppd of a call: asked for, here, told to go. */
enum line_ppp { LINE_PPP_NONE, LINE_PPP_ASKED, LINE_PPP_RUNS, LINE_PPP_ENDS };

/* One descriptor in the loop.  It outlives the line's interest in it until
 * the loop has closed the handle, hence not part of struct line. */
struct watch;

/* A ladder's rung: steps that end in a modem that works, or fail. */
struct rung {
	const struct step *first; /* before the profile's */
	size_t first_count;
	bool profile;		  /* the profile's steps and the user's */
	bool short_profile;	  /* without those marked `reset` */
	const struct step *last;  /* after them */
	size_t last_count;
};

struct line {
	struct line_config config;
	struct line_house house;
	const struct profile *profile;

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
	struct modem modem;
	char reason[LINE_REASON_SIZE]; /* of ABSENT or BAD */
	bool told;	   /* the reason was logged */
	bool after_call;   /* INIT follows a hang-up: the short way */
	unsigned retry;	   /* s to the next try; doubles */

	const struct rung *rungs; /* the ladder in use: setup.c */
	size_t rung_count, rung, step_index;
	struct step step; /* under way */
	unsigned tries;	  /* left for its command */

	unsigned rings;	      /* of this call */
	uint64_t last_ring;   /* ms; 0: none */
	unsigned unanswered;  /* health checks in a row */

	char caller[RESULT_NUMBER_SIZE];
	char connect[MODEM_TEXT_SIZE];
	struct result_rates rates;
	struct login login;
	bool refused;	   /* the log was told that it is no PPP */
	unsigned carrier;  /* the signals that were seen high in this call */
	enum line_ppp ppp;
	struct pump pump;
	bool pumping;
	uint64_t ppp_deadline; /* ms: the order to end is given again */
	uint64_t in;	       /* octets of this call before the pump ran */
	uint32_t calls;
	enum line_cause cause; /* of the call's end */
};

/* What a state does with what happens; NULL: nothing. */
struct line_does {
	const char *name;
	void (*enter)(struct line *);
	void (*late)(struct line *);	/* line->deadline is over */
	void (*event)(struct line *, const struct modem_event *);
	void (*silent)(struct line *);	/* the command was not answered */
	void (*signals)(struct line *); /* looked at every 100 ms */
};

/* The states of setup.c and of call.c, indexed by enum line_state. */
extern const struct line_does line_absent, line_init, line_idle, line_hanging,
    line_bad;
extern const struct line_does line_ringing, line_answering, line_in_login,
    line_in_ppp;

/* The one door.  Nothing of the state before may be done after it. */
void line_enter(struct line *, enum line_state);

/* Into ABSENT or BAD with its reason, to be tried again. */
void line_fail(struct line *, enum line_state, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void line_wait(struct line *, uint64_t ms); /* set the deadline */
uint64_t line_now(const struct line *);
void line_send(struct line *, const char *text, uint64_t wait_ms);

/* The port: open it and watch it; close it. */
bool line_open_port(struct line *, char *error, size_t size);
void line_close_port(struct line *);
/* pppd's master: watch it (the pump reads it); close it. */
bool line_open_master(struct line *, int master);
void line_close_master(struct line *);

/* call.c */
void line_call_begin(struct line *, const char *connect);
void line_call_end(struct line *, enum line_cause); /* into HANGUP */
void line_call_octets(struct line *, const uint8_t *, size_t);
void line_call_move(struct line *); /* the pump may have work */
void line_ppp_stop(struct line *);  /* if there is one */
void line_ppp_remind(struct line *);

/* setup.c: pppd has ended, and HANGUP may have waited for that. */
void line_hangup_ppp_ended(struct line *);

#endif
