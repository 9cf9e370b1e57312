/*
 * password.c - is it the right password? By the accounts file, or by PAM
 *
 * Of PAM we use authentication and account management: a caller gets no
 * session on this host, so that no session module need run.
 */
#include "password.h"

#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An answer belongs to PAM, which wipes and frees it.  A module that wants to
 * know more than name and password gets nothing. */
static int
answer(const struct pam_message *message, const struct password_question *ask,
    struct pam_response *response)
{
	if (message->msg_style == PAM_PROMPT_ECHO_OFF)
		response->resp = strdup(ask->password);
	else if (message->msg_style == PAM_PROMPT_ECHO_ON)
		response->resp = strdup(ask->user);
	else
		return PAM_SUCCESS;
	return response->resp == NULL ? PAM_BUF_ERR : PAM_SUCCESS;
}

static int
converse(int count, const struct pam_message **messages,
    struct pam_response **responses, void *context)
{
	struct pam_response *made;

	if (count <= 0 || count > PAM_MAX_NUM_MSG)
		return PAM_CONV_ERR;
	made = calloc((size_t)count, sizeof(*made));
	if (!made)
		return PAM_BUF_ERR;
	for (int i = 0; i < count; i++) {
		if (answer(messages[i], context, &made[i]) == PAM_SUCCESS)
			continue;
		for (int j = 0; j < i; j++)
			free(made[j].resp);
		free(made);
		return PAM_BUF_ERR;
	}
	*responses = made;
	return PAM_SUCCESS;
}

/* What is the caller's fault; anything else is ours. */
static enum account_result
result_of(int status)
{
	switch (status) {
	case PAM_SUCCESS:
		return ACCOUNT_OK;
	case PAM_USER_UNKNOWN:
		return ACCOUNT_UNKNOWN;
	case PAM_AUTH_ERR:
	case PAM_MAXTRIES:
	case PAM_ACCT_EXPIRED:
	case PAM_NEW_AUTHTOK_REQD:
	case PAM_PERM_DENIED:
	case PAM_CRED_INSUFFICIENT:
		return ACCOUNT_WRONG;
	}
	return ACCOUNT_UNUSABLE;
}

static enum account_result
ask_pam(const struct password_question *ask, char *error, size_t size)
{
	struct pam_conv conversation = { converse,
		(void *)(size_t)ask };
	pam_handle_t *pam = NULL;
	int status = pam_start(PASSWORD_SERVICE, ask->user, &conversation,
	    &pam);

	if (status == PAM_SUCCESS && ask->line)
		status = pam_set_item(pam, PAM_TTY, ask->line);
	if (status == PAM_SUCCESS)
		status = pam_authenticate(pam,
		    PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
	if (status == PAM_SUCCESS)
		status = pam_acct_mgmt(pam,
		    PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
	if (status != PAM_SUCCESS && size > 0)
		(void)snprintf(error, size, "PAM, service " PASSWORD_SERVICE
		    ": %s", pam_strerror(pam, status));
	(void)pam_end(pam, status);
	return result_of(status);
}

enum account_result
password_check(const struct password_question *ask, struct account *account,
    char *error, size_t size)
{
	enum account_result result;

	if (!ask->pam)
		return account_check(ask->accounts, ask->user, ask->password,
		    account, error, size);
	memset(account, 0, sizeof(*account));
	if (size > 0)
		error[0] = '\0';
	result = ask_pam(ask, error, size);
	if (result == ACCOUNT_OK)
		account_find(ask->accounts, ask->user, account, error, size);
	return result;
}
