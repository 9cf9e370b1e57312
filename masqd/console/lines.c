/*
 * lines.c - verbs about the bank: modems, busy-out, restore, drain
 */
#include <string.h>

#include "console.h"
#include "json.h"
#include "modem.h"
#include "verbs.h"

/* Lines of one group should do equally well; without a name all modems are
 * one, and the calls of a TCP line. */
static bool
is_same_group(const struct config_line *a, const struct config_line *b)
{
	if (a->group == NULL || b->group == NULL)
		return a->group == b->group && a->port_kind == b->port_kind &&
		    a->listener == b->listener;
	return a->group == b->group || strcmp(a->group, b->group) == 0;
}

static struct bank_counts
group_counts(const struct console *c, const struct config_line *of)
{
	struct bank_counts sum = { 0 };
	struct line_status s;

	for (size_t i = 0; i < c->config->line_count; i++) {
		if (c->lines[i] == NULL ||
		    !is_same_group(of, &c->config->lines[i]))
			continue;
		line_status(c->lines[i], &s);
		bank_add(&sum, &s.counts);
	}
	return sum;
}

static json_t *
share_json(int share)
{
	return share < 0 ? json_null() : json_integer(share);
}

static json_t *
faults_json(unsigned faults)
{
	json_t *list = json_array();

	if (faults & BANK_MISSES)
		json_array_append_new(list,
		    json_string("rings are not answered"));
	if (faults & BANK_FAILS)
		json_array_append_new(list,
		    json_string("answers lead to no call"));
	if (faults & BANK_BRIEF)
		json_array_append_new(list, json_string("calls are short"));
	return list;
}

static json_t *
modem_json(const struct console *c, size_t index,
    const struct bank_counts *all)
{
	const struct config_line *config = &c->config->lines[index];
	struct bank_shares ours, theirs;
	struct line_status s;

	line_status(c->lines[index], &s);
	bank_shares(&s.counts, &ours);
	bank_shares(all, &theirs);
	return json_pack("{s:s, s:s, s:b, s:o, s:s, s:s, s:o, s:I, s:I, s:I, "
			 "s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
	    "name", s.name, "state", line_state_name(s.state), "leaving",
	    s.leaving, "reason", console_text(s.reason), "group",
	    config->group == NULL ? "" : config->group, "path", s.path,
	    "modem", console_modem(&s), "rings", (json_int_t)s.counts.rings,
	    "missed", (json_int_t)s.counts.missed, "turned_away",
	    (json_int_t)s.counts.turned_away, "answers",
	    (json_int_t)s.counts.answers, "failed",
	    (json_int_t)s.counts.failed, "calls", (json_int_t)s.counts.calls,
	    "missed_share", share_json(ours.missed), "failed_share",
	    share_json(ours.failed), "short_share", share_json(ours.brief),
	    "missed_mean", share_json(theirs.missed), "failed_mean",
	    share_json(theirs.failed), "short_mean",
	    share_json(theirs.brief), "faults",
	    faults_json(bank_judge(&s.counts, all)));
}

json_t *
console_modems(void *context, json_t *parameters, char *error,
    size_t error_size)
{
	const struct console *c = context;
	json_t *modems = json_array();
	struct bank_counts all = { 0 };

	(void)parameters;
	(void)error;
	(void)error_size;
	for (size_t i = 0; i < c->config->line_count; i++) {
		const struct config_line *line = &c->config->lines[i];

		if (c->lines[i] == NULL)
			continue;
		/* The thousand calls of a TCP line are summed up once. */
		if (i == 0 || !is_same_group(line, line - 1))
			all = group_counts(c, line);
		json_array_append_new(modems, modem_json(c, i, &all));
	}
	return json_pack("{s:o}", "modems", modems);
}

/* By its name, its group's, or that of all calls of a TCP line. */
static bool
is_called(const struct console *c, size_t index, const char *name)
{
	const struct config_line *line = &c->config->lines[index];

	return strcmp(line->name, name) == 0 ||
	    (line->group != NULL && strcmp(line->group, name) == 0) ||
	    (line->slot > 0 &&
		strcmp(c->config->listeners[line->listener].name, name) == 0);
}

/* What is done to each line of that name; how many there are. */
static size_t
for_lines(const struct console *c, const char *name,
    void (*act)(struct line *, bool), bool now)
{
	size_t count = 0;

	for (size_t i = 0; i < c->config->line_count; i++) {
		if (c->lines[i] == NULL ||
		    (name != NULL && !is_called(c, i, name)))
			continue;
		act(c->lines[i], now);
		count++;
	}
	return count;
}

static void
restore(struct line *line, bool now)
{
	(void)now;
	line_restore(line);
}

static json_t *
no_such_line(const char *name, char *error, size_t error_size)
{
	if (name == NULL)
		return console_refuse(error, error_size,
		    "name a line or a group; see `masqctl modems`");
	return console_refuse(error, error_size,
	    "there is no line and no group \"%.80s\"; see `masqctl modems`",
	    name);
}

json_t *
console_busy_out(void *context, json_t *parameters, char *error,
    size_t error_size)
{
	const char *name = console_word(parameters, "line");
	const char *when = console_word(parameters, "when");

	if (when != NULL && strcmp(when, "now") != 0)
		return console_refuse(error, error_size,
		    "\"%.80s\" is no time; say \"now\", or nothing: then calls "
		    "may end by themselves", when);
	if (name == NULL ||
	    for_lines(context, name, line_busy_out, when != NULL) == 0)
		return no_such_line(name, error, error_size);
	return json_object();
}

json_t *
console_restore(void *context, json_t *parameters, char *error,
    size_t error_size)
{
	const char *name = console_word(parameters, "line");

	if (name == NULL || for_lines(context, name, restore, false) == 0)
		return no_such_line(name, error, error_size);
	return json_object();
}

json_t *
console_drain(void *context, json_t *parameters, char *error,
    size_t error_size)
{
	const struct console *c = context;
	struct line_status s;
	json_int_t left = 0;

	(void)parameters;
	(void)error;
	(void)error_size;
	(void)for_lines(c, NULL, line_busy_out, false);
	for (size_t i = 0; i < c->config->line_count; i++) {
		if (c->lines[i] == NULL)
			continue;
		line_status(c->lines[i], &s);
		left += s.leaving && (s.state == LINE_RINGING ||
		    line_has_call(c->lines[i]));
	}
	return json_pack("{s:I}", "calls", left);
}
