/*
 * pty.h - the pty of a line, with a name that stays
 */
#ifndef MASQD_PTY_H
#define MASQD_PTY_H

#include <sys/types.h>

/*
 * Make a pty, raw, and a symbolic link at `path` to its slave; the directory
 * is made where it is missing.  A link of a pty before is replaced, anything
 * else that stands there is not.  group: may open the slave; (gid_t)-1: the
 * owner alone.
 *
 * Returns the master, close-on-exec and not blocking, or -1 with errno
 * (EEXIST: something else has that name).
 */
int pty_open_at(const char *path, gid_t group);

/* Take the link away, if it is one. */
void pty_unlink(const char *path);

#endif
