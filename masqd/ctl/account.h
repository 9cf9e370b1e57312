/*
 * account.h - masqctl's verbs that change the accounts file
 *
 * They work on the file itself, whether masqd runs or not: it reads the file
 * at each login.
 */
#ifndef MASQCTL_ACCOUNT_H
#define MASQCTL_ACCOUNT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "client.h"

#define ACCOUNT_FILE "/etc/masqd/accounts"

struct account_request {
	const char *file;
	char **words; /* behind the verb, ended by NULL */
	bool clear;   /* the password is kept as it is, for CHAP */
};

/* On EXIT_DONE, *answer is a new reference or stays NULL; else error is one
 * sentence, as with client_call(). */
typedef enum exit_code account_verb(const struct account_request *,
    json_t **answer, char *error, size_t size);

account_verb account_list;
account_verb account_add;	/* NAME [ADDRESS] [OPTION...] */
account_verb account_new_password; /* NAME */
account_verb account_delete;	/* NAME */

void account_show(json_t *, FILE *, bool bold);

#endif
