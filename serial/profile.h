/*
 * profile.h - what a family of modems has to be told, and how it is known
 *
 * A profile is data: etc/modems has one for each family, masqd.conf(5) says
 * where others can be added.  Without any file there are two: "generic", what
 * all modems have in common, and "none", a null-modem cable.
 *
 * profile_read.c reads the files.
 */
#ifndef SERIAL_PROFILE_H
#define SERIAL_PROFILE_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum step_kind {
	STEP_DTR_LOW,	   /* then wait ms */
	STEP_DTR_HIGH,	   /* then wait ms */
	STEP_PAUSE,	   /* ms */
	STEP_FLUSH,	   /* forget what was received and not sent */
	STEP_RAW,	   /* send the text as it is */
	STEP_COMMAND,	   /* send the text and wait ms for the answer */
	STEP_CARRIER_LOW,  /* wait up to ms for DCD to be low */
	STEP_HOLD,	   /* with RTS low nothing may come for ms */
	STEP_SPEED,	   /* one speed after the other, until AT is answered */
	STEP_REOPEN,	   /* close, wait ms, open: the path leads elsewhere */
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

enum {
	PROFILE_NAME_SIZE = 32,
	PROFILE_COMMANDS = 12,	   /* of a list, at most */
	PROFILE_COMMAND_SIZE = 64, /* AT and NUL with it */
	PROFILES_MOST = 64
};

/* AT commands in order, one command each. */
struct profile_list {
	char *text[PROFILE_COMMANDS];
	size_t count;
};

struct profile {
	char *name;
	char *about;	/* one line for people */
	bool cable;	/* no modem: no commands, no ring */
	bool greets;	/* cable: callers wait for CLIENTSERVER */
	bool no_flow;	/* no RTS/CTS: nothing to verify */
	struct profile_list match; /* regular expressions: profiles_choose() */
	regex_t expressions[PROFILE_COMMANDS]; /* the same, compiled */
	char *model;	/* the command whose answer is the model's name */
	struct profile_list factory;	/* after ATZ */
	struct profile_list init;	/* S registers, X, ... */
	struct profile_list flow;	/* RTS/CTS */
	struct profile_list connect;	/* a CONNECT that says what it is */
	struct profile_list caller_id;
	struct profile_list diagnosis;	/* of the last call, after it */
	char *off_hook;	/* the exchange finds the line busy */
	bool built_in;	/* never freed */
};

/* The profiles known: those of files, in order, then the built-in ones. */
struct profiles;

/* Those that are built in. */
const struct profiles *profiles_built_in(void);

/* A table with those, for others to be added; NULL: out of memory. */
struct profiles *profiles_create(void);
void profiles_free(struct profiles *); /* NULL is allowed */

/*
 * Add the profiles of a file.  A profile whose name is there already takes
 * the other's place; new ones stand before those that are there, so that an
 * administrator's file is read last and asked first.
 *
 * Every error is one line on `errors`: FILE:LINE: what is wrong, and what
 * would be right.  Returns 0, or -1 after an error: then nothing was added.
 */
int profiles_read(struct profiles *, const char *file, FILE *errors);

/* By the name in masqd.conf; NULL if there is none of that name.  "auto" is
 * "generic" here, until the modem was asked. */
const struct profile *profiles_find(const struct profiles *,
    const char *name);

/*
 * Whose modem is it?  answers: each "COMMAND LINE", as "ATI3 Courier".  The
 * first profile with an expression (POSIX extended, no difference between
 * capitals and small letters) that fits one of them; "generic" if there is
 * none.
 */
const struct profile *profiles_choose(const struct profiles *,
    const char *const *answers, size_t count);

/* The names, the first of them first; NULL behind the last. */
const char *profiles_name(const struct profiles *, size_t i);

/*
 * The profile's steps in order, i from 0: what has to be told to a modem that
 * answers AT, has been reset and talks (ATE0V1Q0).  Returns false behind the
 * last.
 */
bool profile_step(const struct profile *, size_t i, struct step *);

#endif
