#include "passed.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Ranges that ports may be added in.  The rest is for ranges that come into two
 * pieces when ports of their midst are taken out: of CONFIG_ADDED_PORTS ports
 * no more than half can stand alone then. */
enum { ADDED_RANGES = 256 };
_Static_assert(UPLINK_RANGES >= UPLINK_CONFIGURED_RANGES +
    CONFIG_ADDED_PORTS / 2, "a range can always be divided");

void
passed_init(struct passed *passed, const struct config *config)
{
	passed->count = uplink_ranges(config, passed->ranges);
	passed->configured = passed->count;
	passed->added_count = 0;
}

static bool
is_in(const struct uplink_range *range, uint8_t protocol, uint16_t port)
{
	return (range->protocol == 0 || range->protocol == protocol) &&
	    port >= range->low && port <= range->high;
}

bool
passed_has(const struct passed *passed, uint8_t protocol, uint16_t port)
{
	for (size_t i = 0; i < passed->count; i++)
		if (is_in(&passed->ranges[i], protocol, port))
			return true;
	return false;
}

/* A forward's ports are asked for in their order: they make one range. */
static bool
put_in(struct passed *passed, uint8_t protocol, uint16_t port)
{
	struct uplink_range *last = &passed->ranges[passed->count - 1];

	if (passed->count > passed->configured && last->protocol == protocol &&
	    last->high + 1 == port) {
		last->high = port;
		return true;
	}
	if (passed->count >= passed->configured + ADDED_RANGES)
		return false;
	passed->ranges[passed->count++] = (struct uplink_range){
		.protocol = protocol, .low = port, .high = port };
	return true;
}

static void
take_out(struct passed *passed, struct uplink_range *range, uint16_t port)
{
	if (range->low == range->high) {
		*range = passed->ranges[--passed->count];
	} else if (port == range->low) {
		range->low++;
	} else if (port == range->high) {
		range->high--;
	} else {
		passed->ranges[passed->count] = *range;
		passed->ranges[passed->count++].low = (uint16_t)(port + 1);
		range->high = (uint16_t)(port - 1);
	}
}

bool
passed_add(struct passed *passed, uint8_t protocol, uint16_t port, int hold)
{
	int own;

	if (passed->added_count == CONFIG_ADDED_PORTS) {
		errno = ENOSPC;
		return false;
	}
	own = fcntl(hold, F_DUPFD_CLOEXEC, 0);
	if (own == -1)
		return false;
	if (!put_in(passed, protocol, port)) {
		close(own);
		errno = ENOSPC;
		return false;
	}
	passed->added[passed->added_count++] = (struct passed_port){
		.protocol = protocol, .port = port, .fd = own };
	return true;
}

bool
passed_remove(struct passed *passed, uint8_t protocol, uint16_t port)
{
	size_t i = 0, range = passed->configured;

	while (i < passed->added_count &&
	    (passed->added[i].protocol != protocol ||
		passed->added[i].port != port))
		i++;
	if (i == passed->added_count)
		return false;
	close(passed->added[i].fd);
	passed->added[i] = passed->added[--passed->added_count];
	while (!is_in(&passed->ranges[range], protocol, port))
		range++;
	take_out(passed, &passed->ranges[range], port);
	return true;
}
