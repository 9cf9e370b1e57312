/*
 * line_io.c - a line's port, pty, timer and what waits to be sent
 *
 * Everything that happens to a line comes in here, goes to the function that
 * the line's state has for it, and ends in line_arm(), which says what is
 * waited for now.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "masqd/log.h"
#include "serial/line_state.h"

enum {
	POLL_MS = 100, /* the signals: DCD's fall is noticed within this */
	SILENCE_MS = 500, /* behind NO CARRIER, if it is the modem's */
	READ_SIZE = 2048
};

struct watch {
	uv_poll_t poll; /* data: the line */
	int events;	/* asked for at present */
};

/* The port is gone: unplugged, or its driver says so.  A TCP caller's stream
 * that has ended is carrier lost. */
void
line_port_gone(struct line *line, const char *why)
{
	bool has_call = line_in_call(line);

	if (line->config.kind == LINE_TCP) {
		line->port_ended = true;
		line->signals = 0;
		if (has_call)
			line_call_end(line, CAUSE_LOST_CARRIER);
		else
			line->poll_at = line_now(line);
		return;
	}
	if (line->config.kind == LINE_PTY && line->port != NULL) {
		if (has_call && line->cause == CAUSE_NONE)
			line->cause = CAUSE_LOST_CARRIER;
		line->retry_in = 0;
		line_enter(line, LINE_ABSENT);
		return;
	}
	if (has_call)
		line->cause = CAUSE_PORT_ERROR;
	line_fail(line, LINE_ABSENT, "%s is gone: %s", line->config.path, why);
}

/* A modem says NO CARRIER, and then nothing: where DCD does not fall, wired
 * high or not at all, that is the end. */
static void
look_for_end(void *context, const uint8_t *octets, size_t count)
{
	struct line *line = context;

	if (!line->cable)
		line->hung_at = no_carrier_feed(&line->no_carrier, octets,
		    count) ? line_now(line) + SILENCE_MS : 0;
}

/* Octets while no pump runs: the modem's, up to a CONNECT, then the call's. */
static void
take_octets(struct line *line, const uint8_t *octets, size_t count)
{
	while (count > 0 && line->port != NULL) {
		struct modem_event event;
		size_t used;

		if (line_pty_octets(line, octets, count))
			line_enter(line, LINE_IDLE);
		if (line->cable && line->state == LINE_IDLE)
			line_call_begin(line, "");
		if (line_does(line)->octets != NULL) {
			used = modem_call_octets(&line->modem, octets, count);
			look_for_end(line, octets, count);
			line_does(line)->octets(line, octets + used,
			    count - used);
			return;
		}
		if (line->cable)
			return;
		used = modem_feed(&line->modem, octets, count, &event);
		octets += used;
		count -= used;
		line->alive |= event.answer;
		if (event.code != RESULT_NOTHING &&
		    line_does(line)->event != NULL)
			line_does(line)->event(line, &event);
	}
}

/* Until pppd is there. */
static bool
keeps(const struct line *line)
{
	return line->state == LINE_LOGIN && line->ppp != LINE_PPP_NONE;
}

static void
read_port(struct line *line)
{
	uint8_t octets[READ_SIZE];
	size_t size = sizeof(octets);
	ssize_t count;

	if (keeps(line) && login_room(&line->dialogue.login) < size)
		size = login_room(&line->dialogue.login);
	if (size < PORT_READ_LEAST)
		return;
	count = port_read(line->port, octets, size);
	if (count > 0)
		take_octets(line, octets, (size_t)count);
	else if (count == 0 || (errno != EAGAIN && errno != EINTR))
		line_port_gone(line, count == 0 ?
			"it was hung up or unplugged" : strerror(errno));
}

void
line_flush_out(struct line *line)
{
	ssize_t count;

	if (line->out_first == line->out_end && !port_waits(line->port))
		return;
	count = port_write(line->port, line->out_octets + line->out_first,
	    line->out_end - line->out_first);
	if (count <= 0)
		return; /* an error is found by reading */
	line->out_first += (size_t)count;
	line->out += (size_t)count;
	if (line->out_first == line->out_end)
		line->out_first = line->out_end = 0;
}

size_t
line_room(const struct line *line)
{
	return sizeof(line->out_octets) - (line->out_end - line->out_first);
}

void
line_write(struct line *line, const uint8_t *octets, size_t n)
{
	size_t waits = line->out_end - line->out_first;

	if (line->port == NULL || n > line_room(line))
		return;
	if (n > sizeof(line->out_octets) - line->out_end) {
		memmove(line->out_octets, line->out_octets + line->out_first,
		    waits);
		line->out_first = 0;
		line->out_end = waits;
	}
	memcpy(line->out_octets + line->out_end, octets, n);
	line->out_end += n;
	if (waits == 0)
		line_flush_out(line);
	line_arm(line);
}

static void
on_port(uv_poll_t *poll, int status, int events)
{
	struct line *line = poll->data;

	if (status < 0) {
		line_port_gone(line, "it was hung up or unplugged");
	} else if (line->pumping) {
		if (port_waits(line->port))
			(void)port_write(line->port, "", 0);
		line_call_move(line);
	} else {
		if (events & UV_WRITABLE)
			line_flush_out(line);
		if (events & UV_READABLE)
			read_port(line);
	}
	line_arm(line);
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
	line_arm(line);
}

static void
look_at_signals(struct line *line)
{
	unsigned signals;

	line->poll_at = line_now(line) + POLL_MS;
	if (port_signals(line->port, &signals) < 0) {
		line_port_gone(line, strerror(errno));
		return;
	}
	line->signals = signals;
	if (line_does(line)->signals != NULL)
		line_does(line)->signals(line);
}

static void
on_time(uv_timer_t *timer)
{
	struct line *line = timer->data;
	uint64_t now = line_now(line);

	if (line->poll_at != 0 && now >= line->poll_at)
		look_at_signals(line);
	if (modem_silent(&line->modem, now)) {
		if (line_pty_silent(line))
			line_enter(line, LINE_INIT);
		else if (line_does(line)->silent != NULL)
			line_does(line)->silent(line);
	}
	if (line->deadline != 0 && now >= line->deadline) {
		line->deadline = 0;
		line_does(line)->late(line);
	}
	if (line->ppp_deadline != 0 && now >= line->ppp_deadline)
		line_ppp_remind(line);
	if (line->hung_at != 0 && now >= line->hung_at) {
		line->hung_at = 0;
		if (line_in_call(line))
			line_call_end(line, CAUSE_LOST_CARRIER);
	}
	line_arm(line);
}

/* The last handle is closed: nothing of the line is left in the loop. */
static void
handle_closed(struct line *line)
{
	void (*done)(void *) = line->done;
	void *context = line->done_context;

	if (--line->handles > 0 || !line->dying)
		return;
	free(line->probe);
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

void
line_close_timer(struct line *line)
{
	uv_close((uv_handle_t *)&line->timer, timer_closed);
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

static int
port_events(const struct line *line)
{
	int events = UV_READABLE, wait = 0;

	if (line->port == NULL || line->port_ended ||
	    line->state == LINE_ABSENT)
		return 0;
	if (port_waits(line->port))
		wait |= UV_WRITABLE;
	if (line->pumping)
		return pump_port_events(&line->pump) | wait;
	if (keeps(line) && login_room(&line->dialogue.login) < PORT_READ_LEAST)
		events = 0;
	return events | wait |
	    (line->out_first != line->out_end ? UV_WRITABLE : 0);
}

void
line_arm(struct line *line)
{
	uint64_t next = 0, now = line_now(line);

	if (line->dying)
		return;
	watch_want(line->port_watch, port_events(line), on_port);
	if (line->pumping)
		watch_want(line->master_watch,
		    pump_master_events(&line->pump), on_master);
	earlier(&next, line->deadline);
	earlier(&next, line->poll_at);
	earlier(&next, line->ppp_deadline);
	earlier(&next, line->hung_at);
	if (line->modem.command[0] != '\0')
		earlier(&next, line->modem.deadline);
	if (next == 0)
		uv_timer_stop(&line->timer);
	else
		uv_timer_start(&line->timer, on_time,
		    next > now ? next - now : 0, 0);
}

bool
line_take_port(struct line *line, struct port *port)
{
	line->port = port;
	line->port_ended = false;
	line->port_watch = watch_open(line, port_fd(port));
	if (line->port_watch == NULL) {
		line_close_port(line);
		return false;
	}
	modem_reset(&line->modem);
	return true;
}

bool
line_open_port(struct line *line, char *error, size_t size)
{
	struct port *port = NULL;

	if (line->config.kind == LINE_SERIAL)
		port = port_serial_open(line->config.path, line->config.speed,
		    error, size);
	else /* the keeper makes it, in ABSENT */
		snprintf(error, size, "%s is made anew", line->config.path);
	if (port == NULL)
		return false;
	if (line_take_port(line, port)) {
		line->claimed = true;
		if (line->house.lock != NULL)
			line->house.lock(line->house.context, line, true);
		return true;
	}
	snprintf(error, size, "%s cannot be watched", line->config.path);
	return false;
}

/* The handle goes first: the loop must not hold a closed descriptor. */
void
line_close_port(struct line *line)
{
	if (line->claimed && line->house.lock != NULL)
		line->house.lock(line->house.context, line, false);
	line->claimed = false;
	unwatch(&line->port_watch);
	port_close(line->port);
	line->port = NULL;
	line->port_ended = false;
	line->signals = 0;
	line->poll_at = 0;
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
	pump_start(&line->pump, line->port, master, line->dialogue.login.kept,
	    line->dialogue.login.length);
	line->pump.seen = look_for_end;
	line->pump.seen_context = line;
	line->out_first = line->out_end = 0;
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
