/*
 * line_test.c - modems and ports that misbehave, cables, and the end of a line
 */
#include "tests/unit/line_sim.c"
#include "serial/line_pace.h"

static void
silent_modem(void **state)
{
	static const unsigned waits[] = { 5, 10, 20, 40, 80, 160, 300, 300 };

	(void)state;
	sim->silent = true;
	begin();
	until(LINE_BAD, 25000);
	assert_string_equal(status_now().reason, "the modem does not answer"
	    " AT");
	assert_non_null(strstr(sim->seen, "ATH0\n"));
	assert_int_equal(sim->opened, 2);
	for (size_t i = 0; i < sizeof(waits) / sizeof(*waits); i++) {
		assert_false(sim->open);
		pass(waits[i] * 1000 - 100);
		assert_int_equal(sim->opened, 2 * i + 2);
		pass(200);
		assert_int_equal(sim->opened, 2 * i + 3);
		until(LINE_BAD, 25000);
	}
	/* Said once, not at each try. */
	assert_null(strstr(strstr(logged, "does not answer") + 1,
	    "does not answer"));
	sim->silent = false;
	until(LINE_IDLE, 310000);
	assert_string_equal(status_now().reason, "");
	assert_non_null(strstr(logged, "line s1: works again"));
	call();
}

static void
modem_of_errors(void **state)
{
	(void)state;
	sim->answers_error = true;
	begin();
	until(LINE_BAD, 25000);
	assert_string_equal(status_now().reason, "the modem answers ERROR to"
	    " AT");
	sim->answers_error = false;
	sim->refuses = "ATE0V1Q0";
	until(LINE_INIT, 6000);
	until(LINE_BAD, 25000);
	assert_string_equal(status_now().reason, "the modem answers ERROR to"
	    " ATE0V1Q0");
}

/* What is not needed may be refused; which command it was is in the log. */
static void
commands_of_the_user(void **state)
{
	static const char *const init[] = { "AT+MS=V22", "S10=7",
		"AT\rATH1", "ATM0" };

	(void)state;
	config.init = init;
	config.init_count = 4;
	sim->refuses = "AT+MS=V22";
	begin();
	until(LINE_IDLE, 5000);
	assert_non_null(strstr(sim->seen, "ATX4\nAT+MS=V22\nATS10=7\nATM0\n"));
	assert_non_null(strstr(logged,
	    "line s1: the modem refuses AT+MS=V22"));
	assert_non_null(strstr(logged, "cannot be sent to a modem"));
	assert_null(strstr(sim->seen, "ATH1"));
}

static void
no_port(void **state)
{
	(void)state;
	sim->absent = true;
	begin();
	pass(100);
	assert_int_equal(status_now().state, LINE_ABSENT);
	assert_string_equal(status_now().reason, "cannot find 0");
	pass(600000);
	sim->absent = false;
	until(LINE_INIT, 10000);
}

static void
port_goes_in_mid_call(void **state)
{
	(void)state;
	begin();
	for (int i = 0; i < 3; i++) {
		until(LINE_IDLE, 10000);
		house.starts = 0;
		call();
		ppp();
		sim->gone = i == 0;
		if (i == 1)
			shutdown(sim->end[1], SHUT_RDWR);
		if (i == 2)
			put(pppd, "x", shutdown(sim->end[1], SHUT_RDWR) == 0);
		until(LINE_ABSENT, 200);
		assert_int_equal(status_now().last_cause, CAUSE_PORT_ERROR);
		assert_non_null(strstr(status_now().reason, "0 is gone"));
		sim->gone = false;
		/* Not before pppd has ended. */
		pass(7000);
		assert_int_equal(status_now().state, LINE_ABSENT);
		line_ppp_ended(line, CAUSE_NONE);
		close(pppd);
	}
	until(LINE_IDLE, 10000);
	shutdown(sim->end[1], SHUT_RDWR);
	until(LINE_ABSENT, 100);
}

static void
one_bad_line_beside_a_good_one(void **state)
{
	struct line_config other = { .name = "s2", .path = "1",
		.speed = 115200, .modem = "auto", .user = "", .ring = "",
		.protocols = LINE_WITH_PPP, .login = &login_options,
		.profiles = profiles };
	struct line_status status;
	struct line *second;

	(void)state;
	sims[1].silent = true;
	begin();
	second = line_create(&loop, &other, &line_house);
	until(LINE_IDLE, 2000);
	call();
	do {
		pass(100);
		line_status(second, &status);
	} while (status.state == LINE_INIT);
	assert_int_equal(status.state, LINE_BAD);
	assert_int_equal(status_now().state, LINE_LOGIN);
	assert_string_equal(status.name, "s2");
	assert_string_equal(line_name(second), "s2");
	line_destroy(second, NULL, NULL);
}

static void
carrier_that_stays(void **state)
{
	(void)state;
	begin();
	until(LINE_IDLE, 5000);
	/* DTR does nothing, +++ and ATH0 do. */
	call();
	sim->stuck = true;
	line_hangup(line, CAUSE_ADMIN_RESET);
	until(LINE_IDLE, 15000);
	assert_non_null(strstr(sim->seen, "ATH0\n"));
	/* Nothing helps. */
	sim->deaf_to_escape = true;
	call();
	line_hangup(line, CAUSE_ADMIN_RESET);
	until(LINE_BAD, 30000);
	assert_non_null(strstr(status_now().reason, "carrier detect stays"));
	/* The modem answers AT: there is no call. */
	until(LINE_IDLE, 30000);
	assert_non_null(strstr(logged, "carrier detect is high"));
}

/* AT&C0, or a cable that has DCD wired high: no reason to answer nobody. */
static void
carrier_that_is_always_there(void **state)
{
	(void)state;
	sim->stuck = sim->deaf_to_escape = true;
	sim->signals = PORT_DCD;
	begin();
	until(LINE_IDLE, 15000);
	assert_non_null(strstr(logged, "carrier detect is high"));
	logged[0] = '\0';
	for (int i = 0; i < 2; i++) {
		call();
		pass(2000);
		sim_say(sim, "\r\nNO CARRIER\r\n");
		until(LINE_HANGUP, 1000);
		assert_int_equal(status_now().last_cause, CAUSE_LOST_CARRIER);
		until(LINE_IDLE, 8000);
	}
	assert_null(strstr(logged, "carrier detect"));
	/* A modem that takes no notice of DTR is told in-band. */
	call();
	sim->seen[0] = '\0';
	line_hangup(line, CAUSE_ADMIN_RESET);
	sim->silent = true;
	sim->wakes = "+++";
	until(LINE_IDLE, 15000);
	assert_non_null(strstr(sim->seen, "ATH0\n"));
	/* Mended. */
	sim->stuck = sim->deaf_to_escape = false;
	sim->signals = 0;
	for (int i = 0; i < 2; i++) {
		call();
		line_hangup(line, CAUSE_ADMIN_RESET);
		until(LINE_INIT, i == 0 ? 8000 : 1000);
		until(LINE_IDLE, 5000);
	}
}

/* Two signs are better than one: carrier hangs, the modem says the end. */
static void
no_carrier_while_carrier_is_high(void **state)
{
	(void)state;
	begin();
	until(LINE_IDLE, 5000);
	call();
	pass(1000);
	sim_say(sim, "\r\nNO CARRIER\r\n");
	until(LINE_HANGUP, 1000);
	assert_int_equal(status_now().last_cause, CAUSE_LOST_CARRIER);
	until(LINE_IDLE, 5000);
	/* Words of the caller's, who goes on. */
	call();
	sim_say(sim, "\r\nNO CARRIER\r\n");
	pass(400);
	sim_say(sim, "x");
	pass(1000);
	assert_int_equal(status_now().state, LINE_LOGIN);
}

static void
idle_modem_is_asked(void **state)
{
	(void)state;
	begin();
	until(LINE_IDLE, 5000);
	sim->seen[0] = '\0';
	pass(181000);
	assert_string_equal(sim->seen, "AT\nAT\nAT\n");
	/* Not while the bell rings, as long as that can be true. */
	sim->seen[0] = '\0';
	sim->signals = PORT_RI;
	pass(64000);
	assert_string_equal(sim->seen, "");
	pass(5000);
	assert_string_equal(sim->seen, "AT\n");
	sim->signals = 0;
	/* One answer that is late, now and then, does no harm. */
	for (int i = 0; i < 3; i++) {
		sim->silent = true;
		sim->seen[0] = '\0';
		while (strcmp(sim->seen, "AT\nAT\n") != 0 &&
		    status_now().state == LINE_IDLE)
			pass(10);
		sim->silent = false;
		sim_say(sim, "\r\nOK\r\n");
		pass(10);
		assert_int_equal(status_now().state, LINE_IDLE);
	}
	/* A ring while the answer is awaited: no ATA into it. */
	pass(58000);
	sim->silent = true;
	while (line->modem.command[0] == '\0')
		pass(10);
	sim->seen[0] = '\0';
	ring();
	settle();
	pass(1000);
	assert_int_equal(status_now().state, LINE_RINGING);
	assert_string_equal(sim->seen, "");
	sim->silent = false;
	sim_say(sim, "\r\nOK\r\n");
	pass(10);
	assert_string_equal(sim->seen, "ATA\n");
	line_hangup(line, CAUSE_ADMIN_RESET);
	until(LINE_IDLE, 5000);
	sim->silent = true;
	until(LINE_INIT, 65000);
	assert_non_null(strstr(logged, "the idle modem does not answer AT"));
	until(LINE_BAD, 25000);
	sim->silent = false;
	until(LINE_IDLE, 10000);
	sim->answers_error = true;
	until(LINE_INIT, 65000);
	until(LINE_BAD, 25000);
}

/* RING without end, and no call that could be answered. */
static void
modem_that_rings_for_nothing(void **state)
{
	(void)state;
	sim->connect = "\r\nNO CARRIER\r\n";
	begin();
	for (int i = 0; i < 5; i++) {
		until(LINE_IDLE, 5000);
		ring();
		pass(50);
	}
	assert_int_equal(status_now().state, LINE_BAD);
	assert_non_null(strstr(status_now().reason, "there is no call"));
	assert_int_equal(status_now().counts.failed, 5);
	/* Tried less and less often, told once. */
	for (uint64_t wait = 5000; wait < 80000; wait *= 2) {
		pass(wait - 100);
		assert_int_equal(status_now().state, LINE_BAD);
		until(LINE_IDLE, 5000);
		ring();
		until(LINE_BAD, 100);
	}
	assert_null(strstr(logged, "works again"));
	until(LINE_IDLE, 100000);
	pass(61000);
	assert_non_null(strstr(logged, "line s1: works again"));
	/* Callers who fail to train are no such thing. */
	sim->connect = NULL;
	for (int i = 0; i < 8; i++) {
		ring();
		until(LINE_ANSWERING, 100);
		pass(4000);
		sim_say(sim, "\r\nNO CARRIER\r\n");
		until(LINE_HANGUP, 100);
		until(LINE_IDLE, 5000);
	}
}

static void
modem_that_answers_by_itself(void **state)
{
	(void)state;
	begin();
	until(LINE_IDLE, 5000);
	sim->signals = PORT_DCD;
	put(sim->end[1], "\r\nCONNECT 9600\r\n", 16);
	assert_int_equal(status_now().state, LINE_LOGIN);
	ppp();
	line_ppp_ended(line, CAUSE_NONE);
	close(pppd);
}

/* The rate that is shown, bit/s, and octets a second that are reckoned with. */
static const struct {
	const char *connect;
	uint32_t rate, pace;
} rates[] = {
	{ "\r\nCONNECT 33600/ARQ/V34/LAPM/V42BIS\r\n", 33600, 3990 },
	{ "\r\nCONNECT 33600/V34/NONE\r\n", 33600, 3360 },
	{ "\r\nCONNECT 28800\r\n", 28800, 2880 },
	/* That of the port. */
	{ "\r\nCONNECT 115200\r\n", 0, 3990 },
	{ "\r\nCONNECT\r\n", 0, 3990 },
	{ "\r\n+MCR: V34\r\n\r\n+MRR: 31200,28800\r\n\r\n+ER: LAPM\r\n"
	  "\r\n+DR: V42B\r\n\r\nCONNECT 115200\r\n", 31200, 3705 },
	{ "\r\n+MRR: 9600\r\n\r\n+ER: NONE\r\n\r\n+DR: NONE\r\n"
	  "\r\nCONNECT 115200\r\n", 9600, 960 },
	{ "\r\nCARRIER 24000\r\n\r\nPROTOCOL: LAP-M\r\n"
	  "\r\nCONNECT 115200\r\n", 24000, 2850 },
};

static void
rate_of_a_call(void **state)
{
	uint32_t pace;

	(void)state;
	begin();
	for (size_t i = 0; i < sizeof(rates) / sizeof(*rates); i++) {
		until(LINE_IDLE, 5000);
		sim->connect = rates[i].connect;
		call();
		assert_int_equal(status_now().rate, rates[i].rate);
		(void)line_below(line, &pace);
		assert_int_equal(pace, rates[i].pace);
		line_hangup(line, CAUSE_ADMIN_RESET);
	}
}

static void
cable(void **state)
{
	(void)state;
	config.modem = "none";
	sim->cable = true;
	begin();
	until(LINE_IDLE, 1000);
	/* Octets alone begin a call. */
	ppp();
	assert_int_equal(status_now().rate, 115200); /* for SLIP's MTU */
	line_ppp_ended(line, CAUSE_USER_REQUEST);
	assert_true(until(LINE_IDLE, 1000) >= 500);
	assert_string_equal(sim->seen, "DTR low\nDTR low\n");
	close(pppd);
	/* So does carrier that rises, once. */
	sim->signals = PORT_DSR;
	until(LINE_LOGIN, 200);
	pass(31000);
	assert_int_equal(status_now().state, LINE_IDLE);
	pass(60000);
	assert_int_equal(status_now().state, LINE_IDLE);
	house.starts = 0;
	ppp();
	pass(200);
	sim->signals = 0;
	until(LINE_HANGUP, 200);
	line_ppp_ended(line, CAUSE_NONE);
	close(pppd);
	until(LINE_IDLE, 1000);
}

static void
unknown_profile(void **state)
{
	(void)state;
	config.modem = "hayes";
	begin();
	assert_non_null(strstr(logged, "no modem profile \"hayes\""));
	until(LINE_IDLE, 5000);
}

/* Each state of a call, and destroyed in it: teardown looks. */
static void
destroyed_in_a_call(void **state)
{
	(void)state;
	begin();
	until(LINE_IDLE, 5000);
	call();
	ppp();
	line_destroy(line, house_done, &house);
	assert_int_equal(house.stops, 1);
	line_ppp_ended(line, CAUSE_NONE);
	line_hangup(line, CAUSE_ADMIN_RESET);
	expect(pppd, "", 0);
	close(pppd);
}

static void
destroyed_before_anything(void **state)
{
	(void)state;
	begin();
}

static void
names(void **state)
{
	(void)state;
	for (enum line_state s = 0; s < LINE_STATES; s++)
		assert_true(strlen(line_state_name(s)) > 0);
	assert_string_equal(line_cause_name(CAUSE_NONE), "");
	assert_string_equal(line_cause_name(CAUSE_LOST_CARRIER),
	    "Lost-Carrier");
	begin();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(silent_modem),
		TEST(modem_of_errors),
		TEST(commands_of_the_user),
		TEST(no_port),
		TEST(port_goes_in_mid_call),
		TEST(one_bad_line_beside_a_good_one),
		TEST(carrier_that_stays),
		TEST(carrier_that_is_always_there),
		TEST(no_carrier_while_carrier_is_high),
		TEST(idle_modem_is_asked),
		TEST(modem_that_rings_for_nothing),
		TEST(modem_that_answers_by_itself),
		TEST(rate_of_a_call),
		TEST(cable),
		TEST(unknown_profile),
		TEST(destroyed_in_a_call),
		TEST(destroyed_before_anything),
		TEST(names),
	};

	signal(SIGPIPE, SIG_IGN);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
