/* Whose session is on a line: a pppd's, or a guest's without one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "masqd/session_view.c"

static struct handoff told; /* the last message to a pppd */
static unsigned changes;

int
message_send(int socket, const void *message, size_t size, int descriptor)
{
	assert_int_equal(socket, 7);
	assert_int_equal(size, sizeof told);
	assert_int_equal(descriptor, -1);
	memcpy(&told, message, sizeof told);
	return 0;
}

static void
note_change(void *context)
{
	++*(unsigned *)context;
}

struct slip {
	struct session_guest guest;
	const char *user, *line;
};

static void
view_slip(const struct session_guest *guest, struct session_view *out)
{
	const struct slip *slip = (const struct slip *)(const void *)guest;

	*out = (struct session_view){ .user = slip->user, .line = slip->line,
		.device = "", .protocol = "slip", .address = 9, .up = true };
}

static void
join(struct sessions *all, struct session *session, const char *line,
    const char *device, in_addr_t address)
{
	session->socket = 7;
	session->address = address;
	session->state = ONLINE;
	(void)snprintf(session->hello.line, sizeof session->hello.line, "%s",
	    line);
	(void)snprintf(session->hello.device, sizeof session->hello.device,
	    "%s", device);
	(void)snprintf(session->user, sizeof session->user, "%s of %s", "ppp",
	    line);
	LIST_INSERT_HEAD(&all->list, session, entry);
}

/* s1 and a pppd by hand with PPP, s2 asks for its address; t1 and t2 SLIP. */
struct bank {
	struct sessions all;
	struct session one, hand, early;
	struct slip first, second;
};

static int
set_up(void **state)
{
	static struct bank bank;

	bank = (struct bank){ .first = { { .view = view_slip }, "ann", "t1" },
		.second = { { .view = view_slip }, "ben", "t2" } };
	changes = 0;
	told = (struct handoff){ 0 };
	sessions_watch(&bank.all, note_change, &changes);
	join(&bank.all, &bank.one, "s1", "/dev/pts/1", 5);
	join(&bank.all, &bank.hand, "", "/dev/ttyS9", 6);
	join(&bank.all, &bank.early, "s2", "/dev/pts/2", 0);
	sessions_join(&bank.all, &bank.first.guest);
	sessions_join(&bank.all, &bank.second.guest);
	*state = &bank;
	return 0;
}

static void
finds_each_on_its_own_line(void **state)
{
	struct bank *bank = *state;
	struct session_view seen;

	assert_true(sessions_find(&bank->all, "s1", &seen));
	assert_string_equal(seen.user, "ppp of s1");
	assert_string_equal(seen.protocol, "ppp");
	assert_true(sessions_find(&bank->all, "/dev/ttyS9", &seen));
	assert_int_equal(seen.address, 6);
	assert_true(sessions_find(&bank->all, "t1", &seen));
	assert_string_equal(seen.user, "ann");
	assert_true(sessions_find(&bank->all, "t2", &seen));
	assert_string_equal(seen.user, "ben");
}

/* Nobody is there: then nobody is shown, and *out is as it was. */
static void
finds_nobody_on_the_other_lines(void **state)
{
	static const char *const idle[] = { "s2", "s3", "t3", "t", "t11",
		"/dev/pts/9" };
	struct bank *bank = *state;
	struct session_view seen = { .user = "nobody" };

	for (size_t i = 0; i < sizeof idle / sizeof idle[0]; i++) {
		assert_false(sessions_find(&bank->all, idle[i], &seen));
		assert_string_equal(seen.user, "nobody");
	}
	sessions_leave(&bank->all, &bank->second.guest);
	assert_false(sessions_find(&bank->all, "t2", &seen));
	assert_true(sessions_find(&bank->all, "t1", &seen));
	assert_int_equal(changes, 3);
}

static void
gather(void *context, const struct session_view *view)
{
	char *text = context;

	(void)strcat(strcat(text, view->user), ";");
}

static void
sees_all_that_have_a_lease(void **state)
{
	struct bank *bank = *state;
	char text[128] = "";

	sessions_each(&bank->all, gather, text);
	assert_string_equal(text, "ppp of ;ppp of s1;ben;ann;");
}

/* A guest's line is hung up as a line; only a pppd can be told. */
static void
hangs_up_whom_it_is_asked_to(void **state)
{
	struct bank *bank = *state;

	assert_false(sessions_hangup(&bank->all, "t1", "asked"));
	assert_int_equal(told.version, 0);
	assert_true(sessions_hangup(&bank->all, "s1", "asked"));
	assert_int_equal(told.kind, HANDOFF_HANGUP);
	assert_string_equal(told.reason, "asked");
	assert_string_equal(bank->one.why, "asked");
	assert_string_equal(bank->hand.why, "");
	sessions_hangup_all(&bank->all, "the end");
	assert_string_equal(bank->one.why, "the end");
	assert_string_equal(bank->hand.why, "the end");
}

static void
a_session_is_called_by_line_or_device(void **state)
{
	struct bank *bank = *state;

	assert_string_equal(session_where(&bank->one), "s1");
	assert_string_equal(session_where(&bank->hand), "/dev/ttyS9");
	bank->hand.hello.device[0] = '\0';
	assert_string_equal(session_where(&bank->hand), "?");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(finds_each_on_its_own_line, set_up),
		cmocka_unit_test_setup(finds_nobody_on_the_other_lines,
		    set_up),
		cmocka_unit_test_setup(sees_all_that_have_a_lease, set_up),
		cmocka_unit_test_setup(hangs_up_whom_it_is_asked_to, set_up),
		cmocka_unit_test_setup(a_session_is_called_by_line_or_device,
		    set_up),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
