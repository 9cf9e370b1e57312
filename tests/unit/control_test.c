/* The control socket, and peers that do not behave. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

/* Who the peer is, as the kernel would say. */
static int peer_says(int, int, int, void *, socklen_t *);
#define getsockopt peer_says
#include "masqd/console/control.c"
#undef getsockopt

enum { STRANGER = 4242, MEMBERS = 77, BIG = 4 << 20 };

static struct ucred peer_is;
static gid_t peer_groups[2];

static int
peer_says(int fd, int level, int name, void *value, socklen_t *size)
{
	(void)fd;
	(void)level;
	if (name == SO_PEERCRED) {
		memcpy(value, &peer_is, sizeof peer_is);
		return 0;
	}
	assert_int_equal(name, SO_PEERGROUPS);
	memcpy(value, peer_groups, sizeof peer_groups);
	*size = sizeof peer_groups;
	return 0;
}

static uv_loop_t loop;
static struct control *control;
static struct sockaddr_un address;
static int changes;

static json_t *
verb_echo(void *context, json_t *parameters, char *error, size_t size)
{
	(void)error;
	(void)size;
	assert_ptr_equal(context, &changes);
	return json_pack("{s:O?}", "got", parameters);
}

static json_t *
verb_change(void *context, json_t *parameters, char *error, size_t size)
{
	(void)context;
	if (json_object_get(parameters, "wrong") != NULL) {
		(void)snprintf(error, size, "say it better");
		return NULL;
	}
	changes++;
	return json_object();
}

static json_t *
verb_big(void *context, json_t *parameters, char *error, size_t size)
{
	static char text[BIG];

	(void)context;
	(void)parameters;
	(void)error;
	(void)size;
	memset(text, 'x', sizeof text);
	return json_pack("{s:s#}", "big", text, (int)sizeof text);
}

static const struct control_verb verbs[] = {
	{ "Echo", false, verb_echo },
	{ "Change", true, verb_change },
	{ "Big", false, verb_big },
	{ NULL, false, NULL },
};

static void
start(bool observe)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	/* An abstract name: nothing to remove. */
	address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	(void)snprintf(address.sun_path + 1, sizeof address.sun_path - 1,
	    "masqd-control-test-%d", (int)getpid());
	assert_int_equal(bind(fd, (struct sockaddr *)&address,
	    sizeof address), 0);
	assert_int_equal(listen(fd, 64), 0);
	assert_int_equal(uv_loop_init(&loop), 0);
	control = control_create(&loop, fd, MEMBERS, observe, verbs,
	    &changes);
	assert_non_null(control);
	changes = 0;
	peer_is = (struct ucred){ .uid = geteuid(), .gid = STRANGER };
	memset(peer_groups, 0, sizeof peer_groups);
}

static void
stop(void)
{
	control_destroy(control);
	assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
	assert_int_equal(uv_loop_close(&loop), 0);
}

static void
turn(void)
{
	for (int i = 0; i < 5; i++)
		uv_run(&loop, UV_RUN_NOWAIT);
}

static int
call_in(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&address,
	    sizeof address), 0);
	turn();
	return fd;
}

static void
say(int fd, const void *octets, size_t length)
{
	assert_int_equal(send(fd, octets, length, MSG_NOSIGNAL), length);
	turn();
}

/* One answer, without its NUL; NULL when masqd has hung up. */
static const char *
hear(int fd)
{
	static char text[64 * 1024];
	size_t used = 0;

	for (int i = 0; i < 1000 && used < sizeof text; i++) {
		ssize_t got = recv(fd, text + used, 1, MSG_DONTWAIT);

		if (got == 0 || (got == -1 && errno == ECONNRESET))
			return NULL;
		if (got == 1 && text[used++] == '\0')
			return text;
		if (got == 1)
			i = 0;
		else
			uv_run(&loop, UV_RUN_NOWAIT);
	}
	fail_msg("no answer");
	return NULL;
}

/* sizeof a literal: its NUL ends the message. */
#define ASK(fd, text) (say(fd, text, sizeof(text)), hear(fd))

static void
test_verb_is_served(void **state)
{
	int fd;

	(void)state;
	start(false);
	fd = call_in();
	assert_string_equal(ASK(fd, "{\"method\":\"org.masqd.Echo\","
				    "\"parameters\":{\"a\":[1]}}"),
	    "{\"parameters\":{\"got\":{\"a\":[1]}}}");
	assert_string_equal(ASK(fd, "{\"method\":\"org.masqd.Echo\"}"),
	    "{\"parameters\":{\"got\":null}}");
	assert_string_equal(ASK(fd, "{\"method\":\"org.masqd.Change\"}"),
	    "{\"parameters\":{}}");
	assert_int_equal(changes, 1);
	close(fd);
	stop();
}

static void
test_errors(void **state)
{
	static char nested[60000];
	int fd;

	(void)state;
	start(false);
	fd = call_in();
	assert_string_equal(ASK(fd, "{\"method\":\"org.masqd.Change\","
				    "\"parameters\":{\"wrong\":1}}"),
	    "{\"error\":\"org.masqd.Refused\",\"parameters\":{\"message\":"
	    "\"say it better\"}}");
	assert_non_null(strstr(ASK(fd, "{\"method\":\"org.masqd.No\"}"),
	    "UnknownVerb"));
	assert_non_null(strstr(ASK(fd, "{\"method\":\"Echo\"}"),
	    "UnknownVerb"));
	assert_non_null(strstr(ASK(fd, "{\"method\":3}"), "BadRequest"));
	assert_non_null(strstr(ASK(fd, "{\"method\":\"org.masqd.Echo\","
				       "\"parameters\":[]}"), "BadRequest"));
	assert_non_null(strstr(ASK(fd, "[]"), "BadRequest"));
	assert_non_null(strstr(ASK(fd, ""), "BadRequest"));
	assert_non_null(strstr(ASK(fd, "{\"method\":\"\xff\"}"),
	    "BadRequest"));
	memset(nested, '[', sizeof nested - 1);
	nested[sizeof nested - 1] = '\0';
	say(fd, nested, sizeof nested);
	assert_non_null(strstr(hear(fd), "BadRequest"));
	assert_int_equal(changes, 0);
	close(fd);
	stop();
}

static void
test_requests_in_pieces_and_in_one(void **state)
{
	static const char request[] = "{\"method\":\"org.masqd.Change\"}";
	char twice[2 * sizeof request];
	int fd;

	(void)state;
	start(false);
	fd = call_in();
	for (size_t i = 0; i < sizeof request; i++)
		say(fd, request + i, 1);
	assert_string_equal(hear(fd), "{\"parameters\":{}}");
	memcpy(twice, request, sizeof request);
	memcpy(twice + sizeof request, request, sizeof request);
	say(fd, twice, sizeof twice);
	assert_string_equal(hear(fd), "{\"parameters\":{}}");
	assert_string_equal(hear(fd), "{\"parameters\":{}}");
	assert_int_equal(changes, 3);
	close(fd);
	stop();
}

static void
test_too_long_a_request(void **state)
{
	static char octets[REQUEST_MOST];
	int fd;

	(void)state;
	start(false);
	fd = call_in();
	memset(octets, ' ', sizeof octets);
	say(fd, octets, sizeof octets);
	assert_null(hear(fd));
	close(fd);
	/* The longest that is allowed. */
	fd = call_in();
	octets[sizeof octets - 1] = '\0';
	say(fd, octets, sizeof octets);
	assert_non_null(strstr(hear(fd), "BadRequest"));
	close(fd);
	stop();
}

static void
test_peer_that_does_not_read(void **state)
{
	struct peer *peer;
	int fd, other;

	(void)state;
	start(false);
	fd = call_in();
	peer = &control->peers[0];
	say(fd, "{\"method\":\"org.masqd.Big\"}", 27);
	assert_non_null(peer->answer);
	assert_true(uv_is_active((uv_handle_t *)&peer->patience));
	assert_true(uv_timer_get_due_in(&peer->patience) <= ANSWER_MS);
	/* Meanwhile others are served, and it is not read. */
	say(fd, "{\"method\":\"org.masqd.Change\"}", 30);
	other = call_in();
	assert_non_null(strstr(ASK(other, "{\"method\":\"org.masqd.Echo\"}"),
	    "got"));
	assert_int_equal(changes, 0);
	out_of_patience(&peer->patience);
	turn();
	assert_null(peer->control);
	close(fd);
	close(other);
	stop();
}

static void
test_quietest_peer_makes_a_place(void **state)
{
	int fds[PEERS_MOST + 4];

	(void)state;
	start(false);
	for (int i = 0; i < PEERS_MOST; i++) {
		fds[i] = call_in();
		control->peers[i].heard_ms = 100 + (uint64_t)i;
	}
	control->peers[3].heard_ms = 1;
	fds[PEERS_MOST] = call_in();
	assert_null(hear(fds[3]));
	assert_non_null(ASK(fds[0], "{\"method\":\"org.masqd.Echo\"}"));
	assert_non_null(ASK(fds[PEERS_MOST],
	    "{\"method\":\"org.masqd.Echo\"}"));
	/* Places are used again. */
	close(fds[5]);
	turn();
	fds[5] = call_in();
	assert_non_null(ASK(fds[5], "{\"method\":\"org.masqd.Echo\"}"));
	assert_non_null(ASK(fds[4], "{\"method\":\"org.masqd.Echo\"}"));
	for (int i = 0; i <= PEERS_MOST; i++)
		close(fds[i]);
	stop();
}

/* What a peer of these ids is told when it looks, and when it changes. */
static void
expect(uid_t uid, gid_t gid, gid_t group, bool may_look, bool may_change)
{
	int fd;

	peer_is = (struct ucred){ .uid = uid, .gid = gid };
	peer_groups[1] = group;
	fd = call_in();
	changes = 0;
	assert_int_equal(may_look, strstr(ASK(fd,
	    "{\"method\":\"org.masqd.Echo\"}"), "NotAllowed") == NULL);
	assert_int_equal(may_change, strstr(ASK(fd,
	    "{\"method\":\"org.masqd.Change\"}"), "NotAllowed") == NULL);
	assert_int_equal(changes, may_change);
	close(fd);
	turn();
}

static void
test_rights(void **state)
{
	(void)state;
	start(false);
	expect(0, STRANGER, STRANGER, true, true);
	expect(geteuid(), STRANGER, STRANGER, true, true);
	expect(STRANGER, MEMBERS, STRANGER, true, true);
	expect(STRANGER, STRANGER, MEMBERS, true, true);
	expect(STRANGER, STRANGER, STRANGER, false, false);
	stop();
	start(true);
	expect(STRANGER, STRANGER, STRANGER, true, false);
	expect(STRANGER, STRANGER, MEMBERS, true, true);
	/* There is no such group. */
	control->group = (gid_t)-1;
	expect(STRANGER, (gid_t)-1, (gid_t)-1, true, false);
	stop();
}

static void
test_end_with_answers_under_way(void **state)
{
	int fd, other, gone;

	(void)state;
	start(false);
	fd = call_in();
	other = call_in();
	gone = call_in();
	say(fd, "{\"method\":\"org.masqd.Big\"}", 27);
	say(other, "{\"method\":", 10);
	say(gone, "{\"method\":\"org.masqd.Big\"}", 27);
	close(gone);
	turn();
	stop();
	close(fd);
	close(other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verb_is_served),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_requests_in_pieces_and_in_one),
		cmocka_unit_test(test_too_long_a_request),
		cmocka_unit_test(test_peer_that_does_not_read),
		cmocka_unit_test(test_quietest_peer_makes_a_place),
		cmocka_unit_test(test_rights),
		cmocka_unit_test(test_end_with_answers_under_way),
	};

	/* As masqd does: a peer that has gone is an error of write(). */
	(void)signal(SIGPIPE, SIG_IGN);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}
