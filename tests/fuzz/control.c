/*
 * control.c - fuzz the frames of the control socket
 *
 * The first octet cuts the rest into writes; whatever comes, each whole
 * request gets one answer or the peer is dropped, and the socket serves on.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "masqd/console/control.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

enum { ANSWERS_MOST = 1 << 20 };

static void
must(bool true_or_bug)
{
	if (!true_or_bug)
		abort();
}

static json_t *
say_again(void *context, json_t *parameters, char *error, size_t error_size)
{
	(void)context;
	if (parameters != NULL)
		return json_deep_copy(parameters);
	(void)snprintf(error, error_size, "there is nothing to say");
	return NULL;
}

static const struct control_verb verbs[] = {
	{ "Say", false, say_again },
	{ "Do", true, say_again },
	{ NULL, false, NULL },
};

/* A listener of a name that only we know, and a peer of it. */
static int
listen_and_connect(int *peer)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	socklen_t length = sizeof name;
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	*peer = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	must(bind(listener, (struct sockaddr *)&name,
		 sizeof name.sun_family) == 0); /* the kernel chooses */
	must(getsockname(listener, (struct sockaddr *)&name, &length) == 0);
	must(listen(listener, 1) == 0);
	must(connect(*peer, (struct sockaddr *)&name, length) == 0);
	return listener;
}

/* Take what was answered: whole objects, each ended by a NUL. */
static void
read_answers(uv_loop_t *loop, int peer)
{
	static char text[ANSWERS_MOST];
	size_t used = 0;
	ssize_t got;

	for (int idle = 0; idle < 3; idle++) {
		uv_run(loop, UV_RUN_NOWAIT);
		while ((got = recv(peer, text + used, sizeof text - used,
			    0)) > 0) {
			used += (size_t)got;
			idle = 0;
			uv_run(loop, UV_RUN_NOWAIT);
		}
	}
	for (size_t at = 0; at < used;) {
		char *end = memchr(text + at, '\0', used - at);
		json_t *answer = json_loads(text + at, 0, NULL);

		must(used == sizeof text || (end != NULL && answer != NULL));
		json_decref(answer);
		at = end == NULL ? used : (size_t)(end - text) + 1;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t n)
{
	size_t part = n > 0 ? 1 + (size_t)input[0] * 16 : 1;
	uv_loop_t loop;
	struct control *control;
	int peer;

	if (n > 1 << 18)
		return 0;
	uv_loop_init(&loop);
	control = control_create(&loop, listen_and_connect(&peer), 0,
	    n > 0 && (input[0] & 1), verbs, NULL);
	must(control != NULL);
	for (size_t at = 1; at < n; at += part) {
		(void)!send(peer, input + at, n - at < part ? n - at : part,
		    MSG_NOSIGNAL);
		read_answers(&loop, peer);
	}
	close(peer);
	control_destroy(control);
	uv_run(&loop, UV_RUN_DEFAULT);
	must(uv_loop_close(&loop) == 0);
	return 0;
}
