/*
 * check.h - what must be true of a masqd.conf as a whole
 */
#ifndef MASQD_CONFIG_CHECK_H
#define MASQD_CONFIG_CHECK_H

#include "config.h"
#include "problem.h"

struct cfg_t; /* libconfuse's */

/* Check values against each other, the RFCs and this host; add what is
 * wrong.  root: for the lines of the file. */
void config_check(const struct config *, struct cfg_t *root,
    struct problems *);

/* login.c: the part of it about the section `login`. */
void config_check_login(const struct config *, struct cfg_t *root,
    struct problems *);

/* counts.c: how many there are of what has a limit. */
void config_check_counts(const struct config *, struct cfg_t *root,
    struct problems *);

#endif
