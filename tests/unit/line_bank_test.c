/*
 * line_bank_test.c - lines of a bank: ports that fail for a moment, modems
 * that dial out, busy-out, callers who are not wanted
 */
#include "tests/unit/line_sim.c"

/* A driver under load: a second later it works. */
static void
port_that_opens_late(void **state)
{
	(void)state;
	sim->absent = true;
	begin();
	pass(1500);
	assert_int_equal(status_now().state, LINE_ABSENT);
	sim->absent = false;
	assert_true(until(LINE_INIT, 2000) <= 600);
	until(LINE_IDLE, 5000);
	/* Three tries at once, then the growing wait. */
	sim->absent = true;
	shutdown(sim->end[1], SHUT_RDWR);
	until(LINE_ABSENT, 100);
	pass(3500);
	sim->absent = false;
	pass(4000);
	assert_int_equal(status_now().state, LINE_ABSENT);
	until(LINE_IDLE, 5000);
}

static void
dtr_that_fails_for_a_moment(void **state)
{
	(void)state;
	begin();
	until(LINE_IDLE, 5000);
	call();
	sim->seen[0] = '\0';
	sim->dtr_fails = 2;
	line_hangup(line, CAUSE_ADMIN_RESET);
	pass(1900);
	assert_int_equal(status_now().state, LINE_HANGUP);
	assert_null(strstr(sim->seen, "DTR low"));
	until(LINE_IDLE, 5000);
	assert_non_null(strstr(sim->seen, "DTR low"));
}

static void
dtr_that_fails_for_good(void **state)
{
	(void)state;
	begin();
	until(LINE_IDLE, 5000);
	call();
	ppp();
	sim->dtr_fails = ~0u;
	line_ppp_ended(line, CAUSE_USER_REQUEST);
	close(pppd);
	until(LINE_BAD, 60000);
	assert_non_null(strstr(status_now().reason, "DTR cannot be changed"));
	sim->dtr_fails = 0;
	until(LINE_IDLE, 310000);
}

/* Another program takes the idle modem, and gives it back. */
static void
out_and_back(void **state)
{
	(void)state;
	begin();
	until(LINE_IDLE, 5000);
	assert_false(sim->claimed);
	assert_false(house.locked);
	line_look(line);
	assert_int_equal(status_now().state, LINE_IDLE);
	assert_false(sim->claimed);
	sim->in_use = true;
	line_look(line);
	assert_int_equal(status_now().state, LINE_OUT);
	assert_false(sim->open);
	assert_false(sim->claimed); /* DTR stays as it is */
	line_look(line);
	pass(400000);
	assert_int_equal(status_now().state, LINE_OUT);
	assert_int_equal(sim->opened, 1);
	sim->in_use = false;
	line_look(line);
	until(LINE_IDLE, 5000);
	call();
	assert_true(sim->claimed);
	assert_true(house.locked);
	sim->in_use = true;
	line_look(line); /* a call is ours */
	assert_int_equal(status_now().state, LINE_LOGIN);
}

/* The ring of a modem that another program has just locked is not answered. */
static void
ring_of_a_taken_modem(void **state)
{
	(void)state;
	begin();
	until(LINE_IDLE, 5000);
	sim->in_use = true;
	ring();
	until(LINE_OUT, 100);
	assert_null(strstr(sim->seen, "ATA\n"));
}

static void
in_use_at_the_start(void **state)
{
	(void)state;
	sim->in_use = true;
	begin();
	until(LINE_OUT, 100);
	assert_int_equal(sim->opened, 0);
}

static void
busy_out(void **state)
{
	(void)state;
	begin();
	until(LINE_IDLE, 5000);
	line_busy_out(line, false);
	until(LINE_BUSY_OUT, 100);
	pass(100);
	assert_non_null(strstr(sim->seen, "ATH1\n"));
	ring();
	pass(100);
	assert_int_equal(status_now().state, LINE_BUSY_OUT);
	line_restore(line);
	until(LINE_IDLE, 5000);
	/* When the call has ended. */
	call();
	line_busy_out(line, false);
	assert_true(status_now().leaving);
	pass(1000);
	assert_int_equal(status_now().state, LINE_LOGIN);
	line_busy_out(line, true);
	assert_int_equal(status_now().state, LINE_HANGUP);
	until(LINE_BUSY_OUT, 5000);
	assert_false(status_now().leaving);
	assert_int_equal(status_now().last_cause, CAUSE_ADMIN_RESET);
}

/* GSM has no hook: the exchange sees a modem that is not ready. */
static void
busy_out_without_a_hook(void **state)
{
	(void)state;
	sim->refuses = "ATH1";
	begin();
	for (int i = 0; i < 2; i++) {
		until(LINE_IDLE, 5000);
		logged[0] = '\0';
		line_busy_out(line, false);
		pass(3000);
		assert_int_equal(status_now().state, LINE_BUSY_OUT);
		assert_false(sim->dtr);
		assert_non_null(strstr(logged, i == 0 ? "refuses ATH1" :
			"does not answer ATH1"));
		sim->seen[0] = '\0';
		pass(200000);
		assert_string_equal(sim->seen, "");
		line_restore(line);
		sim->refuses = NULL;
		sim->mute = "ATH1";
	}
	until(LINE_IDLE, 5000);
	assert_true(sim->dtr);
	call();
}

/* Off hook, a modem that rings would pick the call up. */
static void
busy_out_while_it_rings(void **state)
{
	(void)state;
	config.rings = 3;
	begin();
	until(LINE_IDLE, 5000);
	ring();
	until(LINE_RINGING, 100);
	line_busy_out(line, false);
	pass(2000);
	assert_int_equal(status_now().state, LINE_RINGING);
	assert_null(strstr(sim->seen, "ATH1"));
	until(LINE_BUSY_OUT, 10000);
	line_restore(line);
	until(LINE_IDLE, 5000);
	ring();
	until(LINE_RINGING, 100);
	line_busy_out(line, true);
	until(LINE_BUSY_OUT, 100);
}

/* The number comes after the first ring, and is not wanted here. */
static void
lists_of_callers(void **state)
{
	static const char *const allowed[] = { "555" };

	(void)state;
	config.allow = (struct screen_list){ allowed, 1 };
	begin();
	until(LINE_IDLE, 5000);
	ring();
	pass(500);
	assert_int_equal(status_now().state, LINE_RINGING);
	sim_say(sim, "\r\nNMBR = 4441234\r\n");
	pass(5000);
	ring();
	pass(500);
	assert_int_equal(status_now().state, LINE_RINGING);
	assert_non_null(strstr(logged, "a call from 4441234 is not answered"));
	until(LINE_IDLE, 9000);
	assert_int_equal(status_now().counts.turned_away, 1);
	assert_int_equal(status_now().counts.missed, 0);
	/* The next caller is: as soon as his number is known. */
	ring();
	pass(500);
	sim_say(sim, "\r\nNMBR = 5551234\r\n");
	until(LINE_LOGIN, 500);
	assert_string_equal(status_now().caller, "5551234");
	assert_int_equal(status_now().counts.rings, 2);
	assert_int_equal(status_now().counts.answers, 1);
}

/* A number may come before the first ring, but not long before. */
static void
number_without_a_ring(void **state)
{
	static const char *const allowed[] = { "555" };

	(void)state;
	config.allow = (struct screen_list){ allowed, 1 };
	begin();
	until(LINE_IDLE, 5000);
	sim_say(sim, "\r\nNMBR = 5551234\r\n");
	pass(20000);
	ring();
	pass(5000);
	ring();
	pass(500);
	assert_int_equal(status_now().state, LINE_RINGING);
	assert_string_equal(status_now().caller, "");
	until(LINE_IDLE, 9000);
	sim_say(sim, "\r\nNMBR = 5551234\r\n");
	pass(5000);
	ring();
	until(LINE_LOGIN, 500);
	assert_string_equal(status_now().caller, "5551234");
}

static void
kind_of_ring(void **state)
{
	(void)state;
	config.ring = "B";
	begin();
	until(LINE_IDLE, 5000);
	sim_say(sim, "\r\nRING A\r\n");
	until(LINE_RINGING, 100);
	until(LINE_IDLE, 9000);
	sim_say(sim, "\r\nRING B\r\n");
	until(LINE_LOGIN, 500);
}

/* What is heard of him while the modem is still set up counts, too. */
static void
caller_while_it_is_set_up(void **state)
{
	static const char *const denied[] = { "P" };

	(void)state;
	config.ring = "B";
	config.deny = (struct screen_list){ denied, 1 };
	begin();
	until(LINE_INIT, 100);
	sim_say(sim, "\r\nRING B\r\n\r\nNMBR = 5551234\r\n");
	until(LINE_LOGIN, 6000);
	assert_string_equal(status_now().caller, "5551234");
	line_hangup(line, CAUSE_ADMIN_RESET);
	until(LINE_INIT, 5000);
	sim_say(sim, "\r\nRING B\r\n\r\nNMBR = P\r\n");
	until(LINE_RINGING, 5000);
	pass(100);
	assert_int_equal(status_now().state, LINE_RINGING);
	assert_string_equal(status_now().caller, "");
}

static void
ring_of_cadence(const char *lines)
{
	sim_say(sim, lines);
	settle();
	ring();
	settle();
}

/* Each ring has its cadence before it, and the number that decides comes
 * between the first and the second. */
static void
cadence_of_rings(void **state)
{
	static const char *const allowed[] = { "555" };
	static const char ours[] = "\r\nDRON=8\r\n\r\nDROF=40\r\n";

	(void)state;
	config.ring = "8-40";
	config.rings = 3;
	config.allow = (struct screen_list){ allowed, 1 };
	begin();
	until(LINE_IDLE, 5000);
	for (int i = 0; i < 3; i++) {
		pass(5000);
		ring_of_cadence(ours);
		sim_say(sim, "\r\nNMBR = 5551234\r\n");
	}
	until(LINE_LOGIN, 500);
	line_hangup(line, CAUSE_ADMIN_RESET);
	until(LINE_IDLE, 5000);
	for (int i = 0; i < 4; i++) {
		pass(5000);
		ring_of_cadence("\r\nDRON=20\r\n\r\nDROF=40\r\n");
		sim_say(sim, "\r\nNMBR = 5551234\r\n");
	}
	assert_int_equal(status_now().state, LINE_RINGING);
	assert_non_null(strstr(logged, "not answered"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(port_that_opens_late),
		TEST(dtr_that_fails_for_a_moment),
		TEST(dtr_that_fails_for_good),
		TEST(out_and_back),
		TEST(ring_of_a_taken_modem),
		TEST(in_use_at_the_start),
		TEST(busy_out),
		TEST(busy_out_without_a_hook),
		TEST(busy_out_while_it_rings),
		TEST(lists_of_callers),
		TEST(number_without_a_ring),
		TEST(kind_of_ring),
		TEST(caller_while_it_is_set_up),
		TEST(cadence_of_rings),
	};

	signal(SIGPIPE, SIG_IGN);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
