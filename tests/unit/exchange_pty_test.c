/*
 * exchange_pty_test.c - the exchange's modems on ptys: who is there, what goes
 * through, what is held back
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/exchange/pty.c"

static uv_loop_t loop;
static struct pty *pty;
static const struct wire_ops *const ops = &pty_wire;
static unsigned computer, changes, rooms;
static char heard[65536];
static size_t length;

static void
on_computer(void *context, unsigned signals)
{
	(void)context;
	computer = signals;
	changes++;
}

static void
on_octets(void *context, const uint8_t *octets, size_t count)
{
	(void)context;
	assert_true(length + count <= sizeof(heard));
	memcpy(heard + length, octets, count);
	length += count;
}

static void
on_room(void *context)
{
	(void)context;
	rooms++;
}

static const struct pty_house house = { on_computer, on_octets, on_room,
	NULL };

static int
setup(void **state)
{
	(void)state;
	computer = changes = rooms = 0;
	length = 0;
	return uv_loop_init(&loop);
}

static int
teardown(void **state)
{
	(void)state;
	pty_destroy(pty);
	uv_run(&loop, UV_RUN_DEFAULT);
	return uv_loop_close(&loop);
}

/* Not UV_RUN_ONCE, which blocks after what a timer has done. */
static void
turn(void)
{
	uv_run(&loop, UV_RUN_NOWAIT);
	usleep(1000);
}

static void
wait_changes(unsigned wanted)
{
	while (changes < wanted)
		turn();
	assert_int_equal(changes, wanted);
}

static int
open_slave(void)
{
	char path[WIRE_PATH];

	ops->tty(pty, 0, path);
	return open(path, O_RDWR | O_NOCTTY | O_NONBLOCK);
}

static void
wait_heard(const char *text)
{
	while (length < strlen(text))
		turn();
	assert_int_equal(length, strlen(text));
	assert_memory_equal(heard, text, length);
	length = 0;
}

/* Read what has come so far, up to `wanted` octets; returns how many. */
static size_t
drain(int fd, size_t wanted)
{
	char octets[4096];
	size_t all = 0;

	while (all < wanted) {
		const ssize_t got = read(fd, octets, sizeof(octets));

		if (got > 0)
			all += (size_t)got;
		else
			turn();
	}
	return all;
}

static void
opened_and_closed(void **state)
{
	char octets[16];
	int slave;

	(void)state;
	pty = pty_create(&loop, NULL, &house);
	assert_non_null(pty);
	uv_run(&loop, UV_RUN_NOWAIT);
	assert_int_equal(changes, 0);
	/* To nobody: it is not kept for the next one. */
	ops->send(pty, 0, (const uint8_t *)"RING", 4);
	for (unsigned i = 0; i < 3; i++) {
		slave = open_slave();
		wait_changes(2 * i + 1);
		assert_int_equal(computer, WIRE_OPEN | WIRE_DTR | WIRE_RTS);
		assert_int_equal(read(slave, octets, sizeof(octets)), -1);
		assert_int_equal(write(slave, "AT\r", 3), 3);
		wait_heard("AT\r");
		ops->send(pty, 0, (const uint8_t *)"OK", 2);
		while (read(slave, octets, sizeof(octets)) != 2)
			turn();
		assert_memory_equal(octets, "OK", 2);
		/* Not read before it goes. */
		ops->send(pty, 0, (const uint8_t *)"old", 3);
		uv_run(&loop, UV_RUN_NOWAIT);
		close(slave);
		wait_changes(2 * i + 2);
		assert_int_equal(computer, 0);
	}
}

/* A computer that makes the pty: opened when it appears, and again. */
static void
made_by_the_computer(void **state)
{
	char path[] = "/tmp/exchange-pty-XXXXXX";
	int master;

	(void)state;
	assert_true(mkstemp(path) >= 0);
	unlink(path);
	pty = pty_create(&loop, path, &house);
	for (unsigned i = 0; i < 3; i++) {
		turn();
		assert_int_equal(computer, 0);
		master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
		assert_int_equal(grantpt(master), 0);
		assert_int_equal(unlockpt(master), 0);
		assert_int_equal(symlink(ptsname(master), path), 0);
		wait_changes(2 * i + 1);
		assert_true(computer & WIRE_DTR);
		assert_int_equal(write(master, "ATZ\r", 4), 4);
		wait_heard("ATZ\r");
		close(master);
		unlink(path);
		wait_changes(2 * i + 2);
		assert_int_equal(computer, 0);
	}
}

static void
held_back(void **state)
{
	int slave;

	(void)state;
	pty = pty_create(&loop, NULL, &house);
	slave = open_slave();
	wait_changes(1);
	/* CTS low: nothing is read. */
	ops->signals(pty, 0, 0);
	assert_int_equal(write(slave, "data", 4), 4);
	for (int i = 0; i < 20; i++)
		uv_run(&loop, UV_RUN_NOWAIT);
	assert_int_equal(length, 0);
	ops->signals(pty, 0, WIRE_CTS | WIRE_DCD);
	wait_heard("data");
	close(slave);
	wait_changes(2);
}

static void
room_is_bounded(void **state)
{
	static uint8_t octets[QUEUE];
	size_t sent = 0, room;
	int slave;

	(void)state;
	pty = pty_create(&loop, NULL, &house);
	slave = open_slave();
	wait_changes(1);
	/* Until the kernel takes no more and the queue is full. */
	for (int i = 0; i < 100; i++) {
		room = ops->room(pty, 0);
		ops->send(pty, 0, octets, room);
		sent += room;
		uv_run(&loop, UV_RUN_NOWAIT);
	}
	assert_int_equal(ops->room(pty, 0), 0);
	assert_true(sent < 200000);
	rooms = 0;
	assert_int_equal(drain(slave, sent), sent);
	assert_true(rooms > 0);
	assert_int_equal(ops->room(pty, 0), QUEUE);
	close(slave);
	wait_changes(2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(opened_and_closed),
		TEST(made_by_the_computer),
		TEST(held_back),
		TEST(room_is_bounded),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
