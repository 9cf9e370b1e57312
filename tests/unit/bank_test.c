/*
 * bank_test.c - whose calls are answered, how a line does beside others, who
 * has locked a port, how a modem without DCD ends a call
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "serial/bank.c"
#include "serial/lock.c"
#include "serial/no_carrier.c"
#include "serial/screen.c"

static bool
admits(const char *allow, const char *deny, const char *caller, char withheld)
{
	const struct screen_list yes = { &allow, allow != NULL };
	const struct screen_list no = { &deny, deny != NULL };

	return screen_admits(&yes, &no, caller, withheld);
}

static void
lists(void **state)
{
	static const char *const two[] = { "555", "none" };
	const struct screen_list none = { NULL, 0 }, pair = { two, 2 };

	(void)state;
	assert_true(admits(NULL, NULL, "5551234", 0));
	assert_true(admits(NULL, NULL, "", 'P'));
	assert_true(admits("555", NULL, "5551234", 0));
	assert_false(admits("555", NULL, "4551234", 0));
	assert_false(admits("555", NULL, "", 0));
	assert_false(admits("555", NULL, "55", 0));
	assert_true(admits("none", NULL, "", 0));
	assert_false(admits("none", NULL, "", 'P'));
	assert_true(admits("P", NULL, "", 'P'));
	assert_false(admits("P", NULL, "", 'O'));
	assert_false(admits(NULL, "O", "", 'O'));
	assert_false(admits(NULL, "all", "1", 0));
	assert_false(admits("555", "5551", "5551234", 0));
	assert_true(admits("all", "5552", "5551234", 0));
	assert_true(admits("192.168.", NULL, "192.168.1.7", 0));
	assert_true(screen_admits(&pair, &none, "", 0));
	assert_false(screen_wants_number(&none, &none));
	assert_true(screen_wants_number(&none, &pair));
}

static void
shares(void **state)
{
	struct bank_counts good = { .rings = 100, .answers = 100,
		.calls = 100, .brief = 10 };
	struct bank_counts bad = { .rings = 20, .missed = 10, .answers = 10,
		.failed = 5, .calls = 5, .brief = 1 };
	struct bank_counts all = { 0 }, few = { .rings = 4, .missed = 4 };
	struct bank_shares seen;

	(void)state;
	bank_add(&all, &good);
	bank_add(&all, &bad);
	bank_add(&all, &few);
	bank_shares(&all, &seen);
	assert_int_equal(seen.missed, 11);
	assert_int_equal(seen.failed, 4);
	assert_int_equal(seen.brief, 10);
	assert_int_equal(bank_judge(&bad, &all), BANK_MISSES | BANK_FAILS);
	assert_int_equal(bank_judge(&good, &all), 0);
	bank_shares(&few, &seen); /* too few to tell */
	assert_int_equal(seen.missed, -1);
	assert_int_equal(bank_judge(&few, &all), 0);
	/* Alone there is nothing to compare with. */
	assert_int_equal(bank_judge(&bad, &bad), 0);
	/* Who was turned away was not missed. */
	bad.turned_away = 10;
	bad.missed = 5;
	bank_shares(&bad, &seen);
	assert_int_equal(seen.missed, 50);
}

static void
no_carrier(void **state)
{
	static const char said[] = "data\r\nNO CARRIER\r\n";
	struct no_carrier end = { 0 };

	(void)state;
	assert_true(no_carrier_feed(&end, (const uint8_t *)said,
	    sizeof(said) - 1));
	assert_false(no_carrier_feed(&end, (const uint8_t *)"~", 1));
	for (size_t i = 0; i + 1 < sizeof(said); i++)
		assert_int_equal(no_carrier_feed(&end,
		    (const uint8_t *)said + i, 1), i + 3 >= sizeof(said));
	end.matched = 0;
	assert_false(no_carrier_feed(&end, (const uint8_t *)"NO CARRIER", 10));
	assert_true(no_carrier_feed(&end, (const uint8_t *)"\r", 1));
	assert_false(no_carrier_feed(&end, (const uint8_t *)"NNO CARRIE\r\n",
	    12));
	assert_true(no_carrier_feed(&end, (const uint8_t *)"\xce" "O CARRIER"
	    "\r", 11)); /* parity */
	assert_true(no_carrier_feed(&end, (const uint8_t *)"xNO CARRIER\r\n",
	    13));
	assert_false(no_carrier_feed(&end, (const uint8_t *)"\n", 1));
}

static char folder[] = "/tmp/lock-XXXXXX";
static char device[64], file[64];

static void
write_lock(const char *text, size_t size)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, size), size);
	close(fd);
}

static void
locks(void **state)
{
	pid_t gone = fork(), ours = getpid(), parent = getppid();
	char text[40];
	struct stat there;
	int fd;

	(void)state;
	if (gone == 0)
		_exit(0);
	assert_int_equal(waitpid(gone, NULL, 0), gone);
	assert_int_equal(lock_holder(device), 0);
	assert_int_equal(lock_take(device, ours), 0);
	assert_int_equal(lock_holder(device), ours);
	fd = open(file, O_RDONLY);
	assert_int_equal(read(fd, text, sizeof(text)), 11);
	close(fd);
	assert_int_equal(text[10], '\n');
	assert_int_equal(lock_take(device, parent), -1);
	assert_int_equal(errno, EBUSY);
	lock_release(device, parent); /* it is not his */
	assert_int_equal(lock_holder(device), ours);
	lock_release(device, ours);
	assert_int_equal(stat(file, &there), -1);
	/* A dead one's, also in an old program's form. */
	snprintf(text, sizeof(text), "%10d\n", (int)gone);
	write_lock(text, 11);
	assert_int_equal(lock_holder(device), 0);
	assert_int_equal(lock_take(device, ours), 0);
	write_lock((const char *)&parent, sizeof(parent));
	assert_int_equal(lock_holder(device), parent);
	write_lock("\x28\x17\x3f\x7f", 4); /* begins like a text */
	assert_int_equal(read_pid(file), 0x7f3f1728);
	write_lock("", 0);
	assert_int_equal(lock_holder(device), 0);
	write_lock("-7\n", 3);
	assert_int_equal(lock_holder(device), 0);
	write_lock("nonsense nonsense nonsense", 26);
	assert_int_equal(lock_holder(device), 0);
	assert_int_equal(lock_holder("/nowhere/at/all"), 0);
	unlink(file);
}

static int
make_folder(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	directory = folder;
	snprintf(device, sizeof(device), "%s/ttyX", folder);
	snprintf(file, sizeof(file), "%s/LCK..ttyX", folder);
	return close(open(device, O_WRONLY | O_CREAT, 0600));
}

static int
remove_folder(void **state)
{
	(void)state;
	unlink(device);
	return rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists),
		cmocka_unit_test(shares),
		cmocka_unit_test(no_carrier),
		cmocka_unit_test_setup_teardown(locks, make_folder,
		    remove_folder),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
