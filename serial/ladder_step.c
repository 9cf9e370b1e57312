/*
 * ladder_step.c - one step of a ladder: how each kind begins
 */
#include <errno.h>
#include <string.h>

#include "masqd/log.h"
#include "serial/ladder_step.h"
#include "serial/line_state.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

enum {
	DTR_TRIES = 3, /* a driver under load may not manage at once */
	DTR_AGAIN_MS = 1000
};

/* Asked for at these where it is silent at the configured one. */
static const uint32_t speeds[] = { 115200, 57600, 38400, 19200, 9600, 2400 };

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

/* A port without modem signals has no DTR, and needs none.  From any other
 * failure the change is tried again: a hang-up that did not happen must not
 * be taken for one. */
static void
change_dtr(struct line *line)
{
	bool high = line->step.kind == STEP_DTR_HIGH;

	line->tries--;
	line->dtr_error = port_set_dtr(line->port, high) == 0 ||
	    errno == ENOTTY || errno == EINVAL ? 0 : errno;
	line_wait(line, line->dtr_error == 0 ? line->step.ms : DTR_AGAIN_MS);
}

static bool
step_dtr(struct line *line)
{
	line->tries = DTR_TRIES;
	change_dtr(line);
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

/* With RTS low the modem must hold its answer back; without RTS, or where the
 * profile says that there is none, nothing can be verified. */
static bool
step_hold(struct line *line)
{
	if (line->profile->no_flow || port_set_rts(line->port, false) < 0)
		return false;
	line->holding = true;
	return step_command(line);
}

bool
step_next_speed(struct line *line)
{
	for (; line->speed_index < COUNT(speeds); line->speed_index++) {
		if (speeds[line->speed_index] == line->config.speed ||
		    port_set_speed(line->port, speeds[line->speed_index]) < 0)
			continue;
		line->speed_index++;
		step_flush(line);
		return step_command(line);
	}
	port_set_speed(line->port, line->config.speed);
	return false;
}

/* At its own speed first: silence may not have been what failed. */
static bool
step_speed(struct line *line)
{
	line->speed_index = 0;
	return step_command(line);
}

static bool
step_reopen(struct line *line)
{
	line_close_port(line);
	line->probed = false;
	line_wait(line, line->step.ms);
	return true;
}

static bool (*const begin[])(struct line *) = {
	[STEP_DTR_LOW] = step_dtr,
	[STEP_DTR_HIGH] = step_dtr,
	[STEP_PAUSE] = step_pause,
	[STEP_FLUSH] = step_flush,
	[STEP_RAW] = step_raw,
	[STEP_COMMAND] = step_command,
	[STEP_CARRIER_LOW] = step_carrier_low,
	[STEP_HOLD] = step_hold,
	[STEP_SPEED] = step_speed,
	[STEP_REOPEN] = step_reopen,
};
_Static_assert(sizeof(begin) / sizeof(*begin) == STEP_KINDS,
    "a function for each kind of step");

bool
step_begin(struct line *line)
{
	return begin[line->step.kind](line);
}

void
step_again(struct line *line)
{
	if (line->step.kind == STEP_DTR_LOW ||
	    line->step.kind == STEP_DTR_HIGH)
		change_dtr(line);
	else
		send_command(line);
}

uint32_t
step_speed_now(const struct line *line)
{
	return line->speed_index == 0 ? line->config.speed :
	    speeds[line->speed_index - 1];
}
