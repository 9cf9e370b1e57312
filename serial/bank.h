/*
 * bank.h - how a line does beside the others
 *
 * Pure.  A line that rings and is not answered, whose answers lead to no
 * call, or whose calls are short, while the others of its group do well, has
 * a bad modem or a bad wire; no state of its own tells that.
 */
#ifndef SERIAL_BANK_H
#define SERIAL_BANK_H

#include <stdint.h>

enum { BANK_SHORT_S = 30 }; /* a shorter call is a short one */

struct bank_counts {
	uint32_t rings;	 /* times that it rang, not single rings */
	uint32_t missed; /* the ringing stopped before the answer */
	uint32_t turned_away; /* not answered by the allow and deny lists */
	uint32_t answers;
	uint32_t failed; /* answers without CONNECT */
	uint32_t calls, brief;
};

/* What stands out, ored. */
enum bank_fault {
	BANK_MISSES = 1 << 0,
	BANK_FAILS = 1 << 1,
	BANK_BRIEF = 1 << 2
};

/* Shares in per cent; -1: there is too little to tell. */
struct bank_shares {
	int missed, failed, brief;
};

void bank_add(struct bank_counts *sum, const struct bank_counts *);
void bank_shares(const struct bank_counts *, struct bank_shares *);

/* What is more than twice as bad on this line as on the others; all: the sum of
 * the group's, with this line's. */
unsigned bank_judge(const struct bank_counts *line,
    const struct bank_counts *all);

#endif
