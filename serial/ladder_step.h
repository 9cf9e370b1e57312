/*
 * ladder_step.h - one step of a ladder, line->step
 *
 * For ladder.c, which goes from one to the next.
 */
#ifndef SERIAL_LADDER_STEP_H
#define SERIAL_LADDER_STEP_H

#include <stdbool.h>
#include <stdint.h>

struct line;

/* Begin it; true where something has to be waited for. */
bool step_begin(struct line *);

/* Send its command, or change DTR, once more: line->tries are left. */
void step_again(struct line *);

/* STEP_SPEED: ask at the next speed; false: there is no other, and the port
 * has its own again.  The one that is asked at now, bit/s. */
bool step_next_speed(struct line *);
uint32_t step_speed_now(const struct line *);

#endif
