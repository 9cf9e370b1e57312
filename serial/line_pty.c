/*
 * line_pty.c - a pty line: who has opened it?
 *
 * The house makes the pty; ABSENT looks from time to time whether a program
 * has opened its slave.  With modem = "auto" that program is a soft modem if
 * it answers AT, and the caller itself (as on a cable) if it does not or if
 * it begins with a frame; with "none" it is the caller.
 */
#include <stdio.h>
#include <string.h>

#include "serial/line_state.h"

enum {
	LOOK_MS = 250,
	MAKE_MS = 10000,
	SILENT_MOST = 4, /* commands without an answer */
	PPP_FLAG = 0x7e,
	SLIP_OCTET = 0xc0
};

static void
ask(struct line *line)
{
	line->pty_asked = true;
	line_wait(line, MAKE_MS);
	line->house.pty_open(line->house.context, line);
}

void
line_pty_late(struct line *line)
{
	unsigned signals;

	if (line->state == LINE_BAD) {
		line->retry_in = 0;
		line_enter(line, LINE_ABSENT);
	} else if (line->port == NULL) {
		ask(line);
	} else if (port_signals(line->port, &signals) == 0 &&
	    (signals & PORT_DSR)) {
		line->signals = signals;
		line->cable = line->profile->cable;
		line->alive = false;
		line->pty_silent = 0;
		modem_reset(&line->modem);
		line_enter(line, LINE_INIT);
	} else {
		snprintf(line->reason, sizeof(line->reason), "no program has"
		    " opened %s", line->config.path);
		line_wait(line, LOOK_MS);
	}
}

void
line_pty_opened(struct line *line, int master, const char *error)
{
	bool wanted = line->pty_asked && !line->dying &&
	    line->state == LINE_ABSENT && line->port == NULL;
	struct port *port = master < 0 ? NULL : port_pty_open(master);

	line->pty_asked = false;
	if (!wanted)
		port_close(port);
	else if (port == NULL)
		line_fail(line, LINE_ABSENT, "%s cannot be made: %s",
		    line->config.path, error);
	else if (!line_take_port(line, port))
		line_fail(line, LINE_ABSENT, "%s cannot be watched",
		    line->config.path);
	else
		line_wait(line, 0);
	line_arm(line);
}

/* Not yet known what it is. */
static bool
may_be_cable(const struct line *line)
{
	return line->config.kind == LINE_PTY && line->state == LINE_INIT &&
	    !line->cable && !line->alive &&
	    strcmp(line->config.modem, "auto") == 0;
}

bool
line_pty_silent(struct line *line)
{
	if (!may_be_cable(line) || ++line->pty_silent < SILENT_MOST)
		return false;
	line->cable = true;
	return true;
}

bool
line_pty_octets(struct line *line, const uint8_t *octets, size_t count)
{
	if (!may_be_cable(line) || count == 0 ||
	    ((octets[0] & 0x7f) != PPP_FLAG && octets[0] != SLIP_OCTET))
		return false;
	line->cable = true;
	modem_reset(&line->modem);
	return true;
}
