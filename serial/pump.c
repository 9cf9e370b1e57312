/*
 * pump.c - octets both ways between a port and a pty's master
 *
 * Each way is one buffer that is filled when it is empty and written out
 * before it is filled again: no ring, no copying about, and at most one
 * buffer of octets in hand each way.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "serial/pump.h"

/* How often both ways are gone through in one call: other lines wait. */
enum { ROUNDS = 4 };

void
pump_start(struct pump *pump, struct port *port, int master,
    const uint8_t *first, size_t count)
{
	assert(count <= PUMP_IN_SIZE);
	pump->port = port;
	pump->master = master;
	pump->held = true;
	pump->seen = NULL;
	pump->in_count = pump->out_count = 0;
	pump->in = (struct pump_way){ pump->in_octets, PUMP_IN_SIZE, 0, count };
	pump->out = (struct pump_way){ pump->out_octets, PUMP_OUT_SIZE, 0, 0 };
	if (count > 0)
		memcpy(pump->in_octets, first, count);
}

void
pump_release(struct pump *pump)
{
	pump->held = false;
}

static bool
is_empty(const struct pump_way *way)
{
	return way->first == way->end;
}

/* The result of a read or a write that moved nothing: is that all? */
static bool
is_transient(ssize_t result)
{
	return result < 0 && (errno == EAGAIN || errno == EINTR);
}

/* Returns false where the port is gone; *moved: something was moved. */
static bool
move_port(struct pump *pump, bool *moved)
{
	struct pump_way *in = &pump->in, *out = &pump->out;
	ssize_t count;

	if (is_empty(in)) {
		count = port_read(pump->port, in->octets, in->size);
		if (count <= 0 && !is_transient(count))
			return false;
		in->first = 0;
		in->end = count > 0 ? (size_t)count : 0;
		pump->in_count += in->end;
		if (pump->seen != NULL && count > 0)
			pump->seen(pump->seen_context, in->octets, in->end);
		*moved |= count > 0;
	}
	if (!is_empty(out)) {
		count = port_write(pump->port, out->octets + out->first,
		    out->end - out->first);
		if (count < 0 && !is_transient(count))
			return false;
		out->first += count > 0 ? (size_t)count : 0;
		pump->out_count += count > 0 ? (uint64_t)count : 0;
		*moved |= count > 0;
	}
	return true;
}

static bool
move_master(struct pump *pump, bool *moved)
{
	struct pump_way *in = &pump->in, *out = &pump->out;
	ssize_t count;

	if (is_empty(out)) {
		count = read(pump->master, out->octets, out->size);
		if (count <= 0 && !is_transient(count))
			return false;
		out->first = 0;
		out->end = count > 0 ? (size_t)count : 0;
		if (count > 0)
			pump_release(pump);
		*moved |= count > 0;
	}
	if (!is_empty(in) && !pump->held) {
		count = write(pump->master, in->octets + in->first,
		    in->end - in->first);
		if (count < 0 && !is_transient(count))
			return false;
		in->first += count > 0 ? (size_t)count : 0;
		*moved |= count > 0;
	}
	return true;
}

enum pump_result
pump_move(struct pump *pump)
{
	bool moved = true;

	for (int i = 0; i < ROUNDS && moved; i++) {
		moved = false;
		if (!move_port(pump, &moved)) {
			/* The caller's last octets may be his good-bye. */
			(void)move_master(pump, &moved);
			return PUMP_PORT_GONE;
		}
		if (!move_master(pump, &moved))
			return PUMP_MASTER_GONE;
	}
	return PUMP_GOES;
}

int
pump_port_events(const struct pump *pump)
{
	return (is_empty(&pump->in) ? UV_READABLE : 0) |
	    (is_empty(&pump->out) ? 0 : UV_WRITABLE);
}

int
pump_master_events(const struct pump *pump)
{
	return (is_empty(&pump->out) ? UV_READABLE : 0) |
	    (is_empty(&pump->in) || pump->held ? 0 : UV_WRITABLE);
}
