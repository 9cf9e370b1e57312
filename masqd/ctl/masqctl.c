/*
 * masqctl.c - masqctl(8): the console of masqd
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "account.h"
#include "client.h"
#include "show.h"
#include "table.h"

enum { WORDS = 5 };

/* What can be asked; the first is asked where nothing is said. */
static const struct verb {
	const char *name, *then; /* "forward", "add"; then: or NULL */
	const char *method; /* of masqd's, */
	account_verb *local; /* or what is done without it */
	const char *usage; /* of the words behind it */
	const char *words[WORDS]; /* the parameters they are sent in */
	int least;	   /* so many of them at least */
	bool list;	   /* the last word's parameter takes all further ones */
	const char *verbose; /* the parameter that -v sets, or NULL */
	const char *help;
	void (*show)(json_t *, FILE *, bool bold); /* NULL: it is silent */
} verbs[] = {
	{ .name = "status", .method = "Status",
	    .help = "how masqd is, at a glance", .show = show_status },
	{ .name = "lines", .method = "Lines",
	    .help = "the lines and their calls", .show = show_lines },
	{ .name = "sessions", .method = "Sessions",
	    .help = "the callers and their links", .show = show_sessions },
	{ .name = "mappings", .method = "Mappings", .usage = "[USER] [-v]",
	    .words = { "user" }, .verbose = "flows",
	    .help = "inside and outside endpoints; -v: their flows",
	    .show = show_mappings },
	{ .name = "flows", .method = "Flows", .usage = "[USER]",
	    .words = { "user" }, .help = "who talks to whom",
	    .show = show_flows },
	{ .name = "drops", .method = "Drops",
	    .help = "what was not sent on, and why", .show = show_drops },
	{ .name = "explain", .method = "Explain",
	    .usage = "PROTO SRC SPORT DST DPORT",
	    .words = { "protocol", "source", "source_port", "destination",
		"destination_port" }, .least = 5,
	    .help = "what would happen to such a packet",
	    .show = show_explain },
	{ .name = "forward", .then = "list", .method = "Forwards",
	    .help = "outside ports that lead inside",
	    .show = show_forwards },
	{ .name = "forward", .then = "add", .method = "ForwardAdd",
	    .usage = "NAME PROTO PORT[-PORT] TARGET[:PORT]...",
	    .words = { "name", "protocol", "port", "targets" }, .least = 4,
	    .list = true, .help = "make one, until masqd ends" },
	{ .name = "forward", .then = "del", .method = "ForwardDel",
	    .usage = "NAME", .words = { "name" }, .least = 1,
	    .help = "take one away" },
	{ .name = "hangup", .method = "Hangup", .usage = "LINE",
	    .words = { "line" }, .least = 1, .help = "end the call on a line" },
	{ .name = "kick", .method = "Kick", .usage = "USER",
	    .words = { "user" }, .least = 1,
	    .help = "end all sessions of a user", .show = show_kick },
	{ .name = "modems", .method = "Modems",
	    .help = "the bank: how each line does beside the others",
	    .show = show_modems },
	{ .name = "busy-out", .method = "BusyOut", .usage = "LINE [now]",
	    .words = { "line", "when" }, .least = 1,
	    .help = "take out of service; now: end its call" },
	{ .name = "restore", .method = "Restore", .usage = "LINE",
	    .words = { "line" }, .least = 1, .help = "back into service" },
	{ .name = "drain", .method = "Drain",
	    .help = "answer no new call, on any line", .show = show_drain },
	{ .name = "account", .then = "list", .local = account_list,
	    .help = "who may dial in", .show = account_show },
	{ .name = "account", .then = "add", .local = account_add,
	    .usage = "NAME [ADDRESS] [OPTION...]", .least = 1, .list = true,
	    .words = { "name" },
	    .help = "one more; -c: with its password in clear" },
	{ .name = "account", .then = "password", .local = account_new_password,
	    .usage = "NAME", .words = { "name" }, .least = 1,
	    .help = "give another; -c: likewise" },
	{ .name = "account", .then = "del", .local = account_delete,
	    .usage = "NAME", .words = { "name" }, .least = 1,
	    .help = "take one away" },
};
enum { VERBS = sizeof verbs / sizeof verbs[0] };

static void
print_help(FILE *to)
{
	(void)fputs("usage: masqctl [--socket PATH] [--json] [VERB "
		    "[ARGUMENT...]]\n\n", to);
	for (int i = 0; i < VERBS; i++) {
		const struct verb *verb = &verbs[i];
		char words[80];
		int used = snprintf(words, sizeof words, "%s%s%s%s%s",
		    verb->name, verb->then == NULL ? "" : " ",
		    verb->then == NULL ? "" : verb->then,
		    verb->usage == NULL ? "" : " ",
		    verb->usage == NULL ? "" : verb->usage);

		if (used > 22)
			(void)fprintf(to, "  %s\n  %-22s", words, "");
		else
			(void)fprintf(to, "  %-22s", words);
		(void)fprintf(to, " %s\n", verb->help);
	}
	(void)fputs("\n"
		    "  -s, --socket PATH  of masqd, instead of " CLIENT_SOCKET
		    "\n"
		    "  -j, --json         print masqd's answer as JSON\n"
		    "  -v, --verbose      show more, where the verb says so\n"
		    "  -a, --accounts PATH  the file, instead of "
		    ACCOUNT_FILE "\n"
		    "  -c, --clear        keep a password as it is, for CHAP"
		    "\n"
		    "  -V, --version      print the version, and end\n"
		    "  -h, --help         print this, and end\n"
		    "\n"
		    "Without a verb: status.  See masqctl(8).\n", to);
}

static void __attribute__((noreturn))
wrong_usage(const char *what, const char *word)
{
	(void)fprintf(stderr, "masqctl: %s \"", what);
	table_escape(word, stderr);
	(void)fputs("\"; see masqctl --help\n", stderr);
	exit(EXIT_USAGE);
}

/* The verb; *words is moved behind it. */
static const struct verb *
find_verb(char ***words)
{
	const char *name = **words, *then;
	bool known = false;

	if (name == NULL)
		return &verbs[0];
	then = *++*words;
	for (int i = 0; i < VERBS; i++) {
		if (strcmp(verbs[i].name, name) != 0)
			continue;
		known = true;
		if (verbs[i].then == NULL)
			return &verbs[i];
		if (then != NULL && strcmp(verbs[i].then, then) == 0) {
			++*words;
			return &verbs[i];
		}
	}
	if (!known)
		wrong_usage("there is no verb", name);
	if (then == NULL)
		wrong_usage("say what to do (list, add, del) after", name);
	wrong_usage("this is not what can be done there:", then);
}

/* Each word in its parameter, as it was written; masqd reads them. */
static json_t *
read_words(const struct verb *verb, char **words, bool verbose)
{
	json_t *parameters = json_object(), *list = NULL;
	int n = 0;

	for (; *words != NULL; words++) {
		json_t *text = json_string(*words);

		if (text == NULL)
			wrong_usage("this is no UTF-8:", *words);
		if (list != NULL) {
			json_array_append_new(list, text);
			continue;
		}
		if (n == WORDS || verb->words[n] == NULL)
			wrong_usage(n == 0 ? "this verb takes no argument, "
					     "what is" :
				"that is one argument too many:", *words);
		if (verb->list &&
		    (n + 1 == WORDS || verb->words[n + 1] == NULL)) {
			list = json_array();
			json_array_append_new(list, text);
			text = list;
		}
		json_object_set_new(parameters, verb->words[n++], text);
	}
	if (n < verb->least)
		wrong_usage("more is needed after", verb->then != NULL ?
		    verb->then : verb->name);
	if (verbose && verb->verbose == NULL)
		wrong_usage("-v is not for", verb->name);
	if (verbose)
		json_object_set_new(parameters, verb->verbose, json_true());
	return parameters;
}

struct arguments {
	const char *socket, *accounts;
	bool json, verbose, clear;
};

static struct arguments
read_options(int argc, char **argv)
{
	static const struct option options[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "json", no_argument, NULL, 'j' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "accounts", required_argument, NULL, 'a' },
		{ "clear", no_argument, NULL, 'c' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct arguments a = { .socket = CLIENT_SOCKET,
		.accounts = ACCOUNT_FILE };
	int option;

	while ((option = getopt_long(argc, argv, "s:jva:cVh", options, NULL)) !=
	    -1) {
		if (option == 's')
			a.socket = optarg;
		if (option == 'j')
			a.json = true;
		if (option == 'v')
			a.verbose = true;
		if (option == 'a')
			a.accounts = optarg;
		if (option == 'c')
			a.clear = true;
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
	char **words = argv + optind, error[1024];
	const struct verb *verb = find_verb(&words);
	json_t *parameters = read_words(verb, words, arguments.verbose);
	json_t *answer = NULL;
	const struct account_request request = { .file = arguments.accounts,
		.words = words, .clear = arguments.clear };
	enum exit_code code;

	if (verb->local != NULL) {
		json_decref(parameters);
		code = verb->local(&request, &answer, error, sizeof error);
	} else {
		code = client_call(arguments.socket, verb->method, parameters,
		    &answer, error, sizeof error);
	}

	if (code != EXIT_DONE) {
		(void)fputs("masqctl: ", stderr);
		table_escape(error, stderr);
		(void)fputc('\n', stderr);
		return code;
	}
	if (arguments.json && answer != NULL)
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
