/*
 * account.h - the accounts file: who may dial in
 *
 * A line an account:   name : secret : fixed address or empty : options
 * The secret is a crypt(5) hash, or {clear} and the password itself, which
 * CHAP needs.  `!` or `*` in front of it locks the account.  Blanks around a
 * field do not count; `#` starts a comment line; the last two fields may be
 * left out.  The first of two lines with one name counts.  The file is read
 * anew at each check, so that an edit counts at once.  A file that the group
 * or others may write is refused, and one that is neither root's nor our own
 * user's.  Used by masq.so and by the keeper's children.
 */
#ifndef MASQD_ACCOUNT_H
#define MASQD_ACCOUNT_H

#include <netinet/in.h>
#include <stddef.h>

#include "masqd/account_options.h"

enum account_result {
	ACCOUNT_OK,
	ACCOUNT_UNKNOWN,  /* no such user */
	ACCOUNT_WRONG,	  /* the password does not fit */
	ACCOUNT_UNUSABLE  /* the file cannot be used: see `error` */
};

struct account {
	char name[128];
	char secret[256];
	in_addr_t address; /* fixed, or 0 */
	struct account_options options;
};

/*
 * Check a user's password (a string) against the file.
 *
 * An unknown user costs as much time as a wrong password.  On ACCOUNT_OK
 * *account is filled but for the secret, which is wiped; else it is empty.  On
 * ACCOUNT_UNUSABLE error holds one sentence that names the file.  Otherwise
 * it is empty, or a warning FILE:LINE of the first line that cannot be used:
 * such a line locks nobody out but its own account.
 */
enum account_result account_check(const char *file, const char *name,
    const char *password, struct account *account, char *error,
    size_t error_size);

/*
 * The account of a user who is checked by other means.
 *
 * 1, and *account is filled but for the secret, where the file has a line for
 * the name, locked or not; 0, and *account is empty but for the name.  error:
 * as with account_check(), but that there is no file is none.
 */
int account_find(const char *file, const char *name, struct account *account,
    char *error, size_t error_size);

/*
 * A user's password itself, which CHAP needs; the caller wipes it.
 *
 * ACCOUNT_OK: *account is filled, account->secret is the password.
 * ACCOUNT_WRONG: the account is locked or has a hash, error says so with
 * FILE:LINE.  The others as with account_check(); *account is then empty.
 */
enum account_result account_password(const char *file, const char *name,
    struct account *account, char *error, size_t error_size);

#endif
