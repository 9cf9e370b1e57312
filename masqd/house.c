/*
 * house.c - the lines of masqd.conf, and what they need of the daemon
 *
 * A line's context is its place here: whatever the keeper answers comes back
 * by the line's number, and to nobody once the line is gone.
 */
#include "house.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "message.h"
#include "masqd/gateway/queue_link.h"
#include "serial/dialogue.h"
#include "serial/line_pace.h"
#include "serial/listener.h"
#include "serial/lock.h"
#include "serial/profile.h"
#include "serial/telnet.h"
#include "slip.h"

enum { TICK_MS = 1000 };

struct place {
	struct house *house;
	uint32_t index; /* of the line in the configuration */
	struct slip_session *slip;

	/* What the keeper says of the call's user; not of another call's. */
	uint32_t ticket;
	in_addr_t address; /* fixed, or 0 */
	struct account_options options;
};

struct house {
	struct house_setup setup;
	struct session_lines below;
	struct dialogue_options login;
	struct line **lines;
	struct place *places;
	struct listener **listeners;
	uv_timer_t timer;
	uv_fs_event_t locks; /* programs come for a modem, and go */
	size_t left; /* lines that are not gone yet, and the two */
};

static void
ask_keeper(const struct place *at, struct keeper_message *message)
{
	const struct house_setup *setup = &at->house->setup;

	message->line = at->index;
	if (message_send(setup->keeper, message, sizeof *message, -1) == -1)
		log_warn("line %s: cannot ask the keeper",
		    setup->config->lines[at->index].name);
}

static void
ppp_start(void *context, struct line *line, const char *caller,
    const char *user)
{
	struct keeper_message message = { .op = KEEPER_PPP_START };

	(void)line;
	strncpy(message.caller, caller, sizeof message.caller - 1);
	strncpy(message.user, user, sizeof message.user - 1);
	ask_keeper(context, &message);
}

static void
ppp_stop(void *context, struct line *line)
{
	struct keeper_message message = { .op = KEEPER_PPP_STOP };

	(void)line;
	ask_keeper(context, &message);
}

static void
lock(void *context, struct line *line, bool lock)
{
	struct keeper_message message = { .op = KEEPER_LOCK, .status = lock };

	(void)line;
	ask_keeper(context, &message);
}

static void
pty_open(void *context, struct line *line)
{
	struct keeper_message message = { .op = KEEPER_PTY };

	(void)line;
	ask_keeper(context, &message);
}

static void
check(void *context, struct line *line, const char *user,
    const char *password)
{
	struct place *at = context;
	struct keeper_message message = { .ticket = ++at->ticket,
		.op = password == NULL ? KEEPER_FIND : KEEPER_CHECK };

	(void)line;
	strncpy(message.user, user, sizeof message.user - 1);
	if (password != NULL)
		strncpy(message.password, password,
		    sizeof message.password - 1);
	ask_keeper(at, &message);
	explicit_bzero(&message, sizeof message);
}

/* Who comes by TCP can try again at once, and for ever. */
static void
wrong_password(const struct place *at, const struct line *line)
{
	const struct house *house = at->house;
	const struct config_line *config =
	    &house->setup.config->lines[at->index];

	if (config->port_kind == PORT_TCP)
		listener_login_failed(house->listeners[config->listener],
		    line);
}

static void
checked(struct place *at, struct line *line,
    const struct keeper_message *message)
{
	bool right = message->status == CHECK_RIGHT;
	const struct account_options *options = &message->options;

	if (message->ticket != at->ticket)
		return;
	if (message->status == CHECK_WRONG)
		wrong_password(at, line);
	at->address = right ? message->address : 0;
	at->options = right ? *options : (struct account_options){ 0 };
	line_checked(line, right,
	    options->given & ACCOUNT_PROTOCOLS ? options->protocols : 0u,
	    options->given & ACCOUNT_PROTOCOL ? options->protocol : 0u);
}

/* A place outlives its line: the queue of a call that is being hung up may
 * still ask. */
static size_t
queue_below(void *context, uint32_t *rate)
{
	const struct place *at = context;
	struct line *line = at->house->lines[at->index];

	*rate = 0;
	return line == NULL ? 0 : line_below(line, rate);
}

static void
queue_given(void *context, size_t octets, bool backlogged)
{
	const struct place *at = context;
	struct line *line = at->house->lines[at->index];

	if (line != NULL)
		line_given(line, octets, backlogged);
}

static void
queue_arrived(void *context, uint64_t given_ms)
{
	const struct place *at = context;
	struct line *line = at->house->lines[at->index];

	if (line != NULL)
		line_arrived(line, given_ms);
}

/* Below a pppd that somebody else started is no line of ours: NULL. */
static struct place *
place_named(const struct house *house, const char *name)
{
	const struct config *config = house->setup.config;

	for (size_t i = 0; i < config->line_count; i++)
		if (strcmp(config->lines[i].name, name) == 0)
			return &house->places[i];
	return NULL;
}

static struct link *
make_queue(void *context, const char *name, struct link *inner)
{
	const struct house *house = context;
	struct queue_link_setup setup = { .loop = house->setup.loop,
		.gateway = house->setup.gateway, .key = house->setup.key,
		.line = { queue_below, queue_given, queue_arrived,
			place_named(house, name) } };
	struct link *link = NULL;

	if (setup.line.context != NULL && house->setup.config->callers.queue)
		link = queue_link_open(&setup, inner);
	return link == NULL ? inner : link;
}

/* pppd ends by itself, and its exit status would not tell why. */
static void
session_refused(void *context, const char *name)
{
	const struct house *house = context;
	const struct place *at = place_named(house, name);

	if (at != NULL && house->lines[at->index] != NULL)
		line_hangup(house->lines[at->index],
		    CAUSE_SERVICE_UNAVAILABLE);
}

static size_t
slip_room(void *context)
{
	const struct place *at = context;

	return line_room(at->house->lines[at->index]);
}

static void
slip_send(void *context, const uint8_t *octets, size_t n)
{
	const struct place *at = context;

	line_write(at->house->lines[at->index], octets, n);
}

static bool
slip_begin(void *context, struct line *line, const char *user,
    bool compressed, struct line_slip *terms)
{
	struct place *at = context;
	const struct house_setup *house = &at->house->setup;
	const struct config_line *config = &house->config->lines[at->index];
	const struct slip_house where = { .config = house->config,
		.gateway = house->gateway, .sessions = house->sessions };
	struct slip_setup setup = { .user = user, .line = config->name,
		.device = config->port, .options = &at->options,
		.address = at->address != 0 ? at->address : config->address,
		.compressed = compressed, .queue = make_queue,
		.queue_context = at->house, .room = slip_room,
		.send = slip_send, .context = at };
	struct line_status status;
	char error[200];

	line_status(line, &status);
	setup.caller = status.caller;
	setup.rate = status.rate;
	at->slip = slip_session_begin(&where, &setup, uv_now(house->loop),
	    error, sizeof error);
	if (at->slip == NULL) {
		log_warnx("line %s: user %s: refused: %s", config->name, user,
		    error);
		return false;
	}
	terms->peer = slip_session_address(at->slip);
	terms->gate = house->config->callers.gateway;
	terms->mtu = slip_session_mtu(at->slip);
	return true;
}

static void
slip_octets(void *context, struct line *line, const uint8_t *octets, size_t n)
{
	const struct place *at = context;

	(void)line;
	slip_session_octets(at->slip, octets, n,
	    uv_now(at->house->setup.loop));
}

static void
slip_end(void *context, struct line *line, enum line_cause cause)
{
	struct place *at = context;

	(void)line;
	slip_session_end(at->slip, line_cause_name(cause),
	    uv_now(at->house->setup.loop));
	at->slip = NULL;
}

/* A call begins: nothing of the one before is the caller's. */
static void
changed(void *context, struct line *line, enum line_state before)
{
	struct place *at = context;

	(void)before;
	if (line_state(line) != LINE_LOGIN)
		return;
	at->ticket++;
	at->address = 0;
	at->options = (struct account_options){ 0 };
}

/* SLIP has no pppd that would look at the clock. */
static void
tick(uv_timer_t *timer)
{
	static const enum line_cause causes[] = {
		[SLIP_IDLE] = CAUSE_IDLE_TIMEOUT,
		[SLIP_TIME_OVER] = CAUSE_SESSION_TIMEOUT };
	struct house *house = timer->data;

	for (size_t i = 0; i < house->setup.config->line_count; i++) {
		const struct place *at = &house->places[i];
		enum slip_limit limit = at->slip == NULL ? SLIP_NO_LIMIT :
		    slip_session_limit(at->slip, uv_now(house->setup.loop));

		if (limit != SLIP_NO_LIMIT)
			line_hangup(house->lines[i], causes[limit]);
		line_look(house->lines[i]);
	}
}

enum { PPPD_PEER_AUTH_FAILED = 11 };

/* pppd's exit status, pppd(8) EXIT STATUS, in RFC 2866's words. */
static enum line_cause
cause_of(int status)
{
	static const struct {
		int code;
		enum line_cause cause;
	} causes[] = { { 0, CAUSE_USER_REQUEST }, { 5, CAUSE_NAS_REQUEST },
		{ 10, CAUSE_USER_ERROR },
		{ PPPD_PEER_AUTH_FAILED, CAUSE_USER_ERROR },
		{ 12, CAUSE_IDLE_TIMEOUT }, { 13, CAUSE_SESSION_TIMEOUT },
		{ 15, CAUSE_LOST_CARRIER }, { 16, CAUSE_LOST_CARRIER },
		{ 19, CAUSE_USER_ERROR } };

	for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++)
		if (status >= 0 && (status & 0x7f) == 0 &&
		    status >> 8 == causes[i].code)
			return causes[i].cause;
	return CAUSE_NAS_ERROR;
}

static void
ppp_ended(const struct place *at, struct line *line, int status)
{
	if (status == PPPD_PEER_AUTH_FAILED << 8)
		wrong_password(at, line);
	line_ppp_ended(line, cause_of(status));
}

bool
house_answered(struct house *house, const struct keeper_message *message,
    int descriptor)
{
	struct line *line;

	if (message->line >= house->setup.config->line_count)
		return false;
	line = house->lines[message->line];
	if (line == NULL)
		return false;
	if (message->op == KEEPER_PPP_STARTED && descriptor != -1)
		line_ppp_started(line, descriptor);
	else if (message->op == KEEPER_PPP_ENDED && descriptor == -1)
		ppp_ended(&house->places[message->line], line,
		    message->status);
	else if (message->op == KEEPER_PTY)
		line_pty_opened(line, descriptor, message->status == EEXIST ?
			"something else has that name" :
			strerror(message->status));
	else if (message->op == KEEPER_CHECKED && descriptor == -1)
		checked(&house->places[message->line], line, message);
	else
		return false;
	return true;
}

_Static_assert((int)CONFIG_TELNET_AUTO == (int)TELNET_AUTO &&
    (int)CONFIG_TELNET_YES == (int)TELNET_YES &&
    (int)CONFIG_TELNET_NO == (int)TELNET_NO, "the same words");

static void
locks_changed(uv_fs_event_t *event, const char *name, int events, int status)
{
	struct house *house = event->data;

	(void)name;
	(void)events;
	(void)status;
	for (size_t i = 0; i < house->setup.config->line_count; i++)
		if (house->lines[i] != NULL)
			line_look(house->lines[i]);
}

/* Before the system-call filter; without such a directory tick() looks. */
static void
watch_locks(struct house *house)
{
	uv_fs_event_init(house->setup.loop, &house->locks);
	house->locks.data = house;
	house->left++;
	if (uv_fs_event_start(&house->locks, locks_changed, LOCK_DIRECTORY,
		0) != 0)
		log_debug("%s cannot be watched", LOCK_DIRECTORY);
}

static unsigned
protocols_of(const struct config_line *line)
{
	return (line->protocols & PROTOCOL_PPP ? LINE_WITH_PPP : 0u) |
	    (line->protocols & PROTOCOL_SLIP ?
		LINE_WITH_SLIP | LINE_WITH_CSLIP : 0u) |
	    (line->protocols & PROTOCOL_LOGIN ? LINE_WITH_LOGIN : 0u);
}

static struct screen_list
screen(const struct config_numbers *numbers)
{
	return (struct screen_list){ (const char *const *)numbers->list,
		numbers->count };
}

static struct line *
make_line(struct house *house, uint32_t index)
{
	static const enum line_kind kinds[] = { [PORT_SERIAL] = LINE_SERIAL,
		[PORT_PTY] = LINE_PTY, [PORT_TCP] = LINE_TCP };
	const struct config_callers *callers = &house->setup.config->callers;
	const struct config_line *from = &house->setup.config->lines[index];
	struct line_config config = { .name = from->name,
		.kind = kinds[from->port_kind], .path = from->port,
		.speed = from->speed, .modem = from->modem,
		.init = (const char *const *)from->init,
		.init_count = from->init_count, .rings = from->rings,
		.rate = from->rate, .telnet = from->telnet,
		.protocols = protocols_of(from),
		.user = from->user == NULL ? "" : from->user,
		.ring = from->ring == NULL ? "" : from->ring,
		.allow = screen(from->allow.count > 0 ? &from->allow :
			&callers->allow),
		.deny = screen(from->deny.count > 0 ? &from->deny :
			&callers->deny),
		.login = &house->login,
		.profiles = house->setup.config->profiles };
	struct line_house needs = { .ppp_start = ppp_start,
		.ppp_stop = ppp_stop, .lock = lock, .pty_open = pty_open,
		.check = check, .slip_begin = slip_begin,
		.slip_octets = slip_octets, .slip_end = slip_end,
		.changed = changed, .context = &house->places[index] };

	house->places[index].house = house;
	house->places[index].index = index;
	return line_create(house->setup.loop, &config, &needs);
}

/* The lines of one listener stand one behind the other. */
static struct listener *
make_listener(struct house *house, size_t index)
{
	const struct config_listener *from =
	    &house->setup.config->listeners[index];
	struct listener_config config = { .name = from->name,
		.lines = house->lines + from->first_line,
		.line_count = from->line_count,
		.calls_each = from->calls_each,
		.new_calls_each = from->new_calls_each };

	return listener_create(house->setup.loop,
	    house->setup.listeners[index], &config);
}

struct house *
house_create(const struct house_setup *setup)
{
	struct house *house = calloc(1, sizeof *house);
	const struct config_login *login = &setup->config->login;
	size_t count = setup->config->line_count;
	size_t listeners = setup->config->listener_count;

	if (house == NULL)
		return NULL;
	house->setup = *setup;
	house->login = (struct dialogue_options){ .issue = login->issue,
		.banner = login->banner, .timeout_ms = login->timeout * 1000,
		.idle_ms = login->idle * 1000, .tries = login->tries,
		.delay_ms = login->delay * 1000, .menu = login->menu };
	house->lines = calloc(count + 1, sizeof(struct line *));
	house->places = calloc(count + 1, sizeof *house->places);
	house->listeners = calloc(listeners + 1, sizeof(struct listener *));
	if (house->lines == NULL || house->places == NULL ||
	    house->listeners == NULL)
		return NULL;
	for (uint32_t i = 0; i < count; i++) {
		house->lines[i] = make_line(house, i);
		if (house->lines[i] == NULL)
			return NULL;
		house->left++;
	}
	for (size_t i = 0; i < listeners; i++) {
		house->listeners[i] = make_listener(house, i);
		if (house->listeners[i] == NULL)
			return NULL;
	}
	house->below = (struct session_lines){ .queue = make_queue,
		.refused = session_refused, .context = house };
	if (setup->sessions != NULL)
		sessions_lines(setup->sessions, &house->below);
	uv_timer_init(setup->loop, &house->timer);
	house->timer.data = house;
	house->left++;
	uv_timer_start(&house->timer, tick, TICK_MS, TICK_MS);
	watch_locks(house);
	return house;
}

struct line **
house_lines(struct house *house)
{
	return house->lines;
}

static void
line_gone(void *context)
{
	--((struct house *)context)->left;
}

static void
handle_closed(uv_handle_t *handle)
{
	line_gone(handle->data);
}

void
house_close(struct house *house)
{
	uv_close((uv_handle_t *)&house->timer, handle_closed);
	uv_close((uv_handle_t *)&house->locks, handle_closed);
	for (size_t i = 0; i < house->setup.config->listener_count; i++) {
		listener_destroy(house->listeners[i]);
		house->listeners[i] = NULL;
	}
	for (size_t i = 0; i < house->setup.config->line_count; i++) {
		if (house->lines[i] != NULL)
			line_destroy(house->lines[i], line_gone, house);
		house->lines[i] = NULL;
	}
}

bool
house_is_empty(const struct house *house)
{
	return house->left == 0;
}

void
house_destroy(struct house *house)
{
	if (house == NULL)
		return;
	free(house->lines);
	free(house->places);
	free(house->listeners);
	free(house);
}
