/*
 * line_idle.c - a line without a call: ABSENT, BAD, IDLE
 *
 * ABSENT and BAD keep the port closed and try again: at once a few times
 * (a driver under load, a device that is being plugged in), then after a
 * growing while, for ever: 10 s at most for a port that is not there.  IDLE
 * waits for a call and looks from time to time whether the modem still
 * answers, but never into a ring.
 */
#include "masqd/log.h"
#include "serial/line_state.h"

enum {
	HEALTH_MS = 60000,
	HEALTH_WAIT_MS = 2000,
	HEALTH_TRIES = 2,
	RING_RECENT_MS = 8000 /* no health check into a ring's pause */
};

/* ABSENT and BAD */

static void
closed_enter(struct line *line)
{
	line->after_call = false;
	line_ppp_stop(line);
	line_call_drop(line);
	line_close_master(line);
	/* A pty that nobody has open any more serves the next as well. */
	if (line->config.kind != LINE_PTY || line->state == LINE_BAD)
		line_close_port(line);
	line_wait(line, (uint64_t)line->retry_in * 1000);
}

/* One pppd a line: the old one has to be gone first. */
static void
closed_late(struct line *line)
{
	char error[LINE_REASON_SIZE];

	if (line->ppp != LINE_PPP_NONE)
		line_wait(line, 1000);
	else if (line->config.kind == LINE_PTY)
		line_pty_late(line);
	else if (line_is_taken(line))
		line_enter(line, LINE_OUT);
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

/* IDLE */

static bool
rang_recently(const struct line *line)
{
	return line->last_ring != 0 &&
	    line_now(line) - line->last_ring < RING_RECENT_MS;
}

static void
works(struct line *line)
{
	if (line->told)
		log_info("line %s: works again", line->config.name);
	line->told = false;
	line->reason[0] = '\0';
	line->retry = line->phantoms = 0;
}

/* That a modem no longer rings for nothing is seen later, not here. */
static void
idle_enter(struct line *line)
{
	if (line->phantoms == 0)
		works(line);
	line->quick = line->unanswered = 0;
	line->put_off = false;
	line->connect[0] = '\0';
	line->link = (struct result_connect){ .rates = { 0, 0, false } };
	if (!rang_recently(line))
		line->rings = 0;
	line_forget_caller(line);
	/* A cable's: only a rise begins a call; a pty's opener has come. */
	line->carrier = line->config.kind == LINE_PTY ? 0 : ~0u;
	if (!line->cable) {
		line->poll_at = 0;
		line_wait(line, line->rings > 0 ? 0 : HEALTH_MS);
	}
	if (line->wants_out)
		line_wait(line, 0);
	(void)line_claim(line, false);
}

/* Not if another program has just taken the modem: the ring is its affair. */
static void
ring(struct line *line)
{
	bool ours = !line_is_taken(line) && line_claim(line, true);

	line_enter(line, ours ? LINE_RINGING : LINE_OUT);
}

/* A ring that the modem has not said yet: it does within RING_RECENT_MS, or RI
 * is no bell wire, and then the modem is asked all the same. */
static void
ask_health(struct line *line)
{
	unsigned signals = 0;

	line->put_off = !line->put_off &&
	    port_signals(line->port, &signals) == 0 && (signals & PORT_RI);
	if (line->put_off)
		line_wait(line, RING_RECENT_MS);
	else
		line_send(line, "AT", HEALTH_WAIT_MS);
}

static void
idle_late(struct line *line)
{
	if (line->wants_out)
		line_enter(line, LINE_BUSY_OUT);
	else if (line->rings > 0)
		ring(line);
	else if (line_is_taken(line))
		line_enter(line, LINE_OUT);
	else
		ask_health(line);
}

static void
idle_silent(struct line *line)
{
	if (++line->unanswered < HEALTH_TRIES) {
		line_send(line, "AT", HEALTH_WAIT_MS);
	} else {
		bool ours = !line_is_taken(line) && line_claim(line, true);

		if (ours)
			log_warnx("line %s: the idle modem does not answer AT"
			    " with OK; it is set up again", line->config.name);
		line_enter(line, ours ? LINE_INIT : LINE_OUT);
	}
}

static void
idle_event(struct line *line, const struct modem_event *event)
{
	line_note_caller(line, event->text);
	if (event->code == RESULT_RING) {
		line->rings = 1;
		line->last_ring = line_now(line);
		ring(line);
	} else if (event->code == RESULT_CONNECT) {
		line_call_begin(line, event->text);
	} else if (event->answer && event->code == RESULT_OK) {
		works(line);
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

