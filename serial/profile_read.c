/*
 * profile_read.c - a file of modem profiles, read by libconfuse
 *
 * libconfuse's callbacks carry no context: what they need stands in `reading`
 * for the time of one profiles_read(), which is before anything else runs.
 * Values are checked as they are read, because only then the line is known.
 *
 * Comments are made blank here: libconfuse 3.3 takes one inside of a list for
 * a value, and miscounts lines behind one of the C kind.
 */
#include <confuse.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "serial/profile_table.h"

enum {
	FILE_MOST = 256 * 1024,
	ERRORS_MOST = 50,
	QUOTED = 60,
	REPEATS_MOST = 4, /* in an expression */
	COUNTS_MOST = 2,
	COUNT_MOST = 16
};

static struct {
	const char *file;
	FILE *errors;
	unsigned count; /* of errors */
	const cfg_opt_t *option; /* whose values up to `checked` were seen */
	unsigned checked;
} reading;

static void __attribute__((format(printf, 2, 3)))
wrong(int line, const char *format, ...)
{
	char text[400];
	va_list arguments;

	if (reading.count++ >= ERRORS_MOST)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	for (char *c = text; *c != '\0'; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	if (line > 0)
		fprintf(reading.errors, "%s:%d: %s\n", reading.file, line,
		    text);
	else
		fprintf(reading.errors, "%s: %s\n", reading.file, text);
}

/* The keys of a modem and where their values go. */
enum kind { KIND_TEXT, KIND_COMMAND, KIND_FLAG, KIND_EXPRESSION };

#define PLACE(field) offsetof(struct profile, field)

static const struct key {
	const char *name;
	enum kind kind;
	bool list;
	size_t place;
} keys[] = {
	{ "about", KIND_TEXT, false, PLACE(about) },
	{ "match", KIND_EXPRESSION, true, PLACE(match) },
	{ "model", KIND_COMMAND, false, PLACE(model) },
	{ "factory", KIND_COMMAND, true, PLACE(factory) },
	{ "init", KIND_COMMAND, true, PLACE(init) },
	{ "flow", KIND_COMMAND, true, PLACE(flow) },
	{ "connect", KIND_COMMAND, true, PLACE(connect) },
	{ "caller-id", KIND_COMMAND, true, PLACE(caller_id) },
	{ "diagnosis", KIND_COMMAND, true, PLACE(diagnosis) },
	{ "off-hook", KIND_COMMAND, false, PLACE(off_hook) },
	{ "flow-control", KIND_FLAG, false, PLACE(no_flow) },
	{ "cable", KIND_FLAG, false, PLACE(cable) },
	{ "greets", KIND_FLAG, false, PLACE(greets) },
};
enum { KEYS = sizeof(keys) / sizeof(*keys) };

static const struct key *
key_of(const char *name)
{
	for (size_t i = 0; i < KEYS; i++)
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

static void
unknown_key(const cfg_t *cfg, const char *name)
{
	char known[200] = "";

	if (strcmp(cfg->name, "modem") != 0) {
		wrong(cfg->line, "unknown \"%.*s\"; the file has only modem"
		    " \"NAME\" { ... }", QUOTED, name);
		return;
	}
	for (size_t i = 0; i < KEYS; i++)
		strcat(strcat(known, i == 0 ? "" : ", "), keys[i].name);
	wrong(cfg->line, "unknown key \"%.*s\" of a modem; there are: %s",
	    QUOTED, name, known);
}

static void
complain(cfg_t *cfg, const char *format, va_list arguments)
{
	char text[200];

	if (strncmp(format, "no such option", 14) == 0) {
		unknown_key(cfg, va_arg(arguments, const char *));
		return;
	}
	vsnprintf(text, sizeof(text), format, arguments);
	wrong(cfg->line, "%s; give modem \"NAME\" { key = \"value\" }, a list"
	    " as { \"value\", \"value\" }", text);
}

static void
check_command(const cfg_t *cfg, const char *key, const char *text)
{
	bool plain = strlen(text) > 2 && strncmp(text, "AT", 2) == 0;

	for (const char *c = text; *c != '\0'; c++)
		plain &= *c >= ' ' && *c <= '~';
	if (!plain || strlen(text) >= PROFILE_COMMAND_SIZE)
		wrong(cfg->line, "%s \"%.*s\": give one command that begins"
		    " with AT, of at most %d printable letters", key, QUOTED,
		    text, PROFILE_COMMAND_SIZE - 1);
}

static void
check_text(const cfg_t *cfg, const char *key, const char *text)
{
	size_t length = strlen(text);

	if (length == 0 || length > 100)
		wrong(cfg->line, "%s: give a text of 1 to 100 letters", key);
}

/* glibc copies what is repeated for each + and each count, so that a few of
 * them, one in the other, take all memory; and \1 takes all time. */
static void
check_expression(const cfg_t *cfg, const char *text)
{
	unsigned repeats = 0, counts = 0;
	bool tame = true;

	for (const char *c = text; *c != '\0'; c++) {
		repeats += *c == '+' || *c == '*';
		if (*c == '{') {
			counts++;
			/* {N} alone: {N,} and {N,M} copy as well. */
			tame &= strtoul(c + 1, NULL, 10) <= COUNT_MOST &&
			    c[1 + strspn(c + 1, "0123456789")] == '}';
		}
		if (*c == '\\' && c[1] != '\0')
			tame &= c[1] < '0' || *++c > '9';
	}
	if (!tame || repeats > REPEATS_MOST || counts > COUNTS_MOST)
		wrong(cfg->line, "match \"%.*s\": give an expression with at"
		    " most %d of + and *, %d of {N} with N up to %d, and"
		    " without \\1", QUOTED, text, REPEATS_MOST, COUNTS_MOST,
		    COUNT_MOST);
}

/* Each value as it is read; libconfuse calls once more at a list's end. */
static int
check_value(cfg_t *cfg, cfg_opt_t *option)
{
	const struct key *key = key_of(option->name);
	unsigned count = cfg_opt_size(option);
	const char *text;

	if (key->kind == KIND_FLAG || count == 0 ||
	    (option == reading.option && count == reading.checked))
		return 0;
	reading.option = option;
	reading.checked = count;
	text = cfg_opt_getnstr(option, count - 1);
	if (text == NULL)
		return 0;
	if (count > PROFILE_COMMANDS)
		wrong(cfg->line, "%s has more than %d elements", key->name,
		    PROFILE_COMMANDS);
	else if (key->kind == KIND_COMMAND)
		check_command(cfg, key->name, text);
	else
		check_text(cfg, key->name, text);
	if (key->kind == KIND_EXPRESSION)
		check_expression(cfg, text);
	return 0;
}

static bool
is_name(const char *text)
{
	size_t length = strlen(text);

	return length > 0 && length < PROFILE_NAME_SIZE &&
	    text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-")] ==
	    '\0' && strcmp(text, "auto") != 0;
}

/* At a section's end. */
static int
check_modem(cfg_t *cfg, cfg_opt_t *option)
{
	const cfg_t *modem = cfg_opt_getnsec(option,
	    cfg_opt_size(option) - 1);

	if (!is_name(modem->title))
		wrong(cfg->line, "modem \"%.*s\" ends here: give a name of"
		    " small letters, digits and -, at most %d, and not"
		    " \"auto\"", QUOTED, modem->title, PROFILE_NAME_SIZE - 1);
	return 0;
}

/* From one modem of the file to a profile. */

static bool
take_value(struct profile *profile, const struct key *key, cfg_t *modem)
{
	char *place = (char *)profile + key->place;
	const char *text = cfg_getstr(modem, key->name);

	if (text == NULL)
		return true;
	*(char **)(void *)place = strdup(text);
	return *(char **)(void *)place != NULL;
}

static void
take_expressions(struct profile *profile, cfg_t *modem)
{
	char error[100];

	for (size_t i = 0; i < profile->match.count; i++) {
		if (profile_compile(profile, i, error, sizeof(error)) == 0)
			continue;
		wrong(modem->line, "match \"%.*s\" of modem \"%s\": %s; give a"
		    " POSIX extended regular expression", QUOTED,
		    profile->match.text[i], modem->title, error);
		memset(&profile->expressions[i], 0,
		    sizeof(profile->expressions[i]));
	}
}

static bool
take_key(struct profile *profile, const struct key *key, cfg_t *modem)
{
	char *place = (char *)profile + key->place;

	if (key->kind == KIND_FLAG) {
		bool value = cfg_getbool(modem, key->name);

		*(bool *)(void *)place = key->place == PLACE(no_flow) ?
		    !value : value;
		return true;
	}
	if (!key->list)
		return take_value(profile, key, modem);
	for (unsigned i = 0; i < cfg_size(modem, key->name); i++)
		if (!profile_list_add((struct profile_list *)(void *)place,
		    cfg_getnstr(modem, key->name, i)))
			return false;
	return true;
}

static struct profile *
take(cfg_t *modem)
{
	struct profile *profile = calloc(1, sizeof(*profile));
	bool whole;

	if (profile == NULL)
		return NULL;
	profile->name = strdup(modem->title);
	whole = profile->name != NULL;
	for (size_t i = 0; whole && i < KEYS; i++)
		whole = take_key(profile, &keys[i], modem);
	if (whole) {
		take_expressions(profile, modem);
		return profile;
	}
	profile_free(profile);
	return NULL;
}

/* In the place of one of the same name, or before all others. */
static void
put(struct profiles *profiles, struct profile *profile, size_t *before)
{
	for (size_t i = 0; i < profiles->count; i++) {
		if (strcmp(profiles->list[i]->name, profile->name) != 0)
			continue;
		profile_free(profiles->list[i]);
		profiles->list[i] = profile;
		return;
	}
	memmove(&profiles->list[*before + 1], &profiles->list[*before],
	    (profiles->count - *before) * sizeof(*profiles->list));
	profiles->list[(*before)++] = profile;
	profiles->count++;
}

static void
take_all(struct profiles *profiles, cfg_t *root)
{
	struct profile *taken[PROFILES_MOST];
	unsigned count = cfg_size(root, "modem");
	size_t before = 0, have = 0;

	if (count + profiles->count > PROFILES_MOST) {
		wrong(0, "more than %d profiles in all", PROFILES_MOST);
		return;
	}
	while (have < count &&
	    (taken[have] = take(cfg_getnsec(root, "modem", (unsigned)have))))
		have++;
	if (have < count)
		wrong(0, "out of memory");
	for (size_t i = 0; i < have; i++) {
		if (reading.count == 0)
			put(profiles, taken[i], &before);
		else
			profile_free(taken[i]);
	}
}

/* The text of the file */

static char *
load(const char *file)
{
	/* NONBLOCK: a FIFO without a writer must not hold us. */
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat about;
	char *text = NULL;
	ssize_t got = 0, length = 0;

	if (fd < 0 || fstat(fd, &about) < 0) {
		wrong(0, "cannot be read: %s", strerror(errno));
	} else if (!S_ISREG(about.st_mode) || about.st_size > FILE_MOST) {
		wrong(0, "is not a regular file of at most %d octets",
		    FILE_MOST);
	} else if ((text = calloc(1, (size_t)about.st_size + 1)) == NULL) {
		wrong(0, "out of memory");
	} else {
		while (length < about.st_size && (got = read(fd, text + length,
		    (size_t)(about.st_size - length))) > 0)
			length += got;
		if (got < 0)
			wrong(0, "cannot be read: %s", strerror(errno));
		if (memchr(text, '\0', (size_t)length) != NULL)
			wrong(0, "is no text");
	}
	if (fd >= 0)
		close(fd);
	return text;
}

/* Comments from # to the line's end become blank; the rest is plain text. */
static void
make_ready(char *text)
{
	char quote = '\0';
	int line = 1;

	for (char *c = text; *c != '\0'; c++) {
		line += *c == '\n';
		if ((*c < ' ' && *c != '\n' && *c != '\t') || *c > '~') {
			wrong(line, "a control character or one beyond ASCII;"
			    " give plain text");
			return;
		}
		if (quote != '\0') {
			if (*c == '\\' && c[1] != '\0' && c[1] != '\n')
				c++;
			else if (*c == quote)
				quote = '\0';
		} else if (*c == '"' || *c == '\'') {
			quote = *c;
		} else if (*c == '/' && (c[1] == '*' || c[1] == '/')) {
			wrong(line, "comments begin with # here");
			return;
		} else if (*c == '#') {
			for (; *c != '\0' && *c != '\n'; c++)
				*c = ' ';
			c--;
		}
	}
	if (quote != '\0')
		wrong(line, "the file ends inside of a string that began with"
		    " %c", quote);
}

static cfg_t *
make_parser(void)
{
	cfg_opt_t modem[KEYS + 1] = { CFG_END() };
	cfg_opt_t root[] = { CFG_SEC("modem", modem, CFGF_MULTI | CFGF_TITLE |
	    CFGF_NO_TITLE_DUPES), CFG_END() };

	for (size_t i = 0; i < KEYS; i++) {
		const struct key *key = &keys[i];

		if (key->kind == KIND_FLAG)
			modem[i] = (cfg_opt_t)CFG_BOOL(key->name,
			    key->place == PLACE(no_flow) ? cfg_true :
			    cfg_false, CFGF_NONE);
		else if (key->list)
			modem[i] = (cfg_opt_t)CFG_STR_LIST(key->name, NULL,
			    CFGF_NODEFAULT);
		else
			modem[i] = (cfg_opt_t)CFG_STR(key->name, NULL,
			    CFGF_NODEFAULT);
		modem[i].validcb = check_value;
	}
	modem[KEYS] = (cfg_opt_t)CFG_END();
	root[0].validcb = check_modem;
	return cfg_init(root, CFGF_NONE);
}

int
profiles_read(struct profiles *profiles, const char *file, FILE *errors)
{
	cfg_t *cfg = NULL;
	char *text;

	reading.file = file;
	reading.errors = errors;
	reading.count = 0;
	reading.option = NULL;
	text = load(file);
	if (reading.count == 0)
		make_ready(text);
	if (reading.count == 0 && (cfg = make_parser()) == NULL)
		wrong(0, "out of memory");
	if (cfg != NULL) {
		cfg_set_error_function(cfg, complain);
		if (text[strspn(text, " \t\n")] != '\0' &&
		    cfg_parse_buf(cfg, text) != CFG_SUCCESS &&
		    reading.count == 0)
			wrong(cfg->line, "cannot be understood from here on");
		if (reading.count == 0)
			take_all(profiles, cfg);
		cfg_free(cfg);
	}
	free(text);
	return reading.count == 0 ? 0 : -1;
}
