#include "show.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"

enum { CELL = 32 };

static const char *
text(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static json_int_t
number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

/* A time in at most five columns: 0:07, 12:04, 3h41, 1d2h, 380d. */
static const char *
span(json_int_t ms, char to[CELL])
{
	int64_t s = ms / 1000;

	if (s < 3600)
		(void)snprintf(to, CELL, "%" PRId64 ":%02" PRId64, s / 60,
		    s % 60);
	else if (s < 86400)
		(void)snprintf(to, CELL, "%" PRId64 "h%02" PRId64, s / 3600,
		    s / 60 % 60);
	else if (s < 100 * 86400)
		(void)snprintf(to, CELL, "%" PRId64 "d%" PRId64 "h",
		    s / 86400, s / 3600 % 24);
	else
		(void)snprintf(to, CELL, "%" PRId64 "d", s / 86400);
	return to;
}

/* A short time with its unit: 0s, 59s, 12m, 3h. */
static const char *
brief(json_int_t ms, char to[CELL])
{
	int64_t s = ms / 1000;

	if (s < 60)
		(void)snprintf(to, CELL, "%" PRId64 "s", s);
	else if (s < 3600)
		(void)snprintf(to, CELL, "%" PRId64 "m", s / 60);
	else
		(void)snprintf(to, CELL, "%" PRId64 "h", s / 3600);
	return to;
}

/* Octets in at most five columns: 390, 610k, 1.5M. */
static const char *
amount(json_int_t octets, char to[CELL])
{
	static const char units[] = " kMGTPE";
	double value = (double)octets;
	size_t unit = 0;

	for (; value >= 999.5 && unit + 2 < sizeof units; unit++)
		value /= 1000;
	if (unit == 0)
		(void)snprintf(to, CELL, "%" PRId64, (int64_t)octets);
	else
		(void)snprintf(to, CELL, value < 9.95 ? "%.1f%c" : "%.0f%c",
		    value, units[unit]);
	return to;
}

static const char *
plain(json_int_t value, char to[CELL])
{
	(void)snprintf(to, CELL, "%" JSON_INTEGER_FORMAT, value);
	return to;
}

static void
print_text(const char *value, FILE *to)
{
	table_escape(value == NULL || *value == '\0' ? "-" : value, to);
}

void
show_status(json_t *answer, FILE *to, bool bold)
{
	const json_t *uplink = json_object_get(answer, "uplink");
	const json_t *pool = json_object_get(answer, "pool");
	char cell[CELL];

	(void)fputs(bold ? "\033[1mmasqd\033[0m     " : "masqd     ", to);
	print_text(text(answer, "version"), to);
	(void)fprintf(to, ", up %s\nuplink    ",
	    span(number(answer, "uptime_ms"), cell));
	print_text(text(uplink, "kind"), to);
	(void)fputc(' ', to);
	print_text(text(uplink, "name"), to);
	(void)fputc(' ', to);
	print_text(text(uplink, "address"), to);
	(void)fprintf(to, ", mtu %" JSON_INTEGER_FORMAT ", %s\n",
	    number(uplink, "mtu"),
	    json_is_true(json_object_get(uplink, "up")) ? "up" : "down");
	(void)fprintf(to,
	    "lines     %" JSON_INTEGER_FORMAT "\n"
	    "sessions  %" JSON_INTEGER_FORMAT "\n"
	    "pool      %" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT
	    " lent\n"
	    "mappings  %" JSON_INTEGER_FORMAT ", flows %" JSON_INTEGER_FORMAT
	    "\n"
	    "dropped   %" JSON_INTEGER_FORMAT "%s\n",
	    number(answer, "lines"), number(answer, "sessions"),
	    number(pool, "lent"), number(pool, "size"),
	    number(answer, "mappings"), number(answer, "flows"),
	    number(answer, "dropped"),
	    number(answer, "dropped") > 0 ? "  (why: masqctl drops)" : "");
}

static bool
needs_attention(const json_t *line)
{
	const char *state = text(line, "state");

	return state != NULL &&
	    (strcmp(state, "bad") == 0 || strcmp(state, "absent") == 0);
}

static void
add_line(struct table *table, const json_t *line)
{
	const char *user = text(line, "user");
	bool session = user != NULL && *user != '\0';
	bool call = text(line, "connect") != NULL &&
	    *text(line, "connect") != '\0';
	char cell[CELL];

	table_add(table, text(line, "name"));
	table_add(table, needs_attention(line) ? "!" : "");
	table_add(table, text(line, "state"));
	table_add(table, user);
	table_add(table, text(line, "address"));
	table_add(table, text(line, "caller"));
	table_add(table, number(line, "rate") > 0 ?
	    plain(number(line, "rate"), cell) : NULL);
	table_add(table, text(line, "protocol"));
	table_add(table, span(number(line, "since_ms"), cell));
	table_add(table, session ? brief(number(line, "idle_ms"), cell) :
	    NULL);
	table_add(table, call ? amount(number(line, "out"), cell) : NULL);
}

void
show_lines(json_t *answer, FILE *to, bool bold)
{
	static const struct column columns[] = { { "LINE", 4, 0 },
		{ "", 0, 0 }, { "STATE", 0, 0 }, { "USER", 6, 0 },
		{ "ADDRESS", 0, 0 }, { "CALLER", 6, 0 }, { "RATE", 0, 1 },
		{ "PROTO", 0, 0 }, { "SINCE", 0, 1 }, { "IDLE", 0, 1 },
		{ "OUT", 0, 1 }, { NULL, 0, 0 } };
	const json_t *lines = json_object_get(answer, "lines"), *line;
	struct table *table;
	size_t i;

	if (json_array_size(lines) == 0) {
		(void)fputs("masqd has no lines; masqd.conf(5) says how to "
			    "add one\n", to);
		return;
	}
	table = table_create(columns);
	json_array_foreach(lines, i, line)
		add_line(table, line);
	table_print(table, to, bold);
	json_array_foreach(lines, i, line) {
		if (!needs_attention(line))
			continue;
		(void)fputs("! ", to);
		print_text(text(line, "name"), to);
		(void)fputs(": ", to);
		print_text(text(line, "reason"), to);
		(void)fputs("; tried again by itself\n", to);
	}
}

/* A session's place: its line, else the device or socket it came by. */
static const char *
place(const json_t *session)
{
	const char *line = text(session, "line");

	return line != NULL && *line != '\0' ? line : text(session, "device");
}

void
show_sessions(json_t *answer, FILE *to, bool bold)
{
	static const struct column columns[] = { { "USER", 6, 0 },
		{ "ADDRESS", 0, 0 }, { "LINE", 6, 0 }, { "CALLER", 6, 0 },
		{ "PROTO", 0, 0 }, { "SINCE", 0, 1 }, { "IN", 0, 1 },
		{ "OUT", 0, 1 }, { "MAPPINGS", 0, 1 }, { "FLOWS", 0, 1 },
		{ NULL, 0, 0 } };
	const json_t *sessions = json_object_get(answer, "sessions"), *session;
	struct table *table;
	size_t i;

	if (json_array_size(sessions) == 0) {
		(void)fputs("there are no sessions\n", to);
		return;
	}
	table = table_create(columns);
	json_array_foreach(sessions, i, session) {
		char cell[CELL];

		table_add(table, text(session, "user"));
		table_add(table, text(session, "address"));
		table_add(table, place(session));
		table_add(table, text(session, "caller"));
		table_add(table, text(session, "protocol"));
		table_add(table, span(number(session, "since_ms"), cell));
		table_add(table, amount(number(session, "bytes_in"), cell));
		table_add(table, amount(number(session, "bytes_out"), cell));
		table_add(table, plain(number(session, "mappings"), cell));
		table_add(table, plain(number(session, "flows"), cell));
	}
	table_print(table, to, bold);
}

static void
say_more(const json_t *answer, const char *verb, FILE *to)
{
	if (json_is_true(json_object_get(answer, "more")))
		(void)fprintf(to, "and more; of one user alone: masqctl %s "
				  "USER\n", verb);
}

/* Below its mapping: where a flow goes. */
static void
add_flow_of(struct table *table, const json_t *flow)
{
	char cell[CELL], remote[2 * CELL];

	(void)snprintf(remote, sizeof remote, "  %s", text(flow, "remote"));
	table_add(table, " ");
	table_add(table, remote);
	table_add(table, *text(flow, "state") == '\0' ? " " :
	    text(flow, "state"));
	table_add(table, " ");
	table_add(table, " ");
	table_add(table, span(number(flow, "expires_ms"), cell));
}

void
show_mappings(json_t *answer, FILE *to, bool bold)
{
	static const struct column columns[] = { { "PROTO", 0, 0 },
		{ "INSIDE", 0, 0 }, { "OUTSIDE", 0, 0 }, { "USER", 8, 0 },
		{ "FLOWS", 0, 1 }, { "EXPIRES", 0, 1 }, { NULL, 0, 0 } };
	const json_t *mappings = json_object_get(answer, "mappings"), *mapping;
	struct table *table;
	size_t i;

	if (json_array_size(mappings) == 0) {
		(void)fputs("there are no mappings\n", to);
		return;
	}
	table = table_create(columns);
	json_array_foreach(mappings, i, mapping) {
		const json_t *flow;
		char cell[CELL];
		size_t n;

		table_add(table, text(mapping, "protocol"));
		table_add(table, text(mapping, "inside"));
		table_add(table, text(mapping, "outside"));
		table_add(table, text(mapping, "user"));
		table_add(table, plain(number(mapping, "flows"), cell));
		table_add(table, span(number(mapping, "expires_ms"), cell));
		json_array_foreach(json_object_get(mapping, "flow_list"), n,
		    flow)
			if (text(flow, "remote") != NULL &&
			    text(flow, "state") != NULL)
				add_flow_of(table, flow);
	}
	table_print(table, to, bold);
	say_more(answer, "mappings", to);
}

/* An endpoint's port: all outside endpoints have one address. */
static const char *
port_of(const char *endpoint)
{
	const char *colon = endpoint == NULL ? NULL : strrchr(endpoint, ':');

	return colon == NULL ? endpoint : colon + 1;
}

void
show_flows(json_t *answer, FILE *to, bool bold)
{
	static const struct column columns[] = { { "PROTO", 0, 0 },
		{ "INSIDE", 0, 0 }, { "PORT", 0, 1 }, { "REMOTE", 0, 0 },
		{ "USER", 4, 0 }, { "STATE", 6, 0 }, { "EXPIRES", 0, 1 },
		{ NULL, 0, 0 } };
	const json_t *flows = json_object_get(answer, "flows"), *flow;
	struct table *table;
	size_t i;

	if (json_array_size(flows) == 0) {
		(void)fputs("there are no flows\n", to);
		return;
	}
	table = table_create(columns);
	json_array_foreach(flows, i, flow) {
		char cell[CELL];

		table_add(table, text(flow, "protocol"));
		table_add(table, text(flow, "inside"));
		table_add(table, port_of(text(flow, "outside")));
		table_add(table, text(flow, "remote"));
		table_add(table, text(flow, "user"));
		table_add(table, text(flow, "state"));
		table_add(table, span(number(flow, "expires_ms"), cell));
	}
	table_print(table, to, bold);
	say_more(answer, "flows", to);
}

void
show_drops(json_t *answer, FILE *to, bool bold)
{
	static const struct column columns[] = { { "PACKETS", 0, 1 },
		{ "DROP", 0, 0 }, { "WHY", 20, 0 }, { NULL, 0, 0 } };
	const json_t *forwarded = json_object_get(answer, "forwarded");
	const json_t *drops = json_object_get(answer, "drops"), *drop;
	struct table *table = table_create(columns);
	size_t i;

	json_array_foreach(drops, i, drop) {
		char cell[CELL];

		table_add(table, plain(number(drop, "count"), cell));
		table_add(table, text(drop, "name"));
		table_add(table, text(drop, "text"));
	}
	table_print(table, to, bold);
	(void)fprintf(to,
	    "%" JSON_INTEGER_FORMAT " dropped in all, %" JSON_INTEGER_FORMAT
	    " answered in their receiver's place\n"
	    "%" JSON_INTEGER_FORMAT " sent on outbound, %" JSON_INTEGER_FORMAT
	    " inbound\n",
	    number(answer, "dropped"), number(answer, "answered"),
	    number(forwarded, "outbound"), number(forwarded, "inbound"));
	if (number(answer, "waiting") > 0)
		(void)fprintf(to, "%" JSON_INTEGER_FORMAT " wait: fragments "
				  "whose first has not come\n",
		    number(answer, "waiting"));
}

/* A sentence, broken between words, its later rows indented. */
static void
print_wrapped(const char *sentence, int indent, FILE *to)
{
	size_t column = (size_t)indent;

	while (*sentence != '\0') {
		size_t length = strcspn(sentence, " ");
		char word[TABLE_WIDTH];

		(void)snprintf(word, sizeof word, "%.*s", (int)length,
		    sentence);
		if (column > (size_t)indent &&
		    column + 1 + length > TABLE_WIDTH) {
			(void)fprintf(to, "\n%*s", indent, "");
			column = (size_t)indent;
		} else if (column > (size_t)indent) {
			(void)fputc(' ', to);
			column++;
		}
		table_escape(word, to);
		column += length;
		sentence += length;
		sentence += strspn(sentence, " ");
	}
	(void)fputc('\n', to);
}

void
show_explain(json_t *answer, FILE *to, bool bold)
{
	const json_t *step;
	size_t i;

	(void)bold;
	json_array_foreach(json_object_get(answer, "steps"), i, step) {
		(void)fprintf(to, "%2zu  ", i + 1);
		print_wrapped(json_is_string(step) ? json_string_value(step) :
		    "-", 4, to);
	}
}

/* "alice:80", with a mark where nobody is there. */
static void
add_target(char *cell, size_t size, const json_t *target)
{
	const char *who = text(target, "user") != NULL ?
	    text(target, "user") : text(target, "address");
	size_t used = strlen(cell);

	(void)snprintf(cell + used, size - used, "%s%s:%" JSON_INTEGER_FORMAT
						 "%s", used == 0 ? "" : " ",
	    who == NULL ? "?" : who, number(target, "port"),
	    json_is_true(json_object_get(target, "present")) ? "" :
	    " (absent)");
}

static void
add_forward(struct table *table, const json_t *forward)
{
	json_int_t first = number(forward, "port"),
		   last = number(forward, "last_port");
	char ports[2 * CELL], targets[1024] = "";
	const json_t *target;
	size_t i;

	(void)snprintf(ports, sizeof ports,
	    first == last ? "%" JSON_INTEGER_FORMAT :
	    "%" JSON_INTEGER_FORMAT "-%" JSON_INTEGER_FORMAT, first, last);
	json_array_foreach(json_object_get(forward, "targets"), i, target)
		add_target(targets, sizeof targets, target);
	table_add(table, text(forward, "name"));
	table_add(table, text(forward, "protocol"));
	table_add(table, ports);
	table_add(table, text(forward, "state"));
	table_add(table, json_is_true(json_object_get(forward,
	    "configured")) ? "file" : "console");
	table_add(table, targets);
}

void
show_forwards(json_t *answer, FILE *to, bool bold)
{
	static const struct column columns[] = { { "NAME", 6, 0 },
		{ "PROTO", 0, 0 }, { "PORT", 0, 0 }, { "STATE", 0, 0 },
		{ "FROM", 0, 0 }, { "TARGETS", 20, 0 }, { NULL, 0, 0 } };
	const json_t *forwards = json_object_get(answer, "forwards"), *forward;
	struct table *table;
	size_t i;

	if (json_array_size(forwards) == 0) {
		(void)fputs("there are no forwards\n", to);
		return;
	}
	table = table_create(columns);
	json_array_foreach(forwards, i, forward)
		add_forward(table, forward);
	table_print(table, to, bold);
	json_array_foreach(forwards, i, forward) {
		const char *why = text(forward, "why");

		if (why == NULL || *why == '\0')
			continue;
		print_text(text(forward, "name"), to);
		(void)fputs(": ", to);
		print_text(why, to);
		(void)fputc('\n', to);
	}
}

void
show_kick(json_t *answer, FILE *to, bool bold)
{
	json_int_t ended = number(answer, "ended");

	(void)bold;
	(void)fputs("user ", to);
	print_text(text(answer, "user"), to);
	(void)fprintf(to, ": %" JSON_INTEGER_FORMAT " session%s hung up\n",
	    ended, ended == 1 ? " is" : "s are");
}

void
show_json(const json_t *answer, FILE *to)
{
	char *dump = json_dumps(answer, JSON_INDENT(2) | JSON_ENSURE_ASCII);

	/* DEL is the one control character that JSON lets stand. */
	for (const char *at = dump; at != NULL && *at != '\0'; at++) {
		if (*at == 0x7f)
			(void)fputs("\\u007f", to);
		else
			(void)fputc(*at, to);
	}
	(void)fputc('\n', to);
	free(dump);
}
