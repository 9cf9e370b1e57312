/*
 * pty.h - ptys: a line's, with a name that stays, and a pppd's
 */
#ifndef MASQD_PTY_H
#define MASQD_PTY_H

#include <sys/types.h>

enum { PTY_NAME = 64 };

/* Make a pty; slave becomes its name.  Returns the master, close-on-exec and
 * not blocking, or -1 with errno. */
int pty_open(char slave[PTY_NAME]);

/* Open a slave, close-on-exec, and make it raw.  -1 with errno. */
int pty_open_slave(const char *slave);

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
