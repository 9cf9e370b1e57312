/*
 * masqctl.c - masqctl(8): the console of masqd
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "show.h"
#include "table.h"

/* What can be asked; the first is asked where nothing is said. */
static const struct verb {
	const char *name;
	const char *method;
	const char *argument; /* its name, or NULL; in [] where optional */
	const char *parameter; /* in which it is sent */
	const char *help;
	void (*show)(json_t *, FILE *, bool bold); /* NULL: it is silent */
} verbs[] = {
	{ "status", "Status", NULL, NULL, "how masqd is, at a glance",
	    show_status },
	{ "lines", "Lines", NULL, NULL, "the lines and their calls",
	    show_lines },
	{ "sessions", "Sessions", NULL, NULL, "the callers and their links",
	    show_sessions },
	{ "mappings", "Mappings", "[USER]", "user",
	    "inside and outside endpoints", show_mappings },
	{ "hangup", "Hangup", "LINE", "line", "end the call on a line", NULL },
	{ "drops", "Drops", NULL, NULL, "what was not forwarded, and why",
	    show_drops },
};
enum { VERBS = sizeof verbs / sizeof verbs[0] };

static void
print_help(FILE *to)
{
	(void)fputs("usage: masqctl [--socket PATH] [--json] [VERB "
		    "[ARGUMENT]]\n\n", to);
	for (int i = 0; i < VERBS; i++) {
		const struct verb *verb = &verbs[i];

		(void)fprintf(to, "  %-8s %-7s %s\n", verb->name,
		    verb->argument == NULL ? "" : verb->argument, verb->help);
	}
	(void)fputs("\n"
		    "  -s, --socket PATH  of masqd, instead of " CLIENT_SOCKET
		    "\n"
		    "  -j, --json         print masqd's answer as JSON\n"
		    "  -V, --version      print the version, and end\n"
		    "  -h, --help         print this, and end\n"
		    "\n"
		    "Without a verb: status.  See masqctl(8).\n", to);
}

static const struct verb *
find_verb(const char *name)
{
	for (int i = 0; i < VERBS; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

static void __attribute__((noreturn))
wrong_usage(const char *what, const char *word)
{
	(void)fprintf(stderr, "masqctl: %s \"", what);
	table_escape(word, stderr);
	(void)fputs("\"; see masqctl --help\n", stderr);
	exit(EXIT_USAGE);
}

/* The verb and its parameters, from the words of the command line. */
static const struct verb *
read_words(char **words, json_t **parameters)
{
	const struct verb *verb = *words == NULL ? &verbs[0] :
	    find_verb(*words);
	const char *argument = *words == NULL ? NULL : words[1];

	if (verb == NULL)
		wrong_usage("there is no verb", *words);
	if (argument != NULL && verb->argument == NULL)
		wrong_usage("this verb takes no argument, what is", argument);
	if (argument != NULL && words[2] != NULL)
		wrong_usage("this verb takes one argument, what is", words[2]);
	if (argument == NULL && verb->argument != NULL &&
	    *verb->argument != '[')
		wrong_usage("name what to act on after", *words);
	*parameters = argument == NULL ? json_object() :
	    json_pack("{s:s}", verb->parameter, argument);
	if (*parameters == NULL)
		wrong_usage("this is no UTF-8:", argument);
	return verb;
}

struct arguments {
	const char *socket;
	bool json;
};

static struct arguments
read_options(int argc, char **argv)
{
	static const struct option options[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "json", no_argument, NULL, 'j' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct arguments a = { .socket = CLIENT_SOCKET };
	int option;

	while ((option = getopt_long(argc, argv, "s:jVh", options, NULL)) !=
	    -1) {
		if (option == 's')
			a.socket = optarg;
		if (option == 'j')
			a.json = true;
		if (option == 'V')
			printf("masqctl %s\n", MASQD_VERSION);
		if (option == 'h')
			print_help(stdout);
		if (option == 'V' || option == 'h')
			exit(EXIT_DONE);
		if (option == '?') {
			(void)fputs("masqctl: see masqctl --help\n", stderr);
			exit(EXIT_USAGE);
		}
	}
	return a;
}

static bool
may_be_bold(void)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) &&
	    (no_color == NULL || *no_color == '\0') && term != NULL &&
	    strcmp(term, "dumb") != 0;
}

int
main(int argc, char **argv)
{
	struct arguments arguments = read_options(argc, argv);
	json_t *parameters, *answer = NULL;
	const struct verb *verb = read_words(argv + optind, &parameters);
	char error[1024];
	enum exit_code code = client_call(arguments.socket, verb->method,
	    parameters, &answer, error, sizeof error);

	if (code != EXIT_DONE) {
		(void)fputs("masqctl: ", stderr);
		table_escape(error, stderr);
		(void)fputc('\n', stderr);
		return code;
	}
	if (arguments.json)
		show_json(answer, stdout);
	else if (verb->show != NULL)
		verb->show(answer, stdout, may_be_bold());
	json_decref(answer);
	if (fflush(stdout) != 0) {
		perror("masqctl: cannot print");
		return EXIT_REFUSED;
	}
	return EXIT_DONE;
}
