/*
 * profile_table.h - the inside of struct profiles, for the files that fill it
 */
#ifndef SERIAL_PROFILE_TABLE_H
#define SERIAL_PROFILE_TABLE_H

#include "serial/profile.h"

struct profiles {
	struct profile *list[PROFILES_MOST];
	size_t count;
};

void profile_free(struct profile *); /* NULL is allowed */

/* A profile's text that is not there yet; false: out of memory, or the list
 * is full. */
bool profile_list_add(struct profile_list *, const char *text);

/* Compile match.text[i]; returns regcomp(3)'s error with its text. */
int profile_compile(struct profile *, size_t i, char *error, size_t size);

#endif
