/*
 * call.c - a call on a line: ring, answer, first octets, pppd
 *
 * The signals are looked at while there is a call: carrier that was high and
 * is low ends it.  A line whose carrier was never seen high (its wire is
 * missing) is left to pppd's own echo requests.
 *
 * Octets that arrive between the first frame's flag and the pty are kept in
 * line->login and are the first that the pump writes: the caller need not
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
	LOGIN_MS = 30000,
	REFUSED_MS = 5000,     /* of no use to us; PPP may still follow */
	PPP_START_MS = 10000,
	REPLAY_MS = 1000,      /* a silent pppd is ready for input by then */
	PPP_CAUSE_MS = 500,    /* the pty is gone: the house says why */
	PPP_REMIND_MS = 10000
};

static unsigned
carrier_signals(const struct line *line)
{
	return line->profile->cable ? PORT_DCD | PORT_DSR : PORT_DCD;
}

/* RINGING */

static bool
rings_enough(const struct line *line)
{
	return line->rings >= (line->config.rings == 0 ? 1 :
	    line->config.rings);
}

/* An ATA behind a health check that is not answered yet would break it off,
 * and its OK would look like ours. */
static bool
may_answer(const struct line *line)
{
	return rings_enough(line) && line->modem.command[0] == '\0';
}

static void
ringing_wait(struct line *line)
{
	line_wait(line, may_answer(line) ? 0 : RING_GAP_MS);
}

static void
ringing_late(struct line *line)
{
	if (may_answer(line)) {
		line_enter(line, LINE_ANSWERING);
	} else {
		log_info("line %s: the ringing stopped before the answer",
		    line->config.name);
		line->last_ring = 0;
		line_enter(line, LINE_IDLE);
	}
}

static void
ringing_event(struct line *line, const struct modem_event *event)
{
	switch (event->code) {
	case RESULT_RING:
		line->rings++;
		result_caller(event->text, line->caller);
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
		result_caller(event->text, line->caller);
		if (event->answer)
			ringing_wait(line);
		break;
	}
}

const struct line_does line_ringing = {
	.name = "ringing",
	.enter = ringing_wait,
	.late = ringing_late,
	.event = ringing_event,
	.silent = ringing_wait,
};

/* ANSWERING */

static void
answering_enter(struct line *line)
{
	line->last_ring = 0;
	line->rings = 0;
	line->cause = CAUSE_NONE;
	line_send(line, "ATA", CONNECT_MS);
}

static void
answering_event(struct line *line, const struct modem_event *event)
{
	result_rates(event->text, &line->rates);
	result_caller(event->text, line->caller);
	if (event->code == RESULT_CONNECT) {
		line_call_begin(line, event->text);
	} else if (event->answer) {
		log_info("line %s: answered a ring, and the modem says %s",
		    line->config.name, result_name(event->code));
		line_call_end(line, CAUSE_LOST_CARRIER);
	}
}

static void
answering_silent(struct line *line)
{
	log_warnx("line %s: no CONNECT within %d s of ATA",
	    line->config.name, CONNECT_MS / 1000);
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
	snprintf(line->connect, sizeof(line->connect), "%s", connect);
	result_rates(connect, &line->rates);
	line->last_ring = 0;
	line->rings = 0;
	line->calls++;
	line->in = 0;
	line->pump.in_count = line->pump.out_count = 0;
	line->cause = CAUSE_NONE;
	line->carrier = 0;
	line->refused = false;
	login_reset(&line->login);
	log_info("line %s: call from %s: %s", line->config.name,
	    line->caller[0] != '\0' ? line->caller : "an unknown number",
	    connect[0] != '\0' ? connect : "by cable");
	line_enter(line, LINE_LOGIN);
}

void
line_call_end(struct line *line, enum line_cause cause)
{
	if (line->cause == CAUSE_NONE)
		line->cause = cause;
	if (line->state != LINE_ANSWERING)
		log_info("line %s: call ended (%s), %" PRIu64 " octets in, %"
		    PRIu64 " out", line->config.name,
		    line_cause_name(line->cause),
		    line->in + line->pump.in_count, line->pump.out_count);
	line_enter(line, LINE_HANGUP);
}

/* Returns false where carrier is lost, and the call with it. */
static bool
watch_carrier(struct line *line)
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
	log_warnx("line %s: its pppd has not ended yet", line->config.name);
	line->ppp_deadline = line_now(line) + PPP_REMIND_MS;
	line->house.ppp_stop(line->house.context, line);
}

/* LOGIN */

static void
login_enter(struct line *line)
{
	line_wait(line, LOGIN_MS);
}

static void
login_late(struct line *line)
{
	if (line->ppp != LINE_PPP_NONE) {
		log_warnx("line %s: no pppd came in time", line->config.name);
		line_call_end(line, CAUSE_NAS_ERROR);
	} else {
		if (!line->refused)
			log_info("line %s: no PPP within %d s (%" PRIu64
			    " octets came): hanging up", line->config.name,
			    LOGIN_MS / 1000, line->in);
		line_call_end(line, CAUSE_USER_ERROR);
	}
}

static void
login_signals(struct line *line)
{
	if (!watch_carrier(line))
		line_call_end(line, CAUSE_LOST_CARRIER);
}

/* Not at once: what looks like text may be noise before the first frame. */
static void
refuse(struct line *line, const char *why)
{
	log_info("line %s: the caller sends %s; %s", line->config.name,
	    login_kind_name(line->login.kind), why);
	line->refused = true;
	line_wait(line, REFUSED_MS);
}

void
line_call_octets(struct line *line, const uint8_t *octets, size_t count)
{
	enum login_kind kind = login_feed(&line->login, octets, count);

	line->in += count;
	if (line->ppp != LINE_PPP_NONE)
		return;
	if (kind == LOGIN_PPP && line->config.ppp) {
		line->ppp = LINE_PPP_ASKED;
		line_wait(line, PPP_START_MS);
		line->house.ppp_start(line->house.context, line,
		    line->caller);
	} else if (kind != LOGIN_UNKNOWN && !line->refused) {
		refuse(line, kind == LOGIN_PPP ?
			"PPP is not among this line's protocols" :
			"this line offers PPP only");
	}
}

const struct line_does line_in_login = {
	.name = "login",
	.enter = login_enter,
	.late = login_late,
	.signals = login_signals,
};

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
	if (watch_carrier(line))
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
		line->cause = CAUSE_PORT_ERROR;
		line_fail(line, LINE_ABSENT, "%s is gone: it was hung up or"
		    " unplugged during a call", line->config.path);
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
