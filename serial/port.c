/*
 * port.c - a byte stream with signals: whichever kind it is
 */
#include <errno.h>

#include "serial/port.h"

void
port_close(struct port *port)
{
	if (port != NULL)
		port->ops->close(port);
}

int
port_fd(const struct port *port)
{
	return port->ops->fd(port);
}

ssize_t
port_read(struct port *port, void *to, size_t size)
{
	return port->ops->read(port, to, size);
}

ssize_t
port_write(struct port *port, const void *from, size_t size)
{
	return port->ops->write(port, from, size);
}

int
port_claim(struct port *port, bool claim)
{
	return port->ops->claim == NULL ? 0 : port->ops->claim(port, claim);
}

bool
port_waits(const struct port *port)
{
	return port->ops->waits != NULL && port->ops->waits(port);
}

bool
port_is_clean(const struct port *port)
{
	return port->ops->is_clean == NULL || port->ops->is_clean(port);
}

int
port_signals(struct port *port, unsigned *signals)
{
	return port->ops->signals(port, signals);
}

int
port_set_dtr(struct port *port, bool high)
{
	return port->ops->set_dtr(port, high);
}

int
port_set_rts(struct port *port, bool high)
{
	errno = ENOTTY;
	return port->ops->set_rts == NULL ? -1 :
	    port->ops->set_rts(port, high);
}

int
port_set_speed(struct port *port, uint32_t speed)
{
	errno = ENOTTY;
	return port->ops->set_speed == NULL ? -1 :
	    port->ops->set_speed(port, speed);
}

int
port_flush(struct port *port)
{
	return port->ops->flush(port);
}

int
port_unsent(struct port *port, size_t *octets)
{
	return port->ops->unsent(port, octets);
}
