/*
 * menu.h - the words of the protocol prompt
 *
 * Pure.  Protocols are the bits of enum dialogue_protocol.
 */
#ifndef SERIAL_MENU_H
#define SERIAL_MENU_H

#include <stddef.h>

struct menu_word {
	const char *word;
	const char *help;  /* NULL: another word for the same */
	unsigned protocol; /* 0: the call ends */
};

/* The first word of the text, in whatever case; NULL where it is none. */
const struct menu_word *menu_find(const char *text);

/* A line for each word that `allowed` leaves, with \n, as far as they fit. */
void menu_list(unsigned allowed, char *text, size_t size);

#endif
