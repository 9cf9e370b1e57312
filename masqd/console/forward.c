/* The verbs about forwards. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "console.h"
#include "json.h"
#include "verbs.h"

enum { TARGETS_MOST = 64 };

static json_t *
target_json(const struct config_target *target, bool present)
{
	return json_pack("{s:o, s:o, s:i, s:b}", "user",
	    target->user == NULL ? json_null() : console_text(target->user),
	    "address", console_dotted(target->address), "port",
	    (int)target->port, "present", present);
}

/* One word for what the table shows, and a sentence where it is not well. */
static const char *
state_of(const struct forward_view *view)
{
	if (view->trouble != 0 && view->open == 0)
		return "blocked";
	if (view->trouble != 0)
		return "partly";
	if (view->waiting > 0)
		return "waiting";
	return view->present == 0 ? "closed" : "open";
}

static json_t *
why_of(const struct forward_view *view)
{
	char text[160];

	if (view->trouble == 0)
		return json_string(view->present == 0 ?
		    "none of its targets is there; the port answers as a "
		    "closed one" : "");
	(void)snprintf(text, sizeof text, "port %u: %s; it is tried again",
	    view->troubled, view->trouble == EBUSY ?
	    "a mapping has it" : strerror(view->trouble));
	return json_string(text);
}

static void
add_forward(void *context, const struct forward_view *view)
{
	const struct config_forward *forward = view->forward;
	json_t *targets = json_array();

	for (size_t i = 0; i < forward->target_count; i++)
		json_array_append_new(targets,
		    target_json(&forward->targets[i],
			(view->present >> i & 1) != 0));
	json_array_append_new(context,
	    json_pack("{s:s, s:s, s:i, s:i, s:o, s:b, s:s, s:o, s:i}", "name",
		forward->name, "protocol", console_protocol(forward->protocol),
		"port", (int)forward->port_low, "last_port",
		(int)forward->port_high, "targets", targets, "configured",
		view->configured, "state", state_of(view), "why",
		why_of(view), "open", (int)view->open));
}

json_t *
console_forwards(void *context, json_t *parameters, char *error,
    size_t error_size)
{
	const struct console *c = context;
	json_t *list = json_array();

	(void)parameters;
	(void)error;
	(void)error_size;
	if (c->forwards != NULL)
		forwards_each(c->forwards, add_forward, list);
	return json_pack("{s:o}", "forwards", list);
}

json_t *
console_forward_add(void *context, json_t *parameters, char *error,
    size_t error_size)
{
	const struct console *c = context;
	const char *name = console_word(parameters, "name"),
		   *protocol = console_word(parameters, "protocol"),
		   *port = console_word(parameters, "port");
	const json_t *list = json_object_get(parameters, "targets"), *word;
	const char *targets[TARGETS_MOST];
	struct config_forward forward;
	size_t n = 0, i;
	bool done;

	json_array_foreach(list, i, word)
		if (n < TARGETS_MOST && json_is_string(word))
			targets[n++] = json_string_value(word);
	if (name == NULL || protocol == NULL || port == NULL ||
	    n != json_array_size(list))
		return console_refuse(error, error_size,
		    "give name, protocol, port and targets, all as texts: "
		    "masqctl forward add web tcp 8080 alice:80");
	if (!forward_read(&forward, name, protocol, port, targets, n, error,
		error_size))
		return NULL;
	done = forwards_add(c->forwards, &forward, uv_now(c->loop), error,
	    error_size);
	forward_clear(&forward);
	return done ? json_object() : NULL;
}

json_t *
console_forward_del(void *context, json_t *parameters, char *error,
    size_t error_size)
{
	const struct console *c = context;
	const char *name = console_word(parameters, "name");

	if (name == NULL)
		return console_refuse(error, error_size,
		    "name the forward; see `masqctl forward list`");
	if (!forwards_remove(c->forwards, name, error, error_size))
		return NULL;
	return json_object();
}
