/*
 * listener_test.c - TCP callers: who gets a line, who reads BUSY
 *
 * The lines are this file's; so is the time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "serial/listener.c"

enum { LINES = 4 };

static uint64_t now_ms = 1000000;
static bool taken[LINES];
static char places[LINES];
static const char *denied;
static char logged[2048];

uint64_t
uv_now(const uv_loop_t *loop)
{
	(void)loop;
	return now_ms;
}

void
log_info(const char *format, ...)
{
	size_t used = strlen(logged);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(logged + used, sizeof(logged) - used, format, arguments);
	va_end(arguments);
}

void
log_warn(const char *format, ...)
{
	fail_msg("%s", format);
}

static size_t
number_of(const struct line *line)
{
	return (size_t)((const char *)(const void *)line - places);
}

enum line_state
line_state(const struct line *line)
{
	return taken[number_of(line)] ? LINE_SLIP : LINE_IDLE;
}

bool
line_has_call(const struct line *line)
{
	return taken[number_of(line)];
}

bool
line_admits(const struct line *line, const char *caller)
{
	(void)line;
	return denied == NULL || strcmp(denied, caller) != 0;
}

bool
line_tcp_call(struct line *line, int fd, const char *caller)
{
	assert_true(caller[0] != '\0');
	taken[number_of(line)] = true;
	close(fd);
	return true;
}

static uv_loop_t loop;
static struct listener *listener;
static struct line *lines[LINES];
static struct listener_config config = { .name = "net", .lines = lines,
	.line_count = LINES };

static struct sockaddr_storage
address_of(const char *text)
{
	struct sockaddr_storage address = { .ss_family = AF_UNSPEC };
	struct sockaddr_in6 *six = (void *)&address;
	struct sockaddr_in *four = (void *)&address;

	if (inet_pton(AF_INET, text, &four->sin_addr) == 1)
		address.ss_family = AF_INET;
	else if (inet_pton(AF_INET6, text, &six->sin6_addr) == 1)
		address.ss_family = AF_INET6;
	return address;
}

/* What such a caller reads; "" where he has got a line. */
static const char *
come(const char *from)
{
	struct sockaddr_storage address = address_of(from);
	static char text[64];
	ssize_t count;
	int end[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, end), 0);
	take_call(listener, end[0], &address);
	count = recv(end[1], text, sizeof(text) - 1, 0);
	assert_true(count >= 0);
	text[count] = '\0';
	close(end[1]);
	return text;
}

static int
begin(void **state)
{
	(void)state;
	for (size_t i = 0; i < LINES; i++)
		lines[i] = (struct line *)(void *)&places[i];
	memset(taken, 0, sizeof(taken));
	logged[0] = '\0';
	denied = NULL;
	config.calls_each = config.new_calls_each = 0;
	return uv_loop_init(&loop);
}

static void
start(void)
{
	listener = listener_create(&loop, socket(AF_INET, SOCK_STREAM, 0),
	    &config);
	assert_non_null(listener);
}

static int
end(void **state)
{
	(void)state;
	listener_destroy(listener);
	uv_run(&loop, UV_RUN_DEFAULT);
	return uv_loop_close(&loop);
}

static void
first_idle_line(void **state)
{
	(void)state;
	start();
	taken[0] = true;
	lines[1] = NULL; /* gone */
	assert_string_equal(come("192.0.2.1"), "");
	assert_true(taken[2]);
	assert_string_equal(come("192.0.2.1"), "");
	assert_string_equal(come("192.0.2.1"), "\r\nBUSY\r\n");
	assert_non_null(strstr(logged, "no line is idle"));
	denied = "192.0.2.2";
	taken[2] = false;
	assert_string_equal(come("192.0.2.2"), "\r\nBUSY\r\n");
}

static void
share(void **state)
{
	(void)state;
	config.calls_each = 1;
	start();
	assert_string_equal(come("192.0.2.1"), "");
	assert_string_equal(come("192.0.2.1"), "\r\nBUSY\r\n");
	assert_string_equal(come("::ffff:192.0.2.1"), "\r\nBUSY\r\n");
	assert_string_equal(come("192.0.2.2"), "");
	/* One network of IPv6 is one source. */
	assert_string_equal(come("2001:db8::1"), "");
	assert_string_equal(come("2001:db8::2"), "\r\nBUSY\r\n");
	assert_string_equal(come("2001:db8:0:1::2"), "");
	taken[0] = false;
	assert_string_equal(come("192.0.2.1"), "");
}

static void
often(void **state)
{
	(void)state;
	config.new_calls_each = 6;
	start();
	for (int i = 0; i < 6; i++) {
		assert_string_equal(come("192.0.2.1"), "");
		taken[0] = false;
	}
	assert_string_equal(come("192.0.2.1"), "\r\nBUSY\r\n");
	assert_string_equal(come("192.0.2.2"), "");
	taken[0] = false;
	now_ms += 10000; /* one more in ten seconds */
	assert_string_equal(come("192.0.2.1"), "");
	taken[0] = false;
	assert_string_equal(come("192.0.2.1"), "\r\nBUSY\r\n");
	now_ms += 10 * 60000;
	for (int i = 0; i < 6; i++) {
		assert_string_equal(come("192.0.2.1"), "");
		taken[0] = false;
	}
	assert_string_equal(come("192.0.2.1"), "\r\nBUSY\r\n");
}

/* Ten at once, and one a minute. */
static void
guessing(void **state)
{
	(void)state;
	config.new_calls_each = 60;
	start();
	assert_string_equal(come("192.0.2.1"), "");
	assert_string_equal(come("192.0.2.2"), "");
	for (int i = 0; i < 10; i++)
		listener_login_failed(listener, lines[0]);
	taken[0] = false;
	assert_string_equal(come("192.0.2.1"), "");
	listener_login_failed(listener, lines[0]);
	taken[0] = false;
	assert_string_equal(come("192.0.2.1"), "\r\nBUSY\r\n");
	assert_non_null(strstr(logged, "192.0.2.1 was answered BUSY: too many"
	    " of its logins have failed"));
	assert_string_equal(come("192.0.2.2"), "");
	taken[0] = false;
	now_ms += MINUTE_MS;
	assert_string_equal(come("192.0.2.1"), "");
	listener_login_failed(listener, lines[0]);
	taken[0] = false;
	assert_string_equal(come("192.0.2.1"), "\r\nBUSY\r\n");
	now_ms += 60 * MINUTE_MS;
	assert_string_equal(come("192.0.2.1"), "");
}

/* More sources than are remembered: the table stays as it is. */
static void
many_sources(void **state)
{
	char text[32];

	(void)state;
	config.new_calls_each = 1;
	start();
	for (int i = 0; i < 3 * SOURCES; i++) {
		now_ms++;
		snprintf(text, sizeof(text), "10.0.%d.%d", i / 256, i % 256);
		assert_string_equal(come(text), "");
		taken[0] = false;
	}
	assert_string_equal(come(text), "\r\nBUSY\r\n");
}

/* More who are turned away than can be kept for a second; a log that is told
 * once. */
static void
many_turned_away(void **state)
{
	(void)state;
	start();
	memset(taken, true, sizeof(taken));
	for (int i = 0; i < 2 * REFUSED; i++)
		assert_string_equal(come("192.0.2.1"), "\r\nBUSY\r\n");
	assert_int_equal(listener->refused_count, REFUSED);
	assert_null(strstr(strstr(logged, "BUSY") + 1, "BUSY"));
	now_ms += QUIET_MS;
	assert_string_equal(come("192.0.2.1"), "\r\nBUSY\r\n");
	assert_non_null(strstr(logged, "and 127 others"));
	close_refused(listener, now_ms + REFUSED_MS);
	assert_int_equal(listener->refused_count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(first_idle_line),
		TEST(share),
		TEST(often),
		TEST(guessing),
		TEST(many_sources),
		TEST(many_turned_away),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
