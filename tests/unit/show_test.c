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

static json_t *
a_modem(const char *name, const char *state, const char *fault)
{
	return json_pack("{s:s, s:s, s:b, s:s, s:s, s:{s:s, s:s}, s:i, s:i, "
			 "s:i, s:i, s:n, s:i, s:n, s:o}",
	    "name", name, "state", state, "leaving", fault != NULL, "reason",
	    "", "group", "bank", "modem", "model",
	    "U.S. Robotics 56K FAX EXT V5.22", "family", "usr", "rings", 20,
	    "calls", 12, "missed_share", 25, "missed_mean", 5, "failed_share",
	    "short_share", 100, "short_mean", "faults", fault == NULL ? json_array() :
		json_pack("[s]", fault));
}

static void
test_modems(void **state)
{
	(void)state;
	print(show_modems, json_pack("{s:[o, o]}", "modems",
	    a_modem("s1", "idle", NULL),
	    a_modem("s2", "slip", "calls are short")));
	assert_fits();
	assert_non_null(strstr(printed, "   20    12 25% (5%)      -  100%"));
	assert_non_null(strstr(printed, "slip, then out"));
	assert_non_null(strstr(printed, "\n! s2: calls are short, more than on"
					" the others\n"));
	assert_null(strstr(printed, "! s1"));
	print(show_modems, json_pack("{s:[]}", "modems"));
	assert_non_null(strstr(printed, "masqd.conf(5)"));
	print(show_drain, json_pack("{s:i}", "calls", 3));
	assert_non_null(strstr(printed, "go on: 3"));
	print(show_drain, json_pack("{s:i}", "calls", 0));
	assert_non_null(strstr(printed, "No calls are left"));
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
		show_lines, show_sessions, show_mappings, show_drops,
		show_flows, show_explain, show_forwards, show_kick };
	static const char *const answers[] = { "{}", "{\"lines\": 3}",
		"{\"lines\": [3, [], {}, null]}", "{\"sessions\": [{}]}",
		"{\"mappings\": [{\"inside\": 7}], \"more\": true}",
		"{\"drops\": [{\"count\": \"x\"}]}",
		"{\"mappings\": [{\"flow_list\": [3, {}, {\"state\": 1}]}]}",
		"{\"flows\": [{}, 3, {\"outside\": \"x\"}]}",
		"{\"steps\": [{}, 3, \"\"]}", "{\"steps\": 3}",
		"{\"forwards\": [{}, 3, {\"targets\": [3, {}], \"why\": 1}]}",
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

static json_t *
a_flow(const char *remote, const char *state)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:i}", "protocol",
	    "tcp", "inside", "10.64.0.2:1025", "outside", "192.0.2.1:61234",
	    "remote", remote, "user", "alice", "state", state, "expires_ms",
	    240000);
}

static void
test_mappings_with_their_flows(void **state)
{
	(void)state;
	print(show_mappings, json_pack("{s:[{s:s, s:s, s:s, s:s, s:i, s:i, "
				       "s:[o, o]}]}", "mappings",
	    "protocol", "tcp", "inside", "10.64.0.2:1025", "outside",
	    "192.0.2.1:61234", "user", "alice", "flows", 2, "expires_ms",
	    7440000, "flow_list", a_flow("198.51.100.80:80", "open"),
	    a_flow("198.51.100.81:80", "")));
	assert_string_equal(printed,
	    "PROTO  INSIDE              OUTSIDE          USER   FLOWS  "
	    "EXPIRES\n"
	    "tcp    10.64.0.2:1025      192.0.2.1:61234  alice      2     "
	    "2h04\n"
	    "         198.51.100.80:80  open                              "
	    "4:00\n"
	    "         198.51.100.81:80                                    "
	    "4:00\n");
}

static void
test_flows(void **state)
{
	(void)state;
	print(show_flows, json_pack("{s:[o, {s:s, s:s, s:s, s:s, s:s, s:s, "
				    "s:i}], s:b}", "flows",
	    a_flow("198.51.100.80:80", "open"), "protocol", "icmp", "inside",
	    "100.100.100.100:65535", "outside", "192.0.2.1:61234", "remote",
	    "200.100.100.200:65535", "user", "somebody-with-a-name", "state",
	    "established", "expires_ms", 240000, "more", 0));
	assert_fits();
	assert_non_null(strstr(printed, "10.64.0.2:1025 "));
	assert_non_null(strstr(printed, " 61234 198.51.100.80:80 "));
	assert_non_null(strstr(printed, "~ "));
}

static void
test_drops(void **state)
{
	(void)state;
	print(show_drops, json_pack("{s:[{s:s, s:i, s:s}], s:i, s:i, s:i, "
				    "s:{s:i, s:i}}", "drops", "name", "ttl",
	    "count", 3, "text", "time to live expired", "dropped", 3,
	    "answered", 4, "waiting", 0, "forwarded", "outbound", 10,
	    "inbound", 20));
	assert_string_equal(printed,
	    "PACKETS  DROP  WHY\n"
	    "      3  ttl   time to live expired\n"
	    "3 dropped in all, 4 answered in their receiver's place\n"
	    "10 sent on outbound, 20 inbound\n");
}

static void
test_explain(void **state)
{
	(void)state;
	print(show_explain, json_pack("{s:s, s:[s, s]}", "verdict", "pass",
	    "steps", "It is sent.", "It goes on in words that are so many that "
				    "they have to be written on another row "
				    "than this one."));
	assert_string_equal(printed,
	    " 1  It is sent.\n"
	    " 2  It goes on in words that are so many that they have to be "
	    "written on another\n"
	    "    row than this one.\n");
}

static void
test_forwards(void **state)
{
	(void)state;
	print(show_forwards, json_pack("{s:[{s:s, s:s, s:i, s:i, s:s, s:s, "
				       "s:b, s:[{s:s, s:n, s:i, s:b}, {s:n, "
				       "s:s, s:i, s:b}]}]}", "forwards",
	    "name", "web", "protocol", "tcp", "port", 8000, "last_port", 8010,
	    "state", "partly", "why", "port 8001: a mapping has it",
	    "configured", 1, "targets", "user", "alice", "address", "port",
	    80, "present", 0, "user", "address", "10.65.0.9", "port", 80,
	    "present", 1));
	assert_string_equal(printed,
	    "NAME  PROTO  PORT       STATE   FROM  TARGETS\n"
	    "web   tcp    8000-8010  partly  file  alice:80 (absent) "
	    "10.65.0.9:80\n"
	    "web: port 8001: a mapping has it\n");
}

static void
test_kick(void **state)
{
	(void)state;
	print(show_kick, json_pack("{s:s, s:i}", "user", "alice", "ended", 1));
	assert_string_equal(printed, "user alice: 1 session is hung up\n");
	print(show_kick, json_pack("{s:s, s:i}", "user", "alice", "ended", 2));
	assert_string_equal(printed, "user alice: 2 sessions are hung up\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_line_that_needs_attention),
		cmocka_unit_test(test_modems),
		cmocka_unit_test(test_long_names_are_cut),
		cmocka_unit_test(test_hostile_text_is_escaped),
		cmocka_unit_test(test_json_is_plain),
		cmocka_unit_test(test_spans_and_amounts),
		cmocka_unit_test(test_odd_answers),
		cmocka_unit_test(test_mappings),
		cmocka_unit_test(test_mappings_with_their_flows),
		cmocka_unit_test(test_flows),
		cmocka_unit_test(test_drops),
		cmocka_unit_test(test_explain),
		cmocka_unit_test(test_forwards),
		cmocka_unit_test(test_kick),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("show", tests, NULL, NULL);
}
