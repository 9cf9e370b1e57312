/*
 * line.c - one line: a port, the modem behind it, and the call on it
 *
 * Overview.  A line is a state machine with one door, line_enter().  What
 * happens to it comes from four sides: octets of the port (result codes of
 * the modem, or the call's own octets), the time (deadlines, a look at the
 * signals every 100 ms where a call is), the house (pppd started or ended,
 * hang up), and the pty's master while a PPP call runs.  Each goes to the
 * function that the state has for it; the states are in setup.c (ABSENT,
 * INIT, IDLE, HANGUP, BAD) and call.c (RINGING, ANSWERING, LOGIN, PPP).
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
 *	ANSWERING  CONNECT: LOGIN; anything else, or 60 s: HANGUP
 *	LOGIN    pppd is there: PPP; 30 s, no carrier, hung up: HANGUP
 *	PPP      pppd gone, no carrier, hung up: HANGUP
 *	HANGUP   carrier low and pppd gone: INIT; carrier stays: BAD
 *	BAD      after a while the port is opened again: INIT or ABSENT
 *	any      port gone: ABSENT
 *
 * What must never happen: a call that blocks; two pppds for one line (none is
 * asked for before the one before has ended); a state entered from within
 * another state's `enter` (those only set deadlines), because the house hears
 * of changes in order.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "masqd/log.h"
#include "serial/line_state.h"

enum {
	POLL_MS = 100, /* the signals: DCD's fall is noticed within this */
	RETRY_FIRST_S = 5,
	RETRY_LAST_S = 300
};

struct watch {
	uv_poll_t poll; /* data: the line */
	int events;	/* asked for at present */
};

static const struct line_does *const states[] = {
	[LINE_ABSENT] = &line_absent,
	[LINE_INIT] = &line_init,
	[LINE_IDLE] = &line_idle,
	[LINE_RINGING] = &line_ringing,
	[LINE_ANSWERING] = &line_answering,
	[LINE_LOGIN] = &line_in_login,
	[LINE_PPP] = &line_in_ppp,
	[LINE_HANGUP] = &line_hanging,
	[LINE_BAD] = &line_bad,
};
_Static_assert(sizeof(states) / sizeof(*states) == LINE_STATES,
    "functions for each state");

/* RFC 2866 5.10. */
static const char *const cause_names[] = {
	[CAUSE_NONE] = "",
	[CAUSE_USER_REQUEST] = "User-Request",
	[CAUSE_LOST_CARRIER] = "Lost-Carrier",
	[CAUSE_IDLE_TIMEOUT] = "Idle-Timeout",
	[CAUSE_SESSION_TIMEOUT] = "Session-Timeout",
	[CAUSE_ADMIN_RESET] = "Admin-Reset",
	[CAUSE_ADMIN_REBOOT] = "Admin-Reboot",
	[CAUSE_PORT_ERROR] = "Port-Error",
	[CAUSE_NAS_ERROR] = "NAS-Error",
	[CAUSE_NAS_REQUEST] = "NAS-Request",
	[CAUSE_SERVICE_UNAVAILABLE] = "Service-Unavailable",
	[CAUSE_USER_ERROR] = "User-Error",
};
_Static_assert(sizeof(cause_names) / sizeof(*cause_names) == CAUSE_COUNT,
    "a name for each cause");

static void arm(struct line *);

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
	line->poll_at = does->signals != NULL ? line->since : 0;
	if (does->enter != NULL)
		does->enter(line);
	if (line->house.changed != NULL)
		line->house.changed(line->house.context, line, before);
}

/* A reason that stands already is not logged again at each try. */
void
line_fail(struct line *line, enum line_state state, const char *format, ...)
{
	char reason[LINE_REASON_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reason, sizeof(reason), format, arguments);
	va_end(arguments);
	line->retry = line->retry == 0 ? RETRY_FIRST_S : line->retry * 2;
	if (line->retry > RETRY_LAST_S)
		line->retry = RETRY_LAST_S;
	if (!line->told || strcmp(reason, line->reason) != 0)
		log_warnx("line %s: %s; it is tried again in %u s, then less"
		    " often", line->config.name, reason, line->retry);
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

/* The port is gone: unplugged, or its driver says so. */
static void
port_gone(struct line *line, const char *why)
{
	if (line->state == LINE_LOGIN || line->state == LINE_PPP)
		line->cause = CAUSE_PORT_ERROR;
	line_fail(line, LINE_ABSENT, "%s is gone: %s", line->config.path, why);
}

/* Octets while no pump runs: the modem's, up to a CONNECT, then the call's. */
static void
take_octets(struct line *line, const uint8_t *octets, size_t count)
{
	while (count > 0 && line->port != NULL) {
		struct modem_event event;
		size_t used;

		if (line->profile->cable && line->state == LINE_IDLE)
			line_call_begin(line, "");
		if (line->state == LINE_LOGIN) {
			used = modem_call_octets(&line->modem, octets, count);
			line_call_octets(line, octets + used, count - used);
			return;
		}
		used = modem_feed(&line->modem, octets, count, &event);
		octets += used;
		count -= used;
		if (event.code != RESULT_NOTHING &&
		    states[line->state]->event != NULL)
			states[line->state]->event(line, &event);
	}
}

static void
read_port(struct line *line)
{
	uint8_t octets[256];
	size_t size = sizeof(octets);
	ssize_t count;

	if (line->state == LINE_LOGIN && login_room(&line->login) < size)
		size = login_room(&line->login);
	if (size == 0)
		return;
	count = port_read(line->port, octets, size);
	if (count > 0)
		take_octets(line, octets, (size_t)count);
	else if (count == 0 || (errno != EAGAIN && errno != EINTR))
		port_gone(line, count == 0 ? "it was hung up or unplugged" :
					     strerror(errno));
}

static void
on_port(uv_poll_t *poll, int status, int events)
{
	struct line *line = poll->data;

	(void)events;
	if (status < 0)
		port_gone(line, "it was hung up or unplugged");
	else if (line->pumping)
		line_call_move(line);
	else
		read_port(line);
	arm(line);
}

/* Errors are found by reading. */
static void
on_master(uv_poll_t *poll, int status, int events)
{
	struct line *line = poll->data;

	(void)events;
	if (status < 0) /* libuv has stopped it */
		line->master_watch->events = 0;
	line_call_move(line);
	arm(line);
}

static void
look_at_signals(struct line *line)
{
	unsigned signals;

	line->poll_at = line_now(line) + POLL_MS;
	if (port_signals(line->port, &signals) < 0) {
		port_gone(line, strerror(errno));
		return;
	}
	line->signals = signals;
	states[line->state]->signals(line);
}

static void
on_time(uv_timer_t *timer)
{
	struct line *line = timer->data;
	uint64_t now = line_now(line);

	if (line->poll_at != 0 && now >= line->poll_at)
		look_at_signals(line);
	if (modem_silent(&line->modem, now) &&
	    states[line->state]->silent != NULL)
		states[line->state]->silent(line);
	if (line->deadline != 0 && now >= line->deadline) {
		line->deadline = 0;
		states[line->state]->late(line);
	}
	if (line->ppp_deadline != 0 && now >= line->ppp_deadline)
		line_ppp_remind(line);
	arm(line);
}

/* The last handle is closed: nothing of the line is left in the loop. */
static void
handle_closed(struct line *line)
{
	void (*done)(void *) = line->done;
	void *context = line->done_context;

	if (--line->handles > 0 || !line->dying)
		return;
	free(line);
	if (done != NULL)
		done(context);
}

static void
watch_closed(uv_handle_t *handle)
{
	struct line *line = handle->data;

	free((struct watch *)(void *)handle);
	handle_closed(line);
}

static void
timer_closed(uv_handle_t *handle)
{
	handle_closed(handle->data);
}

static void
unwatch(struct watch **watch)
{
	if (*watch != NULL)
		uv_close((uv_handle_t *)&(*watch)->poll, watch_closed);
	*watch = NULL;
}

static struct watch *
watch_open(struct line *line, int fd)
{
	struct watch *watch = calloc(1, sizeof(*watch));

	if (watch == NULL || uv_poll_init(line->loop, &watch->poll, fd) < 0) {
		free(watch);
		return NULL;
	}
	watch->poll.data = line;
	line->handles++;
	return watch;
}

static void
watch_want(struct watch *watch, int events, uv_poll_cb callback)
{
	if (watch == NULL || watch->events == events)
		return;
	watch->events = events;
	if (events == 0)
		uv_poll_stop(&watch->poll);
	else
		uv_poll_start(&watch->poll, events, callback);
}

static void
earlier(uint64_t *next, uint64_t time)
{
	if (time != 0 && (*next == 0 || time < *next))
		*next = time;
}

/* After anything that happened: what is waited for now. */
static void
arm(struct line *line)
{
	uint64_t next = 0, now = line_now(line);
	int port_events = UV_READABLE;

	if (line->dying)
		return;
	if (line->pumping)
		port_events = pump_port_events(&line->pump);
	else if (line->state == LINE_LOGIN && login_room(&line->login) == 0)
		port_events = 0;
	watch_want(line->port_watch, port_events, on_port);
	if (line->pumping)
		watch_want(line->master_watch,
		    pump_master_events(&line->pump), on_master);
	earlier(&next, line->deadline);
	earlier(&next, line->poll_at);
	earlier(&next, line->ppp_deadline);
	if (line->modem.command[0] != '\0')
		earlier(&next, line->modem.deadline);
	if (next == 0)
		uv_timer_stop(&line->timer);
	else
		uv_timer_start(&line->timer, on_time,
		    next > now ? next - now : 0, 0);
}

bool
line_open_port(struct line *line, char *error, size_t size)
{
	line->port = port_serial_open(line->config.path, line->config.speed,
	    error, size);
	if (line->port == NULL)
		return false;
	line->port_watch = watch_open(line, port_fd(line->port));
	if (line->port_watch == NULL) {
		snprintf(error, size, "%s cannot be watched",
		    line->config.path);
		line_close_port(line);
		return false;
	}
	modem_reset(&line->modem);
	return true;
}

/* The handle goes first: the loop must not hold a closed descriptor. */
void
line_close_port(struct line *line)
{
	unwatch(&line->port_watch);
	port_close(line->port);
	line->port = NULL;
	line->signals = 0;
	modem_reset(&line->modem);
}

bool
line_open_master(struct line *line, int master)
{
	int flags = fcntl(master, F_GETFL);

	if (flags < 0 || fcntl(master, F_SETFL, flags | O_NONBLOCK) < 0)
		return false;
	line->master_watch = watch_open(line, master);
	if (line->master_watch == NULL)
		return false;
	pump_start(&line->pump, line->port, master, line->login.kept,
	    line->login.length);
	line->pumping = true;
	return true;
}

void
line_close_master(struct line *line)
{
	if (!line->pumping)
		return;
	line->pumping = false;
	unwatch(&line->master_watch);
	close(line->pump.master);
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
	line->profile = profile_find(config->modem);
	if (line->profile == NULL) {
		log_warnx("line %s: there is no modem profile \"%s\"; the"
		    " generic one is used", config->name, config->modem);
		line->profile = profile_find("generic");
	}
	uv_timer_init(loop, &line->timer);
	line->timer.data = line;
	line->handles = 1;
	line->state = LINE_ABSENT;
	line->since = line_now(line);
	line_wait(line, 0);
	arm(line);
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
	line_close_master(line);
	line_close_port(line);
	line->deadline = line->poll_at = line->ppp_deadline = 0;
	uv_close((uv_handle_t *)&line->timer, timer_closed);
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
	arm(line);
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
	else if (line->state == LINE_HANGUP)
		line_hangup_ppp_ended(line);
	arm(line);
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
	} else if (line->state == LINE_ANSWERING || line->state == LINE_LOGIN) {
		line_call_end(line, cause);
	}
	arm(line);
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
		.state = line->state,
		.reason = out_of_order ? line->reason : "",
		.signals = signals,
		.since_ms = line->since,
		.caller = line->caller,
		.connect = line->connect,
		.rate = line->rates.tx,
		.in = line->in + line->pump.in_count,
		.out = line->pump.out_count,
		.calls = line->calls,
		.last_cause = line->cause,
	};
}

const char *
line_name(const struct line *line)
{
	return line->config.name;
}

const char *
line_state_name(enum line_state state)
{
	return states[state]->name;
}

const char *
line_cause_name(enum line_cause cause)
{
	return cause_names[cause];
}
