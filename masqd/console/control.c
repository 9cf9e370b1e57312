/*
 * control.c - the control socket
 *
 * Peers' octets are hostile: a request is bounded, a peer has one answer under
 * way and is not read meanwhile, and who does not take an answer in time is
 * dropped.  The number of peers is bounded too; a newcomer takes the place of
 * the peer that has been quiet longest, so that nobody can shut others out by
 * sitting there.
 *
 *	peer:  READING ── a whole request ──▶ ANSWERING ── written ──▶ READING
 *	          │                               │
 *	          └── gone, too long, pushed out ─┴── too slow ──▶ closed
 *
 * A struct control lives until the last handle has been closed.
 */
#include "control.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "masqd/log.h"

enum {
	PEERS_MOST = 16,
	PLACES = PEERS_MOST + 1, /* one for a newcomer while another leaves */
	REQUEST_MOST = 64 * 1024, /* octets, with the NUL */
	ANSWER_MS = 5000,	  /* to take an answer */
	BACKLOG = 16,
	GROUPS_MOST = 256
};

#define INTERFACE "org.masqd."

enum rights { RIGHTS_NONE, RIGHTS_LOOK, RIGHTS_ALL };

struct peer {
	struct control *control; /* NULL: the place is free */
	uv_pipe_t pipe;
	uv_timer_t patience; /* runs while an answer is under way */
	uv_write_t write;
	char *answer; /* under way, or NULL */
	char *request; /* REQUEST_MOST octets */
	size_t used;
	unsigned handles; /* not closed yet */
	bool closing;
	enum rights rights;
	uint64_t heard_ms;
};

struct control {
	uv_pipe_t listener;
	gid_t group;
	bool observe, closing;
	const struct control_verb *verbs;
	void *context;
	unsigned handles; /* of the listener and the peers */
	struct peer peers[PLACES];
};

static void peer_next(struct peer *);

static void
control_let_go(struct control *control)
{
	if (--control->handles == 0)
		free(control);
}

static void
peer_handle_closed(uv_handle_t *handle)
{
	struct peer *peer = handle->data;
	struct control *control = peer->control;

	if (--peer->handles == 0) {
		free(peer->request);
		free(peer->answer);
		*peer = (struct peer){ .control = NULL };
	}
	control_let_go(control);
}

static void
peer_close(struct peer *peer)
{
	if (peer->closing)
		return;
	peer->closing = true;
	uv_close((uv_handle_t *)&peer->pipe, peer_handle_closed);
	uv_close((uv_handle_t *)&peer->patience, peer_handle_closed);
}

static void
out_of_patience(uv_timer_t *timer)
{
	log_debug("control: a peer that does not read was dropped");
	peer_close(timer->data);
}

static void
answer_written(uv_write_t *request, int status)
{
	struct peer *peer = request->data;

	free(peer->answer);
	peer->answer = NULL;
	if (peer->closing)
		return;
	uv_timer_stop(&peer->patience);
	if (status < 0)
		peer_close(peer);
	else
		peer_next(peer);
}

/* Send an answer, whose reference is taken over. */
static void
send_answer(struct peer *peer, json_t *answer)
{
	uv_buf_t buffer;

	peer->answer = answer == NULL ? NULL :
	    json_dumps(answer, JSON_COMPACT);
	json_decref(answer);
	if (peer->answer == NULL) {
		peer_close(peer);
		return;
	}
	/* The NUL ends the message. */
	buffer = uv_buf_init(peer->answer,
	    (unsigned)strlen(peer->answer) + 1);
	peer->write.data = peer;
	uv_timer_start(&peer->patience, out_of_patience, ANSWER_MS, 0);
	if (uv_write(&peer->write, (uv_stream_t *)&peer->pipe, &buffer, 1,
		answer_written) != 0)
		peer_close(peer);
}

static json_t *
error_answer(const char *name, const char *message)
{
	json_t *text = json_string(message);

	if (text == NULL)
		text = json_string("the request cannot be served");
	return json_pack("{s:s+, s:{s:o}}", "error", INTERFACE, name,
	    "parameters", "message", text);
}

static const struct control_verb *
find_verb(const struct control *control, const char *method)
{
	size_t prefix = strlen(INTERFACE);

	if (strncmp(method, INTERFACE, prefix) != 0)
		return NULL;
	for (const struct control_verb *verb = control->verbs;
	     verb->name != NULL; verb++)
		if (strcmp(verb->name, method + prefix) == 0)
			return verb;
	return NULL;
}

static json_t *
run_verb(const struct peer *peer, const struct control_verb *verb,
    json_t *parameters)
{
	char error[512] = "";
	json_t *result;

	if (peer->rights == RIGHTS_NONE ||
	    (verb->changes && peer->rights < RIGHTS_ALL))
		return error_answer("NotAllowed",
		    "this is for root and the members of the group of section "
		    "control; see masqd.conf(5)");
	result = verb->run(peer->control->context, parameters, error,
	    sizeof error);
	if (result == NULL)
		return error_answer("Refused", *error != '\0' ? error :
		    "masqd could not answer; see its log");
	return json_pack("{s:o}", "parameters", result);
}

static json_t *
serve(const struct peer *peer, json_t *request)
{
	const struct control_verb *verb;
	const char *method = json_string_value(json_object_get(request,
	    "method"));
	json_t *parameters = json_object_get(request, "parameters");

	if (method == NULL ||
	    (parameters != NULL && !json_is_object(parameters)))
		return error_answer("BadRequest",
		    "give {\"method\": \"org.masqd.Status\"} or the like, "
		    "ended by a NUL");
	verb = find_verb(peer->control, method);
	if (verb == NULL)
		return error_answer("UnknownVerb",
		    "there is no such verb; masqctl and masqd must be of the "
		    "same version");
	return run_verb(peer, verb, parameters);
}

static void
serve_text(struct peer *peer, const char *text, size_t length)
{
	json_t *request = json_loadb(text, length, JSON_REJECT_DUPLICATES,
	    NULL);

	if (request == NULL)
		send_answer(peer, error_answer("BadRequest",
		    "a request must be one JSON object ended by a NUL"));
	else
		send_answer(peer, serve(peer, request));
	json_decref(request);
}

static void
make_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
	struct peer *peer = handle->data;

	(void)suggested;
	*buffer = uv_buf_init(peer->request + peer->used,
	    (unsigned)(REQUEST_MOST - peer->used));
}

static void
peer_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buffer)
{
	struct peer *peer = stream->data;

	(void)buffer;
	if (got < 0) {
		peer_close(peer);
		return;
	}
	peer->heard_ms = uv_now(stream->loop);
	peer->used += (size_t)got;
	peer_next(peer);
}

/* Serve the next request if it is there whole, else read on. */
static void
peer_next(struct peer *peer)
{
	uv_stream_t *stream = (uv_stream_t *)&peer->pipe;
	char *end = memchr(peer->request, '\0', peer->used);

	if (end == NULL && peer->used == REQUEST_MOST) {
		log_debug("control: a peer's request was too long");
		peer_close(peer);
	} else if (end == NULL) {
		int error = uv_read_start(stream, make_room, peer_read);

		if (error != 0 && error != UV_EALREADY)
			peer_close(peer);
	} else {
		size_t length = (size_t)(end - peer->request);

		uv_read_stop(stream);
		serve_text(peer, peer->request, length);
		peer->used -= length + 1;
		memmove(peer->request, end + 1, peer->used);
	}
}

static bool
in_group(int fd, gid_t wanted)
{
	gid_t groups[GROUPS_MOST];
	socklen_t size = sizeof groups;

	if (wanted == (gid_t)-1 ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) == -1)
		return false;
	for (size_t i = 0; i < size / sizeof groups[0]; i++)
		if (groups[i] == wanted)
			return true;
	return false;
}

static enum rights
rights_of(const struct control *control, int fd)
{
	struct ucred peer;
	socklen_t size = sizeof peer;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	    (peer.uid == 0 || peer.uid == geteuid() ||
		(control->group != (gid_t)-1 && peer.gid == control->group) ||
		in_group(fd, control->group)))
		return RIGHTS_ALL;
	return control->observe ? RIGHTS_LOOK : RIGHTS_NONE;
}

static struct peer *
find_place(struct control *control)
{
	for (size_t i = 0; i < PLACES; i++)
		if (control->peers[i].control == NULL)
			return &control->peers[i];
	return NULL;
}

/* When all places are taken the quietest peer has to leave. */
static void
make_place(struct control *control, const struct peer *newcomer)
{
	struct peer *quietest = NULL;

	if (find_place(control) != NULL)
		return;
	for (size_t i = 0; i < PLACES; i++) {
		struct peer *peer = &control->peers[i];

		if (peer != newcomer && !peer->closing && (quietest == NULL ||
		    peer->heard_ms < quietest->heard_ms))
			quietest = peer;
	}
	if (quietest != NULL)
		peer_close(quietest);
}

static void
turned_away(uv_handle_t *handle)
{
	free(handle);
}

/* Accept and close: the listener would report the same peer for ever. */
static void
turn_away(uv_stream_t *listener)
{
	uv_pipe_t *pipe = malloc(sizeof *pipe);

	if (pipe == NULL)
		return;
	uv_pipe_init(listener->loop, pipe, 0);
	(void)uv_accept(listener, (uv_stream_t *)pipe);
	uv_close((uv_handle_t *)pipe, turned_away);
}

static void
peer_came(uv_stream_t *listener, int status)
{
	struct control *control = listener->data;
	struct peer *peer;
	char *request;
	int fd;

	if (status < 0 || control->closing)
		return;
	peer = find_place(control);
	request = malloc(REQUEST_MOST);
	if (peer == NULL || request == NULL) {
		free(request);
		turn_away(listener);
		return;
	}
	*peer = (struct peer){ .control = control, .request = request,
		.handles = 2, .heard_ms = uv_now(listener->loop) };
	control->handles += 2;
	uv_pipe_init(listener->loop, &peer->pipe, 0);
	uv_timer_init(listener->loop, &peer->patience);
	peer->pipe.data = peer->patience.data = peer;
	if (uv_accept(listener, (uv_stream_t *)&peer->pipe) != 0 ||
	    uv_fileno((uv_handle_t *)&peer->pipe, &fd) != 0) {
		peer_close(peer);
		return;
	}
	peer->rights = rights_of(control, fd);
	peer_next(peer);
	make_place(control, peer);
}

struct control *
control_create(uv_loop_t *loop, int listener, gid_t group, bool observe,
    const struct control_verb *verbs, void *context)
{
	struct control *control = calloc(1, sizeof *control);

	if (control == NULL)
		return NULL;
	control->group = group;
	control->observe = observe;
	control->verbs = verbs;
	control->context = context;
	control->handles = 1;
	uv_pipe_init(loop, &control->listener, 0);
	control->listener.data = control;
	if (uv_pipe_open(&control->listener, listener) == 0 &&
	    uv_listen((uv_stream_t *)&control->listener, BACKLOG,
		peer_came) == 0)
		return control;
	control_destroy(control);
	return NULL;
}

static void
listener_closed(uv_handle_t *handle)
{
	control_let_go(handle->data);
}

void
control_destroy(struct control *control)
{
	if (control == NULL || control->closing)
		return;
	control->closing = true;
	for (size_t i = 0; i < PLACES; i++)
		if (control->peers[i].control != NULL)
			peer_close(&control->peers[i]);
	uv_close((uv_handle_t *)&control->listener, listener_closed);
}
