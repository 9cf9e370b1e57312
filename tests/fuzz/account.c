/*
 * account.c - fuzz the accounts file and the name and password of a caller
 *
 * The input is name, newline, password, newline, and the file.  crypt(3) is
 * not ours and slow: here it gives the hash back that it was given, so that
 * a password fits where the hash says so.
 */
#include <crypt.h>
#include <string.h>

static char *
quick_crypt(const char *password, const char *setting, struct crypt_data *data)
{
	(void)password;
	(void)strncpy(data->output, setting, sizeof data->output - 1);
	data->output[sizeof data->output - 1] = '\0';
	return data->output;
}
#define crypt_r quick_crypt

#include "masqd/account.c"

#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* The next line of the input, without its newline, as a string. */
static size_t
take_line(const uint8_t **input, size_t *n, char *out, size_t room)
{
	const uint8_t *end = memchr(*input, '\n', *n);
	size_t length = end == NULL ? *n : (size_t)(end - *input);
	size_t kept = length < room ? length : room - 1;

	memcpy(out, *input, kept);
	out[kept] = '\0';
	if (end != NULL)
		length++;
	*input += length;
	*n -= length;
	return kept;
}

/* Only what masqd can use comes out. */
static void
check_options(const struct account_options *options)
{
	if (options->given >= ACCOUNT_NEW_FLOWS << 1 ||
	    options->protocols > 7 || options->idle > 30 * 24 * 60 * 60 ||
	    ((options->given & ACCOUNT_MAPPINGS) &&
		options->max_mappings == 0) ||
	    ((options->given & ACCOUNT_NEW_FLOWS) && options->new_flows == 0))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t n)
{
	char name[200], password[200], path[32], error[256];
	struct account account;
	int fd = memfd_create("accounts", MFD_CLOEXEC);
	enum account_result result;

	if (fd == -1 || fchmod(fd, 0600) == -1)
		abort();
	take_line(&input, &n, name, sizeof name);
	take_line(&input, &n, password, sizeof password);
	if (write(fd, input, n) != (ssize_t)n)
		abort();
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	result = account_check(path, name, password, &account, error,
	    sizeof error);
	if (result == ACCOUNT_OK && (strcmp(account.name, name) != 0 ||
		account.secret[0] != '\0'))
		abort();
	if (strlen(error) >= sizeof error)
		abort();
	check_options(&account.options);
	result = account_password(path, name, &account, error, sizeof error);
	if ((result == ACCOUNT_OK) != (account.secret[0] != '\0'))
		abort();
	if (account_find(path, name, &account, error, sizeof error) &&
	    (strcmp(account.name, name) != 0 || account.secret[0] != '\0'))
		abort();
	close(fd);
	return 0;
}
