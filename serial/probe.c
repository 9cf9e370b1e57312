/*
 * probe.c - what a modem says of itself
 *
 * Two commands without any answer in a row end it: a modem that has gone away
 * is the ladder's business.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "serial/probe.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

enum { SILENT_MOST = 2, COMMAND_MOST = 16 };

/* I5 and I8 are settings, I10 and more reports. */
static const char *const commands[] = { "ATI0", "ATI1", "ATI2", "ATI3",
	"ATI4", "ATI6", "ATI7", "ATI9", "AT+GMI", "AT+GMM", "AT+GMR",
	"AT+CGMI", "AT+CGMM", "AT+FCLASS=?" };

/* Where the model's name is, if the profile does not say. */
static const char *const model_in[] = { "AT+GMM", "AT+CGMM", "ATI3", "ATI4",
	"ATI0", "ATI6", "ATI1", "AT+GMI" };

/* What the modem said to that command, where answer i is to it, or NULL. */
static const char *
answer_to(const struct probe *probe, const char *command, size_t i)
{
	const char *answer = probe->answers[i];
	size_t length = strlen(command);

	return strncmp(answer, command, length) == 0 &&
	    answer[length] == ' ' ? answer + length + 1 : NULL;
}

/* GSM's own (3GPP TS 27.007 5.1) are for modems that know only those. */
static bool
is_needless(const struct probe *probe, const char *command)
{
	if (strncmp(command, "AT+CG", 5) != 0)
		return false;
	for (size_t i = 0; i < probe->count; i++)
		if (answer_to(probe, "AT+GMI", i) != NULL)
			return true;
	return false;
}

const char *
probe_next(struct probe *probe)
{
	while (probe->next < COUNT(commands) &&
	    is_needless(probe, commands[probe->next]))
		probe->next++;
	if (probe->next == COUNT(commands) || probe->silent >= SILENT_MOST)
		return NULL;
	probe->of_command = 0;
	return commands[probe->next++];
}

void
probe_answered(struct probe *probe)
{
	probe->silent = 0;
}

void
probe_silent(struct probe *probe)
{
	probe->silent++;
}

/* Blanks at both ends and double ones are the modem's way of a table. */
static void
copy_squeezed(char *to, size_t size, const char *line)
{
	size_t length = 0;

	for (; *line != '\0' && length + 1 < size; line++)
		if (*line != ' ' || (length > 0 && to[length - 1] != ' '))
			to[length++] = *line;
	while (length > 0 && to[length - 1] == ' ')
		length--;
	to[length] = '\0';
}

void
probe_line(struct probe *probe, const char *command, const char *line)
{
	char text[PROBE_ANSWER_SIZE - COMMAND_MOST - 1];

	if (probe->count == PROBE_ANSWERS || probe->of_command == PROBE_LINES)
		return;
	copy_squeezed(text, sizeof(text), line);
	if (text[0] == '\0')
		return;
	snprintf(probe->answers[probe->count], PROBE_ANSWER_SIZE, "%.*s %s",
	    COMMAND_MOST, command, text);
	probe->count++;
	probe->of_command++;
}

const struct profile *
probe_choose(const struct probe *probe, const struct profiles *profiles)
{
	const char *answers[PROBE_ANSWERS];

	for (size_t i = 0; i < probe->count; i++)
		answers[i] = probe->answers[i];
	return profiles_choose(profiles, answers, probe->count);
}

/* A word of letters, not a checksum and not the list of fax classes. */
static bool
is_telling(const char *text)
{
	size_t letters = 0;

	for (; *text != '\0'; text++)
		letters += isalpha((unsigned char)*text) != 0;
	return letters >= 3;
}

static bool
take_model(const struct probe *probe, const char *command, char *model)
{
	for (size_t i = 0; i < probe->count; i++) {
		const char *answer = answer_to(probe, command, i);

		if (answer == NULL || !is_telling(answer))
			continue;
		snprintf(model, PROBE_MODEL_SIZE, "%s", answer);
		return true;
	}
	return false;
}

void
probe_model(const struct probe *probe, const struct profile *profile,
    char model[PROBE_MODEL_SIZE])
{
	model[0] = '\0';
	if (profile->model != NULL && take_model(probe, profile->model, model))
		return;
	for (size_t i = 0; i < COUNT(model_in); i++)
		if (take_model(probe, model_in[i], model))
			return;
}
