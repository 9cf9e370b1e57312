#include "masqd/message.c"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <fcntl.h>
#include <sys/resource.h>

struct fixed {
	int number;
	char text[12];
};

static int pair[2];

static int
open_pair(void **state)
{
	(void)state;
	return socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair);
}

static int
close_pair(void **state)
{
	(void)state;
	close(pair[0]);
	close(pair[1]);
	return 0;
}

static void
a_descriptor_comes_along(void **state)
{
	struct fixed out = { 7, "hello" }, in = { 0 };
	int ends[2], descriptor;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(message_send(pair[0], &out, sizeof out, ends[0]), 0);
	assert_int_equal(message_receive(pair[1], &in, sizeof in,
	    &descriptor), 1);
	assert_memory_equal(&in, &out, sizeof in);
	assert_int_not_equal(descriptor, -1);
	assert_int_equal(fcntl(descriptor, F_GETFD), FD_CLOEXEC);
	close(descriptor);
	assert_int_equal(message_receive(pair[1], &in, sizeof in,
	    &descriptor), 0);
	close(ends[0]);
	close(ends[1]);
}

/* Where no descriptor is free the kernel leaves it out, and says so. */
static void
a_descriptor_that_is_lost_is_told(void **state)
{
	struct fixed out = { 7, "hello" }, in = { 0 };
	struct rlimit limit, none;
	int ends[2], descriptor;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = 0;
	assert_int_equal(message_send(pair[0], &out, sizeof out, ends[0]), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_int_equal(message_receive(pair[1], &in, sizeof in,
	    &descriptor), MESSAGE_LOST);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_memory_equal(&in, &out, sizeof in);
	assert_int_equal(descriptor, -1);
	close(ends[0]);
	close(ends[1]);
}

static void
another_size_is_refused_and_its_descriptor_closed(void **state)
{
	struct fixed in;
	int ends[2], descriptor;
	char big[64] = "x";

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(message_send(pair[0], big, 3, ends[1]), 0);
	assert_int_equal(message_receive(pair[1], &in, sizeof in,
	    &descriptor), -1);
	assert_int_equal(errno, EBADMSG);
	assert_int_equal(descriptor, -1);
	assert_int_equal(message_send(pair[0], big, sizeof big, -1), 0);
	assert_int_equal(message_receive(pair[1], &in, sizeof in,
	    &descriptor), -1);
	/* The pipe has no writer left: its end of file comes. */
	close(ends[1]);
	assert_int_equal(read(ends[0], big, 1), 0);
	close(ends[0]);
}

static void
end_of_file_is_told_apart(void **state)
{
	struct fixed in;
	int descriptor;

	(void)state;
	shutdown(pair[0], SHUT_WR);
	assert_int_equal(message_receive(pair[1], &in, sizeof in,
	    &descriptor), -1);
	assert_int_equal(errno, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_descriptor_comes_along,
		    open_pair, close_pair),
		cmocka_unit_test_setup_teardown(a_descriptor_that_is_lost_is_told,
		    open_pair, close_pair),
		cmocka_unit_test_setup_teardown(
		    another_size_is_refused_and_its_descriptor_closed,
		    open_pair, close_pair),
		cmocka_unit_test_setup_teardown(end_of_file_is_told_apart,
		    open_pair, close_pair),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
