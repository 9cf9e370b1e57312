/*
 * show_modems.c - the bank, as masqctl prints it
 */
#include <string.h>

#include "show.h"
#include "table.h"

enum { CELL = 40 };

static const char *
text(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static const char *
count(const json_t *object, const char *key, char to[CELL])
{
	(void)snprintf(to, CELL, "%" JSON_INTEGER_FORMAT,
	    json_integer_value(json_object_get(object, key)));
	return to;
}

/* "40% (5%)": the line's share, and that of its group. */
static const char *
share(const json_t *object, const char *what, char to[CELL])
{
	const json_t *ours, *mean;
	char key[CELL];
	int length;

	(void)snprintf(key, sizeof key, "%s_share", what);
	ours = json_object_get(object, key);
	(void)snprintf(key, sizeof key, "%s_mean", what);
	mean = json_object_get(object, key);
	if (!json_is_integer(ours))
		return NULL;
	length = snprintf(to, CELL, "%" JSON_INTEGER_FORMAT "%%",
	    json_integer_value(ours));
	if (json_is_integer(mean))
		(void)snprintf(to + length, CELL - (size_t)length,
		    " (%" JSON_INTEGER_FORMAT "%%)", json_integer_value(mean));
	return to;
}

static const char *
state(const json_t *modem, char to[CELL])
{
	const char *name = text(modem, "state");

	(void)snprintf(to, CELL, "%s%s", name == NULL ? "" : name,
	    json_is_true(json_object_get(modem, "leaving")) ? ", then out" :
							       "");
	return to;
}

static bool
stands_out(const json_t *modem)
{
	const char *reason = text(modem, "reason");

	return json_array_size(json_object_get(modem, "faults")) > 0 ||
	    (reason != NULL && *reason != '\0');
}

static void
add(struct table *table, const json_t *modem)
{
	const json_t *known = json_object_get(modem, "modem");
	const char *model = text(known, "model");
	char cell[CELL];

	table_add(table, text(modem, "name"));
	table_add(table, stands_out(modem) ? "!" : "");
	table_add(table, state(modem, cell));
	table_add(table, text(modem, "group"));
	table_add(table, model != NULL && *model != '\0' ? model :
		text(known, "family"));
	table_add(table, count(modem, "rings", cell));
	table_add(table, count(modem, "calls", cell));
	table_add(table, share(modem, "missed", cell));
	table_add(table, share(modem, "failed", cell));
	table_add(table, share(modem, "short", cell));
}

static void
explain(const json_t *modem, FILE *to)
{
	const json_t *faults = json_object_get(modem, "faults"), *fault;
	const char *reason = text(modem, "reason");
	size_t i;

	if (!stands_out(modem))
		return;
	(void)fputs("! ", to);
	table_escape(text(modem, "name"), to);
	(void)fputs(":", to);
	if (reason != NULL && *reason != '\0') {
		(void)fputs(" ", to);
		table_escape(reason, to);
	}
	json_array_foreach(faults, i, fault)
		(void)fprintf(to, "%s %s, more than on the others",
		    i > 0 ? ";" : "", json_string_value(fault));
	(void)fputs("\n", to);
}

void
show_modems(json_t *answer, FILE *to, bool bold)
{
	static const struct column columns[] = { { "LINE", 4, 0 },
		{ "", 0, 0 }, { "STATE", 0, 0 }, { "GROUP", 5, 0 },
		{ "MODEM", 8, 0 }, { "RINGS", 0, 1 }, { "CALLS", 0, 1 },
		{ "MISSED", 0, 1 }, { "FAILED", 0, 1 }, { "SHORT", 0, 1 },
		{ NULL, 0, 0 } };
	const json_t *modems = json_object_get(answer, "modems"), *modem;
	struct table *table;
	size_t i;

	if (json_array_size(modems) == 0) {
		(void)fputs("masqd has no lines; masqd.conf(5) says how to "
			    "add one\n", to);
		return;
	}
	table = table_create(columns);
	json_array_foreach(modems, i, modem)
		add(table, modem);
	table_print(table, to, bold);
	json_array_foreach(modems, i, modem)
		explain(modem, to);
}

void
show_drain(json_t *answer, FILE *to, bool bold)
{
	json_int_t calls = json_integer_value(json_object_get(answer,
	    "calls"));

	(void)bold;
	if (calls == 0)
		(void)fputs("No calls are left; masqd can be stopped.\n", to);
	else
		(void)fprintf(to, "Calls that go on: %" JSON_INTEGER_FORMAT
		    ".  No new one is answered.\n", calls);
}
