/*
 * lock.h - who has a serial port: lock files of the HDB form
 *
 * LCK..ttyS0 in /run/lock holds the process id of whoever uses the port, ten
 * characters wide and a newline; a file whose process is gone counts for
 * nothing.  pppd's `lock` and most dialling programs go by it.
 */
#ifndef SERIAL_LOCK_H
#define SERIAL_LOCK_H

#include <stdbool.h>
#include <sys/types.h>

#define LOCK_DIRECTORY "/run/lock"

/* The process that has locked the port of that path (symbolic links are
 * followed), or 0: none, or one that is gone. */
pid_t lock_holder(const char *path);

/* Lock it in the name of a process, and let it go if that process has it.
 * Returns 0, or -1 with errno: EBUSY, another has it; anything else, there
 * is no such directory, or we may not write there. */
int lock_take(const char *path, pid_t owner);
void lock_release(const char *path, pid_t owner);

#endif
