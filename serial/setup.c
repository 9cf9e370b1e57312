/*
 * setup.c - INIT and HANGUP: a modem is made ready for the next call
 *
 * What is done to it is ladder.c's.
 */
#include "masqd/log.h"
#include "serial/line_state.h"

static void
hangup_finish(struct line *line)
{
	if (line->ppp != LINE_PPP_NONE)
		return;
	/* What is no modem is hung up by taking the port away. */
	if (line->config.kind != LINE_SERIAL && line->cable)
		line_close_port(line);
	line->retry_in = 0;
	line_enter(line, line->config.kind == LINE_TCP ? LINE_IDLE :
	    line->port == NULL ? LINE_ABSENT : LINE_INIT);
}

void
line_ladder_done(struct line *line)
{
	if (line->state == LINE_HANGUP)
		hangup_finish(line);
	else
		line_enter(line, LINE_IDLE);
}

/* INIT */

static void
init_enter(struct line *line)
{
	ladder_start(line, line->after_call ? LADDER_AFTER_CALL : LADDER_INIT);
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
	if (event->code == RESULT_RING || !ladder_asks(line))
		line_note_caller(line, event->text);
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

/* HANGUP */

static void
hanging_enter(struct line *line)
{
	line_ppp_stop(line);
	line_close_master(line);
	line_call_drop(line);
	port_flush(line->port);
	modem_reset(&line->modem);
	line->after_call = true;
	ladder_start(line, LADDER_HANGUP);
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
