/*
 * line_pace.c - what lies below whoever sends to a line's caller
 *
 * Looks are cheap (three ioctls) and come as often as packets do; between
 * them the reckoning of pace.c stands still.
 */
#include <sys/ioctl.h>

#include "serial/line_pace.h"
#include "serial/line_state.h"

/* Of a modem that says nothing, or only how fast its port is: to begin with. */
enum { UNTOLD_BITS = 33600 };

/* A cable carries what the port does, ten bits an octet; a TCP line is to be
 * as a modem of its rate. */
static uint32_t
nominal(const struct line *line)
{
	if (line->config.kind == LINE_TCP)
		return line->config.rate / 8;
	if (line->cable)
		return line->config.kind == LINE_SERIAL ?
		    line->config.speed / 10 : 0;
	if (line->link.rates.tx == 0 && line->config.kind == LINE_SERIAL)
		return pace_nominal(true, UNTOLD_BITS);
	return pace_nominal(result_corrected(&line->link),
	    line->link.rates.tx);
}

void
line_pace_start(struct line *line)
{
	bool fixed = line->config.kind == LINE_TCP || line->cable;

	pace_start(&line->pace, nominal(line), fixed, line_now(line));
	line->paced = 0;
}

static size_t
master_waits(const struct line *line)
{
	int count;

	if (!line->pumping || ioctl(line->pump.master, FIONREAD, &count) < 0)
		return 0;
	return count > 0 ? (size_t)count : 0;
}

size_t
line_below(struct line *line, uint32_t *rate)
{
	size_t held = line->out_end - line->out_first, unsent = 0;
	uint64_t written = line->out + line->pump.out_count + held;

	*rate = pace_rate(&line->pace);
	if (line->port == NULL || !line->in_call)
		return 0;
	if (line->pumping) {
		held += line->pump.out.end - line->pump.out.first;
		written += line->pump.out.end - line->pump.out.first;
	}
	if (port_unsent(line->port, &unsent) < 0)
		unsent = 0;
	pace_seen(&line->pace, written - line->paced);
	line->paced = written;
	if (held + unsent > written)
		unsent = (size_t)written - held;
	pace_measure(&line->pace, written, held + unsent, line_now(line));
	return (size_t)pace_below(&line->pace, master_waits(line));
}

void
line_given(struct line *line, size_t octets, bool backlogged)
{
	pace_given(&line->pace, octets, backlogged, line_now(line));
	if (!line->pumping) /* it was written at once */
		pace_seen(&line->pace, octets);
}

void
line_arrived(struct line *line, uint64_t given_ms)
{
	pace_arrived(&line->pace, given_ms, line_now(line));
}
