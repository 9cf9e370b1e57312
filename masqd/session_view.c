/*
 * session_view.c - what is shown of the sessions, and said to all of them
 */
#include <stdio.h>
#include <string.h>

#include "log.h"
#include "message.h"
#include "session_state.h"

const char *
session_where(const struct session *session)
{
	if (session->hello.line[0] != '\0')
		return session->hello.line;
	return session->hello.device[0] != '\0' ? session->hello.device : "?";
}

int
session_tell(struct session *session, struct handoff *message,
    enum handoff_kind kind, int descriptor)
{
	message->version = HANDOFF_VERSION;
	message->kind = kind;
	return message_send(session->socket, message, sizeof *message,
	    descriptor);
}

void
session_changed(const struct sessions *all)
{
	if (all->changed != NULL)
		all->changed(all->changed_context);
}

void
sessions_lines(struct sessions *all, const struct session_lines *lines)
{
	all->lines = lines;
}

void
sessions_watch(struct sessions *all, void (*changed)(void *), void *context)
{
	all->changed = changed;
	all->changed_context = context;
}

void
sessions_join(struct sessions *all, struct session_guest *guest)
{
	LIST_INSERT_HEAD(&all->guests, guest, entry);
	session_changed(all);
}

void
sessions_leave(struct sessions *all, struct session_guest *guest)
{
	LIST_REMOVE(guest, entry);
	session_changed(all);
}

static void
view(const struct session *session, struct session_view *out)
{
	*out = (struct session_view){ .user = session->user,
		.line = session->hello.line, .device = session->hello.device,
		.caller = session->hello.caller, .protocol = "ppp",
		.interface = session->interface, .address = session->address,
		.up = session->state == ONLINE,
		.since_ms = session->since_ms, .place = session->place };
}

void
sessions_each(struct sessions *all,
    void (*see)(void *, const struct session_view *), void *context)
{
	struct session_view out;
	struct session_guest *guest;
	struct session *session;

	LIST_FOREACH (session, &all->list, entry) {
		if (session->address == 0)
			continue;
		view(session, &out);
		see(context, &out);
	}
	LIST_FOREACH (guest, &all->guests, entry) {
		guest->view(guest, &out);
		see(context, &out);
	}
}

static struct session *
find(struct sessions *all, const char *line)
{
	struct session *session;

	LIST_FOREACH (session, &all->list, entry)
		if (strcmp(session->hello.line, line) == 0 ||
		    strcmp(session->hello.device, line) == 0)
			return session;
	return NULL;
}

bool
sessions_find(struct sessions *all, const char *line, struct session_view *out)
{
	const struct session *session = find(all, line);
	struct session_guest *guest;
	struct session_view shown;

	if (session != NULL && session->address != 0) {
		view(session, out);
		return true;
	}
	LIST_FOREACH (guest, &all->guests, entry) {
		guest->view(guest, &shown);
		if (strcmp(shown.line, line) != 0)
			continue;
		*out = shown;
		return true;
	}
	return false;
}

static void
hang_up(struct session *session, const char *reason)
{
	struct handoff message = { .unit = 0 };

	(void)snprintf(message.reason, sizeof message.reason, "%s", reason);
	(void)snprintf(session->why, sizeof session->why, "%s", reason);
	if (session_tell(session, &message, HANDOFF_HANGUP, -1) == -1)
		log_warn("line %s: cannot tell its pppd to hang up",
		    session_where(session));
}

bool
sessions_hangup(struct sessions *all, const char *line, const char *reason)
{
	struct session *session = find(all, line);

	if (session == NULL)
		return false;
	hang_up(session, reason);
	return true;
}

void
sessions_hangup_all(struct sessions *all, const char *reason)
{
	struct session *session;

	LIST_FOREACH (session, &all->list, entry)
		hang_up(session, reason);
}

bool
sessions_none(const struct sessions *all)
{
	return LIST_EMPTY(&all->list);
}

struct pool *
sessions_pool(const struct sessions *all)
{
	return all->pool;
}
