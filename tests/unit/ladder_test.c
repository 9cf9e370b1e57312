/*
 * ladder_test.c - bringing a modem up, asking what it is, bringing it back
 *
 * What is wrong with the modem here, and which rung of ladder.c meets it.
 */
#include "tests/unit/line_sim.c"

/* Of a Courier: what it says of itself and of a call. */
static const char *
courier(const char *command)
{
	if (strcmp(command, "ATI3") == 0)
		return "\r\nUSRobotics Courier V.Everything\r\n";
	if (strcmp(command, "ATI6") == 0)
		return "\r\nRetrains Requested 2   Blers 7\r\n"
		    "Disconnect Reason is DTR dropped\r\n";
	if (strcmp(command, "ATI0") == 0)
		return "\r\n5601\r\n";
	if (strcmp(command, "ATI11") == 0)
		return "\r\nModulation V.34\r\n";
	return NULL;
}

static void
with_profiles(void)
{
	assert_int_equal(profiles_read(profiles, "etc/modems", stderr), 0);
}

static void
asked_once_and_set_up(void **state)
{
	(void)state;
	with_profiles();
	sim->says = courier;
	sim->refuses = "AT&R2";
	begin();
	until(LINE_IDLE, 5000);
	assert_string_equal(status_now().family, "usr");
	assert_string_equal(status_now().model, "USRobotics Courier"
	    " V.Everything");
	assert_non_null(strstr(logged, "line s1: the modem is USRobotics"
	    " Courier V.Everything, profile usr"));
	assert_non_null(strstr(logged, "line s1: the modem refuses AT&R2"));
	assert_non_null(strstr(sim->seen, "AT&F1\nATE0V1Q0\nAT&C1\nAT&D2\n"
	    "ATS0=0\nAT&H1\nAT&R2\nAT&I0\nATX4\nAT&A3\nAT#CID=1\n"));
	/* After a call it is not asked again, but about the call. */
	sim->seen[0] = logged[0] = '\0';
	call();
	line_hangup(line, CAUSE_ADMIN_RESET);
	until(LINE_IDLE, 5000);
	assert_null(strstr(sim->seen, "ATI3\n"));
	assert_null(strstr(sim->seen, "AT&F1\n"));
	assert_null(strstr(sim->seen, "ATZ\n"));
	assert_non_null(strstr(sim->seen, "DTR low\nAT\nATI6\nATI11\nATE0V1Q0\n"));
	assert_non_null(strstr(logged, "line s1: the modem says of the call:"
	    " DTR dropped, retrains 2, errors 7"));
	assert_null(strstr(logged, "refuses"));
	assert_string_equal(status_now().family, "usr");
	assert_int_equal(status_now().diagnosis->number[DIAGNOSIS_RETRAINS],
	    2);
}

/* Another one behind the same port: it is asked anew when it was away. */
static void
another_modem(void **state)
{
	(void)state;
	with_profiles();
	sim->says = courier;
	begin();
	until(LINE_IDLE, 5000);
	shutdown(sim->end[1], SHUT_RDWR);
	until(LINE_ABSENT, 100);
	sim->says = NULL;
	until(LINE_IDLE, 20000);
	assert_string_equal(status_now().family, "generic");
	assert_string_equal(status_now().model, "");
}

/* A profile by name stays, whatever the modem says. */
static void
profile_by_name(void **state)
{
	(void)state;
	with_profiles();
	config.modem = "rockwell-old";
	sim->says = courier;
	begin();
	until(LINE_IDLE, 5000);
	assert_string_equal(status_now().family, "rockwell-old");
	assert_string_equal(status_now().model, "USRobotics Courier"
	    " V.Everything");
	assert_non_null(strstr(sim->seen, "AT&K3\n"));
}

/* No caller waits for a report: two seconds, and none into a ring. */
static void
report_that_does_not_come(void **state)
{
	uint64_t begun;

	(void)state;
	with_profiles();
	sim->says = courier;
	begin();
	until(LINE_IDLE, 5000);
	sim->mute = "ATI6";
	call();
	line_hangup(line, CAUSE_ADMIN_RESET);
	until(LINE_INIT, 5000);
	begun = now_ms;
	until(LINE_IDLE, 5000);
	assert_true(now_ms - begun > 1000 && now_ms - begun < 2000);
	call();
	sim->seen[0] = '\0';
	line_hangup(line, CAUSE_ADMIN_RESET);
	until(LINE_INIT, 5000);
	ring();
	until(LINE_LOGIN, 5000);
	assert_null(strstr(sim->seen, "ATI6"));
}

/* A report of two pages. */
static const char *
pages(const char *command)
{
	if (strcmp(command, "ATI3") == 0)
		return "\r\nLT V.92 Data+Fax Modem\r\n";
	if (strcmp(command, "ATI11") == 0)
		return "Press any key to continue; ESC to quit.\r\n";
	if (command[0] == '\0')
		return "18 Retrain by Local  Modem 3\r\n";
	return NULL;
}

static void
key_for_the_second_page(void **state)
{
	(void)state;
	with_profiles();
	sim->says = pages;
	begin();
	until(LINE_IDLE, 5000);
	assert_string_equal(status_now().family, "lucent");
	call();
	sim->seen[0] = '\0';
	line_hangup(line, CAUSE_ADMIN_RESET);
	until(LINE_IDLE, 5000);
	assert_non_null(strstr(sim->seen, "ATI11\n\n"));
}

static void
flow_control_is_looked_at(void **state)
{
	(void)state;
	sim->has_rts = true;
	begin();
	until(LINE_IDLE, 5000);
	assert_true(sim->rts);
	assert_null(strstr(logged, "RTS"));
	shutdown(sim->end[1], SHUT_RDWR);
	until(LINE_ABSENT, 100);
	sim->ignores_rts = true;
	until(LINE_IDLE, 20000);
	assert_true(sim->rts);
	assert_non_null(strstr(logged, "line s1: the modem sends while RTS is"
	    " low"));
	/* Said once. */
	logged[0] = '\0';
	shutdown(sim->end[1], SHUT_RDWR);
	until(LINE_ABSENT, 100);
	until(LINE_IDLE, 20000);
	assert_null(strstr(logged, "RTS"));
}

static void
switched_off(void **state)
{
	(void)state;
	sim->silent = sim->no_cts = true;
	begin();
	until(LINE_BAD, 30000);
	assert_non_null(strstr(status_now().reason, "CTS is low"));
}

/* A modem with switches for its speed. */
static void
speed_of_its_own(void **state)
{
	(void)state;
	sim->only_speed = 9600;
	begin();
	until(LINE_IDLE, 25000);
	assert_non_null(strstr(logged, "line s1: the modem answers at 9600"
	    " bit/s only, not at 115200"));
	assert_int_equal(sim->speed, 9600);
	assert_int_equal(sim->opened, 1);
	call();
	ppp();
	line_ppp_ended(line, CAUSE_NONE);
	close(pppd);
}

/* What ends the silence, and that nothing rougher was done before or after. */
static const struct {
	const char *wakes, *not_seen;
	unsigned opened;
} rungs[] = {
	{ "ATH0", "\x10\x03", 1 },
	{ "ATZ", "\x10\x03", 1 },
	{ "\x10\x03", "nothing", 1 },
};

static void
each_rung(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rungs) / sizeof(*rungs); i++) {
		if (i > 0)
			assert_int_equal(setup(NULL), 0);
		sim->silent = true;
		sim->wakes = rungs[i].wakes;
		begin();
		until(LINE_IDLE, 30000);
		assert_null(strstr(sim->seen, rungs[i].not_seen));
		assert_int_equal(sim->opened, rungs[i].opened);
		if (i + 1 < sizeof(rungs) / sizeof(*rungs))
			assert_int_equal(teardown(NULL), 0);
	}
}

/* It moved: what opens the path again finds it. */
static void
plugged_in_elsewhere(void **state)
{
	(void)state;
	sim->silent = true;
	begin();
	pass(100);
	while (sim->open)
		pass(100);
	assert_int_equal(status_now().state, LINE_INIT);
	assert_int_equal(sim->opened, 1);
	pass(1900);
	assert_false(sim->open);
	sim->silent = false;
	until(LINE_IDLE, 5000);
	assert_int_equal(sim->opened, 2);
	assert_string_equal(status_now().reason, "");
}

static void
gone_when_it_is_opened_again(void **state)
{
	(void)state;
	sim->silent = true;
	begin();
	pass(100);
	while (sim->open)
		pass(100);
	sim->absent = true;
	until(LINE_ABSENT, 5000);
	assert_string_equal(status_now().reason, "cannot find 0");
	sim->absent = sim->silent = false;
	until(LINE_IDLE, 60000);
}

static void
destroyed_while_it_is_asked(void **state)
{
	(void)state;
	begin();
	while (strstr(sim->seen, "ATI1\n") == NULL)
		pass(1);
	line_destroy(line, house_done, &house);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(asked_once_and_set_up),
		TEST(another_modem),
		TEST(profile_by_name),
		TEST(report_that_does_not_come),
		TEST(key_for_the_second_page),
		TEST(flow_control_is_looked_at),
		TEST(switched_off),
		TEST(speed_of_its_own),
		TEST(each_rung),
		TEST(plugged_in_elsewhere),
		TEST(gone_when_it_is_opened_again),
		TEST(destroyed_while_it_is_asked),
	};

	signal(SIGPIPE, SIG_IGN);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
