/*
 * pppd.h - the pppd of a call that masqd has answered
 */
#ifndef MASQD_PPPD_H
#define MASQD_PPPD_H

#include <sys/types.h>

#include "masqd/config/config.h"

/*
 * Start one on a pty of its own.
 *
 * line: whose options it gets.  number: the calling one, or ""; it is any
 * text, of which harmless characters are kept.  user: who has logged in and
 * is not asked again, or "".  Returns the process, and in *master the pty's
 * master, owned by the caller; or -1, and the log says why.
 */
pid_t pppd_start(const struct config *, const struct config_line *line,
    const char *number, const char *user, int *master);

#endif
