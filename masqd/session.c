/*
 * session.c - PPP callers, from hand-off to hang-up
 *
 * A session is made when a pppd's masq.so comes to the plugin socket, and
 * ends with that socket.  All that a session holds is given back in one place,
 * session_end().
 *
 * What must never happen: two sessions with one address; a lease or a link
 * that outlives its socket; a peer that is not root.
 */
#include "session.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel.h"
#include "handoff.h"
#include "log.h"
#include "message.h"

enum {
	SESSIONS_MAX = 1024,
	FIRST_UNIT = 1000, /* PPP units apart from the host's own */
	HELLO_MS = 5000
};

enum state {
	NEW,	  /* HELLO within HELLO_MS -> WELCOMED; else ended */
	WELCOMED, /* ASK -> LEASED, or refused; it may end unleased */
	LEASED,	  /* ASK again: another address; LINK -> LINKED */
	LINKED,	  /* UP -> ONLINE; packets flow already */
	ONLINE,	  /* until DOWN or end of file */
	STATES
};

struct session {
	struct sessions *all;
	enum state state;
	int socket;
	unsigned unit; /* index into all->unit_used */
	uv_poll_t poll;
	uv_timer_t timer;
	int handles; /* not yet closed by the loop */
	struct handoff hello;
	char user[sizeof((struct handoff *)0)->user];
	char interface[sizeof((struct handoff *)0)->interface];
	char why[sizeof((struct handoff *)0)->reason];
	in_addr_t address;
	struct gateway_link *place;
	struct channel *channel;
	uint64_t since_ms;
	LIST_ENTRY(session) entry;
};

struct sessions {
	uv_loop_t *loop;
	uv_poll_t poll;
	const struct config *config;
	struct gateway *gateway;
	struct pool *pool;
	int listener, netns;
	unsigned next_unit;
	bool unit_used[SESSIONS_MAX];
	LIST_HEAD(, session) list;
	void (*changed)(void *context); /* NULL: nobody wants to know */
	void *changed_context;
};

/* "line s1" or, for a pppd that somebody else started, its device. */
static const char *
where(const struct session *session)
{
	if (session->hello.line[0] != '\0')
		return session->hello.line;
	return session->hello.device[0] != '\0' ? session->hello.device : "?";
}

static const char *
dotted(in_addr_t address, char text[INET_ADDRSTRLEN])
{
	return inet_ntop(AF_INET, &address, text, INET_ADDRSTRLEN);
}

static void
tell_watcher(const struct sessions *all)
{
	if (all->changed != NULL)
		all->changed(all->changed_context);
}

static void
handle_closed(uv_handle_t *handle)
{
	struct session *session = handle->data;

	if (--session->handles == 0)
		free(session);
}

static void
session_end(struct session *session, const char *why)
{
	struct sessions *all = session->all;
	char text[INET_ADDRSTRLEN];

	if (session->state >= LINKED)
		log_info("line %s: user %s, %s: session ended: %s",
		    where(session), session->user,
		    dotted(session->address, text), why);
	else if (session->state > NEW)
		log_info("line %s: ended before the link was there: %s",
		    where(session), why);
	channel_close(session->channel);
	if (session->place != NULL)
		gateway_link_remove(all->gateway, session->place,
		    uv_now(all->loop));
	tell_watcher(all);
	if (session->address != 0)
		pool_release(all->pool, session->address);
	all->unit_used[session->unit] = false;
	LIST_REMOVE(session, entry);
	uv_poll_stop(&session->poll);
	close(session->socket);
	uv_close((uv_handle_t *)&session->poll, handle_closed);
	uv_close((uv_handle_t *)&session->timer, handle_closed);
}

static int
tell(struct session *session, struct handoff *message, enum handoff_kind kind,
    int descriptor)
{
	message->version = HANDOFF_VERSION;
	message->kind = kind;
	return message_send(session->socket, message, sizeof *message,
	    descriptor);
}

static void
refuse(struct session *session, const char *reason)
{
	struct handoff message = { .unit = 0 };

	log_warnx("line %s: user %s: refused: %s", where(session),
	    session->user[0] == '\0' ? "-" : session->user, reason);
	(void)snprintf(message.reason, sizeof message.reason, "%s", reason);
	(void)tell(session, &message, HANDOFF_REFUSE, -1);
}

static const uint32_t auths[] = {
	[AUTH_ACCOUNTS] = HANDOFF_AUTH_ACCOUNTS,
	[AUTH_PPPD] = HANDOFF_AUTH_PPPD,
	[AUTH_NONE] = HANDOFF_AUTH_NONE,
};

/* Each step returns 0, or -1 to end the session. */

static int
on_hello(struct session *session, const struct handoff *hello, int descriptor)
{
	const struct config *config = session->all->config;
	struct handoff welcome = { .auth = auths[config->auth],
		.unit = FIRST_UNIT + session->unit,
		.gateway = config->callers.gateway };

	(void)descriptor;
	session->hello = *hello;
	session->state = WELCOMED;
	uv_timer_stop(&session->timer);
	log_debug("line %s: pppd %u on %s is there", where(session),
	    hello->pid, hello->device);
	(void)snprintf(welcome.path, sizeof welcome.path, "%s",
	    config->accounts);
	return tell(session, &welcome, HANDOFF_WELCOME, session->all->netns);
}

static int
on_ask(struct session *session, const struct handoff *ask, int descriptor)
{
	const struct config_callers *callers = &session->all->config->callers;
	struct pool *pool = session->all->pool;
	struct handoff lease = { .gateway = callers->gateway };
	in_addr_t got;
	char reason[160];

	(void)descriptor;
	memcpy(session->user, ask->user, sizeof session->user);
	got = pool_take(pool, ask->address);
	if (got == 0 && session->address == 0) {
		(void)snprintf(reason, sizeof reason,
		    "the pool is exhausted: %zu of %zu addresses are lent",
		    pool_lent(pool), pool_size(pool));
		refuse(session, reason);
		return 0;
	}
	if (session->address == 0) {
		session->address = got;
	} else if (got != 0 && got == ask->address) {
		pool_release(pool, session->address);
		session->address = got;
	} else {
		pool_release(pool, got);
	}
	session->state = LEASED;
	lease.address = session->address;
	for (size_t i = 0; i < callers->dns_count && i < HANDOFF_DNS; i++)
		lease.dns[i] = callers->dns[i];
	return tell(session, &lease, HANDOFF_LEASE, -1);
}

/* pppd takes the interface away before it ends; the session ends with it. */
static void
link_ended(void *context)
{
	struct session *session = context;

	channel_close(session->channel);
	session->channel = NULL;
}

static int
on_link(struct session *session, const struct handoff *message, int descriptor)
{
	struct sessions *all = session->all;
	struct handoff accept = { .unit = 0 };
	uint32_t address = ntohl(session->address);
	char error[160] = "out of memory", text[INET_ADDRSTRLEN];
	struct link *link;

	if (descriptor == -1)
		return -1;
	memcpy(session->interface, message->interface,
	    sizeof session->interface);
	link = link_open_ppp(descriptor, message->interface,
	    message->mtu < 68 ? 1500 : message->mtu, error, sizeof error);
	if (link == NULL) {
		refuse(session, error);
		return 0;
	}
	session->since_ms = uv_now(all->loop);
	session->place = gateway_link_add(all->gateway, link,
	    all->config->callers.gateway, address, address, session->user,
	    session->since_ms);
	if (session->place == NULL) {
		link_close(link);
		refuse(session, "there is no room for another caller");
		return 0;
	}
	gateway_caller_options(session->place, all->config->callers.clear_df,
	    (uint8_t)all->config->callers.ttl_floor);
	session->channel = channel_open(all->loop, all->gateway,
	    session->place, link, link_ended, session);
	if (session->channel == NULL)
		return -1;
	session->state = LINKED;
	tell_watcher(all);
	log_info("line %s: user %s has %s on %s", where(session),
	    session->user, dotted(session->address, text), session->interface);
	return tell(session, &accept, HANDOFF_ACCEPT, -1);
}

static int
on_up(struct session *session, const struct handoff *message, int descriptor)
{
	(void)message;
	(void)descriptor;
	session->state = ONLINE;
	log_debug("line %s: user %s: online", where(session), session->user);
	return 0;
}

static int
on_down(struct session *session, const struct handoff *message, int descriptor)
{
	(void)descriptor;
	memcpy(session->why, message->reason, sizeof session->why);
	return 0;
}

static int
on_auth_failed(struct session *session, const struct handoff *message,
    int descriptor)
{
	(void)descriptor;
	log_warnx("line %s: user %s: %s", where(session), message->user,
	    message->reason[0] != '\0' ? message->reason :
	    "wrong password or unknown user");
	return 0;
}

struct step {
	enum handoff_kind kind;
	enum state first, last; /* allowed in these */
	int (*run)(struct session *, const struct handoff *, int descriptor);
};

static const struct step steps[] = {
	{ HANDOFF_HELLO, NEW, NEW, on_hello },
	{ HANDOFF_ASK, WELCOMED, LEASED, on_ask },
	{ HANDOFF_LINK, LEASED, LEASED, on_link },
	{ HANDOFF_UP, LINKED, LINKED, on_up },
	{ HANDOFF_DOWN, NEW, ONLINE, on_down },
	{ HANDOFF_AUTH_FAILED, WELCOMED, ONLINE, on_auth_failed },
};

/* Strings end inside their arrays, whatever came. */
static void
end_strings(struct handoff *message)
{
	message->line[sizeof message->line - 1] = '\0';
	message->caller[sizeof message->caller - 1] = '\0';
	message->device[sizeof message->device - 1] = '\0';
	message->user[sizeof message->user - 1] = '\0';
	message->interface[sizeof message->interface - 1] = '\0';
	message->path[sizeof message->path - 1] = '\0';
	message->reason[sizeof message->reason - 1] = '\0';
}

static void
message_came(uv_poll_t *handle, int status, int events)
{
	struct session *session = handle->data;
	struct handoff message;
	int descriptor, got;

	(void)status;
	(void)events;
	got = message_receive(session->socket, &message, sizeof message,
	    &descriptor);
	if (got == 0)
		return;
	if (got == -1) {
		session_end(session, session->why[0] != '\0' ? session->why :
		    errno == 0 ? "pppd has ended" : strerror(errno));
		return;
	}
	end_strings(&message);
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		const struct step *step = &steps[i];

		if (message.version != HANDOFF_VERSION ||
		    message.kind != step->kind ||
		    session->state < step->first || session->state > step->last)
			continue;
		/* Only LINK keeps its descriptor. */
		if (descriptor != -1 && step->run != on_link)
			close(descriptor);
		if (step->run(session, &message, descriptor) == -1)
			session_end(session, "masqd could not go on with it");
		return;
	}
	if (descriptor != -1)
		close(descriptor);
	session_end(session, "masq.so sent a message that does not fit: is it "
			     "of another version than masqd?");
}

static void
too_late(uv_timer_t *timer)
{
	session_end(timer->data, "masq.so said nothing");
}

static bool
is_root(int socket)
{
	struct ucred peer;
	socklen_t length = sizeof peer;

	return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) ==
	    0 && peer.uid == 0;
}

/* In turn, since a killed pppd's unit lives a moment longer than its socket. */
static int
free_unit(struct sessions *all)
{
	for (int i = 0; i < SESSIONS_MAX; i++) {
		unsigned unit = all->next_unit++ % SESSIONS_MAX;

		if (!all->unit_used[unit])
			return (int)unit;
	}
	return -1;
}

static void
session_begin(struct sessions *all, int socket)
{
	struct session *session = NULL;
	int unit = free_unit(all);

	if (unit == -1 || (session = calloc(1, sizeof *session)) == NULL ||
	    uv_poll_init(all->loop, &session->poll, socket) != 0) {
		log_warnx("a pppd was turned away: no room for a session");
		free(session);
		close(socket);
		return;
	}
	session->all = all;
	session->socket = socket;
	session->unit = (unsigned)unit;
	all->unit_used[unit] = true;
	uv_timer_init(all->loop, &session->timer);
	session->handles = 2;
	session->poll.data = session;
	session->timer.data = session;
	LIST_INSERT_HEAD(&all->list, session, entry);
	uv_timer_start(&session->timer, too_late, HELLO_MS, 0);
	uv_poll_start(&session->poll, UV_READABLE, message_came);
}

static void
pppd_came(uv_poll_t *handle, int status, int events)
{
	struct sessions *all = handle->data;
	int fd = accept4(all->listener, NULL, NULL,
	    SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)status;
	(void)events;
	if (fd == -1)
		return;
	if (is_root(fd)) {
		session_begin(all, fd);
		return;
	}
	log_warnx("%s: a peer that is not root was turned away",
	    all->config->plugin_socket);
	close(fd);
}

struct sessions *
sessions_create(uv_loop_t *loop, const struct config *config,
    struct gateway *gateway, int listener, int netns)
{
	struct sessions *all = calloc(1, sizeof *all);

	if (all == NULL)
		return NULL;
	all->loop = loop;
	all->config = config;
	all->gateway = gateway;
	all->listener = listener;
	all->netns = netns;
	all->pool = pool_create(config->callers.pool,
	    config->callers.pool_count);
	if (all->pool == NULL) {
		free(all);
		return NULL;
	}
	uv_poll_init(loop, &all->poll, listener);
	all->poll.data = all;
	uv_poll_start(&all->poll, UV_READABLE, pppd_came);
	return all;
}

void
sessions_watch(struct sessions *all, void (*changed)(void *), void *context)
{
	all->changed = changed;
	all->changed_context = context;
}

static void
all_closed(uv_handle_t *handle)
{
	struct sessions *all = handle->data;

	pool_destroy(all->pool);
	free(all);
}

void
sessions_destroy(struct sessions *all)
{
	while (!LIST_EMPTY(&all->list))
		session_end(LIST_FIRST(&all->list), "masqd stops");
	uv_poll_stop(&all->poll);
	close(all->listener);
	close(all->netns);
	uv_close((uv_handle_t *)&all->poll, all_closed);
}

static void
view(const struct session *session, struct session_view *out)
{
	*out = (struct session_view){ .user = session->user,
		.line = session->hello.line, .device = session->hello.device,
		.caller = session->hello.caller,
		.interface = session->interface, .address = session->address,
		.up = session->state == ONLINE,
		.since_ms = session->since_ms, .place = session->place };
}

void
sessions_each(struct sessions *all,
    void (*see)(void *, const struct session_view *), void *context)
{
	struct session_view out;
	struct session *session;

	LIST_FOREACH (session, &all->list, entry) {
		if (session->address == 0)
			continue;
		view(session, &out);
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

	if (session == NULL || session->address == 0)
		return false;
	view(session, out);
	return true;
}

static void
hang_up(struct session *session, const char *reason)
{
	struct handoff message = { .unit = 0 };

	(void)snprintf(message.reason, sizeof message.reason, "%s", reason);
	(void)snprintf(session->why, sizeof session->why, "%s", reason);
	if (tell(session, &message, HANDOFF_HANGUP, -1) == -1)
		log_warn("line %s: cannot tell its pppd to hang up",
		    where(session));
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

const struct pool *
sessions_pool(const struct sessions *all)
{
	return all->pool;
}
