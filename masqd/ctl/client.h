/*
 * client.h - masqctl's side of the control socket
 */
#ifndef MASQCTL_CLIENT_H
#define MASQCTL_CLIENT_H

#include <jansson.h>
#include <stddef.h>

#define CLIENT_SOCKET "/run/masqd/control"

/* What masqctl exits with. */
enum exit_code {
	EXIT_DONE = 0,
	EXIT_REFUSED = 1, /* or failed */
	EXIT_USAGE = 2,
	EXIT_UNREACHABLE = 3
};

/*
 * Ask masqd at the socket `path` for one verb ("Lines").
 *
 * parameters: a JSON object whose reference is taken over.  On EXIT_DONE
 * *answer is a new reference to the answer's parameters; otherwise `error` is
 * one sentence that says what to do next, its octets as masqd sent them.
 */
enum exit_code client_call(const char *path, const char *verb,
    json_t *parameters, json_t **answer, char *error, size_t error_size);

#endif
