/*
 * port_tcp.c - a TCP stream as a port: established is carrier
 *
 * Whoever reads and writes here sees the call's octets; telnet, where it is
 * spoken, is dealt with below (telnet.h).  What the socket does not take of
 * octets that are telnet already waits here, and port_waits() tells.
 *
 * Keep-alive, no delay and the size of the buffers come from the listening
 * socket (masqd/keeper/listen.c): the gateway may change no socket.
 */
#include <errno.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "serial/port.h"
#include "serial/telnet.h"

enum { PIECE = 512, OUT_SIZE = 2048 };

struct tcp {
	struct port port; /* first */
	int fd;
	bool ended; /* by the caller, or broken */
	struct telnet telnet;
	uint8_t out[OUT_SIZE]; /* [first..end) are not sent */
	size_t out_first, out_end;
};

static struct tcp *
tcp_of(struct port *port)
{
	return (struct tcp *)(void *)port;
}

static void
tcp_close(struct port *port)
{
	struct tcp *tcp = tcp_of(port);

	close(tcp->fd);
	free(tcp);
}

static int
tcp_fd(const struct port *port)
{
	return ((const struct tcp *)(const void *)port)->fd;
}

/* What a read or a write says of the stream. */
static ssize_t
note_end(struct tcp *tcp, ssize_t count)
{
	if (count == 0 ||
	    (count < 0 && errno != EAGAIN && errno != EINTR))
		tcp->ended = true;
	return count;
}

static void
send_out(struct tcp *tcp)
{
	ssize_t count;

	if (tcp->out_first == tcp->out_end)
		return;
	count = note_end(tcp, send(tcp->fd, tcp->out + tcp->out_first,
	    tcp->out_end - tcp->out_first, MSG_NOSIGNAL));
	if (count > 0)
		tcp->out_first += (size_t)count;
	if (tcp->out_first == tcp->out_end)
		tcp->out_first = tcp->out_end = 0;
}

static ssize_t
tcp_read(struct port *port, void *to, size_t size)
{
	struct tcp *tcp = tcp_of(port);
	uint8_t raw[PIECE], reply[PIECE + TELNET_MORE];
	size_t count, replied;
	ssize_t got;

	if (tcp->telnet.mode == TELNET_RAW)
		return note_end(tcp, recv(tcp->fd, to, size, 0));
	if (size > sizeof(raw) + TELNET_MORE)
		size = sizeof(raw) + TELNET_MORE;
	if (size <= TELNET_MORE) {
		errno = EAGAIN;
		return -1;
	}
	got = note_end(tcp, recv(tcp->fd, raw, size - TELNET_MORE, 0));
	if (got <= 0)
		return got;
	telnet_in(&tcp->telnet, raw, (size_t)got, to, &count, reply, &replied);
	if (replied <= sizeof(tcp->out) - tcp->out_end) {
		memcpy(tcp->out + tcp->out_end, reply, replied);
		tcp->out_end += replied;
		send_out(tcp);
	}
	errno = EAGAIN; /* nothing but telnet */
	return count > 0 ? (ssize_t)count : -1;
}

static ssize_t
tcp_write(struct port *port, const void *from, size_t size)
{
	struct tcp *tcp = tcp_of(port);
	const uint8_t *octets = from;
	size_t done = 0;

	send_out(tcp);
	if (tcp->telnet.mode != TELNET_SPOKEN && tcp->out_end == 0 && size > 0)
		return note_end(tcp, send(tcp->fd, from, size, MSG_NOSIGNAL));
	while (done < size && tcp->out_end == 0) {
		size_t piece = size - done < PIECE ? size - done : PIECE;

		telnet_out(&tcp->telnet, octets + done, piece, tcp->out,
		    &tcp->out_end);
		send_out(tcp);
		done += piece;
	}
	if (tcp->ended) {
		errno = EPIPE;
		return -1;
	}
	errno = EAGAIN;
	return done > 0 || size == 0 ? (ssize_t)done : -1;
}

static bool
tcp_waits(const struct port *port)
{
	const struct tcp *tcp = (const struct tcp *)(const void *)port;

	return tcp->out_first != tcp->out_end && !tcp->ended;
}

static bool
tcp_is_clean(const struct port *port)
{
	return telnet_is_clean(
	    &((const struct tcp *)(const void *)port)->telnet);
}

static int
tcp_signals(struct port *port, unsigned *signals)
{
	*signals = tcp_of(port)->ended ? 0 : PORT_DCD | PORT_DSR | PORT_CTS;
	return 0;
}

static int
tcp_set_dtr(struct port *port, bool high)
{
	if (!high)
		(void)shutdown(tcp_of(port)->fd, SHUT_WR);
	return 0;
}

/* What was written is on its way. */
static int
tcp_flush(struct port *port)
{
	(void)port;
	return 0;
}

/* Octets that TCP has not sent yet, tcp(7): what is in flight is on the wire
 * as far as a line is concerned. */
static int
tcp_unsent(struct port *port, size_t *octets)
{
	int count;

	if (ioctl(tcp_of(port)->fd, SIOCOUTQNSD, &count) < 0)
		return -1;
	*octets = (count > 0 ? (size_t)count : 0) +
	    (tcp_of(port)->out_end - tcp_of(port)->out_first);
	return 0;
}

static const struct port_ops tcp_ops = {
	.close = tcp_close,
	.fd = tcp_fd,
	.read = tcp_read,
	.write = tcp_write,
	.signals = tcp_signals,
	.set_dtr = tcp_set_dtr,
	.flush = tcp_flush,
	.unsent = tcp_unsent,
	.waits = tcp_waits,
	.is_clean = tcp_is_clean,
};

struct port *
port_tcp_open(int fd, unsigned telnet)
{
	struct tcp *tcp = calloc(1, sizeof(*tcp));

	if (tcp == NULL) {
		close(fd);
		return NULL;
	}
	tcp->port.ops = &tcp_ops;
	tcp->fd = fd;
	telnet_reset(&tcp->telnet, telnet);
	return &tcp->port;
}
