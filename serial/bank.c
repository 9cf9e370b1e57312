/*
 * bank.c - how a line does beside the others
 */
#include "serial/bank.h"

enum {
	LEAST = 5,   /* events, before a share says anything */
	HARMLESS = 20 /* per cent: no line is blamed for less */
};

void
bank_add(struct bank_counts *sum, const struct bank_counts *one)
{
	sum->rings += one->rings;
	sum->missed += one->missed;
	sum->turned_away += one->turned_away;
	sum->answers += one->answers;
	sum->failed += one->failed;
	sum->calls += one->calls;
	sum->brief += one->brief;
}

static int
share(uint32_t part, uint32_t whole)
{
	return whole < LEAST ? -1 : (int)((uint64_t)part * 100 / whole);
}

void
bank_shares(const struct bank_counts *counts, struct bank_shares *shares)
{
	uint32_t rings = counts->rings > counts->turned_away ?
	    counts->rings - counts->turned_away : 0;

	shares->missed = share(counts->missed, rings);
	shares->failed = share(counts->failed, counts->answers);
	shares->brief = share(counts->brief, counts->calls);
}

/* The mean is that of the others: a line in a bank of two would otherwise
 * never be twice as bad. */
static unsigned
stands_out(int ours, int others, unsigned fault)
{
	return ours > HARMLESS && others >= 0 && ours > 2 * others ? fault : 0;
}

unsigned
bank_judge(const struct bank_counts *line, const struct bank_counts *all)
{
	struct bank_counts rest = {
		.rings = all->rings - line->rings,
		.missed = all->missed - line->missed,
		.turned_away = all->turned_away - line->turned_away,
		.answers = all->answers - line->answers,
		.failed = all->failed - line->failed,
		.calls = all->calls - line->calls,
		.brief = all->brief - line->brief,
	};
	struct bank_shares ours, others;

	bank_shares(line, &ours);
	bank_shares(&rest, &others);
	return stands_out(ours.missed, others.missed, BANK_MISSES) |
	    stands_out(ours.failed, others.failed, BANK_FAILS) |
	    stands_out(ours.brief, others.brief, BANK_BRIEF);
}
