/*
 * parse.c - masqd.conf's syntax, by libconfuse
 *
 * libconfuse's callbacks carry no context: what they need stands in `parsing`
 * for the time of one config_parse().
 *
 * libconfuse keeps no line of a key.  The validating callback, called as each
 * value is read, writes it into the option's comment, which masqd does not
 * use otherwise: one number a value, "12 13 13 ".
 */
#include "parse.h"

#include <confuse.h>
#include <stdlib.h>
#include <string.h>

#include "keys.h"

static struct {
	const struct config_text *text;
	struct problems *problems;
	size_t sections_ended;
	char unknown[64]; /* the name that ended the parse, or "" */
	unsigned unknown_line;
} parsing;

enum { UNKNOWN_MOST = 50 };

/* How a section is called in messages: `line "s1"`, `section nat`. */
static const char *
call(const cfg_t *cfg, char *to, size_t size)
{
	const struct section *section = section_find(cfg->name);

	if (section == NULL || section->name == NULL)
		(void)snprintf(to, size, "the file");
	else if (section->titled)
		(void)snprintf(to, size, "%s \"%.60s\"", cfg->name,
		    cfg->title);
	else
		(void)snprintf(to, size, "section %s", cfg->name);
	return to;
}

/* What libconfuse complains of: its format and our sentence, where the first
 * %s is the format's argument and the second the section's name. */
static const struct {
	const char *theirs, *ours;
} sentences[] = {
	{ "premature end of file", "the file ends inside of %2$s: is a } or a "
				   "value missing?%1$.0s" },
	{ "unexpected closing brace", "a } without a {; take it away%1$.0s"
				      "%2$.0s" },
	{ "unexpected token", "\"%1$.60s\" does not belong here, in %2$s; "
			      "give key = value, a list as { value, value }" },
	{ "missing equal sign", "\"%1$.60s\" in %2$s needs a value; give "
				"%1$.60s = value" },
	{ "attempt to append", "\"%1$.60s\" in %2$s takes one value; give "
			       "%1$.60s = value" },
	{ "missing opening brace", "\"%1$.60s\" is a section; give %1$.60s { "
				   "key = value }%2$.0s" },
	{ "missing title", "a %1$s needs a name; give %1$s \"NAME\" { key = "
			   "value }%2$.0s" },
	{ "found duplicate title", "the name \"%1$.60s\" is taken by another "
				   "section of this kind; give each its "
				   "own%2$.0s" },
};

static void
unknown_key(const cfg_t *cfg, const char *name)
{
	char where[128];
	bool root = section_find(cfg->name) == NULL;

	(void)snprintf(parsing.unknown, sizeof parsing.unknown, "%s", name);
	parsing.unknown_line = (unsigned)cfg->line;
	if (!root && section_find(name) != NULL) {
		problem_error(parsing.problems, (unsigned)cfg->line,
		    "section %s inside of %s; is a } missing before it?",
		    name, call(cfg, where, sizeof where));
		return;
	}
	problem_error(parsing.problems, (unsigned)cfg->line,
	    "unknown key %s\"%.60s\" in %s; the nearest known one is \"%s\"",
	    root ? "or section " : "", name, call(cfg, where, sizeof where),
	    section_nearest(root ? NULL : cfg->name, name));
}

/* libconfuse's message as it is, where we have none of our own. */
static void __attribute__((format(printf, 2, 0)))
pass_on(const cfg_t *cfg, const char *format, va_list arguments)
{
	char text[256];

	(void)vsnprintf(text, sizeof text, format, arguments);
	problem_error(parsing.problems, (unsigned)cfg->line, "%s", text);
}

static void
complain(cfg_t *cfg, const char *format, va_list arguments)
{
	char where[128];
	const char *argument = "";
	va_list copy;

	va_copy(copy, arguments);
	if (strstr(format, "'%s'") != NULL)
		argument = va_arg(copy, const char *);
	va_end(copy);
	call(cfg, where, sizeof where);
	if (strncmp(format, "no such option", 14) == 0) {
		unknown_key(cfg, argument);
		return;
	}
	for (size_t i = 0; i < sizeof sentences / sizeof sentences[0]; i++) {
		if (strncmp(format, sentences[i].theirs,
			strlen(sentences[i].theirs)) != 0)
			continue;
		problem_error(parsing.problems, (unsigned)cfg->line,
		    sentences[i].ours, argument, where);
		return;
	}
	pass_on(cfg, format, arguments);
}

/* How many lines are noted in the comment. */
static size_t
lines_noted(const char *comment)
{
	size_t count = 0;

	for (; comment != NULL && *comment != '\0'; comment++)
		count += *comment == ' ';
	return count;
}

/* libconfuse calls once for each value, and once more at a list's end. */
static int
note_line(cfg_t *cfg, cfg_opt_t *option)
{
	const char *before = cfg_opt_getcomment(option);
	size_t noted = lines_noted(before);
	char *comment;

	if ((option->flags & CFGF_LIST) == 0 && noted > 0) {
		problem_error(parsing.problems, (unsigned)cfg->line,
		    "%s is given twice, first in line %lu; keep one",
		    option->name, strtoul(before, NULL, 10));
		return 0;
	}
	if (noted >= cfg_opt_size(option))
		return 0;
	if (asprintf(&comment, "%s%d ", before == NULL ? "" : before,
		cfg->line) == -1)
		return -1;
	(void)cfg_opt_setcomment(option, comment);
	free(comment);
	return 0;
}

/* Called at a section's end, of all sections in the order of the file. */
static int
note_section(cfg_t *cfg, cfg_opt_t *option)
{
	const struct config_text *text = parsing.text;
	cfg_t *section = cfg_opt_getnsec(option, cfg_opt_size(option) - 1);

	(void)cfg;
	if (parsing.sections_ended < text->section_count)
		section->line =
		    (int)text->section_lines[parsing.sections_ended++];
	return 0;
}

static cfg_opt_t *
make_options(const struct section *section, size_t room)
{
	cfg_opt_t *options = calloc(section->key_count + room + 1,
	    sizeof *options);

	for (size_t i = 0; options != NULL && i < section->key_count; i++) {
		const struct key *key = &section->keys[i];

		if (key->list)
			options[i] = (cfg_opt_t)CFG_STR_LIST(key->name, NULL,
			    CFGF_NODEFAULT);
		else
			options[i] = (cfg_opt_t)CFG_STR(key->name, NULL,
			    CFGF_NODEFAULT);
		options[i].validcb = note_line;
	}
	return options;
}

/* The tables of keys.c as libconfuse wants them. */
static cfg_t *
make_parser(void)
{
	const struct section *root = section_find(NULL);
	cfg_opt_t *options = make_options(root, config_section_count);
	size_t count = root->key_count;
	cfg_t *cfg = NULL;

	if (options == NULL)
		return NULL;
	for (size_t i = 0; i < config_section_count; i++) {
		const struct section *section = &config_sections[i];
		cfg_flag_t flags = CFGF_MULTI;

		if (section->name == NULL)
			continue;
		if (section->titled)
			flags |= CFGF_TITLE | CFGF_NO_TITLE_DUPES;
		options[count] = (cfg_opt_t)CFG_SEC(section->name,
		    make_options(section, 0), flags);
		options[count].validcb = note_section;
		if (options[count++].subopts == NULL)
			goto done;
	}
	cfg = cfg_init(options, CFGF_NONE);
done:
	for (size_t i = root->key_count; i < count; i++)
		free(options[i].subopts);
	free(options);
	return cfg;
}

static cfg_t *
parse_once(const struct config_text *text, struct problems *problems,
    bool *whole)
{
	cfg_t *cfg = make_parser();

	if (cfg == NULL)
		return NULL;
	parsing.text = text;
	parsing.problems = problems;
	parsing.sections_ended = 0;
	parsing.unknown[0] = '\0';
	(void)cfg_set_error_function(cfg, complain);
	*whole = *text->text == '\0' ||
	    cfg_parse_buf(cfg, text->text) == CFG_SUCCESS;
	if (!*whole && !problems->failed)
		problem_error(problems, (unsigned)cfg->line,
		    "cannot be understood from here on; see masqd.conf(5)");
	return cfg;
}

struct cfg_t *
config_parse(struct config_text *text, struct problems *problems,
    bool *whole)
{
	cfg_t *cfg = parse_once(text, problems, whole);
	bool unknown = false;

	for (int i = 0; i < UNKNOWN_MOST && cfg != NULL && !*whole &&
	     config_text_forget(text, parsing.unknown_line, parsing.unknown,
		 problems); i++) {
		unknown = true;
		cfg_free(cfg);
		cfg = parse_once(text, problems, whole);
	}
	*whole &= !unknown;
	return cfg;
}

bool
config_given(struct cfg_t *section, const char *key)
{
	return section != NULL &&
	    (cfg_getopt(section, key)->flags & CFGF_MODIFIED) != 0;
}

unsigned
config_line_of(struct cfg_t *section, const char *key, size_t index)
{
	const char *comment;
	unsigned long line = 0;

	if (section == NULL)
		return 0;
	comment = cfg_opt_getcomment(cfg_getopt(section, key));
	if (comment == NULL || *comment == '\0')
		return (unsigned)section->line;
	for (size_t i = 0; i <= index && *comment != '\0'; i++) {
		char *end;

		line = strtoul(comment, &end, 10);
		comment = end + (*end == ' ');
	}
	return (unsigned)line;
}
