/*
 * port_pty.c - a pty's master as a port: whoever has opened the slave is there
 *
 * A pty has no modem signals: DSR and CTS say that the slave is open.  A
 * soft modem on it is hung up in-band, anything else by taking the pty away.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "serial/port.h"

struct pty {
	struct port port; /* first */
	int master;
};

static int
master_of(const struct port *port)
{
	return ((const struct pty *)(const void *)port)->master;
}

static void
pty_close(struct port *port)
{
	close(master_of(port));
	free(port);
}

static ssize_t
pty_read(struct port *port, void *to, size_t size)
{
	return read(master_of(port), to, size);
}

static ssize_t
pty_write(struct port *port, const void *from, size_t size)
{
	return write(master_of(port), from, size);
}

static int
pty_signals(struct port *port, unsigned *signals)
{
	struct pollfd look = { .fd = master_of(port) };

	if (poll(&look, 1, 0) < 0)
		return -1;
	*signals = look.revents & POLLHUP ? 0 : PORT_DSR | PORT_CTS;
	return 0;
}

static int
pty_set_dtr(struct port *port, bool high)
{
	(void)port;
	(void)high;
	errno = ENOTTY;
	return -1;
}

static int
pty_flush(struct port *port)
{
	return tcflush(master_of(port), TCIOFLUSH);
}

/* What the slave has not read yet, nobody can tell from here. */
static int
pty_unsent(struct port *port, size_t *octets)
{
	(void)port;
	*octets = 0;
	return 0;
}

static const struct port_ops pty_ops = {
	.close = pty_close,
	.fd = master_of,
	.read = pty_read,
	.write = pty_write,
	.signals = pty_signals,
	.set_dtr = pty_set_dtr,
	.flush = pty_flush,
	.unsent = pty_unsent,
};

struct port *
port_pty_open(int master)
{
	struct pty *pty = calloc(1, sizeof(*pty));
	int flags = fcntl(master, F_GETFL);

	if (pty == NULL || flags < 0 ||
	    fcntl(master, F_SETFL, flags | O_NONBLOCK) < 0) {
		free(pty);
		close(master);
		return NULL;
	}
	pty->port.ops = &pty_ops;
	pty->master = master;
	return &pty->port;
}
