/*
 * account.c - the accounts file: who may dial in
 *
 * Read anew for each check, whole, whatever was found on the way: how long a
 * check takes says nothing about where, or whether, a name stands in the
 * file.  For the same reason a password is always hashed, against the file's
 * first hash where there is no account.
 */
#include <arpa/inet.h>
#include <crypt.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "masqd/account.h"

enum {
	LINE = 1024,
	FIELDS = 4
};

/* What an unknown user's password is hashed with in a file without a hash. */
static const char STRANGER[] = "$6$masqdmasqdmasqd$";

struct search {
	const char *file;
	const char *name;
	int line;
	int found;
	struct account *account;
	char first[256]; /* the file's first hash */
	char *error;
	size_t error_size;
};

/* The first complaint stands. */
__attribute__((format(printf, 2, 3))) static void
complain(struct search *search, const char *format, ...)
{
	va_list arguments;
	int used;

	if (search->error_size == 0 || search->error[0] != '\0')
		return;
	used = snprintf(search->error, search->error_size, "%s:%d: ",
	    search->file, search->line);
	if (used < 0 || (size_t)used >= search->error_size)
		return;
	va_start(arguments, format);
	vsnprintf(search->error + used, search->error_size - (size_t)used,
	    format, arguments);
	va_end(arguments);
}

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

static int
hash_usable(const char *hash)
{
	/* Any two letters begin a DES hash, but those have 13: no password
	 * in clear shall pass for one. */
	if (hash[0] != '$' && strlen(hash) != 13)
		return 0;
	switch (crypt_checksalt(hash)) {
	case CRYPT_SALT_OK:
	case CRYPT_SALT_METHOD_LEGACY:
	case CRYPT_SALT_TOO_CHEAP:
		return 1;
	}
	return 0;
}

/* `!` or `*` in front of a hash locks an account, as in shadow(5). */
static int
hash_locked(const char *hash)
{
	return hash[0] == '!' || hash[0] == '*';
}

static int
line_usable(struct search *search, char *fields[FIELDS], int count)
{
	struct in_addr address;

	if (count < 2 || count > FIELDS)
		complain(search, "an account is"
		    " name : hash : address or nothing : options");
	else if (fields[0][0] == '\0' ||
	    strlen(fields[0]) >= sizeof(search->account->name))
		complain(search, "the name has 1 to %zu characters",
		    sizeof(search->account->name) - 1);
	else if (strlen(fields[1]) >= sizeof(search->account->hash) ||
	    (!hash_locked(fields[1]) && !hash_usable(fields[1])))
		complain(search, "account %s: the second field is no crypt(5)"
		    " hash; make one with openssl passwd -6", fields[0]);
	else if (count > 2 && fields[2][0] != '\0' &&
	    (inet_pton(AF_INET, fields[2], &address) != 1 ||
		address.s_addr == 0))
		complain(search, "account %s: the third field is an address"
		    " such as 10.64.0.9, or empty", fields[0]);
	else
		return 1;
	return 0;
}

static void
take(struct search *search, char *fields[FIELDS], int count)
{
	struct account *account = search->account;
	struct in_addr address = { 0 };

	if (search->first[0] == '\0' && !hash_locked(fields[1]))
		strcpy(search->first, fields[1]);
	if (search->found || strcmp(fields[0], search->name) != 0)
		return;
	search->found = 1;
	strcpy(account->name, fields[0]);
	strcpy(account->hash, fields[1]);
	if (count > 2 && fields[2][0] != '\0')
		(void)inet_pton(AF_INET, fields[2], &address);
	account->address = address.s_addr;
}

static void
read_line(struct search *search, char *line)
{
	char *fields[FIELDS] = { NULL };
	char *text = trim(line);
	int count;

	if (*text == '\0' || *text == '#')
		return;
	count = split(text, fields);
	if (!line_usable(search, fields, count))
		return;
	if (count == FIELDS && fields[3][0] != '\0')
		complain(search, "account %s: option `%s' is not known, and"
		    " does nothing", fields[0], fields[3]);
	take(search, fields, count);
}

static void
read_lines(struct search *search, FILE *stream)
{
	char line[LINE];
	int begun = 0;

	while (fgets(line, sizeof(line), stream)) {
		int ended = strchr(line, '\n') || feof(stream);

		if (!begun)
			search->line++;
		if (!begun && ended)
			read_line(search, line);
		else if (!begun)
			complain(search, "the line is longer than %d bytes,"
			    " or not text", LINE - 2);
		begun = !ended;
	}
	explicit_bzero(line, sizeof(line));
}

/* NULL, and *error says why the file is not to be trusted. */
static FILE *
open_file(const char *file, char *error, size_t size)
{
	struct stat status;
	/* Whatever stands in the file's place, a pipe say, must not block. */
	int descriptor = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (descriptor < 0) {
		snprintf(error, size, "%s: %s", file, strerror(errno));
		return NULL;
	}
	if (fstat(descriptor, &status) < 0 || !S_ISREG(status.st_mode))
		snprintf(error, size, "%s: is not a file", file);
	else if (status.st_mode & (S_IWGRP | S_IWOTH))
		snprintf(error, size, "%s: others may write it;"
		    " chmod go-w %s", file, file);
	else if (status.st_uid != 0 && status.st_uid != geteuid())
		snprintf(error, size, "%s: belongs to another user;"
		    " chown root %s", file, file);
	else
		return fdopen(descriptor, "r");
	close(descriptor);
	return NULL;
}

static int
same(const char *one, const char *other)
{
	size_t length = strlen(one), i;
	unsigned char difference = 0;

	if (strlen(other) != length)
		return 0;
	for (i = 0; i < length; i++)
		difference |= (unsigned char)(one[i] ^ other[i]);
	return difference == 0;
}

/* 1: the password makes this hash; 0; -1: no memory. */
static int
fits(const char *password, const char *hash)
{
	struct crypt_data *work = calloc(1, sizeof(*work));
	const char *made;
	int result;

	if (!work)
		return -1;
	made = crypt_r(password, hash, work);
	result = made && same(made, hash);
	explicit_bzero(work, sizeof(*work));
	free(work);
	return result;
}

static enum account_result
judge(const struct search *search, const char *password)
{
	int known = search->found && !hash_locked(search->account->hash);
	const char *hash = known ? search->account->hash :
	    search->first[0] ? search->first : STRANGER;
	int right = fits(password, hash);

	if (right < 0) {
		snprintf(search->error, search->error_size,
		    "%s: no memory to check a password", search->file);
		return ACCOUNT_UNUSABLE;
	}
	if (!search->found)
		return ACCOUNT_UNKNOWN;
	return known && right ? ACCOUNT_OK : ACCOUNT_WRONG;
}

enum account_result
account_check(const char *file, const char *name, const char *password,
    struct account *account, char *error, size_t error_size)
{
	struct search search = { .file = file, .name = name,
		.account = account, .error = error,
		.error_size = error_size };
	enum account_result result;
	FILE *stream;

	memset(account, 0, sizeof(*account));
	if (error_size > 0)
		error[0] = '\0';
	stream = open_file(file, error, error_size);
	if (!stream)
		return ACCOUNT_UNUSABLE;
	read_lines(&search, stream);
	if (ferror(stream)) {
		snprintf(error, error_size, "%s: cannot be read", file);
		result = ACCOUNT_UNUSABLE;
	} else {
		result = judge(&search, password);
	}
	fclose(stream);
	explicit_bzero(account->hash, sizeof(account->hash));
	explicit_bzero(search.first, sizeof(search.first));
	if (result != ACCOUNT_OK)
		memset(account, 0, sizeof(*account));
	return result;
}
