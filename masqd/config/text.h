/*
 * text.h - a masqd.conf in memory, made ready for libconfuse
 */
#ifndef MASQD_CONFIG_TEXT_H
#define MASQD_CONFIG_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "problem.h"

struct config_text {
	char *text; /* with comments made blank */
	unsigned *section_lines; /* on which each top-level section begins */
	size_t section_count;
};

/*
 * Load a regular file of bounded size and plain text.
 *
 * Comments are made blank here, because libconfuse 3.3 miscounts lines after
 * a comment of the C kind and takes a comment inside a list for a value; where
 * sections begin is noted, because libconfuse only knows where they end.
 *
 * Returns 0, or -1 with the problem added.
 */
int config_text_load(struct config_text *, const char *path,
    struct problems *);

/* Make a key with its value, or a section with all that is in it, blank, so
 * that what follows can be read.  Returns false if it is not found there. */
bool config_text_forget(struct config_text *, unsigned line,
    const char *name, struct problems *);

void config_text_free(struct config_text *);

#endif
