/*
 * personality.h - families of modems: what they call themselves, which
 * commands they know beyond the common ones, and how they say CONNECT
 *
 * Texts have their lines separated by \n; \f is where a report waits for a
 * key.  What is common to all is at.c's.
 */
#ifndef EXCHANGE_PERSONALITY_H
#define EXCHANGE_PERSONALITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a command of its own does. */
enum personality_does {
	DOES_NOTHING,	/* any number may follow; OK */
	DOES_TEXT,	/* print the text; OK */
	DOES_CALLER_ID, /* 0 or 1 follows */
	DOES_W,		/* shape of CONNECT: W, \V, +MR=, X beyond 4 */
	DOES_V,
	DOES_MR,
	DOES_X,
	DOES_CRC
};

struct personality_command {
	const char *name; /* as typed, without AT; the longest first */
	enum personality_does does;
	const char *text;
};

struct personality {
	const char *name;
	const struct personality_command *commands;
	size_t count;
	bool all;	  /* whatever common commands at.c has, are known */
	const char *caller_id; /* printf() format, with the number */
};

/* NULL: there is none of that name. */
const struct personality *personality_find(const char *name);

/* What CONNECT depends on. */
struct personality_call {
	uint32_t line, port; /* bit/s */
	unsigned x, w, v, mr;
};

/* The lines before CONNECT and CONNECT itself, the last; false: as the
 * exchange says it. */
bool personality_connect(const struct personality *,
    const struct personality_call *, char *text, size_t size);

#endif
