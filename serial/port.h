/*
 * port.h - a byte stream with signals
 *
 * A port is a serial port, a pty or a TCP stream behind one table of
 * functions.  All calls return at once.  The descriptor is watched by the
 * line that owns the port.
 */
#ifndef SERIAL_PORT_H
#define SERIAL_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct port;

enum port_signal {
	PORT_DCD = 1 << 0,
	PORT_RI = 1 << 1,
	PORT_CTS = 1 << 2,
	PORT_DSR = 1 << 3
};

struct port_ops {
	void (*close)(struct port *);
	int (*fd)(const struct port *);
	ssize_t (*read)(struct port *, void *, size_t);
	ssize_t (*write)(struct port *, const void *, size_t);
	int (*signals)(struct port *, unsigned *signals);
	int (*set_dtr)(struct port *, bool high);
	int (*flush)(struct port *);
	int (*unsent)(struct port *, size_t *octets);
};

/* Each kind's struct starts with this one. */
struct port {
	const struct port_ops *ops;
};

/*
 * Open a serial port by any path (symbolic links are followed), raw, 8N1,
 * RTS/CTS set and verified, CLOCAL, exclusive, not blocking, DTR as it is
 * left by the system.
 *
 * speed: bit/s.  Returns the port, to be closed with port_close(), or NULL
 * with one sentence in error.
 */
struct port *port_serial_open(const char *path, uint32_t speed, char *error,
    size_t error_size);

void port_close(struct port *); /* NULL is allowed */
int port_fd(const struct port *);

/* As read(2) and write(2) on a descriptor that does not block; a read of 0 or
 * an error other than EAGAIN says that the port is gone. */
ssize_t port_read(struct port *, void *, size_t);
ssize_t port_write(struct port *, const void *, size_t);

/* The modem's signals now, enum port_signal ored. -1 with errno: port gone. */
int port_signals(struct port *, unsigned *signals);
int port_set_dtr(struct port *, bool high);

/* Throw away what was received and not read, and what is not yet sent. */
int port_flush(struct port *);

/* Octets written and not yet on the wire. */
int port_unsent(struct port *, size_t *octets);

#endif
