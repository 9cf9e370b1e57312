/*
 * call_slip.c - SLIP: octets to the house and from it
 *
 * The house makes packets of them.  What it writes waits in out_octets until
 * the port takes it, and it asks for the room there first: nothing is lost
 * here, and nothing grows.
 */
#include "masqd/log.h"
#include "serial/line_state.h"

static void
slip_octets(struct line *line, const uint8_t *octets, size_t count)
{
	line->in += count;
	line->house.slip_octets(line->house.context, line, octets, count);
}

static void
slip_signals(struct line *line)
{
	if (!line_has_carrier(line))
		line_call_end(line, CAUSE_LOST_CARRIER);
}

const struct line_does line_in_slip = {
	.name = "slip",
	.octets = slip_octets,
	.signals = slip_signals,
};
