/*
 * profile.h - what a family of modems has to be told
 *
 * A profile is a list of steps for one kind of modem; line.c's ladder puts
 * them between the steps that are the same for all.
 */
#ifndef SERIAL_PROFILE_H
#define SERIAL_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum step_kind {
	STEP_DTR_LOW,	   /* then wait ms */
	STEP_DTR_HIGH,	   /* then wait ms */
	STEP_PAUSE,	   /* ms */
	STEP_FLUSH,	   /* forget what was received and not sent */
	STEP_RAW,	   /* send the text as it is */
	STEP_COMMAND,	   /* send the text and wait ms for the answer */
	STEP_CARRIER_LOW,  /* wait up to ms for DCD to be low */
	STEP_KINDS
};

enum step_need {
	STEP_ANY,    /* whatever the modem answers, also nothing */
	STEP_WISHED, /* ERROR is logged and passed over */
	STEP_NEEDED  /* only OK will do */
};

struct step {
	enum step_kind kind;
	const char *text;
	unsigned ms;
	unsigned tries;	 /* of a command, at least 1 */
	enum step_need need;
	bool reset; /* left out when the modem only comes from a call */
};

struct profile {
	const char *name;
	bool cable; /* a null-modem cable: no commands, no ring */
	const struct step *steps;
	size_t count;
};

/* By the name in masqd.conf; NULL if there is none of that name. */
const struct profile *profile_find(const char *name);

#endif
