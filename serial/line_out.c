/*
 * line_out.c - lines that are not ours for a while: OUT, BUSY_OUT
 *
 * OUT.  A modem of the bank can dial out, too.  While a line is IDLE its port
 * is open here but not claimed: no lock file, no flock, no TIOCEXCL, so that
 * another program can have it.  line_look() sees that one has taken it, by a
 * lock file or by flock, and the line closes its port without touching DTR.
 * When the lock has gone it is opened and set up again.  In every other state
 * the port is claimed by all three means.
 *
 * BUSY_OUT.  On order, at once or when the call has ended: the modem goes off
 * hook, so that the exchange finds the line busy and tries the next; one that
 * cannot (GSM has no hook) is made unready by DTR low, a soft modem by taking
 * its pty away.  A TCP caller reads BUSY; a cable's DTR is low.
 */
#include <errno.h>
#include <unistd.h>

#include "masqd/log.h"
#include "serial/line_state.h"
#include "serial/lock.h"

enum {
	OFF_HOOK_MS = 60000, /* it is told again after this */
	OFF_HOOK_WAIT_MS = 2000
};

/* Somebody else's lock file. */
static pid_t
holder(const struct line *line)
{
	pid_t pid = line->config.kind == LINE_SERIAL ?
	    lock_holder(line->config.path) : 0;

	return pid == getpid() ? 0 : pid;
}

bool
line_is_taken(const struct line *line)
{
	return holder(line) != 0 ||
	    (line->config.kind == LINE_SERIAL && line->port == NULL &&
		port_serial_in_use(line->config.path));
}

bool
line_claim(struct line *line, bool claim)
{
	if (line->config.kind != LINE_SERIAL || line->port == NULL ||
	    line->claimed == claim)
		return true;
	if (port_claim(line->port, claim) < 0)
		return false;
	line->claimed = claim;
	if (line->house.lock != NULL)
		line->house.lock(line->house.context, line, claim);
	return true;
}

void
line_look(struct line *line)
{
	if (line->dying || line->config.kind != LINE_SERIAL)
		return;
	if (line->state == LINE_IDLE && line->modem.command[0] == '\0' &&
	    (line_is_taken(line) || port_claim(line->port, true) < 0)) {
		line_enter(line, LINE_OUT);
	} else if (line->state == LINE_IDLE &&
	    line->modem.command[0] == '\0') {
		port_claim(line->port, false);
	} else if (line->state == LINE_OUT && !line_is_taken(line)) {
		line->retry_in = 0;
		line_enter(line, LINE_ABSENT);
	}
	line_arm(line);
}

static void
out_enter(struct line *line)
{
	if (!line->told)
		log_info("line %s: another program has taken %s",
		    line->config.name, line->config.path);
	line->told = true;
	line_close_port(line);
}

const struct line_does line_out = {
	.name = "out",
	.enter = out_enter,
};

/* BUSY_OUT */

static const char *
off_hook_command(const struct line *line)
{
	return line->profile->off_hook != NULL ? line->profile->off_hook :
						 "ATH1";
}

static void
off_hook(struct line *line)
{
	if (line->cable) {
		if (line->port != NULL)
			(void)port_set_dtr(line->port, false);
		return;
	}
	line_send(line, off_hook_command(line), OFF_HOOK_WAIT_MS);
	line_wait(line, OFF_HOOK_MS);
}

/* The exchange is to see it all the same. */
static void
stays_on_hook(struct line *line, const char *does)
{
	log_warnx("line %s: the modem %s %s: it is made unready instead",
	    line->config.name, does, off_hook_command(line));
	line->deadline = 0;
	if (line->config.kind == LINE_PTY)
		line_close_port(line);
	else
		(void)port_set_dtr(line->port, false);
}

static void
busy_out_event(struct line *line, const struct modem_event *event)
{
	if (event->answer && event->code != RESULT_OK)
		stays_on_hook(line, "refuses");
}

static void
busy_out_silent(struct line *line)
{
	stays_on_hook(line, "does not answer");
}

static void
busy_out_enter(struct line *line)
{
	log_info("line %s: busied out", line->config.name);
	if (line->config.kind == LINE_PTY && line->cable)
		line_close_port(line);
	off_hook(line);
}

const struct line_does line_busy_out_state = {
	.name = "busy-out",
	.enter = busy_out_enter,
	.late = off_hook,
	.event = busy_out_event,
	.silent = busy_out_silent,
};

void
line_busy_out(struct line *line, bool now)
{
	if (line->dying)
		return;
	line->wants_out = true;
	/* Off hook a ring would be answered, by nobody. */
	if (line->state == LINE_IDLE ||
	    (line->state == LINE_RINGING && now))
		line_enter(line, LINE_BUSY_OUT);
	else if (now)
		line_hangup(line, CAUSE_ADMIN_RESET);
	line_arm(line);
}

void
line_restore(struct line *line)
{
	if (line->dying)
		return;
	line->wants_out = false;
	if (line->state != LINE_BUSY_OUT)
		return;
	line->after_call = false;
	if (line->cable && line->port != NULL)
		(void)port_set_dtr(line->port, true);
	if (line->config.kind == LINE_TCP)
		line_enter(line, LINE_IDLE);
	else if (line->port == NULL)
		line_enter(line, LINE_ABSENT);
	else
		line_enter(line, LINE_INIT);
	line_arm(line);
}
