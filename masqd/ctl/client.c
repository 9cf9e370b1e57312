#include "client.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	WAIT_SECONDS = 10,
	ANSWER_MOST = 64 << 20, /* octets: masqd is trusted that far */
	READ_SIZE = 64 * 1024
};

struct text {
	char *octets;
	size_t used, room;
};

/* Of a failed connect(): whom the reader can turn to. */
static enum exit_code
explain(const char *path, int reason, char *error, size_t size)
{
	if (reason == EACCES || reason == EPERM) {
		(void)snprintf(error, size, "you may not use %s; become root, "
					    "or a member of the group that "
					    "section control of masqd.conf "
					    "names", path);
		return EXIT_REFUSED;
	}
	(void)snprintf(error, size, "masqd cannot be reached at %s (%s); is "
				    "it running? Start it, or name its socket "
				    "with --socket", path, strerror(reason));
	return EXIT_UNREACHABLE;
}

static int
reach(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const struct timeval wait = { .tv_sec = WAIT_SECONDS };
	int fd;

	if (strlen(path) >= sizeof address.sun_path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	(void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait) == 0 &&
	    connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
		return fd;
	close(fd);
	return -1;
}

static bool
send_request(int fd, const char *verb, json_t *parameters)
{
	json_t *request = json_pack("{s:s+, s:O}", "method", "org.masqd.",
	    verb, "parameters", parameters);
	char *text = request == NULL ? NULL :
	    json_dumps(request, JSON_COMPACT);
	size_t length = text == NULL ? 0 : strlen(text) + 1, sent = 0;

	json_decref(request);
	while (sent < length) {
		ssize_t did = send(fd, text + sent, length - sent,
		    MSG_NOSIGNAL);

		if (did == -1 && errno == EINTR)
			continue;
		if (did <= 0)
			break;
		sent += (size_t)did;
	}
	free(text);
	return length > 0 && sent == length;
}

/* Read up to the NUL that ends a message. */
static bool
receive(int fd, struct text *text)
{
	for (;;) {
		ssize_t got;

		if (text->room - text->used < READ_SIZE) {
			char *more = realloc(text->octets,
			    text->room * 2 + READ_SIZE);

			if (more == NULL || text->room > ANSWER_MOST) {
				errno = ENOMEM;
				return false;
			}
			text->octets = more;
			text->room = text->room * 2 + READ_SIZE;
		}
		got = recv(fd, text->octets + text->used, READ_SIZE, 0);
		if (got == -1 && errno == EINTR)
			continue;
		if (got <= 0) {
			errno = got == 0 ? ECONNRESET : errno;
			return false;
		}
		text->used += (size_t)got;
		if (memchr(text->octets + text->used - got, '\0',
			(size_t)got) != NULL)
			return true;
	}
}

static enum exit_code
understand(const char *text, json_t **answer, char *error, size_t size)
{
	json_t *message = json_loads(text, 0, NULL);
	json_t *parameters = json_object_get(message, "parameters");
	const char *refusal = json_string_value(json_object_get(parameters,
	    "message"));
	enum exit_code code = EXIT_REFUSED;

	if (!json_is_object(parameters))
		(void)snprintf(error, size, "the answer cannot be understood; "
					    "are masqctl and masqd of one "
					    "version?");
	else if (json_object_get(message, "error") != NULL)
		(void)snprintf(error, size, "%s", refusal != NULL ? refusal :
		    "masqd refused without a reason; see its log");
	else {
		*answer = json_incref(parameters);
		code = EXIT_DONE;
	}
	json_decref(message);
	return code;
}

enum exit_code
client_call(const char *path, const char *verb, json_t *parameters,
    json_t **answer, char *error, size_t error_size)
{
	struct text text = { .octets = NULL };
	enum exit_code code;
	int fd = reach(path);

	if (fd == -1)
		code = explain(path, errno, error, error_size);
	else if (!send_request(fd, verb, parameters) || !receive(fd, &text)) {
		(void)snprintf(error, error_size,
		    "masqd at %s does not answer (%s); see its log", path,
		    errno == EAGAIN ? "timed out" : strerror(errno));
		code = EXIT_UNREACHABLE;
	} else
		code = understand(text.octets, answer, error, error_size);
	if (fd != -1)
		close(fd);
	free(text.octets);
	json_decref(parameters);
	return code;
}
