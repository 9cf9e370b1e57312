/* The verbs about the translation: what there is, and what would happen. */
#include <stdlib.h>
#include <string.h>

#include "console.h"
#include "json.h"
#include "verbs.h"
#include "explain.h"

enum {
	MAPPINGS_SHOWN = 4096,
	FLOWS_SHOWN = 4096,
	FLOWS_LOOKED_AT = 16384 /* for `mappings -v`: a moment's work */
};

static json_t *
flow_json(const struct console *c, const struct nat_flow_view *f,
    const char *user)
{
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:s, s:I}", "protocol",
	    console_protocol(f->protocol), "inside",
	    console_endpoint(f->inside, f->inside_port), "outside",
	    console_endpoint(c->address, f->outside_port), "remote",
	    console_endpoint(f->remote, f->remote_port), "user",
	    console_text(user), "state", f->state, "expires_ms",
	    (json_int_t)f->expires_ms);
}

/* The next flow of the user, of all where wanted is NULL; false: no more. */
static bool
next_flow(const struct console *c, const char *wanted, size_t *cursor,
    struct nat_flow_view *f, const char **user)
{
	in_addr_t address;

	do {
		if (nat_flows(gateway_nat(c->gateway), cursor, f, 1,
			uv_now(c->loop)) == 0)
			return false;
		*user = gateway_caller(c->gateway, f->caller, &address);
	} while (wanted != NULL && strcmp(wanted, *user) != 0);
	return true;
}

json_t *
console_flows(void *context, json_t *parameters, char *error,
    size_t error_size)
{
	const struct console *c = context;
	const char *wanted = console_word(parameters, "user"), *user;
	json_t *list = json_array();
	struct nat_flow_view f;
	bool more = false;
	size_t cursor = 0;

	(void)error;
	(void)error_size;
	while (!more && next_flow(c, wanted, &cursor, &f, &user)) {
		more = json_array_size(list) == FLOWS_SHOWN;
		if (!more)
			json_array_append_new(list, flow_json(c, &f, user));
	}
	return json_pack("{s:o, s:b}", "flows", list, "more", more);
}

/* Flows in the order of their mappings. */
struct flow_list {
	struct nat_flow_view *flows;
	size_t count;
	bool more;
};

static int
compare(const void *left, const void *right)
{
	const struct nat_flow_view *a = left, *b = right;

	if (a->protocol != b->protocol)
		return a->protocol < b->protocol ? -1 : 1;
	return (a->outside_port > b->outside_port) -
	    (a->outside_port < b->outside_port);
}

static void
gather_flows(const struct console *c, const char *wanted,
    struct flow_list *list)
{
	struct nat_flow_view f;
	size_t cursor = 0;
	const char *user;

	list->flows = calloc(FLOWS_LOOKED_AT, sizeof *list->flows);
	while (next_flow(c, wanted, &cursor, &f, &user)) {
		list->more = list->flows == NULL ||
		    list->count == FLOWS_LOOKED_AT;
		if (list->more)
			break;
		list->flows[list->count++] = f;
	}
	if (list->count > 0)
		qsort(list->flows, list->count, sizeof *list->flows, compare);
}

static json_t *
flows_of(const struct console *c, const struct flow_list *list,
    const struct nat_mapping_view *m, const char *user)
{
	const struct nat_flow_view key = { .protocol = m->protocol,
		.outside_port = m->outside_port };
	const struct nat_flow_view *at = list->count == 0 ? NULL :
	    bsearch(&key, list->flows, list->count, sizeof key, compare);
	json_t *flows = json_array();

	if (at == NULL)
		return flows;
	while (at > list->flows && compare(at - 1, &key) == 0)
		at--;
	for (; at < list->flows + list->count && compare(at, &key) == 0; at++)
		json_array_append_new(flows, flow_json(c, at, user));
	return flows;
}

static json_t *
mapping_json(const struct console *c, const struct nat_mapping_view *m,
    const char *user)
{
	return json_pack("{s:s, s:o, s:o, s:o, s:i, s:I}", "protocol",
	    console_protocol(m->protocol), "inside",
	    console_endpoint(m->inside, m->inside_port), "outside",
	    console_endpoint(c->address, m->outside_port), "user",
	    console_text(user), "flows", (int)m->flows, "expires_ms",
	    (json_int_t)m->expires_ms);
}

json_t *
console_mappings(void *context, json_t *parameters, char *error,
    size_t error_size)
{
	const struct console *c = context;
	const char *wanted = console_word(parameters, "user");
	bool verbose = json_is_true(json_object_get(parameters, "flows"));
	struct flow_list flows = { .count = 0 };
	json_t *list = json_array();
	struct nat_mapping_view m;
	size_t cursor = 0;

	(void)error;
	(void)error_size;
	if (verbose)
		gather_flows(c, wanted, &flows);
	while (nat_mappings(gateway_nat(c->gateway), &cursor, &m, 1,
		   uv_now(c->loop)) != 0) {
		in_addr_t address;
		const char *user = gateway_caller(c->gateway, m.caller,
		    &address);
		json_t *one;

		if (wanted != NULL && strcmp(wanted, user) != 0)
			continue;
		if (json_array_size(list) == MAPPINGS_SHOWN) {
			flows.more = true;
			break;
		}
		one = mapping_json(c, &m, user);
		if (verbose)
			json_object_set_new(one, "flow_list",
			    flows_of(c, &flows, &m, user));
		json_array_append_new(list, one);
	}
	free(flows.flows);
	return json_pack("{s:o, s:b}", "mappings", list, "more", flows.more);
}

json_t *
console_drops(void *context, json_t *parameters, char *error,
    size_t error_size)
{
	const struct console *c = context;
	json_t *list = json_array();
	uint64_t outbound, inbound, total = 0;

	(void)parameters;
	(void)error;
	(void)error_size;
	for (int v = LATER + 1; v < VERDICT_COUNT; v++) {
		total += gateway_dropped(c->gateway, v);
		json_array_append_new(list, json_pack("{s:s, s:I, s:s}",
		    "name", verdict_name(v), "count",
		    (json_int_t)gateway_dropped(c->gateway, v), "text",
		    verdict_text(v)));
	}
	gateway_forwarded(c->gateway, &outbound, &inbound);
	return json_pack("{s:o, s:I, s:I, s:I, s:{s:I, s:I}}", "drops", list,
	    "dropped", (json_int_t)total, "answered",
	    (json_int_t)gateway_answered(c->gateway), "waiting",
	    (json_int_t)gateway_held(c->gateway), "forwarded", "outbound",
	    (json_int_t)outbound, "inbound", (json_int_t)inbound);
}

/* A line of text each. */
static json_t *
lines_of(char *text)
{
	json_t *list = json_array();

	for (char *line = strtok(text, "\n"); line != NULL;
	     line = strtok(NULL, "\n"))
		json_array_append_new(list, console_text(line));
	return list;
}

json_t *
console_explain(void *context, json_t *parameters, char *error,
    size_t error_size)
{
	const struct console *c = context;
	struct explain_packet packet;
	char steps[4096];
	enum verdict verdict;

	if (!explain_read(&packet, console_word(parameters, "protocol"),
		console_word(parameters, "source"),
		console_word(parameters, "source_port"),
		console_word(parameters, "destination"),
		console_word(parameters, "destination_port"), error,
		error_size))
		return NULL;
	verdict = explain(c->gateway, &packet, steps, sizeof steps,
	    uv_now(c->loop));
	return json_pack("{s:s, s:o}", "verdict", verdict_name(verdict),
	    "steps", lines_of(steps));
}
