/*
 * listen.h - listening sockets
 */
#ifndef MASQD_LISTEN_H
#define MASQD_LISTEN_H

#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

/*
 * Listen at `path`, whose directory is made where it is missing.
 *
 * type: SOCK_STREAM or SOCK_SEQPACKET.  mode: of the path; group: its group,
 * (gid_t)-1 leaves it.  A path that a dead masqd left behind is taken over; one
 * where somebody answers is not.  Returns the descriptor, close-on-exec and
 * not blocking, or -1 with one sentence in error.
 */
int listen_at(const char *path, int type, mode_t mode, gid_t group,
    char *error, size_t error_size);

/*
 * Listen for the callers of a TCP line.  What an accepted socket needs it
 * inherits from this one: keep-alive, no delay, an end to what is never
 * acknowledged, a small buffer.  Returns and errors as above.
 */
int listen_tcp(const struct sockaddr_storage *, char *error,
    size_t error_size);

#endif
