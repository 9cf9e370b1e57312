/*
 * password.c - who calls
 *
 * masqd says who checks: masq.so by the accounts file, which serves PAP only;
 * pppd by its secrets files or another plugin; or nobody.  After a text login
 * the user is known and is not asked again.  What must never happen: a
 * password in a log, or a protocol that we cannot check.
 */
#include <string.h>

#include "masqd/account.h"
#include "pppd-plugin/api.h"
#include "pppd-plugin/masq.h"
#include "pppd-plugin/talk.h"

static const char *accounts;   /* the file */
static const char *logged_in;  /* by the text login; NULL: nobody yet */
static struct account account; /* of PAP, once it is checked */

/* Why not; NULL where the password is right. */
static const char *
judge(enum account_result result, const char *why)
{
	switch (result) {
	case ACCOUNT_OK:
		return NULL;
	case ACCOUNT_UNKNOWN:
		return "there is no such account";
	case ACCOUNT_WRONG:
		return "wrong password";
	default:
		return why;
	}
}

static void
tell_auth_failed(const char *name, const char *why)
{
	struct handoff failed = talk_message(HANDOFF_AUTH_FAILED);

	talk_string(failed.line, sizeof(failed.line), masq_line());
	/* A name or reason that does not fit: the call goes without. */
	talk_string(failed.user, sizeof(failed.user), name);
	talk_string(failed.reason, sizeof(failed.reason), why);
	talk_say(&failed);
}

/* 1: the password is right; 0: the call ends. */
static int
check_password(char *name, char *password, char **message,
    struct wordlist **addresses, struct wordlist **more)
{
	char why[256] = "";
	const char *wrong, *shown;
	const char *domain = strrchr(name, '\\');
	enum account_result result = account_check(accounts, name,
	    password, &account, why, sizeof(why));

	(void)addresses, (void)more;
	/* Windows sends DOMAIN\user; here only the user counts. */
	if (result == ACCOUNT_UNKNOWN && domain)
		result = account_check(accounts, domain + 1, password,
		    &account, why, sizeof(why));
	wrong = judge(result, why);
	/* A line of the file that cannot be used: perhaps this very user's. */
	if (*why && wrong != why)
		warn("masq: %v", why);
	/* A caller that wants no PAP is checked with neither. */
	shown = *name ? name : "(no name)";
	if (wrong) {
		error("masq: line %s: user %q: %v", masq_line(), shown, wrong);
		tell_auth_failed(name, wrong);
		*message = "Login incorrect";
		return 0;
	}
	info("masq: line %s: user %q has logged in", masq_line(), shown);
	*message = "Login ok";
	return 1;
}

static int
passwords_are_ours(void)
{
	return 1;
}

void
password_begin(const struct handoff *welcome, const char *name)
{
	lcp_options *want = &lcp_wantoptions[0];
	int nobody = name || welcome->auth == HANDOFF_AUTH_NONE;

	logged_in = name;
	if (!nobody && welcome->auth == HANDOFF_AUTH_PPPD) {
		auth_required = 1;
		return;
	}
	if (!nobody && welcome->auth != HANDOFF_AUTH_ACCOUNTS)
		masq_refuse("masqd names no way to check passwords");
	want->neg_chap = want->neg_eap = 0;
	want->chap_mdtype = 0;
	want->neg_upap = auth_required = !nobody;
	/* As pppd's own option noauth does. */
	allow_any_ip = nobody != 0;
	if (nobody)
		return;
	accounts = welcome->path;
	pap_check_hook = passwords_are_ours;
	pap_auth_hook = check_password;
}

const char *
password_user(void)
{
	if (logged_in)
		return logged_in;
	/* Without DOMAIN\, where check_password took that off. */
	return account.name[0] ? account.name : peer_authname;
}

in_addr_t
password_address(void)
{
	return account.address;
}
