/* The log of mappings: what it says, and that it is bounded. */
#include "masqd/mapping_log.c"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>

static struct journal journal;
static char last[200];
static unsigned lines, warnings;

struct nat *
gateway_nat(struct gateway *gateway)
{
	(void)gateway;
	return NULL;
}

size_t
nat_events(struct nat *nat, struct nat_event *events, size_t n, uint64_t *lost)
{
	(void)nat;
	return journal_read(&journal, events, n, lost);
}

const char *
gateway_caller(const struct gateway *gateway, uint32_t slot,
    in_addr_t *address)
{
	(void)gateway;
	*address = slot == 1 ? inet_addr("10.64.0.2") : 0;
	return slot == 1 ? "alice" : "";
}

void
log_info(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(last, sizeof last, format, arguments);
	va_end(arguments);
	lines++;
}

void
log_warnx(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(last, sizeof last, format, arguments);
	va_end(arguments);
	warnings++;
}

static void
happens(uint32_t caller, bool begins)
{
	const struct nat_event event = { inet_addr("10.64.0.2"), htons(1025),
		htons(61001), caller, IPPROTO_UDP, begins };

	journal_write(&journal, &event);
}

static void
turn(struct mapping_log *log, uint64_t now)
{
	mapping_log_turn(log, NULL, inet_addr("192.0.2.1"), now);
}

static void
it_says_who_has_which_port(void **state)
{
	struct mapping_log log = { .unsaid = 0 };

	(void)state;
	happens(1, true);
	turn(&log, 1000);
	assert_string_equal(last, "mapping begins: user alice: udp"
	    " 10.64.0.2:1025 is 192.0.2.1:61001 outside");
	happens(2, false);
	turn(&log, 1000);
	assert_string_equal(last, "mapping ends: user -: udp"
	    " 10.64.0.2:1025 is 192.0.2.1:61001 outside");
	turn(&log, 1000);
	assert_int_equal(lines, 2);
}

static void
a_flood_is_summed_up(void **state)
{
	struct mapping_log log = { .unsaid = 0 };

	(void)state;
	lines = 0;
	for (int i = 0; i < JOURNAL_EVENTS + 500; i++)
		happens(1, true);
	turn(&log, 5000);
	assert_int_equal(lines, 100); /* half a second's worth at once */
	assert_int_equal(warnings, 1);
	assert_string_equal(last, "mappings: 1424 that began or ended were not"
	    " logged, they were too many");
	for (uint64_t now = 5000; now < 6000; now += 10) {
		for (int i = 0; i < 10; i++)
			happens(1, true);
		turn(&log, now);
	}
	assert_in_range(lines, 290, 310);
	assert_int_equal(warnings, 1);
	turn(&log, 6001);
	assert_int_equal(warnings, 2);
	assert_int_equal(log.unsaid, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_says_who_has_which_port),
		cmocka_unit_test(a_flood_is_summed_up),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
