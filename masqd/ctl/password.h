/*
 * password.h - a new password, from the one who sits at the terminal
 */
#ifndef MASQCTL_PASSWORD_H
#define MASQCTL_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>

enum { PASSWORD_MOST = 127 };

/*
 * From a terminal: asked for twice, without echo.  Otherwise: the first line
 * of standard input.  The caller wipes it.  False, and error says why not.
 */
bool password_read(const char *user, char password[PASSWORD_MOST + 1],
    char *error, size_t size);

#endif
