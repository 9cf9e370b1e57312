/*
 * port_serial.c - a serial port, opened and set up through libserialport
 *
 * libserialport finds the device, opens it and sets the speed.  What it does
 * differently from version to version, or says to have done and has not
 * (flow control by RTS/CTS: the bit goes into the wrong word of the termios),
 * is done here on its descriptor, after the last of its sp_set_ calls, and
 * read back.
 *
 * Close drops DTR (HUPCL, and by hand), so that the death of the process
 * hangs up as well; it must not wait for octets that a modem with CTS low
 * would not take, therefore they are thrown away before.
 */
#include <errno.h>
#include <fcntl.h>
#include <libserialport.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "masqd/log.h"
#include "serial/port.h"

struct serial {
	struct port port; /* first */
	struct sp_port *sp;
	int fd; /* sp's */
	bool shared; /* not claimed: another program may have it open, too */
};

static struct serial *
serial_of(struct port *port)
{
	return (struct serial *)(void *)port;
}

static void
serial_close(struct port *port)
{
	struct serial *serial = serial_of(port);
	int dtr = TIOCM_DTR;

	if (!serial->shared) {
		tcflush(serial->fd, TCIOFLUSH);
		ioctl(serial->fd, TIOCMBIC, &dtr);
	}
	sp_close(serial->sp);
	sp_free_port(serial->sp);
	free(serial);
}

static int
serial_fd(const struct port *port)
{
	return ((const struct serial *)(const void *)port)->fd;
}

/* Not through libserialport: its read says 0 for "nothing there" and for "the
 * device is gone" alike. */
static ssize_t
serial_read(struct port *port, void *to, size_t size)
{
	return read(serial_of(port)->fd, to, size);
}

static ssize_t
serial_write(struct port *port, const void *from, size_t size)
{
	return write(serial_of(port)->fd, from, size);
}

static int
serial_signals(struct port *port, unsigned *signals)
{
	enum sp_signal now;

	if (sp_get_signals(serial_of(port)->sp, &now) != SP_OK)
		return -1;
	*signals = (now & SP_SIG_DCD ? PORT_DCD : 0u) |
	    (now & SP_SIG_RI ? PORT_RI : 0u) |
	    (now & SP_SIG_CTS ? PORT_CTS : 0u) |
	    (now & SP_SIG_DSR ? PORT_DSR : 0u);
	return 0;
}

/* Not sp_set_dtr(): it writes the termios again, without RTS/CTS. */
static int
serial_set_dtr(struct port *port, bool high)
{
	int dtr = TIOCM_DTR;

	return ioctl(serial_of(port)->fd, high ? TIOCMBIS : TIOCMBIC, &dtr);
}

static int
serial_set_rts(struct port *port, bool high)
{
	int rts = TIOCM_RTS;

	return ioctl(serial_of(port)->fd, high ? TIOCMBIS : TIOCMBIC, &rts);
}

/* Not sp_set_baudrate(): it writes the termios again, without RTS/CTS. */
static int
serial_set_speed(struct port *port, uint32_t speed)
{
	static const struct {
		uint32_t speed;
		speed_t name;
	} speeds[] = { { 300, B300 }, { 600, B600 }, { 1200, B1200 },
		{ 2400, B2400 }, { 4800, B4800 }, { 9600, B9600 },
		{ 19200, B19200 }, { 38400, B38400 }, { 57600, B57600 },
		{ 115200, B115200 }, { 230400, B230400 },
		{ 460800, B460800 }, { 921600, B921600 } };
	int fd = serial_of(port)->fd;
	struct termios t;

	for (size_t i = 0; i < sizeof(speeds) / sizeof(*speeds); i++) {
		if (speeds[i].speed != speed)
			continue;
		if (tcgetattr(fd, &t) < 0 || cfsetspeed(&t, speeds[i].name) < 0)
			return -1;
		return tcsetattr(fd, TCSANOW, &t);
	}
	errno = EINVAL;
	return -1;
}

static int
serial_flush(struct port *port)
{
	return tcflush(serial_of(port)->fd, TCIOFLUSH);
}

static int
serial_unsent(struct port *port, size_t *octets)
{
	int count;

	if (ioctl(serial_of(port)->fd, TIOCOUTQ, &count) < 0)
		return -1;
	*octets = count > 0 ? (size_t)count : 0;
	return 0;
}

static int
serial_claim(struct port *port, bool claim)
{
	struct serial *serial = serial_of(port);

	if (flock(serial->fd, claim ? LOCK_EX | LOCK_NB : LOCK_UN) < 0)
		return -1;
	(void)ioctl(serial->fd, claim ? TIOCEXCL : TIOCNXCL);
	serial->shared = !claim;
	return 0;
}

static const struct port_ops serial_ops = {
	.close = serial_close,
	.fd = serial_fd,
	.read = serial_read,
	.write = serial_write,
	.signals = serial_signals,
	.set_dtr = serial_set_dtr,
	.flush = serial_flush,
	.unsent = serial_unsent,
	.claim = serial_claim,
	.set_rts = serial_set_rts,
	.set_speed = serial_set_speed,
};

/* One sentence for a failed libserialport call; errno is its. */
static void
explain(const char *path, enum sp_return failed, char *error, size_t size)
{
	int number = errno;

	if (failed == SP_ERR_ARG || failed == SP_ERR_SUPP)
		snprintf(error, size, "%s is no serial port", path);
	else if (failed == SP_ERR_FAIL && (number == EBUSY ||
	    number == EWOULDBLOCK))
		snprintf(error, size, "%s is in use by another program", path);
	else if (failed == SP_ERR_FAIL && number == EACCES)
		snprintf(error, size, "%s: permission denied; its group should"
		    " be masqd (see the udev rule)", path);
	else
		snprintf(error, size, "cannot open %s: %s", path,
		    failed == SP_ERR_FAIL ? strerror(number) :
					    "out of memory");
}

static enum sp_return
set_frame(struct sp_port *sp, uint32_t speed)
{
	enum sp_return result = sp_set_baudrate(sp, (int)speed);

	if (result == SP_OK)
		result = sp_set_bits(sp, 8);
	if (result == SP_OK)
		result = sp_set_parity(sp, SP_PARITY_NONE);
	if (result == SP_OK)
		result = sp_set_stopbits(sp, 1);
	return result;
}

/* No other program beside us: TIOCEXCL against those that only open, the
 * lock for those that ask (and where this process may pass TIOCEXCL). */
static bool
make_exclusive(int fd, const char *path, char *error, size_t size)
{
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		explain(path, SP_ERR_FAIL, error, size);
		return false;
	}
	if (ioctl(fd, TIOCEXCL) < 0)
		log_warn("%s: no exclusive use", path);
	return true;
}

/*
 * Raw, RTS/CTS, no signals from DCD (we look at it ourselves), DTR drops at
 * close.  VMIN 1: with 0 a read of nothing would look like a port that is
 * gone.
 */
static bool
set_raw(int fd, const char *path, char *error, size_t size)
{
	struct termios t;
	int flags = fcntl(fd, F_GETFL), rts = TIOCM_RTS;

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
	    tcgetattr(fd, &t) < 0)
		goto failed;
	cfmakeraw(&t);
	t.c_iflag &= ~(tcflag_t)(IXON | IXOFF | IXANY);
	t.c_cflag |= CLOCAL | CREAD | HUPCL | CRTSCTS;
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	if (tcsetattr(fd, TCSANOW, &t) < 0 || tcgetattr(fd, &t) < 0)
		goto failed;
	if (!(t.c_cflag & CLOCAL) || (t.c_lflag & (ICANON | ECHO)) ||
	    t.c_cc[VMIN] != 1) {
		snprintf(error, size, "%s does not take raw mode", path);
		return false;
	}
	/* libserialport takes RTS for low, and sets it so, where a driver does
	 * not tell it at once; and low it would stay. */
	(void)ioctl(fd, TIOCMBIS, &rts);
	/* A driver whose flow control is not the tty's affair (a multiplexer,
	 * CDC-ACM) may leave the bit out and be right. */
	if (!(t.c_cflag & CRTSCTS))
		log_info("%s: its driver does not take RTS/CTS; if pages stall"
		    " under load, look there", path);
	return true;
failed:
	snprintf(error, size, "cannot set up %s: %s", path, strerror(errno));
	return false;
}

/*
 * Look whether another program has the port before libserialport sets it up:
 * that would spoil it for the other.  The lock is let go again, because some
 * versions of libserialport take it themselves; the descriptor stays open
 * until the port is, so that DTR does not fall in between.  Returns it, or -1
 * with a sentence in error.
 */
static int
look_ahead(const char *path, char *error, size_t size)
{
	int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0) {
		explain(path, SP_ERR_FAIL, error, size);
		return -1;
	}
	if (!isatty(fd)) {
		explain(path, SP_ERR_ARG, error, size);
	} else if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		explain(path, SP_ERR_FAIL, error, size);
	} else {
		flock(fd, LOCK_UN);
		return fd;
	}
	close(fd);
	return -1;
}

static bool
open_sp(const char *path, uint32_t speed, struct sp_port **sp, char *error,
    size_t size)
{
	enum sp_return result = sp_get_port_by_name(path, sp);

	if (result != SP_OK) {
		explain(path, result, error, size);
		return false;
	}
	result = sp_open(*sp, SP_MODE_READ_WRITE);
	if (result != SP_OK) {
		explain(path, result, error, size);
		goto free_port;
	}
	result = set_frame(*sp, speed);
	if (result == SP_OK)
		return true;
	snprintf(error, size, "%s does not take %u bit/s, 8N1", path, speed);
	sp_close(*sp);
free_port:
	sp_free_port(*sp);
	return false;
}

/* The port at its real path, in a struct that is filled in here. */
static bool
open_serial(struct serial *serial, const char *path, uint32_t speed,
    char *error, size_t size)
{
	int ahead = look_ahead(path, error, size);
	bool is_open;

	if (ahead < 0)
		return false;
	is_open = open_sp(path, speed, &serial->sp, error, size);
	close(ahead);
	if (!is_open)
		return false;
	if (sp_get_port_handle(serial->sp, &serial->fd) == SP_OK &&
	    make_exclusive(serial->fd, path, error, size) &&
	    set_raw(serial->fd, path, error, size))
		return true;
	sp_close(serial->sp);
	sp_free_port(serial->sp);
	return false;
}

struct port *
port_serial_open(const char *path, uint32_t speed, char *error,
    size_t error_size)
{
	struct serial *serial;
	char *real = realpath(path, NULL);

	if (real == NULL) {
		snprintf(error, error_size, "cannot find %s: %s", path,
		    strerror(errno));
		return NULL;
	}
	serial = calloc(1, sizeof(*serial));
	if (serial == NULL) {
		snprintf(error, error_size, "cannot open %s: out of memory",
		    path);
	} else if (!open_serial(serial, real, speed, error, error_size)) {
		free(serial);
		serial = NULL;
	} else {
		serial->port.ops = &serial_ops;
	}
	free(real);
	return serial != NULL ? &serial->port : NULL;
}

bool
port_serial_in_use(const char *path)
{
	int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	bool in_use;

	if (fd < 0)
		return errno == EBUSY;
	in_use = isatty(fd) && flock(fd, LOCK_EX | LOCK_NB) < 0;
	close(fd);
	return in_use;
}
