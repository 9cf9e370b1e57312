/*
 * password.h - is it the right password? By the accounts file, or by PAM
 *
 * For children that live for one check: hashing takes long, and a PAM module
 * may do anything.  Used by the keeper (checks.h) and by masq.so.
 */
#ifndef MASQD_PASSWORD_H
#define MASQD_PASSWORD_H

#include <stddef.h>

#include "account.h"

/* PAM's name of us: /etc/pam.d/masqd. */
#define PASSWORD_SERVICE "masqd"

struct password_question {
	int pam;	      /* 0: by the accounts file alone */
	const char *accounts; /* with PAM: for addresses and options only */
	const char *line;     /* its name, for PAM's log; or NULL */
	const char *user, *password;
};

/*
 * Ask.  ACCOUNT_OK: *account is the user's; with PAM it is found by the name,
 * or empty but for it where the file has no such line.  Otherwise *account is
 * empty.  error: as account_check() says; with PAM and ACCOUNT_WRONG its
 * reason.
 */
enum account_result password_check(const struct password_question *,
    struct account *account, char *error, size_t size);

#endif
