/*
 * screen.c - whose calls are answered
 */
#include <string.h>

#include "serial/screen.h"

bool
screen_wants_number(const struct screen_list *allow,
    const struct screen_list *deny)
{
	return allow->count > 0 || deny->count > 0;
}

static bool
fits(const char *element, const char *caller, char withheld)
{
	const char word[] = { withheld, '\0' };

	if (strcmp(element, "all") == 0)
		return true;
	if (*caller == '\0')
		return withheld != 0 ? strcmp(element, word) == 0 :
				       strcmp(element, "none") == 0;
	return strncmp(caller, element, strlen(element)) == 0;
}

static bool
has(const struct screen_list *list, const char *caller, char withheld)
{
	for (size_t i = 0; i < list->count; i++)
		if (fits(list->elements[i], caller, withheld))
			return true;
	return false;
}

bool
screen_admits(const struct screen_list *allow, const struct screen_list *deny,
    const char *caller, char withheld)
{
	return !has(deny, caller, withheld) &&
	    (allow->count == 0 || has(allow, caller, withheld));
}
