/*
 * account.h - the accounts file: who may dial in
 *
 * A line an account:   name : crypt(5) hash : fixed address or empty : options
 * Blanks around a field do not count; `#` starts a comment line; the last two
 * fields may be left out.  `!` or `*` in front of a hash locks the account.
 * The first of two lines with one name counts.  No option is known yet.  The
 * file is read anew at each check, so that an edit counts at once.  A file
 * that the group or others may write is refused, and one that is neither
 * root's nor our own user's.  Used by masq.so and by the keeper.
 */
#ifndef MASQD_ACCOUNT_H
#define MASQD_ACCOUNT_H

#include <netinet/in.h>
#include <stddef.h>

enum account_result {
	ACCOUNT_OK,
	ACCOUNT_UNKNOWN,  /* no such user */
	ACCOUNT_WRONG,	  /* the password does not fit */
	ACCOUNT_UNUSABLE  /* the file cannot be used: see `error` */
};

struct account {
	char name[128];
	char hash[256];
	in_addr_t address; /* fixed, or 0 */
};

/*
 * Check a user's password (a string) against the file.
 *
 * An unknown user costs as much time as a wrong password.  On ACCOUNT_OK
 * *account is filled but for the hash, which is wiped; else it is empty.  On
 * ACCOUNT_UNUSABLE error holds one sentence that names the file.  Otherwise
 * it is empty, or a warning FILE:LINE of the first line that cannot be used:
 * such a line locks nobody out but its own account.
 */
enum account_result account_check(const char *file, const char *name,
    const char *password, struct account *account, char *error,
    size_t error_size);

#endif
