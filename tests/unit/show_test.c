/* What masqctl prints: 80 columns, and nothing that drives a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "masqd/ctl/show.c"

static char printed[32 * 1024];

static void
print(void (*show)(json_t *, FILE *, bool), json_t *answer)
{
	FILE *file = fmemopen(printed, sizeof printed, "w");

	assert_non_null(file);
	assert_non_null(answer);
	show(answer, file, false);
	assert_int_equal(fclose(file), 0);
	json_decref(answer);
}

static void
assert_fits(void)
{
	size_t column = 0;

	for (const char *at = printed; *at != '\0'; at++) {
		assert_true(*at == '\n' || (*at >= ' ' && *at <= '~'));
		column = *at == '\n' ? 0 : column + 1;
		assert_true(column <= TABLE_WIDTH);
	}
}

static json_t *
a_line(const char *name, const char *state, const char *user,
    const char *caller)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:I, "
			 "s:i, s:I}",
	    "name", name, "state", state, "reason", "the modem is silent",
	    "user", user, "address", "10.64.0.2", "caller", caller,
	    "connect", "CONNECT 33600", "rate", 33600, "protocol", "ppp",
	    "since_ms", (json_int_t)724000, "idle_ms", 3000, "out",
	    (json_int_t)1543221);
}

static void
test_lines(void **state)
{
	(void)state;
	print(show_lines, json_pack("{s:[o, {s:s, s:s, s:n, s:I}]}", "lines",
	    a_line("s1", "ppp", "alice", "5551234"), "name", "s2", "state",
	    "idle", "address", "since_ms", (json_int_t)13260000));
	assert_string_equal(printed,
	    "LINE   STATE  USER   ADDRESS    CALLER    RATE  PROTO  SINCE  "
	    "IDLE   OUT\n"
	    "s1     ppp    alice  10.64.0.2  5551234  33600  ppp    12:04  "
	    "  3s  1.5M\n"
	    "s2     idle   -      -          -            -  -       3h41  "
	    "   -     -\n");
}

static void
test_line_that_needs_attention(void **state)
{
	(void)state;
	print(show_lines, json_pack("{s:[o]}", "lines",
	    a_line("s3", "bad", "", "")));
	assert_non_null(strstr(printed, "\ns3   ! bad "));
	assert_non_null(strstr(printed, "\n! s3: the modem is silent;"));
}

static void
test_long_names_are_cut(void **state)
{
	char name[200];

	(void)state;
	memset(name, 'x', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	print(show_lines, json_pack("{s:[o, o]}", "lines",
	    a_line(name, "answering", name, name),
	    a_line("s2", "answering", "bob", "1")));
	assert_fits();
	assert_non_null(strstr(printed, "x~"));
	assert_non_null(strstr(printed, "bob"));
}

static void
test_hostile_text_is_escaped(void **state)
{
	(void)state;
	print(show_lines, json_pack("{s:[o]}", "lines",
	    a_line("s1", "bad", "", "1\r\n\xc2\x9b""2\x7f")));
	assert_fits();
	assert_non_null(strstr(printed, " 1\\x0d\\x0a\\xc2\\x9b2\\x7f "));
}

static void
test_json_is_plain(void **state)
{
	json_t *answer = json_pack("{s:s}", "a", "\x1b \xc2\x9b \x7f");
	FILE *file = fmemopen(printed, sizeof printed, "w");

	(void)state;
	assert_non_null(file);
	show_json(answer, file);
	assert_int_equal(fclose(file), 0);
	assert_string_equal(printed,
	    "{\n  \"a\": \"\\u001B \\u009B \\u007f\"\n}\n");
	json_decref(answer);
}

static void
test_spans_and_amounts(void **state)
{
	char cell[CELL];

	(void)state;
	assert_string_equal(span(0, cell), "0:00");
	assert_string_equal(span(7999, cell), "0:07");
	assert_string_equal(span(3599999, cell), "59:59");
	assert_string_equal(span(3600000, cell), "1h00");
	assert_string_equal(span(94 * 3600000LL, cell), "3d22h");
	assert_string_equal(span(4000LL * 86400000, cell), "4000d");
	assert_string_equal(brief(59999, cell), "59s");
	assert_string_equal(brief(60000, cell), "1m");
	assert_string_equal(brief(7200000, cell), "2h");
	assert_string_equal(amount(0, cell), "0");
	assert_string_equal(amount(999, cell), "999");
	assert_string_equal(amount(1000, cell), "1.0k");
	assert_string_equal(amount(9960, cell), "10k");
	assert_string_equal(amount(610000, cell), "610k");
	assert_string_equal(amount(999600, cell), "1.0M");
	assert_string_equal(amount(INT64_MAX, cell), "9.2E");
}

/* An answer of another version, or none at all, is no reason to crash. */
static void
test_odd_answers(void **state)
{
	static void (*const shows[])(json_t *, FILE *, bool) = { show_status,
		show_lines, show_sessions, show_mappings, show_drops };
	static const char *const answers[] = { "{}", "{\"lines\": 3}",
		"{\"lines\": [3, [], {}, null]}", "{\"sessions\": [{}]}",
		"{\"mappings\": [{\"inside\": 7}], \"more\": true}",
		"{\"drops\": [{\"count\": \"x\"}]}",
		"{\"uplink\": [], \"pool\": null}" };

	(void)state;
	for (size_t i = 0; i < sizeof shows / sizeof shows[0]; i++)
		for (size_t j = 0; j < sizeof answers / sizeof answers[0]; j++) {
			print(shows[i], json_loads(answers[j], 0, NULL));
			assert_fits();
		}
}

static void
test_mappings(void **state)
{
	(void)state;
	print(show_mappings, json_pack("{s:[{s:s, s:s, s:s, s:s, s:i, s:i}], "
				       "s:b}", "mappings",
	    "protocol", "tcp", "inside", "10.64.0.2:1025", "outside",
	    "192.0.2.1:61234", "user", "alice", "flows", 1, "expires_ms",
	    7440000, "more", 1));
	assert_string_equal(printed,
	    "PROTO  INSIDE          OUTSIDE          USER   FLOWS  EXPIRES\n"
	    "tcp    10.64.0.2:1025  192.0.2.1:61234  alice      1     2h04\n"
	    "and more; of one user alone: masqctl mappings USER\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_line_that_needs_attention),
		cmocka_unit_test(test_long_names_are_cut),
		cmocka_unit_test(test_hostile_text_is_escaped),
		cmocka_unit_test(test_json_is_plain),
		cmocka_unit_test(test_spans_and_amounts),
		cmocka_unit_test(test_odd_answers),
		cmocka_unit_test(test_mappings),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("show", tests, NULL, NULL);
}
