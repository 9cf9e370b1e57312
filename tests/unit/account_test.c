#include <arpa/inet.h>
#include <crypt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Counts what a check costs: hashes, and with which method. */
static int hashed;
static char method[4];

static char *
counting_crypt_r(const char *phrase, const char *setting,
    struct crypt_data *data)
{
	hashed++;
	memcpy(method, setting, 3);
	return crypt_r(phrase, setting, data);
}

#define crypt_r counting_crypt_r
#include "masqd/account.c"
#undef crypt_r

#include <cmocka.h>

static char file[] = "/tmp/account_test.XXXXXX";
static char said[256];
static struct account found;

/* The shortest work each method offers: tests need no safety. */
static const char *
hash_of(const char *password, const char *setting)
{
	const char *hash = crypt(password, setting);

	assert_non_null(hash);
	assert_int_not_equal(hash[0], '*');
	return hash;
}

static const char *
cheap(const char *password)
{
	return hash_of(password, "$6$rounds=1000$saltsaltsalt$");
}

static void
put_bytes(const char *bytes, size_t length)
{
	int descriptor = open(file, O_WRONLY | O_TRUNC);

	assert_true(descriptor >= 0);
	assert_int_equal(write(descriptor, bytes, length), (ssize_t)length);
	close(descriptor);
	assert_int_equal(chmod(file, 0600), 0);
}

__attribute__((format(printf, 1, 2))) static void
put(const char *format, ...)
{
	static char text[8192];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	put_bytes(text, strlen(text));
}

static enum account_result
check(const char *name, const char *password)
{
	hashed = 0;
	memset(&found, 'x', sizeof(found));
	return account_check(file, name, password, &found, said,
	    sizeof(said));
}

static void
assert_said(const char *expected)
{
	char line[512];

	snprintf(line, sizeof(line), "%s%s", file, expected);
	assert_string_equal(said, line);
}

static void
right_password(void **state)
{
	(void)state;
	put("# who may call\n\n\talice : %s : : \r\nbob:%s:10.64.0.9",
	    cheap("one"), "!");
	assert_int_equal(check("alice", "one"), ACCOUNT_OK);
	assert_string_equal(found.name, "alice");
	assert_int_equal(found.address, 0);
	assert_string_equal(said, "");
	put("bob:%s:10.64.0.9", cheap("two"));
	assert_int_equal(check("bob", "two"), ACCOUNT_OK);
	assert_int_equal(found.address, inet_addr("10.64.0.9"));
}

static void
the_secret_stays_in_here(void **state)
{
	static const char none[sizeof(found.secret)];

	(void)state;
	put("alice:%s\n", cheap("one"));
	assert_int_equal(check("alice", "one"), ACCOUNT_OK);
	assert_memory_equal(found.secret, none, sizeof(none));
	assert_int_equal(check("alice", "two"), ACCOUNT_WRONG);
	assert_memory_equal(found.secret, none, sizeof(none));
	assert_string_equal(found.name, "");
}

static void
wrong_password(void **state)
{
	(void)state;
	put("alice:%s\n", cheap("one"));
	assert_int_equal(check("alice", "two"), ACCOUNT_WRONG);
	assert_int_equal(check("alice", ""), ACCOUNT_WRONG);
	assert_int_equal(check("alice", "onee"), ACCOUNT_WRONG);
	assert_string_equal(said, "");
}

static void
unknown_user(void **state)
{
	(void)state;
	put("alice:%s\n", cheap("one"));
	assert_int_equal(check("alic", "one"), ACCOUNT_UNKNOWN);
	assert_int_equal(check("alicee", "one"), ACCOUNT_UNKNOWN);
	assert_int_equal(check("Alice", "one"), ACCOUNT_UNKNOWN);
	assert_int_equal(check("", ""), ACCOUNT_UNKNOWN);
	assert_int_equal(check("", "one"), ACCOUNT_UNKNOWN);
	assert_string_equal(found.name, "");
}

static void
every_method(void **state)
{
	static const char *const settings[] = { "$6$rounds=1000$saltsalt$",
		"$5$rounds=1000$saltsalt$", "$1$saltsalt$",
		"$2b$04$abcdefghijklmnopqrstuu", "$y$j75$saltsaltsaltsalt$" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		put("alice:%s\n", hash_of("one", settings[i]));
		assert_int_equal(check("alice", "one"), ACCOUNT_OK);
		assert_int_equal(check("alice", "two"), ACCOUNT_WRONG);
		assert_string_equal(said, "");
	}
}

static void
a_stranger_costs_as_much(void **state)
{
	(void)state;
	put("alice:%s\n", cheap("one"));
	check("alice", "one");
	assert_int_equal(hashed, 1);
	check("alice", "two");
	assert_int_equal(hashed, 1);
	check("nobody", "two");
	assert_int_equal(hashed, 1);
	assert_string_equal(method, "$6$");
	put("alice:%s\n", hash_of("one", "$5$rounds=1000$saltsalt$"));
	check("nobody", "two");
	assert_int_equal(hashed, 1);
	assert_string_equal(method, "$5$");
	put("\n");
	assert_int_equal(check("nobody", "two"), ACCOUNT_UNKNOWN);
	assert_int_equal(hashed, 1);
}

static void
a_locked_account(void **state)
{
	char hash[256];

	(void)state;
	snprintf(hash, sizeof(hash), "%s", cheap("one"));
	put("alice:!%s\nbob:*\ncarol:%s\n", hash, hash);
	assert_int_equal(check("alice", "one"), ACCOUNT_WRONG);
	assert_int_equal(hashed, 1);
	assert_int_equal(check("bob", "one"), ACCOUNT_WRONG);
	assert_int_equal(check("carol", "one"), ACCOUNT_OK);
	assert_string_equal(said, "");
}

static void
the_first_line_counts(void **state)
{
	char first[256];

	(void)state;
	snprintf(first, sizeof(first), "%s", cheap("one"));
	put("alice:%s\nalice:%s\n", first, cheap("two"));
	assert_int_equal(check("alice", "one"), ACCOUNT_OK);
	assert_int_equal(check("alice", "two"), ACCOUNT_WRONG);
}

static void
a_bad_line_locks_nobody_out(void **state)
{
	static const struct {
		const char *line;
		const char *expected;
	} cases[] = {
		{ "bob", ":2: an account is"
		    " name : secret : address or nothing : options" },
		{ "bob:$6$x$y:::", ":2: an account is"
		    " name : secret : address or nothing : options" },
		{ ":$6$x$y", ":2: the name has 1 to 127 characters" },
		{ "bob:secret", ":2: account bob: the second field is no"
		    " crypt(5) hash, nor {clear} and a password; set it with"
		    " masqctl account password bob" },
		{ "bob:", ":2: account bob: the second field is no"
		    " crypt(5) hash, nor {clear} and a password; set it with"
		    " masqctl account password bob" },
		{ "bob:*:10.64.0.256", ":2: account bob: the third field is"
		    " an address such as 10.64.0.9, or empty" },
		{ "bob:*:0.0.0.0", ":2: account bob: the third field is"
		    " an address such as 10.64.0.9, or empty" },
		{ "bob:{clear}", ":2: account bob: the second field is no"
		    " crypt(5) hash, nor {clear} and a password; set it with"
		    " masqctl account password bob" },
		{ "bob:*::vj=off", ":2: account bob: option `vj=off' is not"
		    " known, and does nothing; the options are ppp slip cslip"
		    " proto= no-vj clear-df one-call idle= session= ttl-floor="
		    " max-mappings= max-flows= new-flows=" },
		{ "bob:*::idle=soon", ":2: account bob: option `idle=soon'"
		    " does nothing; it takes a number from 0 to 2592000" },
		{ "bob:*::ttl-floor=256 no-vj=", ":2: account bob: option"
		    " `ttl-floor=256' does nothing; it takes a number from 0"
		    " to 255" },
		{ "bob:*::proto=arap", ":2: account bob: option `proto=arap'"
		    " does nothing; it is proto=ppp, proto=slip or"
		    " proto=cslip" },
		{ "bob:*::ppp,proto=slip", ":2: account bob: proto= names a"
		    " protocol that the account may not use; add it to the"
		    " options" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put("# one\n%s\nalice:%s\nworse\n", cases[i].line,
		    cheap("one"));
		assert_int_equal(check("alice", "one"), ACCOUNT_OK);
		assert_said(cases[i].expected);
		assert_int_equal(check("alice", "two"), ACCOUNT_WRONG);
		assert_int_not_equal(check("bob", "secret"), ACCOUNT_OK);
	}
}

static void
options_of_an_account(void **state)
{
	(void)state;
	put("alice:%s::slip,cslip proto=cslip\tno-vj, clear-df one-call"
	    " idle=0 session=3600 ttl-floor=64 max-mappings=9 max-flows=20"
	    " new-flows=5\n", cheap("one"));
	assert_int_equal(check("alice", "one"), ACCOUNT_OK);
	assert_string_equal(said, "");
	assert_int_equal(found.options.given, 0x7ff);
	assert_int_equal(found.options.protocols,
	    ACCOUNT_SLIP | ACCOUNT_CSLIP);
	assert_int_equal(found.options.protocol, ACCOUNT_CSLIP);
	assert_int_equal(found.options.idle, 0);
	assert_int_equal(found.options.session, 3600);
	assert_int_equal(found.options.ttl_floor, 64);
	assert_int_equal(found.options.max_mappings, 9);
	assert_int_equal(found.options.max_flows, 20);
	assert_int_equal(found.options.new_flows, 5);
	assert_false(account_options_allow(&found.options, ACCOUNT_PPP));
	assert_true(account_options_allow(&found.options, ACCOUNT_SLIP));
	put("alice:%s\n", cheap("one"));
	assert_int_equal(check("alice", "one"), ACCOUNT_OK);
	assert_int_equal(found.options.given, 0);
	assert_true(account_options_allow(&found.options, ACCOUNT_PPP));
}

/* What is right beside a wrong word counts. */
static void
options_beside_a_wrong_one(void **state)
{
	(void)state;
	put("alice:%s::quick no-vj new-flows=0 idle=99999999999999999999"
	    " session=-1 max-flows= one-call\n", cheap("one"));
	assert_int_equal(check("alice", "one"), ACCOUNT_OK);
	assert_int_equal(found.options.given, ACCOUNT_NO_VJ |
	    ACCOUNT_ONE_CALL);
	assert_int_equal(found.options.idle, 0);
}

static void
a_password_in_clear(void **state)
{
	(void)state;
	put("alice:{clear}one two::\nbob:%s\ncarol:!{clear}one\n",
	    cheap("one"));
	assert_int_equal(check("alice", "one two"), ACCOUNT_OK);
	assert_int_equal(hashed, 1);
	assert_int_equal(check("alice", "one"), ACCOUNT_WRONG);
	assert_int_equal(hashed, 1);
	assert_int_equal(check("alice", "{clear}one two"), ACCOUNT_WRONG);
	assert_int_equal(check("carol", "one"), ACCOUNT_WRONG);
	assert_int_equal(check("bob", "one"), ACCOUNT_OK);
	assert_string_equal(said, "");
}

static void
the_password_itself(void **state)
{
	static const char none[sizeof(found.secret)];
	char first[200];

	(void)state;
	put("alice:{clear}one:10.64.0.9:no-vj\nbob:%s\ncarol:!{clear}x\n",
	    cheap("one"));
	assert_int_equal(account_password(file, "alice", &found, said,
			     sizeof(said)), ACCOUNT_OK);
	assert_string_equal(found.secret, "one");
	assert_int_equal(found.address, inet_addr("10.64.0.9"));
	assert_int_equal(found.options.given, ACCOUNT_NO_VJ);
	assert_int_equal(account_password(file, "bob", &found, said,
			     sizeof(said)), ACCOUNT_WRONG);
	assert_said(":2: CHAP needs the password itself, and the account has a"
	    " hash; masqctl account password --clear sets it");
	assert_memory_equal(found.secret, none, sizeof(none));
	assert_int_equal(account_password(file, "carol", &found, said,
			     sizeof(said)), ACCOUNT_WRONG);
	assert_said(":3: the account is locked");
	assert_int_equal(account_password(file, "dora", &found, said,
			     sizeof(said)), ACCOUNT_UNKNOWN);
	assert_string_equal(said, "");
	assert_int_equal(account_password("/nowhere", "dora", &found, first,
			     sizeof(first)), ACCOUNT_UNUSABLE);
	assert_string_equal(first, "/nowhere: No such file or directory");
}

static void
an_account_by_its_name(void **state)
{
	static const char none[sizeof(found.secret)];

	(void)state;
	put("alice:*:10.64.0.9:no-vj\n");
	assert_true(account_find(file, "alice", &found, said, sizeof(said)));
	assert_int_equal(found.address, inet_addr("10.64.0.9"));
	assert_int_equal(found.options.given, ACCOUNT_NO_VJ);
	assert_memory_equal(found.secret, none, sizeof(none));
	assert_false(account_find(file, "bob", &found, said, sizeof(said)));
	assert_string_equal(found.name, "bob");
	assert_int_equal(found.address, 0);
	assert_int_equal(found.options.given, 0);
	assert_false(account_find("/nowhere", "bob", &found, said,
	    sizeof(said)));
	assert_string_equal(said, "");
	assert_int_equal(chmod(file, 0602), 0);
	assert_false(account_find(file, "alice", &found, said, sizeof(said)));
	assert_non_null(strstr(said, ": others may write it"));
}

static void
lines_too_long(void **state)
{
	char name[200], line[3000];

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	memset(line, 'l', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	put("%s:%s\n%s\nalice:%s\n", name, cheap("one"), line, cheap("one"));
	assert_int_equal(check("alice", "one"), ACCOUNT_OK);
	assert_said(":1: the name has 1 to 127 characters");
	assert_int_equal(check(name, "one"), ACCOUNT_UNKNOWN);
	put("%s\nbob\nalice:%s\n", line, cheap("one"));
	assert_int_equal(check("alice", "one"), ACCOUNT_OK);
	assert_said(":1: the line is longer than 1022 bytes, or not text");
	put("# %s\nbob\nalice:%s\n", line, cheap("one"));
	assert_int_equal(check("alice", "one"), ACCOUNT_OK);
}

static void
bytes_that_are_no_text(void **state)
{
	char bytes[600];
	size_t length;

	(void)state;
	snprintf(bytes, sizeof(bytes), "mallory:%s\n", cheap("one"));
	length = strlen(bytes);
	bytes[3] = '\0';
	put_bytes(bytes, length);
	assert_int_equal(check("mal", "one"), ACCOUNT_UNKNOWN);
	assert_int_equal(check("mallory", "one"), ACCOUNT_UNKNOWN);
	put_bytes("\0\0\0\xff\xfe:\n:::", 10);
	assert_int_equal(check("a", "one"), ACCOUNT_UNKNOWN);
}

static void
a_file_to_distrust(void **state)
{
	char directory[] = "/tmp";

	(void)state;
	put("alice:%s\n", cheap("one"));
	chmod(file, 0620);
	assert_int_equal(check("alice", "one"), ACCOUNT_UNUSABLE);
	assert_non_null(strstr(said, ": others may write it; chmod go-w "));
	assert_string_equal(found.name, "");
	chmod(file, 0602);
	assert_int_equal(check("alice", "one"), ACCOUNT_UNUSABLE);
	chmod(file, 0640);
	assert_int_equal(check("alice", "one"), ACCOUNT_OK);
	assert_int_equal(account_check("/nowhere/accounts", "a", "b", &found,
			     said, sizeof(said)), ACCOUNT_UNUSABLE);
	assert_string_equal(said,
	    "/nowhere/accounts: No such file or directory");
	assert_int_equal(account_check(directory, "a", "b", &found, said,
			     sizeof(said)), ACCOUNT_UNUSABLE);
	assert_string_equal(said, "/tmp: is not a file");
}

/* Nobody writes into it: a check that blocked would never come back. */
static void
a_pipe_in_its_place(void **state)
{
	char pipe_name[sizeof(file) + 5];

	(void)state;
	snprintf(pipe_name, sizeof(pipe_name), "%s.pipe", file);
	assert_int_equal(mkfifo(pipe_name, 0600), 0);
	assert_int_equal(account_check(pipe_name, "a", "b", &found, said,
			     sizeof(said)), ACCOUNT_UNUSABLE);
	unlink(pipe_name);
}

/* The shipped example: well-formed, and nobody can log in with it. */
static void
the_example(void **state)
{
	char bytes[4096];
	FILE *example = fopen("etc/accounts", "r");
	size_t length;

	(void)state;
	assert_non_null(example);
	length = fread(bytes, 1, sizeof(bytes), example);
	fclose(example);
	assert_in_range(length, 1, sizeof(bytes) - 1);
	put_bytes(bytes, length);
	assert_int_equal(check("example", "example"), ACCOUNT_WRONG);
	assert_string_equal(said, "");
	assert_int_equal(check("nobody", "example"), ACCOUNT_UNKNOWN);
}

static void
no_room_for_the_sentence(void **state)
{
	char little[8];

	(void)state;
	put("nonsense\nalice:%s\n", cheap("one"));
	assert_int_equal(account_check(file, "alice", "one", &found, little,
			     sizeof(little)), ACCOUNT_OK);
	assert_int_equal(strlen(little), sizeof(little) - 1);
	assert_int_equal(account_check(file, "alice", "one", &found, NULL, 0),
	    ACCOUNT_OK);
	assert_int_equal(account_check("/nowhere", "a", "b", &found, NULL, 0),
	    ACCOUNT_UNUSABLE);
}

static int
make_file(void **state)
{
	int descriptor = mkstemp(file);

	(void)state;
	if (descriptor < 0)
		return -1;
	return close(descriptor);
}

static int
remove_file(void **state)
{
	(void)state;
	return unlink(file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(right_password),
		cmocka_unit_test(the_secret_stays_in_here),
		cmocka_unit_test(wrong_password),
		cmocka_unit_test(unknown_user),
		cmocka_unit_test(every_method),
		cmocka_unit_test(a_stranger_costs_as_much),
		cmocka_unit_test(a_locked_account),
		cmocka_unit_test(the_first_line_counts),
		cmocka_unit_test(a_bad_line_locks_nobody_out),
		cmocka_unit_test(options_of_an_account),
		cmocka_unit_test(options_beside_a_wrong_one),
		cmocka_unit_test(a_password_in_clear),
		cmocka_unit_test(the_password_itself),
		cmocka_unit_test(an_account_by_its_name),
		cmocka_unit_test(lines_too_long),
		cmocka_unit_test(bytes_that_are_no_text),
		cmocka_unit_test(a_file_to_distrust),
		cmocka_unit_test(a_pipe_in_its_place),
		cmocka_unit_test(the_example),
		cmocka_unit_test(no_room_for_the_sentence),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_file, remove_file);
}
