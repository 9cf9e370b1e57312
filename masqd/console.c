#include "console.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "serial/port.h"

enum { MAPPINGS_SHOWN = 4096 };

static json_t *
dotted(in_addr_t address)
{
	char text[INET_ADDRSTRLEN];

	if (address == 0)
		return json_null();
	return json_string(inet_ntop(AF_INET, &address, text, sizeof text));
}

/* Octets of a caller or a modem need not be UTF-8; JSON must be. */
static json_t *
text_of(const char *text)
{
	char plain[512];
	size_t used = 0;
	json_t *value = json_string(text);

	if (value != NULL)
		return value;
	for (; *text != '\0' && used + 1 < sizeof plain; text++)
		plain[used++] = (unsigned char)*text < 0x80 ? *text : '?';
	plain[used] = '\0';
	return json_string(plain);
}

static json_t *
uplink_json(const struct console *c)
{
	static const char *const kinds[] = { [UPLINK_INTERFACE] = "interface",
		[UPLINK_TUN] = "tun", [UPLINK_SOCKET] = "socket" };

	return json_pack("{s:s, s:s, s:o, s:i, s:b}", "kind",
	    kinds[c->config->uplink.kind], "name", c->uplink->name, "address",
	    dotted(c->address), "mtu", (int)c->uplink->mtu, "up",
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
	for (int v = REPLY + 1; v < VERDICT_COUNT; v++)
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
			 "s:i, s:s, s:o, s:o, s:o, s:s, s:I}",
	    "name", s.name, "path", s.path, "state", line_state_name(s.state),
	    "reason", text_of(s.reason), "since_ms",
	    (json_int_t)(now - s.since_ms), "caller", text_of(s.caller),
	    "connect", text_of(s.connect), "rate", (int)s.rate, "in",
	    (json_int_t)s.in, "out", (json_int_t)s.out, "calls", (int)s.calls,
	    "last_cause", line_cause_name(s.last_cause), "signals",
	    signals_json(s.signals), "user", text_of(session.user), "address",
	    dotted(session.address), "protocol",
	    s.state == LINE_PPP ? "ppp" : "", "idle_ms", (json_int_t)idle);
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
	    "user", text_of(view->user), "address", dotted(view->address),
	    "line", text_of(view->line), "device", text_of(view->device),
	    "protocol", protocol, "interface", text_of(view->interface),
	    "since_ms", (json_int_t)(uv_now(c->loop) - view->since_ms),
	    "packets_in", (json_int_t)place->packets_in, "packets_out",
	    (json_int_t)place->packets_out, "bytes_in",
	    (json_int_t)place->bytes_in, "bytes_out",
	    (json_int_t)place->bytes_out, "mappings", (int)usage.mappings,
	    "flows", (int)usage.flows, "caller", text_of(view->caller));
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
	    session_json(to->console, view, "ppp"));
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
		    session_json(c, &view, "socket"));
	}
	return json_pack("{s:o}", "sessions", to.list);
}

static json_t *
endpoint(in_addr_t address, in_port_t port)
{
	char text[INET_ADDRSTRLEN + 8], dots[INET_ADDRSTRLEN];

	(void)snprintf(text, sizeof text, "%s:%u",
	    inet_ntop(AF_INET, &address, dots, sizeof dots), ntohs(port));
	return json_string(text);
}

static const char *
protocol_name(uint8_t protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	case IPPROTO_ICMP:
		return "icmp";
	default:
		return "?";
	}
}

static json_t *
mapping_json(const struct console *c, const struct nat_mapping_view *m,
    const char *user)
{
	return json_pack("{s:s, s:o, s:o, s:o, s:i, s:I}", "protocol",
	    protocol_name(m->protocol), "inside",
	    endpoint(m->inside, m->inside_port), "outside",
	    endpoint(c->address, m->outside_port), "user", text_of(user),
	    "flows", (int)m->flows, "expires_ms", (json_int_t)m->expires_ms);
}

static json_t *
show_mappings(void *context, json_t *parameters, char *error,
    size_t error_size)
{
	const struct console *c = context;
	const char *wanted = json_string_value(json_object_get(parameters,
	    "user"));
	json_t *list = json_array();
	size_t cursor = 0;
	bool more = false;

	(void)error;
	(void)error_size;
	for (;;) {
		struct nat_mapping_view m;
		in_addr_t address;
		const char *user;

		if (nat_mappings(gateway_nat(c->gateway), &cursor, &m, 1,
			uv_now(c->loop)) == 0)
			break;
		user = gateway_caller(c->gateway, m.caller, &address);
		if (wanted != NULL && strcmp(wanted, user) != 0)
			continue;
		more = json_array_size(list) == MAPPINGS_SHOWN;
		if (more)
			break;
		json_array_append_new(list, mapping_json(c, &m, user));
	}
	return json_pack("{s:o, s:b}", "mappings", list, "more", more);
}

static json_t *
do_hangup(void *context, json_t *parameters, char *error, size_t error_size)
{
	const struct console *c = context;
	const char *name = json_string_value(json_object_get(parameters,
	    "line"));

	if (name == NULL) {
		(void)snprintf(error, error_size,
		    "name the line to hang up; see `masqctl lines`");
		return NULL;
	}
	for (size_t i = 0; i < c->config->line_count; i++) {
		struct line_status status;

		if (c->lines[i] == NULL || strcmp(line_name(c->lines[i]),
			name) != 0)
			continue;
		line_status(c->lines[i], &status);
		if (status.state < LINE_RINGING ||
		    status.state > LINE_PPP) {
			(void)snprintf(error, error_size,
			    "line %s has no call; it is %s", name,
			    line_state_name(status.state));
			return NULL;
		}
		line_hangup(c->lines[i], CAUSE_ADMIN_RESET);
		return json_object();
	}
	if (c->sessions != NULL &&
	    sessions_hangup(c->sessions, name, "hung up from the console"))
		return json_object();
	(void)snprintf(error, error_size,
	    "there is no line and no session on \"%s\"; see `masqctl lines` "
	    "and `masqctl sessions`", name);
	return NULL;
}

static json_t *
show_drops(void *context, json_t *parameters, char *error, size_t error_size)
{
	const struct console *c = context;
	json_t *list = json_array();
	uint64_t outbound, inbound;

	(void)parameters;
	(void)error;
	(void)error_size;
	for (int v = REPLY + 1; v < VERDICT_COUNT; v++)
		json_array_append_new(list, json_pack("{s:s, s:I, s:s}",
		    "name", verdict_name(v), "count",
		    (json_int_t)gateway_dropped(c->gateway, v), "text",
		    verdict_text(v)));
	gateway_forwarded(c->gateway, &outbound, &inbound);
	return json_pack("{s:o, s:{s:I, s:I}}", "drops", list, "forwarded",
	    "outbound", (json_int_t)outbound, "inbound", (json_int_t)inbound);
}

const struct control_verb console_verbs[] = {
	{ "Status", false, show_status },
	{ "Lines", false, show_lines },
	{ "Sessions", false, show_sessions },
	{ "Mappings", false, show_mappings },
	{ "Hangup", true, do_hangup },
	{ "Drops", false, show_drops },
	{ NULL, false, NULL },
};
