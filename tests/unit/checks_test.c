/*
 * checks_test.c - the keeper's children that check passwords
 *
 * Children are real, what they find out is told by the user's name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

/* The child's patience, a hundredth of the real one. */
#define uv_timer_start(timer, f, ms, again)                                    \
	uv_timer_start(timer, f, (ms) / 100, again)
#define password_check fake_check
#include "masqd/keeper/checks.c"
#undef password_check
#undef uv_timer_start

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>

#include <cmocka.h>

enum { LINES = 40, PATIENCE_MS = 5000 };

static struct config_line lines[LINES];
static struct config config = { .lines = lines, .line_count = LINES,
	.accounts = "/accounts" };
static uv_loop_t loop;
static uv_signal_t child;
static uv_poll_t answers;
static uv_timer_t patience;
static struct checks *checks;
static int gateway[2];
static struct keeper_message got[LINES];
static size_t got_count, wanted;

/* In the child. */
enum account_result
fake_check(const struct password_question *ask, struct account *account,
    char *error, size_t size)
{
	error[0] = '\0';
	if (strcmp(ask->user, "slow") == 0)
		(void)pause();
	if (strcmp(ask->user, "crash") == 0)
		abort();
	if (strcmp(ask->user, "broken") == 0) {
		(void)snprintf(error, size, "no such file");
		return ACCOUNT_UNUSABLE;
	}
	if (strcmp(ask->user, "pam") == 0 && !ask->pam)
		return ACCOUNT_UNKNOWN;
	if (strcmp(ask->password, "right") != 0)
		return ACCOUNT_WRONG;
	account->address = inet_addr("10.64.0.9");
	account->options.given = ACCOUNT_NO_VJ;
	return ACCOUNT_OK;
}

static void
child_ended(uv_signal_t *handle, int signal)
{
	int status;
	pid_t pid;

	(void)handle;
	(void)signal;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		assert_true(checks_child_ended(checks, pid, status));
	if (got_count >= wanted && checks_none(checks))
		uv_stop(&loop);
}

static void
answer_came(uv_poll_t *handle, int status, int events)
{
	int descriptor;

	(void)handle;
	(void)status;
	(void)events;
	assert_true(got_count < LINES);
	if (message_receive(gateway[1], &got[got_count],
		sizeof got[got_count], &descriptor) == 1)
		got_count++;
	if (got_count >= wanted && checks_none(checks))
		uv_stop(&loop);
}

static void
too_late(uv_timer_t *timer)
{
	(void)timer;
	uv_stop(&loop);
}

static void
ask(uint32_t line, uint32_t ticket, const char *user, const char *password)
{
	struct keeper_message message = { .op = KEEPER_CHECK, .line = line,
		.ticket = ticket };

	(void)snprintf(message.user, sizeof message.user, "%s", user);
	(void)snprintf(message.password, sizeof message.password, "%s",
	    password);
	checks_ask(checks, &message);
}

/* Until so many answers have come and no child is left. */
static void
wait_for(size_t count)
{
	wanted = count;
	uv_timer_start(&patience, too_late, PATIENCE_MS, 0);
	if (got_count < wanted || !checks_none(checks))
		(void)uv_run(&loop, UV_RUN_DEFAULT);
	uv_timer_stop(&patience);
	assert_int_equal(got_count, count);
	assert_true(checks_none(checks));
}

static void
assert_answer(size_t at, uint32_t line, uint32_t ticket,
    enum keeper_check status)
{
	static const char none[KEEPER_PASSWORD];

	assert_int_equal(got[at].op, KEEPER_CHECKED);
	assert_int_equal(got[at].line, line);
	assert_int_equal(got[at].ticket, ticket);
	assert_int_equal(got[at].status, status);
	assert_memory_equal(got[at].password, none, sizeof none);
}

static void
right_and_wrong(void **state)
{
	(void)state;
	ask(0, 7, "alice", "right");
	wait_for(1);
	assert_answer(0, 0, 7, CHECK_RIGHT);
	assert_string_equal(got[0].user, "alice");
	assert_int_equal(got[0].address, inet_addr("10.64.0.9"));
	assert_int_equal(got[0].options.given, ACCOUNT_NO_VJ);
	ask(1, 8, "alice", "left");
	wait_for(2);
	assert_answer(1, 1, 8, CHECK_WRONG);
	assert_int_equal(got[1].address, 0);
	assert_int_equal(got[1].options.given, 0);
	ask(1, 9, "broken", "right");
	wait_for(3);
	assert_answer(2, 1, 9, CHECK_UNABLE);
}

static void
the_way_is_the_configured_one(void **state)
{
	(void)state;
	config.auth = AUTH_PAM;
	ask(0, 1, "pam", "right");
	wait_for(1);
	assert_answer(0, 0, 1, CHECK_RIGHT);
	config.auth = AUTH_NONE;
	ask(0, 2, "pam", "whatever");
	wait_for(2);
	assert_answer(1, 0, 2, CHECK_RIGHT);
	config.auth = AUTH_PPPD;
	ask(0, 3, "alice", "right");
	wait_for(3);
	assert_answer(2, 0, 3, CHECK_UNABLE);
}

/* It is masqd.conf's that is found, whoever is asked for. */
static void
the_account_of_the_lines_own_user(void **state)
{
	static char emu[] = "emu";
	char path[] = "/tmp/masqd-checks-XXXXXX";
	struct keeper_message find = { .op = KEEPER_FIND, .line = 1,
		.ticket = 4, .user = "alice" };
	int fd = mkstemp(path);

	(void)state;
	assert_int_equal(dprintf(fd, "alice:*:10.64.0.8\nemu:*:10.64.0.7:"
	    "clear-df\n"), 43);
	close(fd);
	config.accounts = path;
	config.auth = AUTH_PPPD;
	lines[1].user = emu;
	checks_ask(checks, &find);
	wait_for(1);
	assert_answer(0, 1, 4, CHECK_RIGHT);
	assert_int_equal(got[0].address, inet_addr("10.64.0.7"));
	assert_int_equal(got[0].options.given, ACCOUNT_CLEAR_DF);
	find.line = 2; /* has none */
	checks_ask(checks, &find);
	wait_for(2);
	assert_answer(1, 2, 4, CHECK_RIGHT);
	assert_int_equal(got[1].address, 0);
	unlink(path);
}

static void
a_child_that_fails(void **state)
{
	(void)state;
	ask(3, 1, "crash", "right");
	wait_for(1);
	assert_answer(0, 3, 1, CHECK_UNABLE);
	assert_string_equal(got[0].user, "crash");
	ask(3, 2, "slow", "right");
	wait_for(2);
	assert_answer(1, 3, 2, CHECK_UNABLE);
}

/* More than may run at a time: all are answered, and a line that asks anew
 * has its first question forgotten, running or waiting. */
static void
many_at_a_time(void **state)
{
	bool seen[LINES] = { false };

	(void)state;
	ask(0, 1, "slow", "right");
	for (uint32_t i = 1; i < LINES; i++)
		ask(i, 1, "alice", "right");
	ask(0, 2, "alice", "right");
	ask(LINES - 1, 2, "alice", "right");
	wait_for(LINES);
	for (size_t i = 0; i < LINES; i++) {
		uint32_t line = got[i].line;

		assert_answer(i, line, line == 0 || line == LINES - 1 ? 2 : 1,
		    CHECK_RIGHT);
		assert_false(seen[line]);
		seen[line] = true;
	}
}

static void
stopped(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < LINES; i++)
		ask(i, 1, "slow", "right");
	assert_false(checks_none(checks));
	checks_stop(checks);
	ask(0, 2, "alice", "right");
	wait_for(0);
}

static int
set_up(void **state)
{
	static char name[] = "s1";

	(void)state;
	for (size_t i = 0; i < LINES; i++)
		lines[i].name = name;
	config.auth = AUTH_ACCOUNTS;
	got_count = wanted = 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, gateway) ==
	    -1 || uv_loop_init(&loop) != 0)
		return -1;
	checks = checks_create(&loop, &config, gateway[0]);
	(void)uv_signal_init(&loop, &child);
	(void)uv_signal_start(&child, child_ended, SIGCHLD);
	(void)uv_poll_init(&loop, &answers, gateway[1]);
	(void)uv_poll_start(&answers, UV_READABLE, answer_came);
	(void)uv_timer_init(&loop, &patience);
	return checks == NULL ? -1 : 0;
}

static void
close_handle(uv_handle_t *handle, void *context)
{
	(void)context;
	uv_close(handle, NULL);
}

static int
tear_down(void **state)
{
	(void)state;
	uv_walk(&loop, close_handle, NULL);
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	checks_destroy(checks);
	close(gateway[0]);
	close(gateway[1]);
	return uv_loop_close(&loop);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(right_and_wrong, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(the_way_is_the_configured_one,
		    set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    the_account_of_the_lines_own_user, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_child_that_fails, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(many_at_a_time, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(stopped, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
