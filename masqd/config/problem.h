/*
 * problem.h - what is wrong in a masqd.conf, in the file's order
 */
#ifndef MASQD_CONFIG_PROBLEM_H
#define MASQD_CONFIG_PROBLEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct problems {
	const char *file; /* its name, as given; not owned */
	struct problem *list;
	size_t count;
	bool failed; /* one of them is an error */
};

/* Add one sentence about a line of the file (0: about the file).  Of very
 * many only the first are kept; `failed` is right all the same. */
void problem_error(struct problems *, unsigned line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void problem_warning(struct problems *, unsigned line, const char *format,
    ...) __attribute__((format(printf, 3, 4)));

/* Print them by line, every octet that is not printable ASCII escaped as
 * \xNN, and free them. */
void problems_print(struct problems *, FILE *);

#endif
