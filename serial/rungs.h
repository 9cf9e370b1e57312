/*
 * rungs.h - the ladders: what is done to a modem, one step after the other
 *
 * For ladder.c, which climbs them.
 */
#ifndef SERIAL_RUNGS_H
#define SERIAL_RUNGS_H

#include <stdbool.h>
#include <stddef.h>

#include "serial/line_parts.h"
#include "serial/profile.h"

struct line;

enum { RUNG_PIECES = 10 };

enum piece_kind {
	PIECE_END, /* 0: no more */
	PIECE_STEPS,
	PIECE_PROBE,
	PIECE_PROFILE,
	PIECE_USER,
	PIECE_DIAGNOSIS
};

struct piece {
	enum piece_kind kind;
	const struct step *steps;
	size_t count;
};

struct rung {
	bool brief; /* without steps marked `reset` */
	struct piece pieces[RUNG_PIECES];
};

/* Of the ladders that set a modem up: the first is for one that only comes
 * from a call. */
enum { RUNG_AFTER_CALL, RUNG_FRESH };

/* The ladder for a line as it is; how many rungs it has. */
const struct rung *rungs_for(const struct line *, enum ladder, size_t *count);

#endif
