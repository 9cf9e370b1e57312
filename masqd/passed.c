#include "passed.h"

#include <assert.h>

void
passed_init(struct passed *passed, const struct config *config)
{
	passed->count = uplink_ranges(config, passed->ranges);
	passed->configured = passed->count;
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

bool
passed_has_room(const struct passed *passed)
{
	return passed->count < UPLINK_RANGES;
}

void
passed_add(struct passed *passed, uint8_t protocol, uint16_t port)
{
	struct uplink_range *last = &passed->ranges[passed->count - 1];

	assert(passed_has_room(passed));
	if (passed->count > passed->configured && last->protocol == protocol &&
	    last->high + 1 == port)
		last->high = port;
	else
		passed->ranges[passed->count++] = (struct uplink_range){
			.protocol = protocol, .low = port, .high = port };
}

static bool
take_out(struct passed *passed, struct uplink_range *range, uint16_t port)
{
	if (range->low == range->high) {
		*range = passed->ranges[--passed->count];
	} else if (port == range->low) {
		range->low++;
	} else if (port == range->high) {
		range->high--;
	} else {
		if (!passed_has_room(passed))
			return false;
		passed->ranges[passed->count] = *range;
		passed->ranges[passed->count++].low = (uint16_t)(port + 1);
		range->high = (uint16_t)(port - 1);
	}
	return true;
}

bool
passed_remove(struct passed *passed, uint8_t protocol, uint16_t port)
{
	for (size_t i = passed->configured; i < passed->count; i++)
		if (is_in(&passed->ranges[i], protocol, port))
			return take_out(passed, &passed->ranges[i], port);
	return false;
}
