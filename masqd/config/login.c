/*
 * login.c - the section `login`: texts that callers' scripts read
 */
#include <confuse.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "check.h"
#include "parse.h"
#include "value.h"
#include "serial/banner.h"

void
value_template(const struct value *value, void *to)
{
	char **text = to;

	for (const char *c = value->text; *c != '\0'; c++)
		if ((*c < ' ' && *c != '\n') || *c > '~') {
			problem_error(value->problems, value->line,
			    "%s \"%.60s\": give printable ASCII; \\n is a "
			    "line's end", value->key->name, value->text);
			return;
		}
	free(*text);
	*text = strdup(value->text);
}

static unsigned
line_of(struct cfg_t *root, const char *key)
{
	return config_line_of(cfg_size(root, "login") == 0 ? NULL :
	    cfg_getnsec(root, "login", 0), key, 0);
}

/* As it is read on that line. */
static void
check_texts(const struct config_login *login, const char *line,
    struct cfg_t *root, struct problems *problems)
{
	char error[320];

	if (login->banner != NULL &&
	    !banner_check(login->banner, line, error, sizeof error))
		problem_error(problems, line_of(root, "banner"), "%s", error);
	if (login->issue != NULL &&
	    !banner_check_issue(login->issue, line, error, sizeof error))
		problem_error(problems, line_of(root, "issue"), "%s", error);
}

/* A TCP line stands there once for each of its calls. */
static void
check_who_asks(const struct config *config, struct problems *problems)
{
	for (size_t i = 0; i < config->line_count; i++) {
		const struct config_line *line = &config->lines[i];

		if (config->auth == AUTH_PPPD && line->slot <= 1 &&
		    (line->protocols & PROTOCOL_LOGIN))
			problem_warning(problems, line->source_line,
			    "a text login cannot be checked with auth = "
			    "\"pppd\": leave \"login\" out of protocols");
	}
}

void
config_check_login(const struct config *config, struct cfg_t *root,
    struct problems *problems)
{
	const struct config_login *login = &config->login;

	check_texts(login, "", root, problems);
	for (size_t i = 0; i < config->line_count; i++)
		if (config->lines[i].name != NULL)
			check_texts(login, config->lines[i].name, root,
			    problems);
	check_who_asks(config, problems);
	if (login->idle > login->timeout && login->timeout != 0)
		problem_warning(problems, line_of(root, "idle"),
		    "idle = %u is longer than timeout = %u, which ends the "
		    "login before", (unsigned)login->idle,
		    (unsigned)login->timeout);
}
