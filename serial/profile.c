/*
 * profile.c - what a family of modems has to be told, and how it is known
 *
 * One command a line: a line of several stops at the first that the modem
 * does not know, and nobody learns which.
 */
#include <stdlib.h>
#include <string.h>

#include "serial/profile_table.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

enum { COMMAND_MS = 1000, RESET_MS = 3000 };

/*
 * What all are told, around the lists of their own.  S0=0: masqd answers, not
 * the modem.  E0V1Q0 again, because the factory has other ideas.
 */
static const struct step first[] = {
	{ STEP_COMMAND, "ATE0V1Q0", COMMAND_MS, 2, STEP_NEEDED, false },
	{ STEP_COMMAND, "AT&C1", COMMAND_MS, 2, STEP_WISHED, false },
	{ STEP_COMMAND, "AT&D2", COMMAND_MS, 2, STEP_WISHED, false },
	{ STEP_COMMAND, "ATS0=0", COMMAND_MS, 2, STEP_WISHED, false },
};

static struct profile generic = { .name = "generic", .built_in = true,
	.about = "what all modems have in common",
	.init = { { "ATX4" }, 1 } };
static struct profile none = { .name = "none", .built_in = true,
	.about = "a null-modem cable", .cable = true, .greets = true };
static const struct profiles built_in = { { &generic, &none }, 2 };

bool
profile_list_add(struct profile_list *list, const char *text)
{
	if (list->count == PROFILE_COMMANDS)
		return false;
	list->text[list->count] = strdup(text);
	return list->text[list->count] != NULL && ++list->count > 0;
}

static void
list_free(struct profile_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->text[i]);
}

void
profile_free(struct profile *profile)
{
	if (profile == NULL || profile->built_in)
		return;
	for (size_t i = 0; i < profile->match.count; i++)
		regfree(&profile->expressions[i]);
	list_free(&profile->match);
	list_free(&profile->factory);
	list_free(&profile->init);
	list_free(&profile->flow);
	list_free(&profile->connect);
	list_free(&profile->caller_id);
	list_free(&profile->diagnosis);
	free(profile->name);
	free(profile->about);
	free(profile->model);
	free(profile->off_hook);
	free(profile);
}

int
profile_compile(struct profile *profile, size_t i, char *error, size_t size)
{
	int code = regcomp(&profile->expressions[i], profile->match.text[i],
	    REG_EXTENDED | REG_ICASE | REG_NOSUB);

	if (code != 0)
		regerror(code, &profile->expressions[i], error, size);
	return code;
}

const struct profiles *
profiles_built_in(void)
{
	return &built_in;
}

struct profiles *
profiles_create(void)
{
	struct profiles *profiles = malloc(sizeof(*profiles));

	if (profiles != NULL)
		*profiles = built_in;
	return profiles;
}

void
profiles_free(struct profiles *profiles)
{
	for (size_t i = 0; profiles != NULL && i < profiles->count; i++)
		profile_free(profiles->list[i]);
	free(profiles);
}

const struct profile *
profiles_find(const struct profiles *profiles, const char *name)
{
	if (strcmp(name, "auto") == 0)
		name = "generic";
	for (size_t i = 0; i < profiles->count; i++)
		if (strcmp(profiles->list[i]->name, name) == 0)
			return profiles->list[i];
	return NULL;
}

static bool
fits(const struct profile *profile, const char *const *answers, size_t count)
{
	for (size_t i = 0; i < profile->match.count; i++)
		for (size_t j = 0; j < count; j++)
			if (regexec(&profile->expressions[i], answers[j], 0,
			    NULL, 0) == 0)
				return true;
	return false;
}

const struct profile *
profiles_choose(const struct profiles *profiles, const char *const *answers,
    size_t count)
{
	for (size_t i = 0; i < profiles->count; i++)
		if (fits(profiles->list[i], answers, count))
			return profiles->list[i];
	return profiles_find(profiles, "generic");
}

const char *
profiles_name(const struct profiles *profiles, size_t i)
{
	return i < profiles->count ? profiles->list[i]->name : NULL;
}

/* The ith of the list, or i without the list's commands. */
static bool
list_step(const struct profile_list *list, size_t *i, struct step *step)
{
	if (*i >= list->count) {
		*i -= list->count;
		return false;
	}
	*step = (struct step){ STEP_COMMAND, list->text[*i], COMMAND_MS, 2,
		STEP_WISHED, false };
	return true;
}

bool
profile_step(const struct profile *profile, size_t i, struct step *step)
{
	if (list_step(&profile->factory, &i, step)) {
		step->reset = true;
		step->ms = RESET_MS;
		return true;
	}
	if (i < COUNT(first)) {
		*step = first[i];
		return true;
	}
	i -= COUNT(first);
	return list_step(&profile->flow, &i, step) ||
	    list_step(&profile->connect, &i, step) ||
	    list_step(&profile->caller_id, &i, step) ||
	    list_step(&profile->init, &i, step);
}
