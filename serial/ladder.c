/*
 * ladder.c - setting up and hanging up a modem, and bringing it back
 *
 * A ladder is rungs, the gentlest first.  A rung is pieces: steps, or what the
 * profile, the user or the identification adds.  A step that fails ends its
 * rung and the next one begins; when the last has failed the line is BAD with
 * the last step's reason, and tries again later, for ever.  After a call the
 * first rung is a short one, because another caller may already be dialling.
 *
 * Setting up (serial/rungs.c), with the time that a silent modem costs:
 *
 *	1  DTR low 1 s; AT four times			 3 s
 *	2  silence, +++, silence, ATH0, ATZ		10 s
 *	3  DLE ETX (it may be stuck in a fax or voice
 *	   mode); AT at all other speeds		 6 s
 *	4  close, 2 s, open: a device that was plugged
 *	   in again has moved				 5 s
 *	BAD, then again after 5 s, 10 s, ... 5 minutes
 *
 * Power cycling a USB port is left to the administrator: it needs a program
 * run by root with an argument of the gateway's, and the keeper runs none.
 *
 * A cable (modem = "none") has ladders that only move DTR.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "masqd/log.h"
#include "serial/ladder_step.h"
#include "serial/line_state.h"
#include "serial/rungs.h"

enum {
	INIT_WAIT_MS = 3000, /* for the answer to a user's command */
	DIAGNOSIS_MS = 2000, /* in all: the next caller waits */
	DIAGNOSIS_STEP_MS = 1000,
	HOLD_ANSWER_MS = 700 /* with RTS high again */
};

static void ladder_go(struct line *);
static void ladder_fail(struct line *, const char *what, const char *whom);

/* What the pieces give, one step after the other. */

static bool
steps_next(struct line *line, const struct piece *piece)
{
	if (line->step_index < piece->count)
		line->step = piece->steps[line->step_index];
	return line->step_index < piece->count;
}

/* The modem has said what it is. */
static void
probe_end(struct line *line)
{
	const struct profile *profile = line->profile;
	char model[PROBE_MODEL_SIZE];

	if (strcmp(line->config.modem, "auto") == 0)
		profile = probe_choose(line->probe, line->config.profiles);
	probe_model(line->probe, profile, model);
	if (profile != line->profile || strcmp(model, line->model) != 0)
		log_info("line %s: the modem is %s, profile %s",
		    line->config.name, model[0] != '\0' ? model : "nameless",
		    profile->name);
	line->profile = profile;
	memcpy(line->model, model, sizeof(model));
	free(line->probe);
	line->probe = NULL;
	line->probed = true;
}

static bool
probe_step(struct line *line, const struct piece *piece)
{
	const char *command;

	(void)piece;
	if (line->step_index == 0) {
		free(line->probe);
		line->probe = line->probed ? NULL :
		    calloc(1, sizeof(*line->probe));
	}
	if (line->probe == NULL)
		return false;
	command = probe_next(line->probe);
	if (command == NULL) {
		probe_end(line);
		return false;
	}
	line->step = (struct step){ STEP_COMMAND, command, PROBE_WAIT_MS, 1,
		STEP_ANY, false };
	return true;
}

static bool
profile_next(struct line *line, const struct piece *piece)
{
	(void)piece;
	return profile_step(line->profile, line->step_index, &line->step);
}

static bool
user_step(struct line *line, const struct piece *piece)
{
	(void)piece;
	if (line->step_index >= line->config.init_count)
		return false;
	line->step = (struct step){ STEP_COMMAND,
		line->config.init[line->step_index], INIT_WAIT_MS, 1,
		STEP_WISHED, false };
	return true;
}

static void
diagnosis_end(struct line *line)
{
	char text[DIAGNOSIS_TEXT_SIZE];

	diagnosis_text(&line->diagnosis, text);
	if (text[0] != '\0')
		log_info("line %s: the modem says of the call: %s",
		    line->config.name, text);
}

/* Only where there was a call, and no longer than the next caller can wait. */
static bool
diagnosis_step(struct line *line, const struct piece *piece)
{
	const struct profile_list *commands = &line->profile->diagnosis;
	uint64_t now = line_now(line);
	unsigned wait = DIAGNOSIS_STEP_MS;

	(void)piece;
	if (line->step_index == 0) {
		if (line->connect[0] == '\0')
			return false;
		diagnosis_reset(&line->diagnosis);
		line->diagnosis_until = now + DIAGNOSIS_MS;
	}
	if (line->step_index >= commands->count || line->rings > 0 ||
	    now >= line->diagnosis_until) {
		diagnosis_end(line);
		return false;
	}
	if (line->diagnosis_until - now < wait)
		wait = (unsigned)(line->diagnosis_until - now);
	line->step = (struct step){ STEP_COMMAND,
		commands->text[line->step_index], wait, 1, STEP_ANY, false };
	return true;
}

static bool (*const piece_next[])(struct line *, const struct piece *) = {
	[PIECE_STEPS] = steps_next,
	[PIECE_PROBE] = probe_step,
	[PIECE_PROFILE] = profile_next,
	[PIECE_USER] = user_step,
	[PIECE_DIAGNOSIS] = diagnosis_step,
};

static const struct piece *
piece_now(const struct line *line)
{
	return &line->rungs[line->rung].pieces[line->piece];
}

static bool
piece_is(const struct line *line, enum piece_kind kind)
{
	return line->rungs != NULL && piece_now(line)->kind == kind;
}

/* The rung's next step, in line->step. False: it was the last. */
static bool
next_step(struct line *line)
{
	while (line->piece < RUNG_PIECES && piece_now(line)->kind != PIECE_END) {
		if (piece_next[piece_now(line)->kind](line, piece_now(line))) {
			line->step_index++;
			return true;
		}
		line->piece++;
		line->step_index = 0;
	}
	return false;
}

/* Up and down */

void
ladder_start(struct line *line, enum ladder which)
{
	if (which == LADDER_INIT)
		line->probed = false;
	line->rungs = rungs_for(line, which, &line->rung_count);
	line->rung = which == LADDER_INIT ? RUNG_FRESH : 0;
	line->piece = line->step_index = 0;
	line_wait(line, 0);
	line->step = (struct step){ STEP_PAUSE, NULL, 0, 1, STEP_ANY, false };
	line->dtr_error = 0;
	line->holding = false;
}

bool
ladder_asks(const struct line *line)
{
	return piece_is(line, PIECE_PROBE) || piece_is(line, PIECE_DIAGNOSIS);
}

/* Go on with the next step, up to one that waits. */
static void
ladder_go(struct line *line)
{
	line->deadline = 0;
	line->poll_at = 0;
	while (next_step(line)) {
		if (line->step.reset && line->rungs[line->rung].brief)
			continue;
		if (step_begin(line))
			return;
	}
	line->rungs = NULL;
	line_ladder_done(line);
}

/* This rung does not hold. */
static void
ladder_fail(struct line *line, const char *what, const char *whom)
{
	log_debug("line %s: %s%s", line->config.name, what, whom);
	if (line->rung + 1 < line->rung_count) {
		line->rung++;
		line->piece = line->step_index = 0;
		ladder_go(line);
	} else {
		line_fail(line, LINE_BAD, "%s%s", what, whom);
	}
}

/* A command of the user's is his affair; of a profile's some modem of the
 * family may not know one. */
static void
tell_refused(const struct line *line)
{
	if (line->step.need != STEP_WISHED || line->rungs[line->rung].brief)
		return;
	if (piece_is(line, PIECE_USER))
		log_warnx("line %s: the modem refuses %s", line->config.name,
		    line->step.text);
	else
		log_info("line %s: the modem refuses %s", line->config.name,
		    line->step.text);
}

/* A line that is no answer: a report, or a part of what the modem is. */
static void
take_text(struct line *line, const struct modem_event *event)
{
	if (event->code != RESULT_TEXT)
		return;
	if (piece_is(line, PIECE_PROBE) && line->probe != NULL)
		probe_line(line->probe, line->step.text, event->text);
	if (piece_is(line, PIECE_DIAGNOSIS))
		diagnosis_line(&line->diagnosis, event->text);
	if (ladder_asks(line) && diagnosis_wants_key(event->text) &&
	    port_write(line->port, "\r", 1) != 1)
		log_debug("line %s: no key for its report",
		    line->config.name);
}

static void
hold_end(struct line *line, bool held)
{
	port_set_rts(line->port, true);
	line->holding = false;
	if (!held && !line->told_hold)
		log_warnx("line %s: the modem sends while RTS is low: there is"
		    " no flow control towards us; look at the cable and at the"
		    " profile's flow command", line->config.name);
	line->told_hold = !held;
}

void
ladder_event(struct line *line, const struct modem_event *event)
{
	if (line->rungs == NULL)
		return;
	take_text(line, event);
	if (!event->answer)
		return;
	if (line->step.kind == STEP_HOLD && line->holding)
		hold_end(line, false);
	if (line->step.kind == STEP_SPEED) {
		if (step_speed_now(line) != line->config.speed)
			log_warnx("line %s: the modem answers at %u bit/s"
			    " only, not at %u; it is used so",
			    line->config.name, step_speed_now(line),
			    line->config.speed);
	} else if (event->code != RESULT_OK) {
		if (line->step.need == STEP_NEEDED) {
			ladder_fail(line, "the modem answers ERROR to ",
			    line->step.text);
			return;
		}
		tell_refused(line);
	}
	if (piece_is(line, PIECE_PROBE) && line->probe != NULL)
		probe_answered(line->probe);
	ladder_go(line);
}

/* Nothing came while RTS was low, which is right: now it may. */
static void
hold_silent(struct line *line)
{
	if (!line->holding) {
		ladder_go(line);
		return;
	}
	hold_end(line, true);
	modem_command(&line->modem, line->step.text, line_now(line),
	    HOLD_ANSWER_MS);
}

void
ladder_silent(struct line *line)
{
	unsigned cts = 0;

	if (line->rungs == NULL)
		return;
	if (piece_is(line, PIECE_PROBE) && line->probe != NULL) {
		/* A late answer is not the next one's. */
		probe_silent(line->probe);
		port_flush(line->port);
		modem_reset(&line->modem);
	}
	if (line->step.kind == STEP_HOLD)
		hold_silent(line);
	else if (line->tries > 0)
		step_again(line);
	else if (line->step.kind == STEP_SPEED && step_next_speed(line))
		return;
	else if (line->step.need == STEP_ANY)
		ladder_go(line);
	else if (port_signals(line->port, &cts) == 0 && !(cts & PORT_CTS) &&
	    line->config.kind == LINE_SERIAL)
		ladder_fail(line, "the modem does not answer AT, and CTS is"
		    " low: is it switched on, is the cable whole?", "");
	else
		ladder_fail(line, "the modem does not answer ",
		    line->step.text);
}

static void
dtr_again(struct line *line)
{
	int error = line->dtr_error;

	if (line->tries > 0) {
		step_again(line);
		return;
	}
	line->dtr_error = 0;
	ladder_fail(line, "DTR cannot be changed: ", strerror(error));
}

static void
reopen_end(struct line *line)
{
	char error[LINE_REASON_SIZE];

	if (line_open_port(line, error, sizeof(error)))
		ladder_go(line);
	else
		line_fail(line, LINE_ABSENT, "%s", error);
}

/* After a call it may still be up.  While the modem is set up there is none:
 * it answers AT, and from the second rung on it has had ATH0. */
static void
carrier_stays(struct line *line)
{
	if (line->state != LINE_INIT ||
	    (!line->strapped && line->rung <= RUNG_FRESH)) {
		ladder_fail(line, "carrier detect stays high without a call:"
		    " look at the cable and at AT&C1", "");
		return;
	}
	if (!line->strapped)
		log_warnx("line %s: carrier detect is high without a call: look"
		    " at the cable and at AT&C1; calls end by NO CARRIER, or"
		    " by silence", line->config.name);
	line->strapped = true;
	ladder_go(line);
}

void
ladder_late(struct line *line)
{
	if (line->rungs == NULL)
		return;
	if (line->dtr_error != 0)
		dtr_again(line);
	else if (line->step.kind == STEP_REOPEN)
		reopen_end(line);
	else if (line->step.kind == STEP_CARRIER_LOW &&
	    line->step.need == STEP_NEEDED)
		carrier_stays(line);
	else
		ladder_go(line);
}

void
ladder_signals(struct line *line)
{
	if (line->rungs == NULL || line->step.kind != STEP_CARRIER_LOW ||
	    (line->signals & PORT_DCD))
		return;
	line->strapped = false;
	ladder_go(line);
}
