/*
 * scenario.c - tables of packets through the real gateway, in virtual time
 *
 * Each file tests/scenario/NAME.table holds scenarios:
 *
 *   scenario NAME: what it shows
 *   set KEY VALUE         before the first packet: a limit, a timer, ...
 *   @ SECONDS             the time moves on (and timers fall due)
 *   > lab PACKET          a packet from the caller's link (or: > alice)
 *   > net PACKET          a packet from the uplink
 *   = lab PACKET          what must come out there, in this order
 *   = net PACKET
 *   = drop NAME           the last packet was dropped under this name
 *   end alice             the session ends
 *   begin alice           and another begins
 *   forward tcp 8080 alice:80 bob:80    a forward; without targets: nobody
 *   unforward tcp 8080                  is there; its end
 *   address 192.0.2.77    the uplink has another address, or "none"
 *   withdraw udp 61000    this outside port is usable no longer
 *
 * `lab` is a network with 10.9.0.0/24, `alice` and `bob` are PPP callers with
 * 10.64.0.2 and 10.64.0.3.  UP is the uplink's address, $x stands for a value
 * that is learnt where it first comes out, `even` and `odd` for such ports.  In
 * an expected packet only what is written is compared; what comes out and is
 * not expected is an error.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdarg.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "world.h"

enum { VARIABLES = 16, NAME_ROOM = 64 };

struct variable {
	char name[NAME_ROOM], value[NAME_ROOM];
};

struct run {
	const char *file;
	unsigned line_number;
	char title[256], failure[1600];
	struct world *world;
	struct variable variables[VARIABLES];
	size_t variable_count;
	unsigned passed, failed;
};

static void __attribute__((format(printf, 2, 3)))
fail(struct run *run, const char *format, ...)
{
	va_list arguments;

	if (run->failure[0] != '\0')
		return;
	va_start(arguments, format);
	(void)vsnprintf(run->failure, sizeof run->failure, format, arguments);
	va_end(arguments);
}

static struct variable *
find_variable(struct run *run, const char *name, size_t length)
{
	for (size_t i = 0; i < run->variable_count; i++)
		if (strlen(run->variables[i].name) == length &&
		    strncmp(run->variables[i].name, name, length) == 0)
			return &run->variables[i];
	return NULL;
}

static size_t
name_length(const char *name)
{
	size_t n = 0;

	while (isalnum((unsigned char)name[n]))
		n++;
	return n;
}

/* UP and known variables become their values. */
static void
expand(struct run *run, const char *in, char *out, size_t room)
{
	size_t used = 0;

	while (*in != '\0' && used + NAME_ROOM < room) {
		const struct variable *v = NULL;
		size_t length = 0;

		if (*in == '$') {
			length = name_length(in + 1);
			v = find_variable(run, in + 1, length);
			length++;
		}
		if (v != NULL) {
			used += (size_t)sprintf(out + used, "%s", v->value);
			in += length;
		} else if (strncmp(in, "UP", 2) == 0) {
			used += (size_t)sprintf(out + used, "%s", WORLD_UPLINK);
			in += 2;
		} else {
			out[used++] = *in++;
		}
	}
	out[used] = '\0';
}

/* "UP:even" and "UP:odd" stand for any port of that parity. */
static bool
parity_fits(const char *want, const char *seen)
{
	size_t head = strcspn(want, ":") + 1;

	return strncmp(want, seen, head) == 0 &&
	    strtoul(seen + head, NULL, 10) % 2 ==
	    (strcmp(want + head, "odd") == 0);
}

/* One word of an expected packet against one that was seen; an unknown
 * variable learns its value. */
static bool
word_fits(struct run *run, const char *want, const char *seen)
{
	const char *dollar = strchr(want, '$');
	size_t head, length, tail, middle;
	struct variable *v;

	if (strstr(want, ":even") != NULL || strstr(want, ":odd") != NULL)
		return parity_fits(want, seen);
	if (dollar == NULL)
		return strcmp(want, seen) == 0;
	head = (size_t)(dollar - want);
	length = name_length(dollar + 1);
	tail = strlen(dollar + 1 + length);
	if (strlen(seen) < head + tail || strncmp(want, seen, head) != 0 ||
	    strcmp(seen + strlen(seen) - tail, dollar + 1 + length) != 0 ||
	    run->variable_count == VARIABLES)
		return false;
	middle = strlen(seen) - head - tail;
	v = &run->variables[run->variable_count++];
	(void)snprintf(v->name, sizeof v->name, "%.*s", (int)length,
	    dollar + 1);
	(void)snprintf(v->value, sizeof v->value, "%.*s", (int)middle,
	    seen + head);
	return true;
}

/* Is the word among those of the description (behind the addresses)? */
static bool
has_word(struct run *run, const char *want, const char *description)
{
	char copy[TEXT_LINE_ROOM], *rest = copy, *word;

	(void)snprintf(copy, sizeof copy, "%s", description);
	while ((word = strsep(&rest, " ")) != NULL) {
		const char *is = strchr(want, '=');
		size_t key = is == NULL ? strlen(want) :
		    (size_t)(is - want) + 1;

		if (strncmp(word, want, key) == 0)
			return word_fits(run, want, word);
	}
	return false;
}

static bool
packet_fits(struct run *run, const char *want, const char *seen)
{
	char copy[TEXT_LINE_ROOM], other[TEXT_LINE_ROOM], *rest = copy,
	    *others = other, *word;
	int position = 0;

	/* What is not said must be right. */
	if ((strstr(seen, "sum=bad") != NULL) !=
	    (strstr(want, "sum=bad") != NULL))
		return false;
	(void)snprintf(copy, sizeof copy, "%s", want);
	(void)snprintf(other, sizeof other, "%s", seen);
	while ((word = strsep(&rest, " \t")) != NULL) {
		if (*word == '\0')
			continue;
		if (position++ < 4) {
			const char *at = strsep(&others, " ");

			if (at == NULL || !word_fits(run, word, at))
				return false;
		} else if (!has_word(run, word, seen)) {
			return false;
		}
	}
	return position >= 4;
}

static void
inject(struct run *run, const char *where, const char *text)
{
	static uint8_t packet[TEXT_PACKET_ROOM];
	char line[TEXT_LINE_ROOM];
	const char *left;
	size_t length;

	left = world_unexpected(run->world);
	if (left != NULL) {
		fail(run, "not expected: %s", left);
		return;
	}
	expand(run, text, line, sizeof line);
	length = text_build(line, packet);
	if (length == 0 || !world_inject(run->world, where, packet, length))
		fail(run, "cannot inject: > %s %s", where, line);
}

static void
expect(struct run *run, const char *where, const char *text)
{
	char line[TEXT_LINE_ROOM];
	const char *seen;

	if (strcmp(where, "drop") == 0) {
		if (!world_dropped(run->world, text))
			fail(run, "wanted drop %s, was: %s", text,
			    world_last_verdict(run->world));
		return;
	}
	expand(run, text, line, sizeof line);
	seen = world_take(run->world, where);
	if (seen == NULL)
		fail(run, "nothing came out at %s (%s)", where,
		    world_last_verdict(run->world));
	else if (!packet_fits(run, line, seen))
		fail(run, "at %s came: %s", where, seen);
}

static void
finish(struct run *run)
{
	const char *left;

	if (run->world == NULL)
		return;
	left = world_unexpected(run->world);
	if (left != NULL)
		fail(run, "not expected at the end: %s", left);
	if (run->failure[0] == '\0') {
		printf("ok %u - %s\n", ++run->passed + run->failed,
		    run->title);
	} else {
		printf("not ok %u - %s\n", run->passed + ++run->failed,
		    run->title);
		printf("# %s:%s\n", run->file, run->failure);
	}
	world_destroy(run->world);
	run->world = NULL;
	run->failure[0] = '\0';
	run->variable_count = 0;
}

/* What happens besides packets.  False: it is none of these. */
static bool
run_event(struct run *run, const char *text)
{
	char line[TEXT_LINE_ROOM], what[16];
	unsigned port;
	int at = 0;

	expand(run, text, line, sizeof line);
	if (sscanf(line, "end %15s", what) == 1)
		world_end(run->world, what);
	else if (sscanf(line, "begin %15s", what) == 1)
		world_begin(run->world, what);
	else if (sscanf(line, "address %15s", what) == 1)
		world_address(run->world, what);
	else if (sscanf(line, "withdraw %15s %u", what, &port) == 2)
		world_withdraw(run->world, what, port);
	else if (sscanf(line, "unforward %15s %u", what, &port) == 2)
		world_unforward(run->world, what, port);
	else if (sscanf(line, "forward %15s %u%n", what, &port, &at) == 2 &&
	    at > 0) {
		if (!world_forward(run->world, what, port, line + at))
			fail(run, "cannot forward");
	} else {
		return false;
	}
	return true;
}

static void
run_line(struct run *run, char *line)
{
	char where[16], key[32], value[32];
	int at = 0;
	double seconds;
	size_t before = strlen(run->failure);

	if (strncmp(line, "scenario ", 9) == 0) {
		finish(run);
		(void)snprintf(run->title, sizeof run->title, "%s", line + 9);
		run->world = world_create();
	} else if (run->world == NULL) {
		fail(run, "stands before the first scenario");
	} else if (sscanf(line, "set %31s %31s", key, value) == 2) {
		if (!world_set(run->world, key, value))
			fail(run, "cannot set %s", key);
	} else if (sscanf(line, "@ %lf", &seconds) == 1) {
		world_time(run->world, (uint64_t)(seconds * 1000));
	} else if (sscanf(line, "> %15s %n", where, &at) == 1 && at > 0) {
		inject(run, where, line + at);
	} else if (sscanf(line, "= %15s %n", where, &at) == 1 && at > 0) {
		expect(run, where, line + at);
	} else if (!run_event(run, line)) {
		fail(run, "what is this?");
	}
	if (before == 0 && run->failure[0] != '\0') {
		char text[sizeof run->failure];

		memcpy(text, run->failure, sizeof text);
		(void)snprintf(run->failure, sizeof run->failure,
		    "%u: %.1000s   [%.500s]", run->line_number, text, line);
	}
}

static void
run_file(struct run *run, const char *name)
{
	FILE *file = fopen(name, "re");
	char line[TEXT_LINE_ROOM];

	if (file == NULL) {
		printf("not ok - cannot read %s\n", name);
		run->failed++;
		return;
	}
	run->file = name;
	run->line_number = 0;
	while (fgets(line, sizeof line, file) != NULL) {
		char *at = line + strspn(line, " \t");

		run->line_number++;
		at[strcspn(at, "#\n")] = '\0';
		while (*at != '\0' && isspace((unsigned char)at[strlen(at) - 1]))
			at[strlen(at) - 1] = '\0';
		if (*at != '\0')
			run_line(run, at);
	}
	finish(run);
	(void)fclose(file);
}

int
main(int argc, char **argv)
{
	struct run run = { .file = "" };
	glob_t found;

	if (argc > 1) {
		for (int i = 1; i < argc; i++)
			run_file(&run, argv[i]);
	} else if (glob("tests/scenario/*.table", 0, NULL, &found) == 0) {
		for (size_t i = 0; i < found.gl_pathc; i++)
			run_file(&run, found.gl_pathv[i]);
		globfree(&found);
	}
	printf("1..%u\n", run.passed + run.failed);
	return run.failed == 0 && run.passed > 0 ? 0 : 1;
}
