/*
 * menu.c - the words of the protocol prompt
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "serial/dialogue.h"
#include "serial/menu.h"

static const struct menu_word words[] = {
	{ "ppp", "PPP", DIALOGUE_PPP },
	{ "slip", "SLIP", DIALOGUE_SLIP },
	{ "cslip", "SLIP with compressed headers (RFC 1144)", DIALOGUE_CSLIP },
	{ "quit", "hang up", 0 },
	{ "exit", NULL, 0 },
	{ "logout", NULL, 0 },
	{ "bye", NULL, 0 },
};

enum { WORDS = sizeof(words) / sizeof(*words) };

const struct menu_word *
menu_find(const char *text)
{
	size_t length;

	text += strspn(text, " ");
	length = strcspn(text, " ");
	for (size_t i = 0; i < WORDS; i++)
		if (strlen(words[i].word) == length &&
		    strncasecmp(words[i].word, text, length) == 0)
			return &words[i];
	return NULL;
}

void
menu_list(unsigned allowed, char *text, size_t size)
{
	size_t length = 0;

	text[0] = '\0';
	for (size_t i = 0; i < WORDS && length < size; i++)
		if (words[i].help != NULL && (words[i].protocol == 0 ||
			(words[i].protocol & allowed)))
			length += (size_t)snprintf(text + length,
			    size - length, "  %-6s %s\n", words[i].word,
			    words[i].help);
}
