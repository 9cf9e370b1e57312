/*
 * modems.h - the modem profiles that a masqd.conf names, and uses
 */
#ifndef MASQD_CONFIG_MODEMS_H
#define MASQD_CONFIG_MODEMS_H

#include "config.h"
#include "problem.h"

struct cfg_t;

/*
 * Read the files of `modems`, or those that are there by default, into
 * config->profiles.  What is wrong in such a file is written to `errors`, as
 * FILE:LINE: ..., and that there is something wrong is a problem.
 */
void config_modems_read(struct config *, struct cfg_t *root,
    struct problems *, FILE *errors);

/* Every line's modem is one of them. */
void config_modems_check(const struct config *, struct cfg_t *root,
    struct problems *);

#endif
