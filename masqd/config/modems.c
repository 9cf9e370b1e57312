#include "modems.h"

#include <confuse.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "keys.h"
#include "parse.h"
#include "serial/profile.h"

/* masqd's own; and the administrator's, which is asked first. */
static const char *const default_files[] = { MASQD_SHARE "/modems",
	"/etc/masqd/modems" };

static void
read_default(struct config *config, const char *file,
    struct problems *problems, FILE *errors)
{
	if (access(file, F_OK) == 0 &&
	    profiles_read(config->profiles, file, errors) == -1)
		problem_error(problems, 0, "%s cannot be used; see what is "
					   "said of it", file);
}

void
config_modems_read(struct config *config, cfg_t *root,
    struct problems *problems, FILE *errors)
{
	config->profiles = profiles_create();
	if (config->profiles == NULL) {
		problem_error(problems, 0, "cannot be read: out of memory");
		return;
	}
	for (size_t i = 0; i < config->modem_file_count; i++)
		if (profiles_read(config->profiles, config->modem_files[i],
			errors) == -1)
			problem_error(problems, config_line_of(root, "modems",
			    i), "modems = \"%.200s\" cannot be used; see what "
				"is said of it", config->modem_files[i]);
	if (config_given(root, "modems"))
		return;
	for (size_t i = 0;
	     i < sizeof default_files / sizeof default_files[0]; i++)
		read_default(config, default_files[i], problems, errors);
}

/* "auto" and all names, NULL behind the last. */
static const char **
all_names(const struct profiles *profiles)
{
	const char **names;
	size_t count = 0;

	while (profiles_name(profiles, count) != NULL)
		count++;
	names = calloc(count + 2, sizeof *names);
	if (names == NULL)
		return NULL;
	names[0] = "auto";
	for (size_t i = 0; i < count; i++)
		names[i + 1] = profiles_name(profiles, i);
	return names;
}

static void
unknown(const char *const *names, const struct config_line *line,
    unsigned at, struct problems *problems)
{
	char known[1024] = "";
	size_t length = 0;

	for (size_t i = 0; names[i] != NULL && length + 40 < sizeof known; i++)
		length += (size_t)snprintf(known + length,
		    sizeof known - length, "%s%s", i == 0 ? "" : ", ",
		    names[i]);
	problem_error(problems, at,
	    "line \"%s\": there is no modem \"%.60s\"; the nearest known one "
	    "is \"%s\", and there are: %s", line->name, line->modem,
	    word_nearest(names, line->modem), known);
}

void
config_modems_check(const struct config *config, cfg_t *root,
    struct problems *problems)
{
	const char **names;

	if (config->profiles == NULL)
		return;
	names = all_names(config->profiles);
	for (size_t i = 0; names != NULL && i < config->line_count; i++) {
		const struct config_line *line = &config->lines[i];
		cfg_t *section = cfg_getnsec(root, "line", (unsigned)i);

		if (line->modem != NULL &&
		    profiles_find(config->profiles, line->modem) == NULL)
			unknown(names, line, config_line_of(section, "modem",
			    0), problems);
	}
	free(names);
}
