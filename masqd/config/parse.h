/*
 * parse.h - masqd.conf's syntax, by libconfuse
 *
 * All values are texts here, so that a wrong one does not end the parse.
 */
#ifndef MASQD_CONFIG_PARSE_H
#define MASQD_CONFIG_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "problem.h"
#include "text.h"

struct cfg_t; /* libconfuse's */

/*
 * Parse.  Every section's `line` is where it begins.  What has an unknown name
 * is made blank in the text, and reading goes on behind it.
 *
 * Returns what was understood, to be freed with cfg_free(), or NULL when out
 * of memory.  *whole: there was no error of syntax, no unknown key and no
 * unknown section; otherwise the problems are added.
 */
struct cfg_t *config_parse(struct config_text *, struct problems *,
    bool *whole);

/* True where the key is given in the section. */
bool config_given(struct cfg_t *section, const char *key);

/* The line of a key, of a list's element by its index; of the section where
 * the key is not given; 0 for a section that is not there. */
unsigned config_line_of(struct cfg_t *section, const char *key,
    size_t index);

#endif
