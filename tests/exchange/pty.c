/*
 * pty.c - a modem's wire that is a pty
 *
 * Two kinds with one behaviour: of the one we hold the master and look whether
 * a slave is open (poll(2) says POLLHUP while none is); of the other we are
 * the slave and look whether the computer has made the pty.  Both looks are
 * taken every LOOK_MS while nobody is there; that somebody went is said by
 * reading.
 *
 * What must never happen: octets of one opener shown to the next (the pty is
 * flushed in between), or a queue that grows (room()).
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "pty.h"

enum { LOOK_MS = 20, QUEUE = 4096 };

struct pty {
	struct pty_house house;
	const char *path; /* of the computer's slave; NULL: the pty is ours */
	int fd;		  /* our end; -1: the computer's is not there */
	bool present;	  /* somebody has the other end open */
	bool held;	  /* CTS is low: nothing is read */
	bool full;	  /* the house was told that there is no room */
	uv_poll_t *poll;  /* of fd; freed by its close callback, as is this: */
	uv_timer_t *look;
	uint8_t queue[QUEUE];
	size_t queued;
};

static void watch(struct pty *);
static void on_look(uv_timer_t *);

static void
on_closed(uv_handle_t *handle)
{
	free(handle);
}

static void
unwatch(struct pty *pty)
{
	if (pty->poll)
		uv_close((uv_handle_t *)pty->poll, on_closed);
	pty->poll = NULL;
}

/*
 * Open the slave once and close it: what is in its buffer is forgotten, and PPP
 * or SLIP of an opener who was killed, neither of which can be done from the
 * master; and until then the kernel says of a new pty that a slave is open.
 */
static int
touch_slave(const struct pty *pty)
{
	const int plain = N_TTY;
	char path[WIRE_PATH];
	int slave;

	if (ptsname_r(pty->fd, path, sizeof(path)) != 0)
		return -1;
	slave = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (slave < 0)
		return -1;
	ioctl(slave, TIOCSETD, &plain);
	tcflush(slave, TCIOFLUSH);
	close(slave);
	return 0;
}

/* Nobody is at the other end any more. */
static void
gone(struct pty *pty)
{
	unwatch(pty);
	pty->queued = 0;
	pty->full = pty->held = false;
	if (pty->path) {
		close(pty->fd);
		pty->fd = -1;
	} else {
		touch_slave(pty);
	}
	uv_timer_start(pty->look, on_look, LOOK_MS, LOOK_MS);
	if (!pty->present)
		return;
	pty->present = false;
	pty->house.computer(pty->house.context, 0);
}

static int
raw(int tty)
{
	struct termios settings;

	if (tcgetattr(tty, &settings) < 0)
		return -1;
	cfmakeraw(&settings);
	settings.c_cflag |= CLOCAL;
	return tcsetattr(tty, TCSANOW, &settings);
}

static bool
is_there(struct pty *pty)
{
	struct pollfd look = { .fd = pty->fd };

	if (!pty->path)
		return poll(&look, 1, 0) >= 0 && !(look.revents & POLLHUP);
	pty->fd = open(pty->path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (pty->fd >= 0 && raw(pty->fd) == 0)
		return true;
	if (pty->fd >= 0)
		close(pty->fd);
	pty->fd = -1;
	return false;
}

static void
on_look(uv_timer_t *timer)
{
	struct pty *pty = timer->data;

	if (!is_there(pty))
		return;
	uv_timer_stop(timer);
	pty->poll = calloc(1, sizeof(*pty->poll));
	if (!pty->poll || uv_poll_init(timer->loop, pty->poll, pty->fd) < 0) {
		free(pty->poll);
		pty->poll = NULL;
		gone(pty);
		return;
	}
	pty->poll->data = pty;
	pty->present = true;
	watch(pty);
	pty->house.computer(pty->house.context,
	    WIRE_OPEN | WIRE_DTR | WIRE_RTS);
}

/* Returns false when nobody is there any more. */
static bool
flush(struct pty *pty)
{
	const ssize_t sent = write(pty->fd, pty->queue, pty->queued);

	if (sent < 0)
		return errno == EAGAIN || errno == EINTR;
	pty->queued -= (size_t)sent;
	memmove(pty->queue, pty->queue + sent, pty->queued);
	return true;
}

static void
on_poll(uv_poll_t *poll, int status, int events)
{
	struct pty *pty = poll->data;
	uint8_t octets[1024];
	ssize_t got = -1;

	errno = status < 0 ? EIO : EAGAIN;
	if (status == 0 && (events & UV_READABLE))
		got = read(pty->fd, octets, sizeof(octets));
	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR) ||
	    (pty->queued && !flush(pty))) {
		gone(pty);
		return;
	}
	if (pty->full && pty->queued < QUEUE) {
		pty->full = false;
		pty->house.room(pty->house.context);
	}
	if (got > 0)
		pty->house.octets(pty->house.context, octets, (size_t)got);
	watch(pty);
}

static void
watch(struct pty *pty)
{
	if (pty->poll)
		uv_poll_start(pty->poll, (pty->held ? 0 : UV_READABLE) |
		    (pty->queued ? UV_WRITABLE : 0), on_poll);
}

static void
wire_signals(void *end, unsigned channel, unsigned signals)
{
	struct pty *pty = end;
	const bool held = !(signals & WIRE_CTS);

	(void)channel;
	if (held == pty->held)
		return;
	pty->held = held;
	watch(pty);
}

static size_t
wire_room(const void *end, unsigned channel)
{
	const struct pty *pty = end;

	(void)channel;
	return QUEUE - pty->queued;
}

/* Not written from here: what calls us may be in the middle of a buffer. */
static void
wire_send(void *end, unsigned channel, const uint8_t *octets, size_t count)
{
	struct pty *pty = end;

	(void)channel;
	if (!pty->present)
		return;
	if (count > QUEUE - pty->queued)
		count = QUEUE - pty->queued;
	memcpy(pty->queue + pty->queued, octets, count);
	pty->queued += count;
	pty->full = pty->queued == QUEUE;
	watch(pty);
}

static void
wire_tty(const void *end, unsigned channel, char path[WIRE_PATH])
{
	const struct pty *pty = end;

	(void)channel;
	if (pty->path)
		snprintf(path, WIRE_PATH, "%s", pty->path);
	else if (ptsname_r(pty->fd, path, WIRE_PATH) != 0)
		path[0] = '\0';
}

const struct wire_ops pty_wire = { wire_signals, wire_room, wire_send,
	wire_tty };

static int
open_pair(struct pty *pty)
{
	pty->fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (pty->fd < 0 || grantpt(pty->fd) < 0 || unlockpt(pty->fd) < 0 ||
	    raw(pty->fd) < 0)
		return -1;
	return touch_slave(pty);
}

struct pty *
pty_create(uv_loop_t *loop, const char *path, const struct pty_house *house)
{
	struct pty *pty = calloc(1, sizeof(*pty));

	if (!pty)
		return NULL;
	pty->house = *house;
	pty->path = path;
	pty->fd = -1;
	pty->look = calloc(1, sizeof(*pty->look));
	if (!pty->look || (!path && open_pair(pty) < 0)) {
		if (pty->fd >= 0)
			close(pty->fd);
		free(pty->look);
		free(pty);
		return NULL;
	}
	pty->look->data = pty;
	uv_timer_init(loop, pty->look);
	uv_timer_start(pty->look, on_look, 0, LOOK_MS);
	return pty;
}

void
pty_destroy(struct pty *pty)
{
	unwatch(pty);
	uv_close((uv_handle_t *)pty->look, on_closed);
	if (pty->fd >= 0)
		close(pty->fd);
	free(pty);
}
