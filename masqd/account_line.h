/*
 * account_line.h - one line of the accounts file
 */
#ifndef MASQD_ACCOUNT_LINE_H
#define MASQD_ACCOUNT_LINE_H

#include <stddef.h>

#include "masqd/account.h"

enum {
	ACCOUNT_LINE = 1024 /* octets of a line, with newline and NUL */
};

enum account_line {
	ACCOUNT_LINE_EMPTY, /* or a comment */
	ACCOUNT_LINE_WRONG, /* it is nobody's */
	ACCOUNT_LINE_GOOD
};

/*
 * Read a line, which is changed on the way.
 *
 * On GOOD *account is what it says, account->secret the whole field; else its
 * fields mean nothing.  wrong: "", or one sentence: what is wrong with the
 * line, or which option of a good one does nothing, and what would be right.
 */
enum account_line account_line_read(char *line, struct account *account,
    char *wrong, size_t size);

/* Of the second field: a hash that crypt(3) knows; one that is locked; the
 * password in one that is in clear, or NULL. */
int account_secret_is_hash(const char *secret);
int account_secret_is_locked(const char *secret);
const char *account_secret_clear(const char *secret);

/* What stands in front of a password in clear. */
#define ACCOUNT_CLEAR "{clear}"

#endif
