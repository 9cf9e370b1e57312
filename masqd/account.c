/*
 * account.c - the accounts file: who may dial in
 *
 * Read anew for each check, whole, whatever was found on the way: how long a
 * check takes says nothing about where, or whether, a name stands in the
 * file.  For the same reason a password is always hashed, against the file's
 * first hash where there is no account.
 */
#include <crypt.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "masqd/account_line.h"

/* What an unknown user's password is hashed with in a file without a hash. */
static const char STRANGER[] = "$6$masqdmasqdmasqd$";

struct search {
	const char *file;
	const char *name;
	int line;
	int found; /* the line that the account stands in, or 0 */
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

static void
read_line(struct search *search, char *text)
{
	struct account account;
	char wrong[512];
	enum account_line line = account_line_read(text, &account, wrong,
	    sizeof(wrong));

	if (*wrong)
		complain(search, "%s", wrong);
	if (line != ACCOUNT_LINE_GOOD)
		return;
	if (search->first[0] == '\0' && account_secret_is_hash(account.secret))
		strcpy(search->first, account.secret);
	if (!search->found && strcmp(account.name, search->name) == 0) {
		search->found = search->line;
		*search->account = account;
	}
	explicit_bzero(account.secret, sizeof(account.secret));
}

static void
read_lines(struct search *search, FILE *stream)
{
	char line[ACCOUNT_LINE];
	int begun = 0;

	while (fgets(line, sizeof(line), stream)) {
		int ended = strchr(line, '\n') || feof(stream);

		if (!begun)
			search->line++;
		if (!begun && ended)
			read_line(search, line);
		else if (!begun)
			complain(search, "the line is longer than %d bytes,"
			    " or not text", ACCOUNT_LINE - 2);
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

/* Whatever the account is like, one hash is made. */
static enum account_result
judge(const struct search *search, const char *password)
{
	const char *secret = search->account->secret, *clear;
	int known = search->found && !account_secret_is_locked(secret);
	const char *hash = known && account_secret_is_hash(secret) ? secret :
	    search->first[0] ? search->first : STRANGER;
	int right = fits(password, hash);

	if (right < 0) {
		snprintf(search->error, search->error_size,
		    "%s: no memory to check a password", search->file);
		return ACCOUNT_UNUSABLE;
	}
	if (!search->found)
		return ACCOUNT_UNKNOWN;
	clear = account_secret_clear(secret);
	if (known && clear)
		right = same(password, clear);
	return known && right ? ACCOUNT_OK : ACCOUNT_WRONG;
}

/* Read the whole file: 0, or -1 and the error says why not. */
static int
read_file(struct search *search)
{
	FILE *stream;
	int result = 0;

	memset(search->account, 0, sizeof(*search->account));
	if (search->error_size > 0)
		search->error[0] = '\0';
	stream = open_file(search->file, search->error, search->error_size);
	if (!stream)
		return -1;
	read_lines(search, stream);
	if (ferror(stream)) {
		snprintf(search->error, search->error_size,
		    "%s: cannot be read", search->file);
		result = -1;
	}
	fclose(stream);
	return result;
}

/* In the end only what is promised is left. */
static void
wipe(struct search *search, enum account_result result)
{
	explicit_bzero(search->first, sizeof(search->first));
	explicit_bzero(search->account->secret,
	    sizeof(search->account->secret));
	if (result != ACCOUNT_OK)
		memset(search->account, 0, sizeof(*search->account));
}

enum account_result
account_check(const char *file, const char *name, const char *password,
    struct account *account, char *error, size_t error_size)
{
	struct search search = { .file = file, .name = name,
		.account = account, .error = error,
		.error_size = error_size };
	enum account_result result = ACCOUNT_UNUSABLE;

	if (read_file(&search) == 0)
		result = judge(&search, password);
	wipe(&search, result);
	return result;
}

int
account_find(const char *file, const char *name, struct account *account,
    char *error, size_t error_size)
{
	struct search search = { .file = file, .name = name,
		.account = account, .error = error,
		.error_size = error_size };
	int read;

	errno = 0;
	read = read_file(&search);
	if (read < 0 && errno == ENOENT && error_size > 0)
		error[0] = '\0';
	wipe(&search, read == 0 && search.found ? ACCOUNT_OK :
	    ACCOUNT_UNKNOWN);
	strncpy(account->name, name, sizeof(account->name) - 1);
	return account->name[0] != '\0' && search.found != 0;
}

enum account_result
account_password(const char *file, const char *name, struct account *account,
    char *error, size_t error_size)
{
	struct search search = { .file = file, .name = name,
		.account = account, .error = error,
		.error_size = error_size };
	enum account_result result = ACCOUNT_UNUSABLE;
	const char *clear;
	char password[sizeof(account->secret)] = "";

	if (read_file(&search) == 0)
		result = search.found ? ACCOUNT_WRONG : ACCOUNT_UNKNOWN;
	clear = account_secret_clear(account->secret);
	if (clear) {
		strcpy(password, clear);
		result = ACCOUNT_OK;
	}
	if (result == ACCOUNT_WRONG)
		snprintf(error, error_size, "%s:%d: %s", file, search.found,
		    account_secret_is_locked(account->secret) ?
		    "the account is locked" :
		    "CHAP needs the password itself, and the account has a"
		    " hash; masqctl account password --clear sets it");
	wipe(&search, result);
	strcpy(account->secret, password);
	explicit_bzero(password, sizeof(password));
	return result;
}
