/*
 * pam.h - PAM, at arm's length from a pppd
 *
 * A PAM module may take long, change signal handlers or close descriptors:
 * each question is a child's, with an end to pppd's patience.
 */
#ifndef PPPD_PLUGIN_PAM_H
#define PPPD_PLUGIN_PAM_H

#include "masqd/password.h"

enum {
	PAM_PATIENCE = 20 /* seconds that the child may take */
};

/* As password_check(), and ACCOUNT_UNUSABLE where the child fails. */
enum account_result pam_ask(const struct password_question *,
    struct account *account, char *error, size_t size);

#endif
