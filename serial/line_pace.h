/*
 * line_pace.h - what lies below whoever sends to a line's caller
 *
 * See pace.h for how it is known.
 */
#ifndef SERIAL_LINE_PACE_H
#define SERIAL_LINE_PACE_H

#include "serial/line.h"

/*
 * What is below whoever sends to the caller, by PPP or SLIP: octets that lie
 * in pppd's pty, here and in the port, and in the modem as far as that can be
 * reckoned (pace.h).  *rate: octets a second that the line is believed to
 * carry, 0: not known.  To be asked often while there is something below.
 */
size_t line_below(struct line *, uint32_t *rate);

/* A packet for the caller was given to pppd or to line_write(); backlogged:
 * more wait behind it.  And: one of about the greatest length, that was given
 * then (uv_now()), is acknowledged. */
void line_given(struct line *, size_t octets, bool backlogged);
void line_arrived(struct line *, uint64_t given_ms);

#endif
