/*
 * pump_test.c - octets both ways, between socket pairs that take little
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "serial/pump.c"

static int line_end[2], pty_end[2]; /* [0]: the pump's */

static ssize_t
fake_read(struct port *port, void *to, size_t size)
{
	(void)port;
	return read(line_end[0], to, size);
}

static ssize_t
fake_write(struct port *port, const void *from, size_t size)
{
	(void)port;
	return write(line_end[0], from, size);
}

static const struct port_ops ops = { .read = fake_read, .write = fake_write };
static struct port port = { &ops };
static struct pump pump;

static int
setup(void **state)
{
	int size = 1;

	(void)state;
	socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, line_end);
	socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pty_end);
	for (int i = 0; i < 2; i++) {
		setsockopt(line_end[i], SOL_SOCKET, SO_SNDBUF, &size,
		    sizeof(size));
		setsockopt(pty_end[i], SOL_SOCKET, SO_SNDBUF, &size,
		    sizeof(size));
	}
	pump_start(&pump, &port, pty_end[0], NULL, 0);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		close(line_end[i]);
		close(pty_end[i]);
	}
	return 0;
}

static void
put(int to, const char *octets, size_t count)
{
	assert_int_equal(write(to, octets, count), count);
}

static void
both_ways(void **state)
{
	char got[20];

	(void)state;
	assert_int_equal(pump_move(&pump), PUMP_GOES);
	assert_int_equal(pump_port_events(&pump), UV_READABLE);
	assert_int_equal(pump_master_events(&pump), UV_READABLE);
	put(pty_end[1], "out", 3);
	put(line_end[1], "in", 2);
	assert_int_equal(pump_move(&pump), PUMP_GOES);
	assert_int_equal(read(pty_end[1], got, sizeof(got)), 2);
	assert_int_equal(read(line_end[1], got, sizeof(got)), 3);
	assert_int_equal(pump.in_count, 2);
	assert_int_equal(pump.out_count, 3);
}

static void
held_until_the_master_speaks(void **state)
{
	char got[20];

	(void)state;
	pump_start(&pump, &port, pty_end[0], (const uint8_t *)"first", 5);
	put(line_end[1], "second", 6);
	assert_int_equal(pump_move(&pump), PUMP_GOES);
	assert_int_equal(pump_port_events(&pump), 0);
	assert_int_equal(pump_master_events(&pump), UV_READABLE);
	assert_int_equal(read(pty_end[1], got, sizeof(got)), -1);
	put(pty_end[1], "~", 1);
	assert_int_equal(pump_move(&pump), PUMP_GOES);
	assert_int_equal(read(pty_end[1], got, sizeof(got)), 11);
	assert_memory_equal(got, "firstsecond", 11);
	assert_int_equal(pump.in_count, 6);
}

/* One way through the pump: octets count up at one end, and have to at the
 * other. */
struct way {
	int *from, *to;
	uint64_t sent, received;
};

static void
send_some(struct way *way, size_t count)
{
	uint8_t octets[3000];
	ssize_t now;

	for (size_t i = 0; i < count; i++)
		octets[i] = (uint8_t)(way->sent + i);
	now = write(*way->from, octets, count);
	way->sent += now > 0 ? (uint64_t)now : 0;
}

static void
receive_some(struct way *way, size_t count)
{
	uint8_t octets[3000];
	ssize_t now = read(*way->to, octets, count);

	for (ssize_t i = 0; i < now; i++)
		assert_int_equal(octets[i], (uint8_t)(way->received + i));
	way->received += now > 0 ? (uint64_t)now : 0;
}

/* Random amounts, ends that stop reading for a while; every octet arrives
 * once and in order, and events are asked for exactly where they help. */
static void
every_octet_once(void **state)
{
	struct way ways[] = { { &line_end[1], &pty_end[1], 0, 0 },
		{ &pty_end[1], &line_end[1], 0, 0 } };

	(void)state;
	srand(7);
	pump_release(&pump);
	for (int round = 0; round < 40000; round++) {
		struct way *way = &ways[rand() % 2];
		size_t count = (size_t)(rand() % 3000 + 1);

		if (rand() % 2)
			send_some(way, count);
		else
			receive_some(way, count);
		assert_int_equal(pump_move(&pump), PUMP_GOES);
		assert_int_equal(pump_port_events(&pump) & UV_WRITABLE,
		    pump.out.first == pump.out.end ? 0 : UV_WRITABLE);
	}
	for (int i = 0; i < 1000; i++) {
		receive_some(&ways[0], 3000);
		receive_some(&ways[1], 3000);
		assert_int_equal(pump_move(&pump), PUMP_GOES);
	}
	for (int i = 0; i < 2; i++) {
		assert_true(ways[i].sent > 1000000);
		assert_int_equal(ways[i].sent, ways[i].received);
	}
	assert_int_equal(pump.in_count, ways[0].sent);
	assert_int_equal(pump.out_count, ways[1].sent);
}

/* A flood on one side does not keep the loop: a call moves a little. */
static void
one_call_is_bounded(void **state)
{
	static const uint8_t octets[2000];
	uint64_t before;

	(void)state;
	while (write(pty_end[1], octets, sizeof(octets)) > 0)
		;
	assert_int_equal(pump_move(&pump), PUMP_GOES);
	before = pump.out_count;
	assert_true(before <= ROUNDS * PUMP_OUT_SIZE);
}

static void
an_end_is_gone(void **state)
{
	(void)state;
	shutdown(pty_end[1], SHUT_RDWR);
	assert_int_equal(pump_move(&pump), PUMP_MASTER_GONE);
	teardown(NULL);
	setup(NULL);
	shutdown(line_end[1], SHUT_RDWR);
	assert_int_equal(pump_move(&pump), PUMP_PORT_GONE);
	teardown(NULL);
	setup(NULL);
	/* Gone while written to. */
	put(pty_end[1], "x", 1);
	shutdown(line_end[0], SHUT_WR);
	assert_int_equal(pump_move(&pump), PUMP_PORT_GONE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(both_ways),
		TEST(held_until_the_master_speaks),
		TEST(every_octet_once),
		TEST(one_call_is_bounded),
		TEST(an_end_is_gone),
	};

	signal(SIGPIPE, SIG_IGN);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
