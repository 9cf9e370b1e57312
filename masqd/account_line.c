#include "masqd/account_line.h"

#include <arpa/inet.h>
#include <crypt.h>
#include <stdio.h>
#include <string.h>

enum { FIELDS = 4 };

static char *
trim(char *text)
{
	size_t length;

	text += strspn(text, " \t\r\n");
	length = strlen(text);
	while (length > 0 && strchr(" \t\r\n", text[length - 1]))
		length--;
	text[length] = '\0';
	return text;
}

/* Cut a line into its fields; how many there are. */
static int
split(char *line, char *fields[FIELDS])
{
	int count = 0;
	char *next;

	do {
		next = strchr(line, ':');
		if (next)
			*next++ = '\0';
		if (count < FIELDS)
			fields[count] = trim(line);
		count++;
		line = next;
	} while (line);
	return count;
}

int
account_secret_is_hash(const char *secret)
{
	/* Any two letters begin a DES hash, but those have 13: no password
	 * in clear shall pass for one. */
	if (secret[0] != '$' && strlen(secret) != 13)
		return 0;
	switch (crypt_checksalt(secret)) {
	case CRYPT_SALT_OK:
	case CRYPT_SALT_METHOD_LEGACY:
	case CRYPT_SALT_TOO_CHEAP:
		return 1;
	}
	return 0;
}

/* `!` or `*` in front of a secret locks an account, as in shadow(5). */
int
account_secret_is_locked(const char *secret)
{
	return secret[0] == '!' || secret[0] == '*';
}

const char *
account_secret_clear(const char *secret)
{
	size_t length = strlen(ACCOUNT_CLEAR);

	return strncmp(secret, ACCOUNT_CLEAR, length) == 0 &&
	    secret[length] != '\0' ? secret + length : NULL;
}

static int
secret_usable(const char *secret)
{
	return account_secret_is_locked(secret) ||
	    account_secret_clear(secret) || account_secret_is_hash(secret);
}

static int
fields_usable(char *fields[FIELDS], int count, struct account *account,
    char *wrong, size_t size)
{
	struct in_addr address;

	if (count < 2 || count > FIELDS)
		(void)snprintf(wrong, size, "an account is"
		    " name : secret : address or nothing : options");
	else if (fields[0][0] == '\0' ||
	    strlen(fields[0]) >= sizeof(account->name))
		(void)snprintf(wrong, size, "the name has 1 to %zu characters",
		    sizeof(account->name) - 1);
	else if (strlen(fields[1]) >= sizeof(account->secret) ||
	    !secret_usable(fields[1]))
		(void)snprintf(wrong, size, "account %s: the second field is"
		    " no crypt(5) hash, nor {clear} and a password; set it"
		    " with masqctl account password %s", fields[0], fields[0]);
	else if (count > 2 && fields[2][0] != '\0' &&
	    (inet_pton(AF_INET, fields[2], &address) != 1 ||
		address.s_addr == 0))
		(void)snprintf(wrong, size, "account %s: the third field is"
		    " an address such as 10.64.0.9, or empty", fields[0]);
	else
		return 1;
	return 0;
}

static void
take(struct account *account, char *fields[FIELDS], int count, char *wrong,
    size_t size)
{
	struct in_addr address = { 0 };
	char option[320] = "";

	memset(account, 0, sizeof(*account));
	strcpy(account->name, fields[0]);
	strcpy(account->secret, fields[1]);
	if (count > 2 && fields[2][0] != '\0')
		(void)inet_pton(AF_INET, fields[2], &address);
	account->address = address.s_addr;
	if (count == FIELDS)
		account_options_read(fields[3], &account->options, option,
		    sizeof(option));
	if (*option)
		(void)snprintf(wrong, size, "account %s: %s", account->name,
		    option);
}

enum account_line
account_line_read(char *line, struct account *account, char *wrong,
    size_t size)
{
	char *fields[FIELDS] = { NULL };
	char *text = trim(line);
	int count;

	if (size > 0)
		*wrong = '\0';
	if (*text == '\0' || *text == '#')
		return ACCOUNT_LINE_EMPTY;
	count = split(text, fields);
	if (!fields_usable(fields, count, account, wrong, size))
		return ACCOUNT_LINE_WRONG;
	take(account, fields, count, wrong, size);
	return ACCOUNT_LINE_GOOD;
}
