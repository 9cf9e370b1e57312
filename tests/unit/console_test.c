/* Ending sessions and making forwards, as a verb's parameters ask for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "masqd/console/console.c"
#include "masqd/console/forward.c"

enum { LINES = 2, SESSIONS = 3 };

/* alice twice, on line s1 and by a pppd of somebody else; bob on s2. */
static const struct session_view views[SESSIONS] = {
	{ .user = "alice", .line = "s1", .device = "/dev/pts/1" },
	{ .user = "alice", .line = "", .device = "/dev/ttyS9" },
	{ .user = "bob", .line = "s2", .device = "/dev/pts/2" },
};
static char hung_up[256];
static enum line_state states[LINES] = { LINE_PPP, LINE_PPP };
static uint8_t line_places[LINES]; /* each stands for a line */

static size_t
number_of(const struct line *line)
{
	return (size_t)((const uint8_t *)line - line_places);
}

void
sessions_each(struct sessions *all,
    void (*see)(void *, const struct session_view *), void *context)
{
	(void)all;
	for (size_t i = 0; i < SESSIONS; i++)
		see(context, &views[i]);
}

bool
sessions_find(struct sessions *all, const char *line, struct session_view *view)
{
	(void)all;
	(void)line;
	(void)view;
	return false;
}

struct pool *
sessions_pool(const struct sessions *all)
{
	(void)all;
	return NULL;
}

static void
note(const char *what, const char *name)
{
	size_t used = strlen(hung_up);

	(void)snprintf(hung_up + used, sizeof hung_up - used, "%s %s;", what,
	    name);
}

bool
sessions_hangup(struct sessions *all, const char *line, const char *reason)
{
	(void)all;
	assert_true(*reason != '\0');
	if (strcmp(line, "/dev/ttyS9") != 0)
		return false;
	note("pppd", line);
	return true;
}

const char *
line_name(const struct line *line)
{
	return number_of(line) == 0 ? "s1" : "s2";
}

void
line_status(const struct line *line, struct line_status *status)
{
	*status = (struct line_status){ .state = states[number_of(line)] };
}

void
line_hangup(struct line *line, enum line_cause cause)
{
	assert_int_equal(cause, CAUSE_ADMIN_RESET);
	note("line", line_name(line));
}

bool
line_has_call(const struct line *line)
{
	return states[number_of(line)] != LINE_IDLE;
}

void
line_busy_out(struct line *line, bool now)
{
	note(now ? "out now" : "out", line_name(line));
}

void
line_restore(struct line *line)
{
	note("in", line_name(line));
}

const char *
line_state_name(enum line_state state)
{
	return state == LINE_IDLE ? "idle" : "?";
}

const char *
line_cause_name(enum line_cause cause)
{
	(void)cause;
	return "";
}

static struct config_forward added;
static bool refused;

bool
forwards_add(struct forwards *all, const struct config_forward *forward,
    uint64_t now, char *error, size_t error_size)
{
	(void)all;
	(void)now;
	added = *forward; /* what it points at is not looked at */
	if (refused)
		(void)snprintf(error, error_size, "no room");
	return !refused;
}

bool
forwards_remove(struct forwards *all, const char *name, char *error,
    size_t error_size)
{
	(void)all;
	(void)snprintf(error, error_size, "none");
	return strcmp(name, "web") == 0;
}

void
forwards_each(const struct forwards *all,
    void (*see)(void *, const struct forward_view *), void *context)
{
	struct config_target target = { .user = "alice", .port = 80 };
	struct config_forward forward = { .name = "web",
		.protocol = IPPROTO_TCP, .port_low = 1, .port_high = 2,
		.targets = &target, .target_count = 1 };
	struct forward_view view = { .forward = &forward, .open = 2 };

	(void)all;
	see(context, &view);
	view.present = 1;
	see(context, &view);
	view.trouble = EADDRINUSE;
	view.troubled = 2;
	see(context, &view);
	view.open = 0;
	see(context, &view);
}

static uv_loop_t loop;
static struct line *lines[LINES] = { (struct line *)&line_places[0],
	(struct line *)&line_places[1] };
static struct config_line places[LINES] = { { .name = (char *)"s1",
	.group = (char *)"bank" }, { .name = (char *)"s2",
	.group = (char *)"bank" } };
static struct config config = { .lines = places, .line_count = LINES };
static struct console console = { .loop = &loop, .config = &config,
	.sessions = (struct sessions *)&config, .lines = lines,
	.forwards = (struct forwards *)&config };
static char error[512];

/* The answer, or NULL, for which there must be a reason. */
static json_t *
call(console_verb *verb, json_t *parameters)
{
	json_t *answer;

	*error = '\0';
	*hung_up = '\0';
	answer = verb(&console, parameters, error, sizeof error);
	json_decref(parameters);
	if (answer == NULL)
		assert_true(*error != '\0');
	return answer;
}

static void
test_kick(void **state)
{
	json_t *answer;

	(void)state;
	answer = call(do_kick, json_pack("{s:s}", "user", "alice"));
	assert_int_equal(json_integer_value(json_object_get(answer, "ended")),
	    2);
	assert_string_equal(hung_up, "line s1;pppd /dev/ttyS9;");
	json_decref(answer);
	assert_null(call(do_kick, json_pack("{s:s}", "user", "nobody")));
	assert_non_null(strstr(error, "\"nobody\" has no session"));
	assert_string_equal(hung_up, "");
	assert_null(call(do_kick, json_object()));
	assert_null(call(do_kick, json_pack("{s:i}", "user", 7)));
	/* His line is hanging up already. */
	states[1] = LINE_HANGUP;
	assert_null(call(do_kick, json_pack("{s:s}", "user", "bob")));
	states[1] = LINE_PPP;
}

static void
test_hangup(void **state)
{
	json_t *answer;

	(void)state;
	answer = call(do_hangup, json_pack("{s:s}", "line", "s2"));
	assert_non_null(answer);
	json_decref(answer);
	assert_string_equal(hung_up, "line s2;");
	states[1] = LINE_IDLE;
	assert_null(call(do_hangup, json_pack("{s:s}", "line", "s2")));
	assert_non_null(strstr(error, "has no call; it is idle"));
	states[1] = LINE_PPP;
	assert_null(call(do_hangup, json_pack("{s:s}", "line", "s3")));
	assert_non_null(strstr(error, "no line and no session"));
	assert_null(call(do_hangup, json_object()));
}

static void
test_out_of_service(void **state)
{
	json_t *answer;

	(void)state;
	answer = call(console_busy_out, json_pack("{s:s}", "line", "s2"));
	json_decref(answer);
	assert_string_equal(hung_up, "out s2;");
	answer = call(console_busy_out, json_pack("{s:s, s:s}", "line",
	    "bank", "when", "now"));
	json_decref(answer);
	assert_string_equal(hung_up, "out now s1;out now s2;");
	answer = call(console_restore, json_pack("{s:s}", "line", "bank"));
	json_decref(answer);
	assert_string_equal(hung_up, "in s1;in s2;");
	answer = call(console_drain, json_object());
	assert_int_equal(json_integer_value(json_object_get(answer, "calls")),
	    0);
	json_decref(answer);
	assert_string_equal(hung_up, "out s1;out s2;");
	assert_null(call(console_busy_out, json_pack("{s:s}", "line", "s")));
	assert_non_null(strstr(error, "no line and no group \"s\""));
	assert_null(call(console_busy_out, json_pack("{s:s, s:s}", "line",
	    "s1", "when", "soon")));
	assert_non_null(strstr(error, "\"soon\" is no time"));
	assert_string_equal(hung_up, "");
	assert_null(call(console_busy_out, json_object()));
	assert_null(call(console_restore, json_pack("{s:i}", "line", 1)));
}

static void
test_forward_add(void **state)
{
	json_t *answer;

	(void)state;
	answer = call(console_forward_add, json_pack("{s:s, s:s, s:s, s:[s]}",
	    "name", "web", "protocol", "tcp", "port", "80-81", "targets",
	    "alice:1080"));
	assert_non_null(answer);
	json_decref(answer);
	assert_int_equal(added.port_high, 81);
	refused = true;
	assert_null(call(console_forward_add, json_pack("{s:s, s:s, s:s, "
							"s:[s]}",
	    "name", "web", "protocol", "tcp", "port", "80", "targets",
	    "alice")));
	assert_string_equal(error, "no room");
	refused = false;
}

static void
test_forward_add_wrong(void **state)
{
	static const char *const wrong[] = { "{}",
		"{\"name\":\"web\",\"protocol\":\"tcp\",\"port\":\"80\"}",
		"{\"name\":\"web\",\"protocol\":\"tcp\",\"port\":80,"
		"\"targets\":[\"alice\"]}",
		"{\"name\":\"web\",\"protocol\":\"tcp\",\"port\":\"80\","
		"\"targets\":[\"alice\",7]}",
		"{\"name\":\"web\",\"protocol\":\"tcp\",\"port\":\"80\","
		"\"targets\":\"alice\"}",
		"{\"name\":\"web\",\"protocol\":\"tcp\",\"port\":\"80\","
		"\"targets\":[]}" };

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_null(call(console_forward_add, json_loads(wrong[i], 0,
		    NULL)));
	assert_null(call(console_forward_del, json_object()));
	assert_null(call(console_forward_del, json_pack("{s:s}", "name",
	    "x")));
	json_decref(call(console_forward_del, json_pack("{s:s}", "name",
	    "web")));
}

static void
test_forwards(void **state)
{
	static const char *const words[] = { "closed", "open", "partly",
		"blocked" };
	json_t *answer = call(console_forwards, json_object()), *forward;
	size_t i;

	(void)state;
	json_array_foreach(json_object_get(answer, "forwards"), i, forward)
		assert_string_equal(console_word(forward, "state"), words[i]);
	assert_int_equal(i, 4);
	assert_non_null(strstr(console_word(json_array_get(json_object_get(
	    answer, "forwards"), 2), "why"), "port 2: Address already in use"));
	json_decref(answer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kick),
		cmocka_unit_test(test_hangup),
		cmocka_unit_test(test_out_of_service),
		cmocka_unit_test(test_forward_add),
		cmocka_unit_test(test_forward_add_wrong),
		cmocka_unit_test(test_forwards),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
