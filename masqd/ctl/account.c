#include "account.h"

#include <arpa/inet.h>
#include <crypt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "account_edit.h"
#include "masqd/account_line.h"
#include "password.h"
#include "table.h"

enum { SECRET = 256 };

static enum exit_code __attribute__((format(printf, 3, 4)))
refuse(char *error, size_t size, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(error, size, format, arguments);
	va_end(arguments);
	return EXIT_REFUSED;
}

/* What the second field holds, in a word. */
static const char *
kind_of(const char *secret)
{
	if (account_secret_is_locked(secret))
		return "locked";
	return account_secret_clear(secret) != NULL ? "clear" : "hash";
}

/* The fourth field as it stands in the line. */
static json_t *
options_of(const char *line)
{
	size_t length;

	for (int i = 0; i < 3; i++) {
		line = strchr(line, ':');
		if (line == NULL)
			return json_string("");
		line++;
	}
	line += strspn(line, " \t");
	length = strlen(line);
	while (length > 0 && strchr(" \t\r", line[length - 1]) != NULL)
		length--;
	return json_stringn(line, length);
}

static void
list_line(json_t *accounts, json_t *warnings, int number, char *line)
{
	char wrong[512], address[INET_ADDRSTRLEN] = "", numbered[600];
	json_t *options = options_of(line);
	struct account account;

	switch (account_line_read(line, &account, wrong, sizeof wrong)) {
	case ACCOUNT_LINE_GOOD:
		if (account.address != 0)
			(void)inet_ntop(AF_INET, &account.address, address,
			    sizeof address);
		json_array_append_new(accounts, json_pack("{s:s,s:s,s:s,s:O}",
		    "name", account.name, "password",
		    kind_of(account.secret), "address", address, "options",
		    options));
		explicit_bzero(account.secret, sizeof account.secret);
		break;
	case ACCOUNT_LINE_EMPTY:
	case ACCOUNT_LINE_WRONG:
		break;
	}
	(void)snprintf(numbered, sizeof numbered, "line %d: %s", number,
	    wrong);
	if (*wrong != '\0')
		json_array_append_new(warnings, json_string(numbered));
	json_decref(options);
}

enum exit_code
account_list(const struct account_request *request, json_t **answer,
    char *error, size_t size)
{
	json_t *accounts = json_array(), *warnings = json_array();
	struct account_edit edit;
	int number = 0;

	if (!account_edit_read(&edit, request->file)) {
		(void)snprintf(error, size, "%s", edit.error);
		account_edit_close(&edit);
		json_decref(accounts);
		json_decref(warnings);
		return EXIT_REFUSED;
	}
	for (char *line = edit.text, *next; line != NULL; line = next) {
		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		list_line(accounts, warnings, ++number, line);
	}
	account_edit_close(&edit);
	*answer = json_pack("{s:o,s:o}", "accounts", accounts, "warnings",
	    warnings);
	return EXIT_DONE;
}

void
account_show(json_t *answer, FILE *to, bool bold)
{
	static const struct column columns[] = { { "NAME", 8, 0 },
		{ "PASSWORD", 0, 0 }, { "ADDRESS", 0, 0 },
		{ "OPTIONS", 12, 0 }, { NULL, 0, 0 } };
	static const char *const keys[] = { "name", "password", "address",
		"options" };
	const json_t *accounts = json_object_get(answer, "accounts"),
	    *warnings = json_object_get(answer, "warnings"), *one;
	struct table *table = table_create(columns);
	size_t i;

	json_array_foreach(accounts, i, one)
		for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++)
			table_add(table, json_string_value(json_object_get(one,
			    keys[k])));
	table_print(table, to, bold);
	json_array_foreach(warnings, i, one) {
		(void)fputs("! ", to);
		table_escape(json_string_value(one), to);
		(void)fputc('\n', to);
	}
}

static bool
is_name(const char *name)
{
	size_t length = strlen(name);

	if (length == 0 || length >= sizeof ((struct account *)0)->name ||
	    name[0] == '#' || name[0] == ' ' || name[length - 1] == ' ')
		return false;
	for (; *name != '\0'; name++)
		if ((unsigned char)*name < ' ' || *name == 0x7f ||
		    *name == ':')
			return false;
	return true;
}

/* The second field for a password. */
static bool
make_secret(const char *password, bool clear, char secret[SECRET],
    char *error, size_t size)
{
	struct crypt_data *work = calloc(1, sizeof *work);
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];
	const char *made = NULL;

	if (clear) {
		free(work);
		(void)snprintf(secret, SECRET, ACCOUNT_CLEAR "%s", password);
		if (strchr(password, ':') == NULL)
			return true;
		(void)refuse(error, size, "a password that is kept in clear "
			     "can have no colon; choose another");
		return false;
	}
	/* The method that this system thinks best, or SHA-512. */
	if (work != NULL &&
	    (crypt_gensalt_rn(NULL, 0, NULL, 0, setting, sizeof setting) !=
		    NULL || crypt_gensalt_rn("$6$", 0, NULL, 0, setting,
		    sizeof setting) != NULL))
		made = crypt_r(password, setting, work);
	if (made != NULL && made[0] != '*' && strlen(made) < SECRET)
		(void)snprintf(secret, SECRET, "%s", made);
	else
		made = NULL;
	if (work != NULL)
		explicit_bzero(work, sizeof *work);
	free(work);
	if (made == NULL)
		(void)refuse(error, size, "the password cannot be hashed");
	return made != NULL;
}

static bool
ask_secret(const struct account_request *request, char secret[SECRET],
    char *error, size_t size)
{
	char password[PASSWORD_MOST + 1];
	bool done = password_read(request->words[0], password, error, size) &&
	    make_secret(password, request->clear, secret, error, size);

	explicit_bzero(password, sizeof password);
	return done;
}

/* What masqd would say of the line that is about to be written. */
static bool
is_good(const char *line, char *error, size_t size)
{
	char copy[ACCOUNT_LINE];
	struct account account;
	bool good = (size_t)snprintf(copy, sizeof copy, "%s", line) + 2 <
	    sizeof copy && account_line_read(copy, &account, error, size) ==
	    ACCOUNT_LINE_GOOD && *error == '\0';

	if (!good && *error == '\0')
		(void)refuse(error, size, "the line would be too long");
	explicit_bzero(copy, sizeof copy);
	explicit_bzero(&account, sizeof account);
	return good;
}

static enum exit_code
write_line(struct account_edit *edit, const char *name, const char *line,
    char *error, size_t size)
{
	if (line != NULL && !is_good(line, error, size))
		return EXIT_REFUSED;
	if (account_edit_put(edit, name, line))
		return EXIT_DONE;
	return refuse(error, size, "%s", edit->error);
}

/* The address and the options, where they stand in the words. */
static bool
compose(const struct account_request *request, const char *secret,
    char line[ACCOUNT_LINE])
{
	char **word = request->words + 1;
	struct in_addr address;
	const char *fixed = "";
	size_t used;

	if (*word != NULL && inet_pton(AF_INET, *word, &address) == 1)
		fixed = *word++;
	used = (size_t)snprintf(line, ACCOUNT_LINE, "%s : %s : %s :",
	    request->words[0], secret, fixed);
	for (; *word != NULL && used < ACCOUNT_LINE; word++) {
		/* A word is no way to more fields or lines. */
		if (strpbrk(*word, ":\r\n") != NULL)
			return false;
		used += (size_t)snprintf(line + used, ACCOUNT_LINE - used,
		    " %s", *word);
	}
	return used < ACCOUNT_LINE;
}

enum exit_code
account_add(const struct account_request *request, json_t **answer,
    char *error, size_t size)
{
	const char *name = request->words[0];
	char secret[SECRET] = "!", line[ACCOUNT_LINE];
	struct account_edit edit;
	enum exit_code code = EXIT_REFUSED;
	size_t at, length;

	(void)answer;
	*error = '\0';
	if (!is_name(name))
		return refuse(error, size, "this is no name of a user: give 1 "
			      "to 127 characters without a colon");
	/* What is wrong is said before the password is asked for. */
	if (!compose(request, secret, line))
		return refuse(error, size, "these are no options; see "
			      "masqd.conf(5)");
	if (!is_good(line, error, size))
		return EXIT_REFUSED;
	if (!account_edit_open(&edit, request->file))
		(void)refuse(error, size, "%s", edit.error);
	else if (account_edit_find(&edit, name, &at, &length))
		(void)refuse(error, size, "there is an account %s already; "
			     "masqctl account password %s changes its "
			     "password", name, name);
	else if (ask_secret(request, secret, error, size) &&
	    compose(request, secret, line))
		code = write_line(&edit, name, line, error, size);
	account_edit_close(&edit);
	explicit_bzero(line, sizeof line);
	explicit_bzero(secret, sizeof secret);
	return code;
}

/* The old line with another second field. */
static bool
exchange_secret(const char *old, size_t length, const char *secret,
    char line[ACCOUNT_LINE])
{
	const char *end = old + length, *first = memchr(old, ':', length);
	const char *second;

	if (first == NULL)
		return false;
	first++;
	second = memchr(first, ':', (size_t)(end - first));
	return snprintf(line, ACCOUNT_LINE, "%.*s %s%s%.*s",
	    (int)(first - old), old, secret, second == NULL ? "" : " ",
	    second == NULL ? 0 : (int)(end - second),
	    second == NULL ? "" : second) < ACCOUNT_LINE;
}

enum exit_code
account_new_password(const struct account_request *request, json_t **answer,
    char *error, size_t size)
{
	const char *name = request->words[0];
	char secret[SECRET] = "", line[ACCOUNT_LINE] = "";
	struct account_edit edit;
	enum exit_code code = EXIT_REFUSED;
	size_t at, length;

	(void)answer;
	*error = '\0';
	if (!account_edit_open(&edit, request->file))
		(void)refuse(error, size, "%s", edit.error);
	else if (!account_edit_find(&edit, name, &at, &length))
		(void)refuse(error, size, "there is no account %s; masqctl "
			     "account list shows those that there are", name);
	else if (ask_secret(request, secret, error, size)) {
		if (exchange_secret(edit.text + at, length, secret, line))
			code = write_line(&edit, name, line, error, size);
		else
			(void)refuse(error, size, "the line would be too "
				     "long");
	}
	account_edit_close(&edit);
	explicit_bzero(line, sizeof line);
	explicit_bzero(secret, sizeof secret);
	return code;
}

enum exit_code
account_delete(const struct account_request *request, json_t **answer,
    char *error, size_t size)
{
	const char *name = request->words[0];
	enum exit_code code = EXIT_REFUSED;
	struct account_edit edit;
	size_t at, length;

	(void)answer;
	if (!account_edit_open(&edit, request->file))
		(void)refuse(error, size, "%s", edit.error);
	else if (!account_edit_find(&edit, name, &at, &length))
		(void)refuse(error, size, "there is no account %s", name);
	else
		/* A second line of that name must not come into force. */
		do
			code = write_line(&edit, name, NULL, error, size);
		while (code == EXIT_DONE &&
		    account_edit_find(&edit, name, &at, &length));
	account_edit_close(&edit);
	return code;
}
