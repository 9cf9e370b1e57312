/*
 * screen.h - whose calls are answered
 *
 * Pure.  Lists as those of mgetty's dialin.config: an element is the beginning
 * of a number (or of a TCP caller's address), or a word: "all", "none" (no
 * number came), "P" (he withholds it), "O" (out of area).
 */
#ifndef SERIAL_SCREEN_H
#define SERIAL_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

struct screen_list {
	const char *const *elements;
	size_t count;
};

/* Is a caller's number looked at at all? */
bool screen_wants_number(const struct screen_list *allow,
    const struct screen_list *deny);

/*
 * deny is looked at first; then, if allow is not empty, it must have him.
 * caller: the number or ""; withheld: 'P', 'O' or 0.
 */
bool screen_admits(const struct screen_list *allow,
    const struct screen_list *deny, const char *caller, char withheld);

#endif
