/*
 * setup.c - what is done to a modem so that it can take a call
 *
 * Setting up and hanging up are ladders: rungs of steps, the gentlest first.
 * A step that fails ends its rung and the next one begins; when the last has
 * failed the line is BAD with the last step's reason.  After a call the first
 * rung is a short one, because another caller may already be dialling.
 *
 * A cable (modem = "none") has ladders that only move DTR.
 */
#include <string.h>

#include "masqd/log.h"
#include "serial/line_state.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

enum {
	HEALTH_MS = 60000,
	HEALTH_WAIT_MS = 2000,
	HEALTH_TRIES = 2,
	RING_RECENT_MS = 8000, /* no health check into a ring's pause */
	INIT_WAIT_MS = 3000    /* for the answer to a user's command */
};

/* A pulse of 0.5 s is a hang-up for every modem seen; S25 can ask for more,
 * but comes at 0.05 s from the factory. */
static const struct step pulse[] = {
	{ STEP_DTR_LOW, NULL, 500, 1, STEP_ANY, false },
	{ STEP_DTR_HIGH, NULL, 300, 1, STEP_ANY, false },
	{ STEP_FLUSH, NULL, 0, 1, STEP_ANY, false },
};

/* In-band, with the guard time of S12 on both sides, for a modem that does
 * not look at DTR, or is still on line. */
static const struct step escape[] = {
	{ STEP_DTR_HIGH, NULL, 1200, 1, STEP_ANY, false },
	{ STEP_RAW, "+++", 0, 1, STEP_ANY, false },
	{ STEP_PAUSE, NULL, 1200, 1, STEP_ANY, false },
	{ STEP_COMMAND, "ATH0", 2000, 1, STEP_ANY, false },
	{ STEP_DTR_LOW, NULL, 500, 1, STEP_ANY, false },
	{ STEP_DTR_HIGH, NULL, 300, 1, STEP_ANY, false },
	{ STEP_FLUSH, NULL, 0, 1, STEP_ANY, false },
};

static const struct step no_carrier[] = {
	{ STEP_CARRIER_LOW, NULL, 2000, 1, STEP_NEEDED, false },
};

static const struct step drop[] = {
	{ STEP_DTR_LOW, NULL, 400, 1, STEP_ANY, false },
	{ STEP_CARRIER_LOW, NULL, 5000, 1, STEP_NEEDED, false },
	{ STEP_DTR_HIGH, NULL, 200, 1, STEP_ANY, false },
	{ STEP_FLUSH, NULL, 0, 1, STEP_ANY, false },
};

static const struct step cable_drop[] = {
	{ STEP_DTR_LOW, NULL, 500, 1, STEP_ANY, false },
	{ STEP_FLUSH, NULL, 0, 1, STEP_ANY, false },
	{ STEP_DTR_HIGH, NULL, 0, 1, STEP_ANY, false },
};

/* Where INIT begins. */
enum { RUNG_AFTER_CALL, RUNG_FRESH };

static const struct rung init_ladder[] = {
	{ NULL, 0, true, true, no_carrier, COUNT(no_carrier) },
	{ pulse, COUNT(pulse), true, false, no_carrier, COUNT(no_carrier) },
	{ escape, COUNT(escape), true, false, no_carrier, COUNT(no_carrier) },
};

static const struct rung hangup_ladder[] = {
	{ drop, COUNT(drop), false, false, NULL, 0 },
	{ escape, COUNT(escape), false, false, no_carrier, COUNT(no_carrier) },
};

static const struct rung cable_init_ladder[] = {
	{ NULL, 0, false, false, NULL, 0 },
	{ cable_drop, COUNT(cable_drop), false, false, NULL, 0 },
};

static const struct rung cable_hangup_ladder[] = {
	{ cable_drop, COUNT(cable_drop), false, false, NULL, 0 },
};

/* The rung's next step, in line->step. False: it was the last. */
static bool
next_step(struct line *line)
{
	const struct rung *rung = &line->rungs[line->rung];
	size_t i = line->step_index++;

	if (i < rung->first_count) {
		line->step = rung->first[i];
		return true;
	}
	i -= rung->first_count;
	if (rung->profile && i < line->profile->count) {
		line->step = line->profile->steps[i];
		return true;
	}
	i -= rung->profile ? line->profile->count : 0;
	if (rung->profile && i < line->config.init_count) {
		line->step = (struct step){ STEP_COMMAND, line->config.init[i],
			INIT_WAIT_MS, 1, STEP_WISHED, false };
		return true;
	}
	i -= rung->profile ? line->config.init_count : 0;
	if (i < rung->last_count)
		line->step = rung->last[i];
	return i < rung->last_count;
}

static void
send_command(struct line *line)
{
	line->tries--;
	line_send(line, line->step.text, line->step.ms);
}

static bool
step_command(struct line *line)
{
	line->tries = line->step.tries;
	send_command(line);
	if (line->modem.command[0] != '\0')
		return true;
	log_warnx("line %s: \"%s\" cannot be sent to a modem: too long, or not"
	    " printable", line->config.name, line->step.text);
	return false;
}

static bool
step_dtr(struct line *line)
{
	port_set_dtr(line->port, line->step.kind == STEP_DTR_HIGH);
	line_wait(line, line->step.ms);
	return true;
}

static bool
step_pause(struct line *line)
{
	line_wait(line, line->step.ms);
	return true;
}

static bool
step_flush(struct line *line)
{
	port_flush(line->port);
	modem_reset(&line->modem);
	return false;
}

static bool
step_raw(struct line *line)
{
	size_t length = strlen(line->step.text);

	if (port_write(line->port, line->step.text, length) !=
	    (ssize_t)length)
		log_debug("line %s: %s was not sent whole", line->config.name,
		    line->step.text);
	return false;
}

static bool
step_carrier_low(struct line *line)
{
	line_wait(line, line->step.ms);
	line->poll_at = line_now(line);
	return true;
}

/* Begin a step; true where something has to be waited for. */
static bool (*const step_begin[])(struct line *) = {
	[STEP_DTR_LOW] = step_dtr,
	[STEP_DTR_HIGH] = step_dtr,
	[STEP_PAUSE] = step_pause,
	[STEP_FLUSH] = step_flush,
	[STEP_RAW] = step_raw,
	[STEP_COMMAND] = step_command,
	[STEP_CARRIER_LOW] = step_carrier_low,
};
_Static_assert(sizeof(step_begin) / sizeof(*step_begin) == STEP_KINDS,
    "a function for each kind of step");

static void
ladder_start(struct line *line, const struct rung *rungs, size_t count,
    size_t rung)
{
	line->rungs = rungs;
	line->rung_count = count;
	line->rung = rung;
	line->step_index = 0;
	line_wait(line, 0);
	line->step = (struct step){ STEP_PAUSE, NULL, 0, 1, STEP_ANY, false };
}

static void
hangup_finish(struct line *line)
{
	if (line->ppp == LINE_PPP_NONE)
		line_enter(line, LINE_INIT);
}

/* Go on with the next step, up to one that waits. */
static void
ladder_go(struct line *line)
{
	line->deadline = 0;
	line->poll_at = 0;
	while (next_step(line)) {
		if (line->step.reset && line->rungs[line->rung].short_profile)
			continue;
		if (step_begin[line->step.kind](line))
			return;
	}
	line->rungs = NULL;
	if (line->state == LINE_HANGUP)
		hangup_finish(line);
	else
		line_enter(line, LINE_IDLE);
}

/* This rung does not hold. reason: with the step's text for %s. */
static void
ladder_fail(struct line *line, const char *what, const char *whom)
{
	log_debug("line %s: %s%s", line->config.name, what, whom);
	if (line->rung + 1 < line->rung_count) {
		line->rung++;
		line->step_index = 0;
		ladder_go(line);
	} else {
		line_fail(line, LINE_BAD, "%s%s", what, whom);
	}
}

static void
ladder_event(struct line *line, const struct modem_event *event)
{
	if (!event->answer || line->step.kind != STEP_COMMAND)
		return;
	if (event->code != RESULT_OK) {
		if (line->step.need == STEP_NEEDED) {
			ladder_fail(line, "the modem answers ERROR to ",
			    line->step.text);
			return;
		}
		if (line->step.need == STEP_WISHED &&
		    !line->rungs[line->rung].short_profile)
			log_warnx("line %s: the modem answers ERROR to %s",
			    line->config.name, line->step.text);
	}
	ladder_go(line);
}

static void
ladder_silent(struct line *line)
{
	if (line->tries > 0)
		send_command(line);
	else if (line->step.need == STEP_ANY)
		ladder_go(line);
	else
		ladder_fail(line, "the modem does not answer ",
		    line->step.text);
}

static void
ladder_late(struct line *line)
{
	if (line->rungs == NULL)
		return;
	if (line->step.kind == STEP_CARRIER_LOW)
		ladder_fail(line, "carrier detect stays high without a call:"
		    " look at the cable and at AT&C1", "");
	else
		ladder_go(line);
}

static void
ladder_signals(struct line *line)
{
	if (line->rungs != NULL && line->step.kind == STEP_CARRIER_LOW &&
	    !(line->signals & PORT_DCD))
		ladder_go(line);
}

/* ABSENT and BAD */

static void
closed_enter(struct line *line)
{
	line_ppp_stop(line);
	line_close_master(line);
	line_close_port(line);
	line_wait(line, (uint64_t)line->retry * 1000);
}

/* One pppd a line: the old one has to be gone first. */
static void
closed_late(struct line *line)
{
	char error[LINE_REASON_SIZE];

	if (line->ppp != LINE_PPP_NONE)
		line_wait(line, 1000);
	else if (line_open_port(line, error, sizeof(error)))
		line_enter(line, LINE_INIT);
	else
		line_fail(line, LINE_ABSENT, "%s", error);
}

const struct line_does line_absent = {
	.name = "absent",
	.enter = closed_enter,
	.late = closed_late,
};

const struct line_does line_bad = {
	.name = "bad",
	.enter = closed_enter,
	.late = closed_late,
};

/* INIT */

static void
init_enter(struct line *line)
{
	size_t rung = line->after_call ? RUNG_AFTER_CALL : RUNG_FRESH;

	if (line->profile->cable)
		ladder_start(line, cable_init_ladder,
		    COUNT(cable_init_ladder), rung);
	else
		ladder_start(line, init_ladder, COUNT(init_ladder), rung);
	line->after_call = false;
}

/* A caller may ring while the modem is set up; it is answered when the modem
 * is ready. */
static void
init_event(struct line *line, const struct modem_event *event)
{
	if (event->code == RESULT_RING) {
		line->last_ring = line_now(line);
		line->rings++;
	}
	result_caller(event->text, line->caller);
	ladder_event(line, event);
}

const struct line_does line_init = {
	.name = "init",
	.enter = init_enter,
	.late = ladder_late,
	.event = init_event,
	.silent = ladder_silent,
	.signals = ladder_signals,
};

/* IDLE */

static bool
rang_recently(const struct line *line)
{
	return line->last_ring != 0 &&
	    line_now(line) - line->last_ring < RING_RECENT_MS;
}

static void
idle_enter(struct line *line)
{
	if (line->told)
		log_info("line %s: works again", line->config.name);
	line->told = false;
	line->reason[0] = '\0';
	line->retry = 0;
	line->unanswered = 0;
	line->connect[0] = '\0';
	line->rates = (struct result_rates){ 0, 0, false };
	if (!rang_recently(line)) {
		line->rings = 0;
		line->caller[0] = '\0';
	}
	line->carrier = ~0u; /* a cable's: only a rise begins a call */
	if (!line->profile->cable) {
		line->poll_at = 0;
		line_wait(line, line->rings > 0 ? 0 : HEALTH_MS);
	}
}

static void
idle_late(struct line *line)
{
	if (line->rings > 0)
		line_enter(line, LINE_RINGING);
	else
		line_send(line, "AT", HEALTH_WAIT_MS);
}

static void
idle_silent(struct line *line)
{
	if (++line->unanswered < HEALTH_TRIES) {
		line_send(line, "AT", HEALTH_WAIT_MS);
	} else {
		log_warnx("line %s: the idle modem does not answer AT with OK;"
		    " it is set up again", line->config.name);
		line_enter(line, LINE_INIT);
	}
}

static void
idle_event(struct line *line, const struct modem_event *event)
{
	result_caller(event->text, line->caller);
	if (event->code == RESULT_RING) {
		line->rings = 1;
		line->last_ring = line_now(line);
		line_enter(line, LINE_RINGING);
	} else if (event->code == RESULT_CONNECT) {
		line_call_begin(line, event->text);
	} else if (event->answer && event->code == RESULT_OK) {
		line->unanswered = 0;
		line_wait(line, HEALTH_MS);
	} else if (event->answer) {
		idle_silent(line);
	}
}

/* A cable: the other end has opened its port. */
static void
idle_signals(struct line *line)
{
	unsigned now = line->signals & (PORT_DCD | PORT_DSR);
	bool rise = (now & ~line->carrier) != 0;

	line->carrier = now;
	if (rise)
		line_call_begin(line, "");
}

const struct line_does line_idle = {
	.name = "idle",
	.enter = idle_enter,
	.late = idle_late,
	.event = idle_event,
	.silent = idle_silent,
	.signals = idle_signals,
};

/* HANGUP */

static void
hanging_enter(struct line *line)
{
	line_ppp_stop(line);
	line_close_master(line);
	port_flush(line->port);
	modem_reset(&line->modem);
	line->after_call = true;
	if (line->profile->cable)
		ladder_start(line, cable_hangup_ladder,
		    COUNT(cable_hangup_ladder), 0);
	else
		ladder_start(line, hangup_ladder, COUNT(hangup_ladder), 0);
}

void
line_hangup_ppp_ended(struct line *line)
{
	if (line->rungs == NULL)
		hangup_finish(line);
}

const struct line_does line_hanging = {
	.name = "hangup",
	.enter = hanging_enter,
	.late = ladder_late,
	.event = ladder_event,
	.silent = ladder_silent,
	.signals = ladder_signals,
};
