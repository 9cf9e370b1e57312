/*
 * line.c - one line: a port, the modem behind it, and the call on it
 *
 * Overview.  A line is a state machine with one door, line_enter().  What
 * happens to it comes from four sides: octets of the port (result codes of
 * the modem, or the call's own octets), the time (deadlines, a look at the
 * signals every 100 ms where a call is), the house (pppd started or ended,
 * hang up), and the pty's master while a PPP call runs.  Each goes to the
 * function that the state has for it (line_state.h says where the states
 * are, line_io.c has the events).
 *
 * Life.  line_create() makes a line that is ABSENT; the loop's next turn
 * opens the port.  line_destroy() closes everything and waits until the loop
 * has let go of the handles.
 *
 *	ABSENT   port opened: INIT
 *	INIT     modem set up: IDLE; the ladder failed: BAD
 *	IDLE     RING: RINGING; CONNECT (or, on a cable, carrier or octets):
 *	         LOGIN; two health checks unanswered: INIT
 *	RINGING  enough rings: ANSWERING; no more RING: IDLE
 *	ANSWERING  CONNECT: LOGIN; anything else, or 60 s: HANGUP; five times in
 *	         a row at once, so that there was no call: BAD
 *	LOGIN    pppd is there: PPP; SLIP is begun: SLIP; nothing in time, no
 *	         carrier, hung up: HANGUP
 *	PPP      pppd gone, no carrier, hung up: HANGUP
 *	SLIP     no carrier, hung up: HANGUP
 *	HANGUP   carrier low and pppd gone: INIT; carrier stays: BAD
 *	BAD      after a while the port is opened again: INIT or ABSENT
 *	any      port gone: ABSENT
 *
 * A TCP line has no port before a caller has come, and nothing to be set up:
 * it goes from IDLE to LOGIN, and from HANGUP to IDLE.
 *
 * What must never happen: a call that blocks; two pppds for one line (none is
 * asked for before the one before has ended); a state entered from within
 * another state's `enter` (those only set deadlines), because the house hears
 * of changes in order.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "masqd/log.h"
#include "serial/line_state.h"

enum {
	QUICK_TRIES = 3, /* to open the port, a second apart */
	QUICK_S = 1,
	RETRY_FIRST_S = 5,
	ABSENT_LAST_S = 10, /* who plugs a modem in waits for it */
	RETRY_LAST_S = 300
};

static const struct line_does *const states[] = {
	[LINE_ABSENT] = &line_absent,
	[LINE_INIT] = &line_init,
	[LINE_IDLE] = &line_idle,
	[LINE_RINGING] = &line_ringing,
	[LINE_ANSWERING] = &line_answering,
	[LINE_LOGIN] = &line_in_login,
	[LINE_PPP] = &line_in_ppp,
	[LINE_SLIP] = &line_in_slip,
	[LINE_HANGUP] = &line_hanging,
	[LINE_BAD] = &line_bad,
	[LINE_OUT] = &line_out,
	[LINE_BUSY_OUT] = &line_busy_out_state,
};
_Static_assert(sizeof(states) / sizeof(*states) == LINE_STATES,
    "functions for each state");

uint64_t
line_now(const struct line *line)
{
	return uv_now(line->loop);
}

void
line_wait(struct line *line, uint64_t ms)
{
	line->deadline = line_now(line) + ms;
}

const struct line_does *
line_does(const struct line *line)
{
	return states[line->state];
}

bool
line_in_call(const struct line *line)
{
	return line->state >= LINE_LOGIN && line->state <= LINE_SLIP;
}

/* The call's last word, once pppd cannot add to it. */
static void
tell_end(struct line *line)
{
	if (!line->in_call || line_in_call(line) || line->ppp != LINE_PPP_NONE)
		return;
	line->in_call = false;
	line->counts.brief += line_now(line) - line->call_since <
	    BANK_SHORT_S * 1000;
	log_info("line %s: call ended (%s), %" PRIu64 " octets in, %" PRIu64
	    " out, %" PRIu64 " s", line->config.name,
	    line_cause_name(line->cause), line->in + line->pump.in_count,
	    line->out + line->pump.out_count,
	    (line_now(line) - line->call_since) / 1000);
}

void
line_enter(struct line *line, enum line_state state)
{
	const struct line_does *does = states[state];
	enum line_state before = line->state;

	if (line->dying)
		return;
	log_debug("line %s: %s, was %s", line->config.name, does->name,
	    states[before]->name);
	line->state = state;
	line->since = line_now(line);
	line->deadline = 0;
	/* A stream's end is found by reading. */
	line->poll_at = does->signals != NULL &&
	    line->config.kind != LINE_TCP ? line->since : 0;
	if (state != LINE_IDLE && state != LINE_OUT)
		(void)line_claim(line, true);
	if (does->enter != NULL)
		does->enter(line);
	tell_end(line);
	if (line->house.changed != NULL)
		line->house.changed(line->house.context, line, before);
}

/* A reason that stands already is not logged again at each try. */
void
line_fail(struct line *line, enum line_state state, const char *format, ...)
{
	unsigned last = state == LINE_ABSENT ? ABSENT_LAST_S : RETRY_LAST_S;
	char reason[LINE_REASON_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reason, sizeof(reason), format, arguments);
	va_end(arguments);
	if (state == LINE_ABSENT && line->quick < QUICK_TRIES) {
		line->quick++;
		line->retry_in = QUICK_S;
	} else {
		line->retry = line->retry == 0 ? RETRY_FIRST_S :
						 line->retry * 2;
		if (line->retry > last)
			line->retry = last;
		line->retry_in = line->retry;
	}
	if (!line->told || strcmp(reason, line->reason) != 0)
		log_warnx("line %s: %s; it is tried again in %u s, then less"
		    " often", line->config.name, reason, line->retry_in);
	line->told = true;
	memcpy(line->reason, reason, sizeof(reason));
	line_enter(line, state);
}

void
line_send(struct line *line, const char *text, uint64_t wait_ms)
{
	char octets[MODEM_COMMAND_SIZE + 1];
	int length;

	if (!modem_command(&line->modem, text, line_now(line), wait_ms))
		return;
	length = snprintf(octets, sizeof(octets), "%s\r", line->modem.command);
	/* What the port does not take now the modem will not answer, and
	 * that is seen. */
	if (port_write(line->port, octets, (size_t)length) != length)
		log_debug("line %s: %s was not sent whole", line->config.name,
		    line->modem.command);
}

static const struct profile *
find_profile(const struct line_config *config)
{
	const struct profile *profile;

	if (config->kind == LINE_TCP)
		return profiles_find(config->profiles, "none");
	profile = profiles_find(config->profiles, config->modem);
	if (profile != NULL)
		return profile;
	log_warnx("line %s: there is no modem profile \"%s\"; the generic one"
	    " is used", config->name, config->modem);
	return profiles_find(config->profiles, "generic");
}

struct line *
line_create(uv_loop_t *loop, const struct line_config *config,
    const struct line_house *house)
{
	struct line *line = calloc(1, sizeof(*line));

	if (line == NULL)
		return NULL;
	line->config = *config;
	line->house = *house;
	line->loop = loop;
	if (line->config.profiles == NULL)
		line->config.profiles = profiles_built_in();
	line->profile = find_profile(&line->config);
	line->cable = line->profile->cable;
	uv_timer_init(loop, &line->timer);
	line->timer.data = line;
	line->handles = 1;
	line->state = config->kind == LINE_TCP ? LINE_IDLE : LINE_ABSENT;
	line->since = line_now(line);
	if (line->state == LINE_ABSENT)
		line_wait(line, 0);
	line_arm(line);
	return line;
}

void
line_destroy(struct line *line, void (*done)(void *context), void *context)
{
	if (line->dying)
		return;
	line->dying = true;
	line->done = done;
	line->done_context = context;
	line_ppp_stop(line);
	line_call_drop(line);
	line_close_master(line);
	line_close_port(line);
	line->deadline = line->poll_at = line->ppp_deadline = 0;
	line_close_timer(line);
}

bool
line_tcp_call(struct line *line, int fd, const char *caller)
{
	struct port *port;

	if (line->dying || line->state != LINE_IDLE || line->wants_out ||
	    line->config.kind != LINE_TCP)
		return false;
	port = port_tcp_open(fd, line->config.telnet);
	if (port == NULL)
		return true;
	if (!line_take_port(line, port)) {
		log_warnx("line %s: a call cannot be watched",
		    line->config.name);
		return true;
	}
	snprintf(line->caller, sizeof(line->caller), "%s", caller);
	line_call_begin(line, "TCP");
	line_arm(line);
	return true;
}

void
line_ppp_started(struct line *line, int master)
{
	if (line->dying || line->state != LINE_LOGIN ||
	    line->ppp != LINE_PPP_ASKED) {
		close(master);
		return;
	}
	line->ppp = LINE_PPP_RUNS;
	if (line_open_master(line, master)) {
		line_enter(line, LINE_PPP);
	} else {
		log_warnx("line %s: pppd's pty cannot be watched",
		    line->config.name);
		close(master);
		line_call_end(line, CAUSE_NAS_ERROR);
	}
	line_arm(line);
}

/* Carrier goes when the caller hangs up, but first pppd may have heard a
 * Terminate-Request: then it was the caller's wish. */
static void
know_better(struct line *line, enum line_cause cause)
{
	if (line->cause == CAUSE_NONE ||
	    (line->cause == CAUSE_LOST_CARRIER && cause == CAUSE_USER_REQUEST))
		line->cause = cause;
}

void
line_ppp_ended(struct line *line, enum line_cause cause)
{
	if (line->dying || line->ppp == LINE_PPP_NONE)
		return;
	line->ppp = LINE_PPP_NONE;
	line->ppp_deadline = 0;
	know_better(line, cause);
	if (line->state == LINE_LOGIN || line->state == LINE_PPP)
		line_call_end(line, CAUSE_NAS_ERROR);
	else
		tell_end(line);
	if (line->state == LINE_HANGUP)
		line_hangup_ppp_ended(line);
	line_arm(line);
}

void
line_hangup(struct line *line, enum line_cause cause)
{
	if (line->dying)
		return;
	if (line->state == LINE_PPP && line->ppp == LINE_PPP_RUNS) {
		know_better(line, cause);
		/* pppd says good-bye to the caller first. */
		line_wait(line, LINE_GOODBYE_MS);
		line_ppp_stop(line);
	} else if (line->state == LINE_ANSWERING || line->state == LINE_LOGIN ||
	    line->state == LINE_SLIP) {
		line_call_end(line, cause);
	}
	line_arm(line);
}

static uint32_t
rate_of(const struct line *line)
{
	if (line->config.kind == LINE_TCP)
		return line->config.rate;
	return line->cable && line->config.kind == LINE_SERIAL ?
	    line->config.speed : line->link.rates.tx;
}

void
line_status(const struct line *line, struct line_status *status)
{
	bool out_of_order = line->state == LINE_ABSENT ||
	    line->state == LINE_BAD;
	unsigned signals;

	if (line->port == NULL || port_signals(line->port, &signals) < 0)
		signals = 0;
	*status = (struct line_status){
		.name = line->config.name,
		.path = line->config.path,
		.kind = line->config.kind,
		.state = line->state,
		.reason = out_of_order ? line->reason : "",
		.leaving = line->wants_out && line->state != LINE_BUSY_OUT,
		.signals = signals,
		.since_ms = line->since,
		.caller = line->caller,
		.connect = line->connect,
		.rate = rate_of(line),
		.in = line->in + line->pump.in_count,
		.out = line->out + line->pump.out_count,
		.calls = line->calls,
		.counts = line->counts,
		.last_cause = line->cause,
		.family = line->profile->name,
		.model = line->model,
		.link = &line->link,
		.diagnosis = &line->diagnosis,
	};
}

const char *
line_name(const struct line *line)
{
	return line->config.name;
}

enum line_state
line_state(const struct line *line)
{
	return line->state;
}

bool
line_admits(const struct line *line, const char *caller)
{
	return screen_admits(&line->config.allow, &line->config.deny, caller,
	    line->withheld);
}

bool
line_has_call(const struct line *line)
{
	return line_in_call(line) || line->state == LINE_ANSWERING ||
	    line->state == LINE_HANGUP;
}

const char *
line_state_name(enum line_state state)
{
	return states[state]->name;
}
