/*
 * profile.c - what a family of modems has to be told
 */
#include <string.h>

#include "serial/profile.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/*
 * What all modems have in common, one command a line: a line of several
 * stops at the first that the modem does not know, and nobody learns which.
 * AT is repeated so that the modem finds out the speed (autobaud), and again
 * after ATZ, which may bring a stored speed back.  S0=0: masqd answers, not
 * the modem.
 */
static const struct step generic[] = {
	{ STEP_COMMAND, "AT", 400, 4, STEP_NEEDED, false },
	/* A late OK to the rise of DTR must not answer the next command. */
	{ STEP_PAUSE, NULL, 100, 1, STEP_ANY, false },
	{ STEP_FLUSH, NULL, 0, 1, STEP_ANY, false },
	{ STEP_COMMAND, "ATZ", 3000, 1, STEP_WISHED, true },
	{ STEP_COMMAND, "AT", 500, 4, STEP_NEEDED, true },
	{ STEP_COMMAND, "ATE0V1Q0", 1000, 2, STEP_NEEDED, false },
	{ STEP_COMMAND, "AT&C1", 1000, 2, STEP_WISHED, false },
	{ STEP_COMMAND, "AT&D2", 1000, 2, STEP_WISHED, false },
	{ STEP_COMMAND, "ATS0=0", 1000, 2, STEP_WISHED, false },
	{ STEP_COMMAND, "ATX4", 1000, 2, STEP_WISHED, false },
};

static const struct profile profiles[] = {
	{ "auto", false, generic, COUNT(generic) },
	{ "generic", false, generic, COUNT(generic) },
	{ "none", true, NULL, 0 },
};

const struct profile *
profile_find(const char *name)
{
	for (size_t i = 0; i < COUNT(profiles); i++)
		if (strcmp(profiles[i].name, name) == 0)
			return &profiles[i];
	return NULL;
}
