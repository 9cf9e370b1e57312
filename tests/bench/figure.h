/*
 * figure.h - how a figure is measured and told
 *
 * In rounds, the median of a round's blocks being the round's.  The best round
 * is printed, because what else the machine does only ever adds, and beside
 * it the median of the rounds.
 */
#ifndef BENCH_FIGURE_H
#define BENCH_FIGURE_H

#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 25 };

static const char *pattern = "";

static inline void __attribute__((noreturn))
fail(const char *what)
{
	fprintf(stderr, "bench: %s\n", what);
	exit(1);
}

static inline double
nanoseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* One processor, and its caches, for the whole program. */
static inline void
stay_here(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(sched_getcpu(), &set);
	(void)sched_setaffinity(0, sizeof set, &set);
}

static inline bool
wanted(const char *name)
{
	return strstr(name, pattern) != NULL;
}

static inline void
figure(const char *name, double best, double median, const char *unit)
{
	printf("%-32s %10.1f %-20s median %.1f\n", name, best, unit, median);
	fflush(stdout);
}

static inline int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static inline double
median_of(double *values, size_t n)
{
	qsort(values, n, sizeof *values, by_value);
	return values[n / 2];
}

/* What blocks took, in the order they were measured: in rounds.  Returns the
 * best one. */
static inline double
figure_of_blocks(const char *name, double *spent, size_t n, double divisor,
    const char *unit)
{
	double rounds[ROUNDS], median;
	size_t each = n / ROUNDS;

	for (size_t i = 0; i < ROUNDS; i++)
		rounds[i] = median_of(spent + i * each, each) / divisor;
	median = median_of(rounds, ROUNDS); /* it sorts: the best is first */
	figure(name, rounds[0], median, unit);
	return rounds[0];
}

#endif
