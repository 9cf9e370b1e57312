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

enum { PORT_READ_LEAST = 64 };

struct port_ops {
	void (*close)(struct port *);
	int (*fd)(const struct port *);
	ssize_t (*read)(struct port *, void *, size_t);
	ssize_t (*write)(struct port *, const void *, size_t);
	int (*signals)(struct port *, unsigned *signals);
	int (*set_dtr)(struct port *, bool high);
	int (*flush)(struct port *);
	int (*unsent)(struct port *, size_t *octets);
	/* Only of what has such a thing; otherwise NULL: */
	int (*set_rts)(struct port *, bool high);
	int (*set_speed)(struct port *, uint32_t speed);
	bool (*waits)(const struct port *);
	bool (*is_clean)(const struct port *);
	int (*claim)(struct port *, bool claim);
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

/* A port over a pty's master, owned from now on. NULL: the master is closed. */
struct port *port_pty_open(int master);

/*
 * A port over an accepted TCP socket, not blocking, owned from now on. DCD,
 * DSR and CTS are high until the caller has ended the stream; DTR low ends it
 * from our side, and what was written before still arrives. telnet: enum
 * telnet_setting. Fewer than PORT_READ_LEAST octets are not read at a time.
 * NULL: out of memory, fd is closed.
 */
struct port *port_tcp_open(int fd, unsigned telnet);

/* Has another program locked it, by flock or TIOCEXCL? */
bool port_serial_in_use(const char *path);

void port_close(struct port *); /* NULL is allowed */
int port_fd(const struct port *);

/* As read(2) and write(2) on a descriptor that does not block; a read of 0 or
 * an error other than EAGAIN says that the port is gone. */
ssize_t port_read(struct port *, void *, size_t);
ssize_t port_write(struct port *, const void *, size_t);

/* Let no other program have the port (flock, TIOCEXCL), or any; -1 with
 * errno: another one has it.  A port that is not claimed keeps its DTR when it
 * is closed. */
int port_claim(struct port *, bool claim);

/* Octets that port_write() has taken wait inside: when the descriptor can be
 * written, port_write() wants to be called, be it with nothing. */
bool port_waits(const struct port *);

/* Does each of the 256 octets pass both ways?  Of TCP this may change as telnet
 * is negotiated. */
bool port_is_clean(const struct port *);

/* The modem's signals now, enum port_signal ored. -1 with errno: port gone. */
int port_signals(struct port *, unsigned *signals);
int port_set_dtr(struct port *, bool high);

/* -1 with ENOTTY where the port has no RTS, or no speed.  speed: bit/s.  RTS
 * is the driver's own again once it has been set high. */
int port_set_rts(struct port *, bool high);
int port_set_speed(struct port *, uint32_t speed);

/* Throw away what was received and not read, and what is not yet sent. */
int port_flush(struct port *);

/* Octets written and not yet on the wire. */
int port_unsent(struct port *, size_t *octets);

#endif
