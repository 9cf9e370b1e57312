#include "console.h"

#include <stdio.h>
#include <string.h>

#include "json.h"
#include "modem.h"
#include "verbs.h"
#include "serial/port.h"

static json_t *
uplink_json(const struct console *c)
{
	static const char *const kinds[] = { [UPLINK_INTERFACE] = "interface",
		[UPLINK_TUN] = "tun", [UPLINK_SOCKET] = "socket" };

	return json_pack("{s:s, s:s, s:o, s:i, s:b}", "kind",
	    kinds[c->config->uplink.kind], "name", c->uplink->name, "address",
	    console_dotted(c->address), "mtu", (int)c->uplink->mtu, "up",
	    c->uplink->fd != -1);
}

static void
count_session(void *count, const struct session_view *view)
{
	(void)view;
	++*(int *)count;
}

static json_t *
show_status(void *context, json_t *parameters, char *error, size_t error_size)
{
	const struct console *c = context;
	const struct pool *pool = c->sessions == NULL ? NULL :
	    sessions_pool(c->sessions);
	struct nat_usage usage = nat_usage(gateway_nat(c->gateway));
	json_int_t dropped = 0;
	int sessions = 0;

	(void)parameters;
	(void)error;
	(void)error_size;
	if (c->sessions != NULL)
		sessions_each(c->sessions, count_session, &sessions);
	for (int v = LATER + 1; v < VERDICT_COUNT; v++)
		dropped += (json_int_t)gateway_dropped(c->gateway, v);
	return json_pack("{s:s, s:I, s:o, s:{s:I, s:I}, s:i, s:i, s:i, s:i, "
			 "s:I}",
	    "version", MASQD_VERSION, "uptime_ms",
	    (json_int_t)(uv_now(c->loop) - c->started_ms), "uplink",
	    uplink_json(c), "pool", "size",
	    (json_int_t)(pool == NULL ? 0 : pool_size(pool)), "lent",
	    (json_int_t)(pool == NULL ? 0 : pool_lent(pool)), "lines",
	    (int)c->config->line_count, "sessions", sessions, "mappings",
	    (int)usage.mappings, "flows", (int)usage.flows, "dropped", dropped);
}

static json_t *
signals_json(unsigned signals)
{
	static const struct {
		unsigned bit;
		const char *name;
	} names[] = { { PORT_DCD, "DCD" }, { PORT_RI, "RI" },
		{ PORT_CTS, "CTS" }, { PORT_DSR, "DSR" } };
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (signals & names[i].bit)
			json_array_append_new(list, json_string(names[i].name));
	return list;
}

static json_t *
line_json(const struct console *c, const struct line *line)
{
	struct session_view session = { .user = "" };
	struct line_status s;
	uint64_t now = uv_now(c->loop), idle = 0;

	line_status(line, &s);
	if (c->sessions != NULL)
		(void)sessions_find(c->sessions, s.name, &session);
	if (session.place != NULL)
		idle = now - session.place->last_ms;
	return json_pack("{s:s, s:s, s:s, s:o, s:I, s:o, s:o, s:i, s:I, s:I, "
			 "s:i, s:s, s:o, s:o, s:o, s:s, s:I, s:o}",
	    "name", s.name, "path", s.path, "state", line_state_name(s.state),
	    "reason", console_text(s.reason), "since_ms",
	    (json_int_t)(now - s.since_ms), "caller", console_text(s.caller),
	    "connect", console_text(s.connect), "rate", (int)s.rate, "in",
	    (json_int_t)s.in, "out", (json_int_t)s.out, "calls", (int)s.calls,
	    "last_cause", line_cause_name(s.last_cause), "signals",
	    signals_json(s.signals), "user", console_text(session.user),
	    "address",
	    console_dotted(session.address), "protocol",
	    s.state == LINE_PPP ? "ppp" : s.state != LINE_SLIP ? "" :
	    session.protocol != NULL ? session.protocol : "slip",
	    "idle_ms", (json_int_t)idle, "modem", console_modem(&s));
}

static json_t *
show_lines(void *context, json_t *parameters, char *error, size_t error_size)
{
	const struct console *c = context;
	json_t *lines = json_array();

	(void)parameters;
	(void)error;
	(void)error_size;
	for (size_t i = 0; i < c->config->line_count; i++)
		if (c->lines[i] != NULL)
			json_array_append_new(lines, line_json(c, c->lines[i]));
	return json_pack("{s:o}", "lines", lines);
}

/* The callers of a link may have many slots: sum them up. */
static struct nat_usage
place_usage(const struct console *c, const struct gateway_link *place)
{
	struct nat_usage sum = { 0 };

	for (uint32_t i = 0; i <= place->last - place->first; i++) {
		struct nat_usage one;

		if (place->slots[i] == PACKET_NO_CALLER)
			continue;
		one = nat_caller_usage(gateway_nat(c->gateway),
		    (uint32_t)place->slots[i]);
		sum.mappings += one.mappings;
		sum.flows += one.flows;
	}
	return sum;
}

static json_t *
session_json(const struct console *c, const struct session_view *view,
    const char *protocol)
{
	struct gateway_link nowhere = { .packets_in = 0 };
	const struct gateway_link *place = view->place;
	struct nat_usage usage = { 0 };

	if (place != NULL)
		usage = place_usage(c, place);
	else
		place = &nowhere;
	return json_pack("{s:o, s:o, s:o, s:o, s:s, s:o, s:I, s:I, s:I, s:I, "
			 "s:I, s:i, s:i, s:o}",
	    "user", console_text(view->user), "address",
	    console_dotted(view->address), "line", console_text(view->line),
	    "device", console_text(view->device),
	    "protocol", protocol, "interface", console_text(view->interface),
	    "since_ms", (json_int_t)(uv_now(c->loop) - view->since_ms),
	    "packets_in", (json_int_t)place->packets_in, "packets_out",
	    (json_int_t)place->packets_out, "bytes_in",
	    (json_int_t)place->bytes_in, "bytes_out",
	    (json_int_t)place->bytes_out, "mappings", (int)usage.mappings,
	    "flows", (int)usage.flows, "caller", console_text(view->caller));
}

struct session_list {
	const struct console *console;
	json_t *list;
};

static void
add_session(void *context, const struct session_view *view)
{
	struct session_list *to = context;

	json_array_append_new(to->list,
	    session_json(to->console, view, view->protocol));
}

static json_t *
show_sessions(void *context, json_t *parameters, char *error,
    size_t error_size)
{
	const struct console *c = context;
	struct session_list to = { c, json_array() };

	(void)parameters;
	(void)error;
	(void)error_size;
	if (c->sessions != NULL)
		sessions_each(c->sessions, add_session, &to);
	for (size_t i = 0; i < c->config->network_count; i++) {
		struct network_view n;
		struct session_view view;

		network_view(c->networks[i], &n);
		if (!n.peer)
			continue;
		view = (struct session_view){ .user = n.name, .line = "",
			.device = n.path, .caller = "", .interface = "",
			.address = c->config->networks[i].subnet,
			.since_ms = n.since_ms, .place = n.place };
		json_array_append_new(to.list,
		    session_json(c, &view,
			c->config->networks[i].tun != NULL ? "tun" :
			"socket"));
	}
	return json_pack("{s:o}", "sessions", to.list);
}

static bool
has_call(enum line_state state)
{
	return state >= LINE_RINGING && state <= LINE_SLIP;
}

/* The line of that name, or NULL. */
static struct line *
find_line(const struct console *c, const char *name)
{
	for (size_t i = 0; i < c->config->line_count; i++)
		if (c->lines[i] != NULL &&
		    strcmp(line_name(c->lines[i]), name) == 0)
			return c->lines[i];
	return NULL;
}

/* On a line of ours the call ends, elsewhere pppd is told to. */
static bool
end_session(const struct console *c, const char *place)
{
	struct line *line = find_line(c, place);
	struct line_status status;

	if (line == NULL)
		return sessions_hangup(c->sessions, place,
		    "ended from the console");
	line_status(line, &status);
	if (!has_call(status.state))
		return false;
	line_hangup(line, CAUSE_ADMIN_RESET);
	return true;
}

static json_t *
do_hangup(void *context, json_t *parameters, char *error, size_t error_size)
{
	const struct console *c = context;
	const char *name = console_word(parameters, "line");
	struct line *line = name == NULL ? NULL : find_line(c, name);
	struct line_status status;

	if (name == NULL)
		return console_refuse(error, error_size,
		    "name the line to hang up; see `masqctl lines`");
	if (line == NULL) {
		if (c->sessions != NULL && sessions_hangup(c->sessions, name,
			"hung up from the console"))
			return json_object();
		return console_refuse(error, error_size,
		    "there is no line and no session on \"%s\"; see `masqctl "
		    "lines` and `masqctl sessions`", name);
	}
	line_status(line, &status);
	if (!has_call(status.state))
		return console_refuse(error, error_size,
		    "line %s has no call; it is %s", name,
		    line_state_name(status.state));
	line_hangup(line, CAUSE_ADMIN_RESET);
	return json_object();
}

struct kicked {
	const char *user;
	json_t *places; /* lines and devices */
};

static void
add_place(void *context, const struct session_view *view)
{
	struct kicked *kicked = context;

	if (strcmp(view->user, kicked->user) == 0)
		json_array_append_new(kicked->places, json_string(
		    *view->line != '\0' ? view->line : view->device));
}

/* Names first, because ending a session changes the list of them. */
static json_t *
do_kick(void *context, json_t *parameters, char *error, size_t error_size)
{
	const struct console *c = context;
	struct kicked kicked = { .user = console_word(parameters, "user"),
		.places = json_array() };
	size_t ended = 0, i;
	json_t *place;

	if (kicked.user != NULL && c->sessions != NULL)
		sessions_each(c->sessions, add_place, &kicked);
	json_array_foreach(kicked.places, i, place)
		ended += end_session(c, json_string_value(place));
	json_decref(kicked.places);
	if (kicked.user == NULL)
		return console_refuse(error, error_size,
		    "name the user whose sessions are to end; see `masqctl "
		    "sessions`");
	if (ended == 0)
		return console_refuse(error, error_size,
		    "user \"%.80s\" has no session that can be ended; see "
		    "`masqctl sessions`", kicked.user);
	return json_pack("{s:o, s:I}", "user", console_text(kicked.user),
	    "ended", (json_int_t)ended);
}

const struct control_verb console_verbs[] = {
	{ "Status", false, show_status },
	{ "Lines", false, show_lines },
	{ "Sessions", false, show_sessions },
	{ "Mappings", false, console_mappings },
	{ "Flows", false, console_flows },
	{ "Drops", false, console_drops },
	{ "Explain", false, console_explain },
	{ "Forwards", false, console_forwards },
	{ "ForwardAdd", true, console_forward_add },
	{ "ForwardDel", true, console_forward_del },
	{ "Hangup", true, do_hangup },
	{ "Kick", true, do_kick },
	{ "Modems", false, console_modems },
	{ "BusyOut", true, console_busy_out },
	{ "Restore", true, console_restore },
	{ "Drain", true, console_drain },
	{ NULL, false, NULL },
};
