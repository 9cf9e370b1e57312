/*
 * control.h - the control socket: Varlink framing, one verb a request
 *
 * {"method":"org.masqd.NAME","parameters":{...}} NUL is answered with
 * {"parameters":{...}} NUL or {"error":"org.masqd.ERROR","parameters":
 * {"message":"..."}} NUL.  A request is bounded in size, the number of peers
 * too, and a peer that does not read its answer is dropped.
 */
#ifndef MASQD_CONTROL_H
#define MASQD_CONTROL_H

#include <jansson.h>
#include <stdbool.h>
#include <uv.h>

struct control;

struct control_verb {
	const char *name; /* "Lines": the method's last part */
	bool changes;	  /* not for somebody who may only look */
	/* Returns the answer's parameters (a new reference), or NULL with one
	 * sentence in error that says what to do next. */
	json_t *(*run)(void *context, json_t *parameters, char *error,
	    size_t error_size);
};

/* Serve the verbs (ended by a NULL name) on the listening socket, which is
 * owned from now on.  Peers of uid 0, of masqd's own uid and of `group` may
 * do everything; all others may look where `observe` is set, otherwise are
 * refused (SO_PEERCRED, supplementary groups by SO_PEERGROUPS). */
struct control *control_create(uv_loop_t *, int listener, gid_t group,
    bool observe, const struct control_verb *verbs, void *context);
void control_destroy(struct control *);

#endif
