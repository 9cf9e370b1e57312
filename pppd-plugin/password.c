/*
 * password.c - who calls
 *
 * masqd says who checks: masq.so by the accounts file or by PAM; pppd by its
 * secrets files or another plugin; or nobody.  After a text login the user is
 * known and is not asked again.  Whoever has checked, the accounts file may
 * have an address and options for the user.
 *
 * What must never happen: a password in a log, or a protocol that we cannot
 * check; a user whom nobody has checked and who gets another's address.
 */
#include <stdio.h>
#include <string.h>

#include "pppd-plugin/api.h"
#include "pppd-plugin/masq.h"
#include "pppd-plugin/pam.h"
#include "pppd-plugin/talk.h"

static const char *accounts;   /* the file */
static const char *logged_in;  /* by the text login; NULL: nobody yet */
static int nobody_checks;      /* auth = "none" */
static struct account account; /* that we have checked, or empty */
static struct account found;   /* of a user whom others have checked */

/* Why not; NULL where the password is right. */
static const char *
judge(enum account_result result, const char *why)
{
	switch (result) {
	case ACCOUNT_OK:
		return account_options_allow(&account.options, ACCOUNT_PPP) ?
		    NULL : "the account is not for PPP; see its options";
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

/* Log the outcome.  1: the call goes on; 0: it ends. */
static int
settle(const char *name, enum account_result result, const char *why,
    const char *method)
{
	const char *wrong = judge(result, why);
	/* A caller that wants no PAP is checked with neither. */
	const char *shown = *name ? name : "(no name)";

	/* A line of the file that cannot be used: perhaps this very user's. */
	if (*why && wrong != why)
		warn("masq: %v", why);
	if (wrong) {
		memset(&account, 0, sizeof(account));
		error("masq: line %s: user %q: %v", masq_line(), shown, wrong);
		tell_auth_failed(name, wrong);
		return 0;
	}
	info("masq: line %s: user %q has logged in by %s", masq_line(), shown,
	    method);
	return 1;
}

/* Windows sends DOMAIN\user; here only the user counts. */
static const char *
without_domain(const char *name)
{
	const char *domain = strrchr(name, '\\');

	return domain ? domain + 1 : NULL;
}

static int
check_password(char *name, char *password, char **message,
    struct wordlist **addresses, struct wordlist **more)
{
	char why[512] = "";
	const char *bare = without_domain(name);
	enum account_result result = account_check(accounts, name,
	    password, &account, why, sizeof(why));

	(void)addresses, (void)more;
	if (result == ACCOUNT_UNKNOWN && bare)
		result = account_check(accounts, bare, password, &account,
		    why, sizeof(why));
	*message = settle(name, result, why, "PAP") ? "Login ok" :
	    "Login incorrect";
	return account.name[0] != '\0';
}

static int
check_by_pam(char *name, char *password, char **message,
    struct wordlist **addresses, struct wordlist **more)
{
	struct password_question ask = { .pam = 1, .accounts = accounts,
		.line = masq_line(), .user = name, .password = password };
	char why[512] = "";
	enum account_result result;

	(void)addresses, (void)more;
	if (without_domain(name))
		ask.user = without_domain(name);
	result = pam_ask(&ask, &account, why, sizeof(why));
	/* PAM's own words, as for any other failure. */
	if (result != ACCOUNT_OK)
		result = ACCOUNT_UNUSABLE;
	*message = settle(name, result, why, "PAP and PAM") ? "Login ok" :
	    "Login incorrect";
	return account.name[0] != '\0';
}

/* The account with its password, which the caller wipes. */
static enum account_result
find_password(const char *name, char *why, size_t size)
{
	const char *bare = without_domain(name);
	enum account_result result = account_password(accounts, name,
	    &account, why, size);

	if (result == ACCOUNT_UNKNOWN && bare)
		result = account_password(accounts, bare, &account, why,
		    size);
	/* It has none that CHAP could use, and `why` says so. */
	return result == ACCOUNT_WRONG ? ACCOUNT_UNUSABLE : result;
}

static int
check_response(char *name, char *ours, int id, struct chap_digest_type *digest,
    unsigned char *challenge, unsigned char *response, char *message,
    int size)
{
	char why[512] = "";
	enum account_result result = find_password(name, why, sizeof(why));

	(void)ours;
	if (size > 0)
		message[0] = '\0';
	/* MS-CHAP strips the domain by itself where it is to be left out. */
	if (result == ACCOUNT_OK && !digest->verify_response(id, name,
		(unsigned char *)account.secret, (int)strlen(account.secret),
		challenge, response, message, size))
		result = ACCOUNT_WRONG;
	explicit_bzero(account.secret, sizeof(account.secret));
	return settle(name, result, why, digest->code == CHAP_MD5 ? "CHAP" :
	    digest->code == CHAP_MICROSOFT ? "MS-CHAP" : "MS-CHAPv2");
}

static int
passwords_are_ours(void)
{
	return 1;
}

/* By the accounts file, or by PAM, which has no use for CHAP. */
static void
take_passwords(const struct handoff *welcome)
{
	lcp_options *want = &lcp_wantoptions[0];
	int pap, types = method_types(welcome, &pap);

	pap_check_hook = passwords_are_ours;
	if (welcome->auth == HANDOFF_AUTH_PAM) {
		pap_auth_hook = check_by_pam;
		pap = 1;
		types = 0;
	} else {
		pap_auth_hook = check_password;
		chap_check_hook = passwords_are_ours;
		chap_verify_hook = check_response;
	}
	want->neg_upap = pap != 0;
	want->neg_chap = types != 0;
	want->chap_mdtype = (unsigned char)types;
	want->neg_eap = 0;
	allow_any_ip = 0;
	auth_required = 1;
}

static void
take_no_passwords(void)
{
	lcp_options *want = &lcp_wantoptions[0];

	want->neg_upap = want->neg_chap = want->neg_eap = 0;
	want->chap_mdtype = 0;
	auth_required = 0;
	/* As pppd's own option noauth does. */
	allow_any_ip = 1;
}

void
password_begin(const struct handoff *welcome, const char *name)
{
	logged_in = name;
	accounts = welcome->path;
	nobody_checks = welcome->auth == HANDOFF_AUTH_NONE;
	switch (welcome->auth) {
	case HANDOFF_AUTH_ACCOUNTS:
	case HANDOFF_AUTH_PAM:
	case HANDOFF_AUTH_PPPD:
	case HANDOFF_AUTH_NONE:
		break;
	default:
		masq_refuse("masqd names no way to check passwords");
	}
	if (name || nobody_checks)
		take_no_passwords();
	else if (welcome->auth == HANDOFF_AUTH_PPPD)
		auth_required = 1;
	else
		take_passwords(welcome);
	if (auth_required)
		method_begin(welcome);
}

const char *
password_user(void)
{
	if (logged_in)
		return logged_in;
	/* Without DOMAIN\, where that was taken off. */
	return account.name[0] ? account.name : peer_authname;
}

const struct account *
password_account(void)
{
	const char *name = password_user(), *bare = without_domain(name);
	char why[512] = "";

	if (account.name[0] || strcmp(found.name, name) == 0)
		return account.name[0] ? &account : &found;
	memset(&found, 0, sizeof(found));
	if (nobody_checks)
		return &found;
	if (!account_find(accounts, name, &found, why, sizeof(why)) && bare &&
	    !*why)
		account_find(accounts, bare, &found, why, sizeof(why));
	if (*why)
		warn("masq: %v", why);
	/* The file may have it without its domain. */
	talk_string(found.name, sizeof(found.name), name);
	return &found;
}
