/*
 * call.c - a call on a line: ring, answer, begin and end, pppd
 *
 * The signals are looked at while there is a call: carrier that was high and
 * is low ends it.  A line whose carrier was never seen high (its wire is
 * missing) is left to pppd's own echo requests.
 *
 * Octets that arrive between the first frame's flag and the pty are kept in
 * line->dialogue and are the first that the pump writes: the caller need not
 * send its frame again.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "masqd/log.h"
#include "serial/line_state.h"

enum {
	RING_GAP_MS = 8000,    /* a ring is 6 s at most: it has stopped */
	CONNECT_MS = 60000,    /* training may take 40 s */
	CALLER_MS = 10000,     /* from his number to the ring, or the next */
	PHANTOM_MS = 1500,     /* training fails later than that */
	PHANTOMS = 5,
	REPLAY_MS = 1000,      /* a silent pppd is ready for input by then */
	PPP_CAUSE_MS = 500,    /* the pty is gone: the house says why */
	PPP_REMIND_MS = 10000
};

static unsigned
carrier_signals(const struct line *line)
{
	return line->cable ? PORT_DCD | PORT_DSR : PORT_DCD;
}

/* RINGING */

/* Where the number matters and has not come yet: most networks send it
 * between the first ring and the second. */
static bool
rings_enough(const struct line *line)
{
	bool unknown = line->caller[0] == '\0' && line->withheld == 0 &&
	    screen_wants_number(&line->config.allow, &line->config.deny);
	unsigned wanted = line->config.rings != 0 ? line->config.rings :
	    unknown ? 2 : 1;

	return line->rings >= wanted;
}

/* By the lists, and by the kind of the ring where this line has one. */
static bool
is_for_us(struct line *line)
{
	bool ours = line_admits(line, line->caller) &&
	    (line->config.ring[0] == '\0' ||
		strcmp(line->config.ring, line->ring) == 0);

	if (!ours && !line->turned_away) {
		line->turned_away = true;
		line->counts.turned_away++;
		log_info("line %s: a call from %s%s%s is not answered",
		    line->config.name, line->caller[0] != '\0' ?
			line->caller : "an unknown number",
		    line->ring[0] != '\0' ? ", ring " : "", line->ring);
	}
	return ours;
}

/* An ATA behind a health check that is not answered yet would break it off,
 * and its OK would look like ours. */
static bool
may_answer(struct line *line)
{
	return rings_enough(line) && line->modem.command[0] == '\0' &&
	    is_for_us(line);
}

void
line_forget_caller(struct line *line)
{
	if (line->heard_at != 0 &&
	    line_now(line) - line->heard_at < CALLER_MS)
		return;
	line->caller[0] = line->ring[0] = line->cadence[0] = '\0';
	line->withheld = 0;
}

void
line_note_caller(struct line *line, const char *text)
{
	char withheld = result_withheld(text);
	bool rings = result_code(text) == RESULT_RING, told = rings;

	line_forget_caller(line);
	if (withheld != 0)
		line->withheld = withheld;
	told |= withheld != 0;
	told |= result_caller(text, line->caller);
	/* A cadence comes again before each ring, in pieces. */
	if (rings && line->cadence[0] != '\0')
		memcpy(line->ring, line->cadence, sizeof(line->ring));
	if (rings)
		line->cadence[0] = '\0';
	told |= result_ring(text, rings ? line->ring : line->cadence);
	if (told)
		line->heard_at = line_now(line);
}

static void
ringing_wait(struct line *line)
{
	line_wait(line, may_answer(line) ? 0 : RING_GAP_MS);
}

static void
ringing_enter(struct line *line)
{
	line->counts.rings++;
	line->turned_away = false;
	ringing_wait(line);
}

static void
ringing_late(struct line *line)
{
	if (may_answer(line)) {
		line_enter(line, LINE_ANSWERING);
	} else {
		log_info("line %s: the ringing stopped before the answer",
		    line->config.name);
		line->counts.missed += !line->turned_away;
		line->last_ring = line->heard_at = 0;
		line_enter(line, LINE_IDLE);
	}
}

static void
ringing_event(struct line *line, const struct modem_event *event)
{
	switch (event->code) {
	case RESULT_RING:
		line->rings++;
		line_note_caller(line, event->text);
		ringing_wait(line);
		break;
	case RESULT_CONNECT:
		line_call_begin(line, event->text);
		break;
	case RESULT_NO_CARRIER:
		line->rings = 0;
		line_wait(line, 0);
		break;
	default:
		line_note_caller(line, event->text);
		if (event->answer || rings_enough(line))
			ringing_wait(line);
		break;
	}
}

const struct line_does line_ringing = {
	.name = "ringing",
	.enter = ringing_enter,
	.late = ringing_late,
	.event = ringing_event,
	.silent = ringing_wait,
};

/* ANSWERING */

static void
answering_enter(struct line *line)
{
	line->last_ring = line->heard_at = 0;
	line->rings = 0;
	line->cause = CAUSE_NONE;
	line->counts.answers++;
	line_send(line, "ATA", CONNECT_MS);
}

/* A modem that says RING for ever, or whose bell wire picks something up, would
 * be answered for ever. */
static void
answer_failed(struct line *line)
{
	line->counts.failed++;
	if (line_now(line) - line->since < PHANTOM_MS)
		line->phantoms++;
	if (line->phantoms >= PHANTOMS)
		line_fail(line, LINE_BAD, "the modem says RING, and there is"
		    " no call: look at it and at the telephone line");
	else
		line_call_end(line, CAUSE_LOST_CARRIER);
}

static void
answering_event(struct line *line, const struct modem_event *event)
{
	result_connect(event->text, &line->link);
	result_caller(event->text, line->caller);
	if (event->code == RESULT_CONNECT) {
		line_call_begin(line, event->text);
	} else if (event->answer) {
		log_info("line %s: answered a ring, and the modem says %s",
		    line->config.name, result_name(event->code));
		answer_failed(line);
	}
}

static void
answering_silent(struct line *line)
{
	log_warnx("line %s: no CONNECT within %d s of ATA",
	    line->config.name, CONNECT_MS / 1000);
	line->counts.failed++;
	line_call_end(line, CAUSE_LOST_CARRIER);
}

const struct line_does line_answering = {
	.name = "answering",
	.enter = answering_enter,
	.event = answering_event,
	.silent = answering_silent,
};

/* A call */

/* Also without ATA: a modem that answers by itself, a cable. */
void
line_call_begin(struct line *line, const char *connect)
{
	enum dialogue_event event;

	snprintf(line->connect, sizeof(line->connect), "%s", connect);
	result_connect(connect, &line->link);
	/* The port's own: of the telephone line it tells nothing. */
	if (!line->link.rates.line &&
	    line->link.rates.tx == line->config.speed)
		line->link.rates = (struct result_rates){ 0, 0, false };
	line->last_ring = line->heard_at = 0;
	line->rings = 0;
	line->calls++;
	line->counts.calls++;
	line->in = line->out = 0;
	line->in_call = true;
	line->call_since = line_now(line);
	line->phantoms = 0;
	line->pump.in_count = line->pump.out_count = 0;
	line->cause = CAUSE_NONE;
	line->carrier = 0;
	line->no_carrier.matched = 0;
	line->hung_at = 0;
	line_pace_start(line);
	log_info("line %s: call from %s: %s", line->config.name,
	    line->caller[0] != '\0' ? line->caller : "an unknown number",
	    connect[0] != '\0' ? connect : "by cable");
	event = line_login_begin(line);
	line_enter(line, LINE_LOGIN);
	if (line->state == LINE_LOGIN)
		line_login_event(line, event);
}

void
line_call_end(struct line *line, enum line_cause cause)
{
	if (line->cause == CAUSE_NONE)
		line->cause = cause;
	line_enter(line, LINE_HANGUP);
}

void
line_call_drop(struct line *line)
{
	if (line->slip) {
		line->slip = false;
		line->house.slip_end(line->house.context, line, line->cause);
	}
	line->out_first = line->out_end = 0;
	dialogue_end(&line->dialogue);
}

/* Lost is what was there: a line whose carrier wire is missing never has any,
 * and that says nothing. */
bool
line_has_carrier(struct line *line)
{
	unsigned now = line->signals & carrier_signals(line);

	line->carrier |= now;
	return line->carrier == 0 || now != 0;
}

void
line_ppp_stop(struct line *line)
{
	if (line->ppp != LINE_PPP_ASKED && line->ppp != LINE_PPP_RUNS)
		return;
	line->ppp = LINE_PPP_ENDS;
	line->ppp_deadline = line_now(line) + PPP_REMIND_MS;
	line->house.ppp_stop(line->house.context, line);
}

void
line_ppp_remind(struct line *line)
{
	log_warnx("line %s: its pppd has not ended yet; it is killed",
	    line->config.name);
	line->ppp_deadline = line_now(line) + PPP_REMIND_MS;
	line->house.ppp_stop(line->house.context, line);
}

/* PPP */

static void
ppp_enter(struct line *line)
{
	line_wait(line, REPLAY_MS);
}

static void
ppp_late(struct line *line)
{
	if (line->pumping && line->ppp == LINE_PPP_RUNS) {
		pump_release(&line->pump);
		line_call_move(line);
	} else {
		line_call_end(line, CAUSE_NAS_ERROR);
	}
}

static void
ppp_signals(struct line *line)
{
	if (line_has_carrier(line))
		return;
	/* What arrived before the carrier went is pppd's: it may be the
	 * caller's good-bye. */
	if (line->pumping)
		(void)pump_move(&line->pump);
	line_call_end(line, CAUSE_LOST_CARRIER);
}

void
line_call_move(struct line *line)
{
	switch (pump_move(&line->pump)) {
	case PUMP_GOES:
		break;
	case PUMP_PORT_GONE:
		line_port_gone(line, "it was hung up or unplugged during a"
		    " call");
		break;
	case PUMP_MASTER_GONE:
		line_close_master(line);
		line_wait(line, PPP_CAUSE_MS);
		break;
	}
}

const struct line_does line_in_ppp = {
	.name = "ppp",
	.enter = ppp_enter,
	.late = ppp_late,
	.signals = ppp_signals,
};
