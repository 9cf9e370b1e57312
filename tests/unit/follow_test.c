/*
 * The uplink, the gateway, the holds, the host and the keeper note what they
 * are told, a word each; timers are run by hand.
 */
#include "masqd/follow.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#define OLD inet_addr("192.0.2.1")
#define NEW inet_addr("192.0.2.2")

static char said[1024];
static bool is_settled, has_changed, is_unsure, is_there;
static uint64_t dropped;
static struct uplink uplink;
static int host_pipe[2], gone_peers;

static void __attribute__((format(printf, 1, 2)))
say(const char *form, ...)
{
	size_t used = strlen(said);
	va_list arguments;

	va_start(arguments, form);
	(void)vsnprintf(said + used, sizeof said - used, form, arguments);
	va_end(arguments);
}

/* Its last octet. */
static unsigned
short_of(in_addr_t address)
{
	return ntohl(address) & 0xff;
}

/* ---- the neighbours ---------------------------------------------------- */

struct uplink *
uplink_create_interface(const struct uplink_parts *parts)
{
	uplink.fd = parts->receive;
	return &uplink;
}

struct uplink *
uplink_create_tun(const struct uplink_parts *parts)
{
	return uplink_create_interface(parts);
}

struct uplink *
uplink_create_socket(const char *path, uint32_t mtu)
{
	(void)path;
	(void)mtu;
	uplink.fd = -1;
	return &uplink;
}

void
uplink_set_parts(struct uplink *u, const struct uplink_parts *parts)
{
	say("parts(%d,%d) ", parts->send != -1, parts->receive != -1);
	if (u->fd != -1)
		close(u->fd);
	if (parts->send != -1)
		close(parts->send);
	u->fd = parts->receive;
	u->mtu = parts->mtu;
}

void
uplink_keep(struct uplink *u)
{
	(void)u;
	say("keep ");
}

void
uplink_go_on(struct uplink *u, in_addr_t address)
{
	(void)u;
	say("go-on(%u) ", short_of(address));
}

void
uplink_gone(struct uplink *u)
{
	(void)u;
	say("forget ");
}

bool
uplink_is_unsure(const struct uplink *u)
{
	(void)u;
	return is_unsure;
}

void
uplink_counted(struct uplink *u, uint64_t count, uint64_t received)
{
	(void)u;
	(void)received;
	say("dropped(%u) ", (unsigned)count);
}

void
uplink_doubt(struct uplink *u)
{
	(void)u;
	say("doubt ");
}

void
uplink_set_peer(struct uplink *u, int fd)
{
	if (u->fd != -1)
		close(u->fd);
	u->fd = fd;
	gone_peers += fd == -1;
}

int
uplink_receive(struct uplink *u, uplink_deliver *deliver, void *context)
{
	char octet;
	ssize_t got = read(u->fd, &octet, 1);

	if (got > 0)
		deliver(context, NULL, 0);
	return got > 0 ? 1 : -1;
}

void
uplink_close(struct uplink *u)
{
	if (u->fd != -1)
		close(u->fd);
	u->fd = -1;
}

void
gateway_from_uplink(struct gateway *gateway, struct packet *packets, size_t n,
    uint64_t now)
{
	(void)gateway;
	(void)packets;
	(void)n;
	(void)now;
	say("received ");
}

void
gateway_set_netmask(struct gateway *gateway, in_addr_t netmask)
{
	(void)gateway;
	(void)netmask;
}

void
gateway_set_address(struct gateway *gateway, in_addr_t address, uint32_t mtu,
    uint64_t now)
{
	(void)gateway;
	(void)now;
	say("gateway(%u,%u) ", short_of(address), mtu);
}

void
hold_follow(struct hold *hold, in_addr_t address, unsigned index, uint64_t now)
{
	(void)hold;
	(void)index;
	(void)now;
	say("hold(%u) ", short_of(address));
}

void
hold_fill(struct hold *hold, uint64_t now)
{
	(void)hold;
	(void)now;
}

bool
hold_is_settled(const struct hold *hold)
{
	(void)hold;
	return is_settled;
}

struct host *
host_create(void)
{
	return (struct host *)&host_pipe;
}

void
host_destroy(struct host *host)
{
	(void)host;
}

int
host_fd(const struct host *host)
{
	(void)host;
	return host_pipe[0];
}

bool
host_update(struct host *host)
{
	bool changed = has_changed;

	(void)host;
	has_changed = false;
	return changed;
}

bool
host_has(const struct host *host, in_addr_t address)
{
	(void)host;
	(void)address;
	return is_there;
}

bool
host_count(struct host *host, uint32_t index, struct host_counts *counts)
{
	(void)host;
	*counts = (struct host_counts){ .dropped = dropped };
	return index != 0;
}

int
message_send(int socket, const void *data, size_t size, int descriptor)
{
	const struct keeper_message *message = data;

	(void)socket;
	(void)descriptor;
	assert_int_equal(size, sizeof *message);
	assert_int_equal(message->op, KEEPER_UPLINK);
	say("ask ");
	return 0;
}

/* ---- the tests --------------------------------------------------------- */

static uv_loop_t loop;
static struct config config;
static struct daemon_parts parts;
static struct follow *follow;
static int far; /* of what the uplink receives from */

static int
a_socket(void)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
	    pair), 0);
	if (far != -1)
		close(far);
	far = pair[1];
	return pair[0];
}

static int
begin(void **state)
{
	(void)state;
	far = -1;
	assert_int_equal(pipe(host_pipe), 0);
	is_settled = is_there = true;
	has_changed = is_unsure = false;
	dropped = 0;
	config = (struct config){ .uplink = { .kind = UPLINK_INTERFACE } };
	parts = (struct daemon_parts){ .config = &config, .uplink = {
	    .send = -1, .receive = a_socket(), .address = OLD, .mtu = 1500,
	    .index = 3, .interface = "ppp0" } };
	assert_int_equal(uv_loop_init(&loop), 0);
	follow = follow_create(&loop, &parts);
	follow_start(follow, NULL, NULL);
	said[0] = '\0';
	return 0;
}

static int
end(void **state)
{
	(void)state;
	follow_destroy(follow);
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	close(host_pipe[0]);
	close(host_pipe[1]);
	close(far);
	return 0;
}

static void
answer(in_addr_t address, uint32_t index, bool is_new)
{
	struct keeper_message message = { .op = KEEPER_UPLINK_SEND };

	if (is_new)
		follow_answered(follow, &message, dup(0));
	message = (struct keeper_message){ .op = KEEPER_UPLINK,
		.address = address, .mtu = 1400, .index = index,
		.interface = "ppp0" };
	follow_answered(follow, &message, is_new ? a_socket() : -1);
}

static void
word_comes(void)
{
	has_changed = true;
	heed(follow);
}

static void
expect(const char *words)
{
	assert_string_equal(said, words);
	said[0] = '\0';
}

static void
as_before_nothing_moves(void **state)
{
	(void)state;
	answer(OLD, 3, false);
	expect("hold(1) dropped(0) gateway(1,1400) go-on(1) ");
	assert_int_equal(follow_address(follow), OLD);
}

static void
one_question_at_a_time(void **state)
{
	(void)state;
	word_comes(); /* the first question, at the start, is still open */
	word_comes();
	expect("");
	answer(OLD, 3, false);
	expect("hold(1) dropped(0) gateway(1,1400) go-on(1) ask ");
	answer(OLD, 3, false);
	expect("hold(1) dropped(0) gateway(1,1400) go-on(1) ");
}

static void
at_a_new_address_holds_come_first_and_packets_last(void **state)
{
	(void)state;
	is_settled = false;
	answer(NEW, 3, true);
	expect("parts(1,1) hold(2) keep ");
	follow_turn(follow);
	expect("");
	assert_int_equal(follow_address(follow), OLD);
	is_settled = true;
	follow_turn(follow);
	expect("dropped(0) gateway(2,1400) go-on(2) ");
	assert_int_equal(follow_address(follow), NEW);
	follow_turn(follow);
	expect("");
}

/* Made anew, with the same address: the holds are bound to what is gone. */
static void
another_interface_is_another_place(void **state)
{
	(void)state;
	is_settled = false;
	answer(OLD, 4, true);
	expect("parts(1,1) hold(1) keep ");
	follow_turn(follow);
	expect("");
	is_settled = true;
	follow_turn(follow);
	expect("dropped(0) gateway(1,1400) go-on(1) ");
}

static void
an_address_that_goes_has_a_moment(void **state)
{
	(void)state;
	answer(OLD, 3, false);
	said[0] = '\0';
	is_there = false;
	word_comes();
	expect("keep ask ");
	answer(0, 3, false); /* it is up: one is being set */
	expect("keep ");
	assert_in_range(uv_timer_get_due_in(&follow->again), GONE_MS + 1,
	    SET_MS);
	again(&follow->again);
	expect("ask ");
	answer(NEW, 3, true);
	follow_turn(follow);
	expect("parts(1,1) hold(2) keep dropped(0) gateway(2,1400) go-on(2) ");
}

static void
when_it_does_not_come_back_callers_are_told(void **state)
{
	(void)state;
	answer(0, 3, false);
	again(&follow->again);
	said[0] = '\0';
	answer(0, 3, false);
	expect("parts(0,0) hold(0) gateway(0,1400) go-on(0) ");
	word_comes();
	said[0] = '\0';
	answer(0, 0, false); /* the interface, too */
	expect("parts(0,0) hold(0) gateway(0,1400) forget go-on(0) ");
}

static void
a_lost_answer_is_asked_for_again(void **state)
{
	(void)state;
	again(&follow->again);
	expect("ask ");
	answer(OLD, 3, false);
	assert_false(uv_is_active((uv_handle_t *)&follow->again));
}

static void
while_unsure_it_looks_at_the_drops(void **state)
{
	(void)state;
	answer(OLD, 3, false);
	follow_turn(follow);
	assert_false(uv_is_active((uv_handle_t *)&follow->look));
	is_unsure = true;
	follow_turn(follow);
	assert_true(uv_is_active((uv_handle_t *)&follow->look));
	said[0] = '\0';
	dropped = 5;
	has_changed = true; /* read by the way */
	look(&follow->look);
	expect("dropped(5) ask ");
}

static void
silence_is_doubt(void **state)
{
	(void)state;
	doubt(&follow->doubt);
	expect("doubt dropped(0) ");
	assert_int_equal(write(far, "x", 1), 1);
	(void)uv_run(&loop, UV_RUN_NOWAIT);
	expect("received ");
	doubt(&follow->doubt);
	expect("");
	doubt(&follow->doubt);
	expect("doubt dropped(0) ");
}

static void
a_peer_of_a_socket_comes_and_goes(void **state)
{
	int peer;

	(void)end(state);
	(void)begin(state);
	follow_destroy(follow);
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	config.uplink = (struct config_uplink){ .kind = UPLINK_SOCKET,
		.address = NEW };
	parts.uplink_listener = a_socket();
	follow = follow_create(&loop, &parts);
	follow_start(follow, NULL, NULL);
	assert_int_equal(follow_address(follow), NEW);
	assert_false(follow_has_host(follow));
	peer = a_socket();
	uplink_set_peer(&uplink, peer);
	watch_uplink(follow);
	close(far);
	far = -1;
	gone_peers = 0;
	(void)uv_run(&loop, UV_RUN_NOWAIT);
	assert_int_equal(gone_peers, 1);
	assert_null(follow->poll);
	close(parts.uplink_listener);
	far = dup(0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(as_before_nothing_moves),
		TEST(one_question_at_a_time),
		TEST(at_a_new_address_holds_come_first_and_packets_last),
		TEST(another_interface_is_another_place),
		TEST(an_address_that_goes_has_a_moment),
		TEST(when_it_does_not_come_back_callers_are_told),
		TEST(a_lost_answer_is_asked_for_again),
		TEST(while_unsure_it_looks_at_the_drops),
		TEST(silence_is_doubt),
		TEST(a_peer_of_a_socket_comes_and_goes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
