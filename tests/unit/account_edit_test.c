/* The accounts file, changed by masqctl: all else stays as it was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "masqd/ctl/account_edit.c"

#include <sys/wait.h>

#include <cmocka.h>

static char folder[] = "/tmp/account_edit_test.XXXXXX";
static char path[64], link_path[64];

static void
put_file(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void
assert_file(const char *wanted)
{
	char text[1024] = "";
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	text[fread(text, 1, sizeof text - 1, file)] = '\0';
	(void)fclose(file);
	assert_string_equal(text, wanted);
}

static void
put_line(const char *name, const char *line)
{
	struct account_edit edit;

	assert_true(account_edit_open(&edit, path));
	assert_true(account_edit_put(&edit, name, line));
	account_edit_close(&edit);
}

static void
other_lines_stay(void **state)
{
	(void)state;
	put_file("# who\n\n bob : x : :\n\talice:y  # not a comment\nodd\n");
	put_line("alice", "alice : z");
	assert_file("# who\n\n bob : x : :\nalice : z\nodd\n");
	put_line("bob", NULL);
	assert_file("# who\n\nalice : z\nodd\n");
	put_line("carol", "carol : w");
	assert_file("# who\n\nalice : z\nodd\ncarol : w\n");
}

static void
a_last_line_without_its_newline(void **state)
{
	(void)state;
	put_file("bob:x");
	put_line("carol", "carol:y");
	assert_file("bob:x\ncarol:y\n");
	put_file("bob:x");
	put_line("bob", "bob:z");
	assert_file("bob:z\n");
	put_file("bob:x");
	put_line("bob", NULL);
	assert_file("");
}

static void
names_are_whole(void **state)
{
	struct account_edit edit;
	size_t at, length;

	(void)state;
	put_file("#bob:a\nbobby:b\nbo:c\n: bob : d\nbob\n  bob\t: e\nbob:f\n");
	assert_true(account_edit_read(&edit, path));
	assert_true(account_edit_find(&edit, "bob", &at, &length));
	assert_memory_equal(edit.text + at, "  bob\t: e", length);
	assert_false(account_edit_find(&edit, "b", &at, &length));
	assert_false(account_edit_find(&edit, "#bob", &at, &length));
	account_edit_close(&edit);
}

static void
mode_and_link_stay(void **state)
{
	struct stat before, after;

	(void)state;
	put_file("bob:x\n");
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(stat(path, &before), 0);
	assert_int_equal(symlink(path, link_path), 0);
	{
		struct account_edit edit;

		assert_true(account_edit_open(&edit, link_path));
		assert_true(account_edit_put(&edit, "bob", "bob:y"));
		account_edit_close(&edit);
	}
	assert_file("bob:y\n");
	assert_int_equal(lstat(link_path, &after), 0);
	assert_true(S_ISLNK(after.st_mode));
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(after.st_mode, before.st_mode);
	assert_int_equal(after.st_uid, before.st_uid);
	assert_int_equal(after.st_gid, before.st_gid);
	assert_int_not_equal(after.st_ino, before.st_ino);
	(void)unlink(link_path);
}

static void
a_file_that_is_not_there(void **state)
{
	struct stat about;

	(void)state;
	(void)unlink(path);
	put_line("bob", "bob:x");
	assert_file("bob:x\n");
	assert_int_equal(stat(path, &about), 0);
	assert_int_equal(about.st_mode & 07777, 0600);
}

static void
what_is_no_accounts_file(void **state)
{
	struct account_edit edit;
	int fd;

	(void)state;
	assert_false(account_edit_open(&edit, folder));
	assert_non_null(strstr(edit.error, "is not an accounts file"));
	account_edit_close(&edit);
	put_file("bob:x\n");
	fd = open(path, O_WRONLY);
	assert_int_equal(pwrite(fd, "", 1, 1), 1);
	close(fd);
	assert_false(account_edit_open(&edit, path));
	assert_non_null(strstr(edit.error, "is no text"));
	account_edit_close(&edit);
}

/* Several at a time: nobody's change is lost. */
static void
many_writers(void **state)
{
	enum { WRITERS = 8, EACH = 5 };
	struct account_edit edit;
	size_t at, length;
	char name[32];

	(void)state;
	put_file("");
	for (int i = 0; i < WRITERS; i++) {
		if (fork() != 0)
			continue;
		for (int j = 0; j < EACH; j++) {
			char line[48];

			(void)snprintf(name, sizeof name, "u%d-%d", i, j);
			(void)snprintf(line, sizeof line, "%s:x", name);
			if (!account_edit_open(&edit, path) ||
			    !account_edit_put(&edit, name, line))
				_exit(1);
			account_edit_close(&edit);
		}
		_exit(0);
	}
	for (int i = 0, status; i < WRITERS; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	assert_true(account_edit_read(&edit, path));
	for (int i = 0; i < WRITERS * EACH; i++) {
		(void)snprintf(name, sizeof name, "u%d-%d", i / EACH,
		    i % EACH);
		assert_true(account_edit_find(&edit, name, &at, &length));
	}
	account_edit_close(&edit);
}

static int
make_folder(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	(void)snprintf(path, sizeof path, "%s/accounts", folder);
	(void)snprintf(link_path, sizeof link_path, "%s/link", folder);
	return 0;
}

/* No other file is left behind: the folder is empty but for the one. */
static int
remove_folder(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(other_lines_stay),
		cmocka_unit_test(a_last_line_without_its_newline),
		cmocka_unit_test(names_are_whole),
		cmocka_unit_test(mode_and_link_stay),
		cmocka_unit_test(a_file_that_is_not_there),
		cmocka_unit_test(what_is_no_accounts_file),
		cmocka_unit_test(many_writers),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
