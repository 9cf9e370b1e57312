/*
 * session.c - the callers that are there; PPP's, from hand-off to hang-up
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
#include <sys/socket.h>
#include <unistd.h>

#include "lease.h"
#include "log.h"
#include "message.h"
#include "session_state.h"

static const char *
dotted(in_addr_t address, char text[INET_ADDRSTRLEN])
{
	return inet_ntop(AF_INET, &address, text, INET_ADDRSTRLEN);
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
		    session_where(session), session->user,
		    dotted(session->address, text), why);
	else if (session->state > NEW)
		log_info("line %s: ended before the link was there: %s",
		    session_where(session), why);
	channel_close(session->channel);
	if (session->place != NULL)
		gateway_link_remove(all->gateway, session->place,
		    uv_now(all->loop));
	session_changed(all);
	if (session->address != 0)
		pool_release(all->pool, session->address);
	all->unit_used[session->unit] = false;
	LIST_REMOVE(session, entry);
	uv_poll_stop(&session->poll);
	close(session->socket);
	uv_close((uv_handle_t *)&session->poll, handle_closed);
	uv_close((uv_handle_t *)&session->timer, handle_closed);
}

static void
refuse(struct session *session, const char *reason)
{
	const struct session_lines *lines = session->all->lines;
	struct handoff message = { .unit = 0 };

	log_warnx("line %s: user %s: refused: %s", session_where(session),
	    session->user[0] == '\0' ? "-" : session->user, reason);
	(void)snprintf(message.reason, sizeof message.reason, "%s", reason);
	(void)session_tell(session, &message, HANDOFF_REFUSE, -1);
	if (lines != NULL)
		lines->refused(lines->context, session->hello.line);
}

static const uint32_t auths[] = {
	[AUTH_ACCOUNTS] = HANDOFF_AUTH_ACCOUNTS,
	[AUTH_PPPD] = HANDOFF_AUTH_PPPD,
	[AUTH_NONE] = HANDOFF_AUTH_NONE,
	[AUTH_PAM] = HANDOFF_AUTH_PAM,
};

static const uint8_t methods[] = {
	[METHOD_PAP] = HANDOFF_PAP,
	[METHOD_CHAP] = HANDOFF_CHAP,
	[METHOD_MSCHAP] = HANDOFF_MSCHAP,
	[METHOD_MSCHAPV2] = HANDOFF_MSCHAPV2,
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
	log_debug("line %s: pppd %u on %s is there", session_where(session),
	    hello->pid, hello->device);
	(void)snprintf(welcome.path, sizeof welcome.path, "%s",
	    config->accounts);
	for (size_t i = 0; i < config->ppp_auth_count; i++)
		welcome.methods[i] = methods[config->ppp_auth[i]];
	return session_tell(session, &welcome, HANDOFF_WELCOME,
	    session->all->netns);
}

static struct lease_house
house_of(const struct session *session)
{
	const struct sessions *all = session->all;

	return (struct lease_house){ .config = all->config,
		.gateway = all->gateway, .pool = all->pool };
}

/* The fixed address of the line that masqd answers, or 0. */
static in_addr_t
address_of_line(const struct session *session)
{
	const struct config *config = session->all->config;

	for (size_t i = 0; i < config->line_count; i++)
		if (strcmp(config->lines[i].name, session->hello.line) == 0)
			return config->lines[i].address;
	return 0;
}

/* Once, or again where the caller wishes another address while IPCP
 * negotiates: then it keeps the one it has, if the wish cannot be met. */
static in_addr_t
take_address(struct session *session, const struct handoff *ask,
    char *error, size_t size)
{
	const struct lease_house house = house_of(session);
	const struct lease_wish wish = { .user = session->user,
		.options = &session->options, .protocol = ACCOUNT_PPP,
		.fixed = ask->fixed ? ask->address : address_of_line(session),
		.wanted = ask->address };
	in_addr_t got;

	if (session->address != 0 && wish.fixed != 0)
		return session->address;
	got = lease_take(&house, &wish, error, size);
	if (session->address == 0)
		return got;
	if (got == 0 || got != ask->address) {
		pool_release(house.pool, got);
		return session->address;
	}
	pool_release(house.pool, session->address);
	return got;
}

static int
on_ask(struct session *session, const struct handoff *ask, int descriptor)
{
	const struct config_callers *callers = &session->all->config->callers;
	struct handoff lease = { .gateway = callers->gateway };
	char reason[160];

	(void)descriptor;
	memcpy(session->user, ask->user, sizeof session->user);
	session->options = ask->options;
	session->address = take_address(session, ask, reason, sizeof reason);
	if (session->address == 0) {
		refuse(session, reason);
		return 0;
	}
	session->state = LEASED;
	lease.address = session->address;
	for (size_t i = 0; i < callers->dns_count && i < HANDOFF_DNS; i++)
		lease.dns[i] = callers->dns[i];
	return session_tell(session, &lease, HANDOFF_LEASE, -1);
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
	const struct lease_house house = house_of(session);
	const struct lease_wish wish = { .user = session->user,
		.options = &session->options, .protocol = ACCOUNT_PPP };
	struct handoff accept = { .unit = 0 };
	uint32_t address = ntohl(session->address);
	char error[160] = "out of memory", text[INET_ADDRSTRLEN];
	struct link *link;

	if (descriptor == -1)
		return -1;
	/* Another call of the user's may have been quicker. */
	if (lease_allow(&house, &wish, error, sizeof error) == -1) {
		close(descriptor);
		refuse(session, error);
		return 0;
	}
	memcpy(session->interface, message->interface,
	    sizeof session->interface);
	link = link_open_ppp(descriptor, message->interface,
	    message->mtu < 68 ? 1500 : message->mtu, error, sizeof error);
	if (link == NULL) {
		refuse(session, error);
		return 0;
	}
	if (all->lines != NULL)
		link = all->lines->queue(all->lines->context,
		    session->hello.line, link);
	session->since_ms = uv_now(all->loop);
	session->place = gateway_link_add(all->gateway, link,
	    all->config->callers.gateway, address, address, session->user,
	    session->since_ms);
	if (session->place == NULL) {
		link_close(link);
		refuse(session, "there is no room for another caller");
		return 0;
	}
	lease_apply(&house, session->place, &session->options);
	session->channel = channel_open(all->loop, all->gateway,
	    session->place, link, link_ended, session);
	if (session->channel == NULL)
		return -1;
	session->state = LINKED;
	session_changed(all);
	log_info("line %s: user %s has %s on %s", session_where(session),
	    session->user, dotted(session->address, text), session->interface);
	return session_tell(session, &accept, HANDOFF_ACCEPT, -1);
}

static int
on_up(struct session *session, const struct handoff *message, int descriptor)
{
	(void)message;
	(void)descriptor;
	session->state = ONLINE;
	log_debug("line %s: user %s: online", session_where(session),
	    session->user);
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
	log_warnx("line %s: user %s: %s", session_where(session), message->user,
	    message->reason[0] != '\0' ? message->reason :
	    "wrong password or unknown user");
	return 0;
}

struct step {
	enum handoff_kind kind;
	enum session_state first, last; /* allowed in these */
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
	enum message got;
	int descriptor;

	(void)status;
	(void)events;
	got = message_receive(session->socket, &message, sizeof message,
	    &descriptor);
	if (got == MESSAGE_NONE)
		return;
	if (got == MESSAGE_END) {
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
	all->poll.data = all;
	if (listener == -1)
		return all;
	uv_poll_init(loop, &all->poll, listener);
	uv_poll_start(&all->poll, UV_READABLE, pppd_came);
	return all;
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
	if (all->listener == -1) {
		pool_destroy(all->pool);
		free(all);
		return;
	}
	uv_poll_stop(&all->poll);
	close(all->listener);
	close(all->netns);
	uv_close((uv_handle_t *)&all->poll, all_closed);
}
