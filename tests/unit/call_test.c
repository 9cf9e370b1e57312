/*
 * call_test.c - calls on a line, from the ring to the next ring
 */
#include "tests/unit/line_sim.c"

/* Forget what the line sent that the modem has not looked at. */
static void
sim_drain(void)
{
	char octets[4096];

	while (read(sims[0].end[1], octets, sizeof(octets)) > 0)
		;
}

/* Octets through the pump: first nobody reads, then all have to arrive. */
static void
carry(int from, int to, const uint8_t *octets, size_t count)
{
	size_t put_in = 0, come = 0;
	uint8_t got[1000];
	ssize_t now;

	while ((now = write(from, octets + put_in, count - put_in)) > 0) {
		put_in += (size_t)now;
		settle();
	}
	assert_true(put_in < count / 2);
	while (come < count) {
		now = read(to, got, sizeof(got));
		if (now > 0) {
			assert_memory_equal(got, octets + come, now);
			come += (size_t)now;
		}
		now = write(from, octets + put_in, count - put_in);
		put_in += now > 0 ? (size_t)now : 0;
		settle();
	}
}

static void
healthy_call(void **state)
{
	struct line_status status;

	(void)state;
	begin();
	assert_true(until(LINE_IDLE, 5000) < 2000);
	assert_string_equal(sim->seen, "DTR low\nAT\nATZ\nAT\nATE0V1Q0\n"
	    "ATI0\nATI1\nATI2\nATI3\nATI4\nATI6\nATI7\nATI9\nAT+GMI\n"
	    "AT+GMM\nAT+GMR\nAT+CGMI\nAT+CGMM\nAT+FCLASS=?\n"
	    "ATE0V1Q0\nAT&C1\nAT&D2\nATS0=0\nATX4\n");
	sim_say(sim, "\r\nNMBR = 5551234\r\n");
	call();
	ppp();
	assert_string_equal(house.caller, "5551234");
	put(sim->end[1], "to pppd", 7);
	expect(pppd, "to pppd", 7);
	put(pppd, "to the caller", 13);
	expect(sim->end[1], "to the caller", 13);
	status = status_now();
	assert_string_equal(status.caller, "5551234");
	assert_string_equal(status.connect,
	    "CONNECT 28800/ARQ/V34/LAPM/V42BIS");
	assert_int_equal(status.rate, 28800);
	assert_int_equal(status.in, sizeof(frame) + 7);
	assert_int_equal(status.out, 14);
	assert_int_equal(status.calls, 1);
	assert_int_equal(status.signals, PORT_DCD | PORT_CTS);
	sim->signals = 0;
	assert_true(until(LINE_HANGUP, 1000) <= 120);
	assert_int_equal(house.stops, 1);
	expect(pppd, "", 0); /* the pty is closed */
	close(pppd);
	line_ppp_ended(line, CAUSE_NONE);
	assert_true(until(LINE_IDLE, 5000) < 2000);
	assert_int_equal(status_now().last_cause, CAUSE_LOST_CARRIER);
	assert_string_equal(house.trace, "init idle ringing answering login"
	    " ppp hangup init idle ");
}


/* The caller's first frame comes in the same read as CONNECT, cut at every
 * place: nothing of it is lost, nothing of CONNECT's line is added. */
static void
first_frame_behind_connect(void **state)
{
	static const char connect[] = "\r\nCONNECT 33600\r\n";
	uint8_t all[sizeof(connect) - 1 + sizeof(frame)];
	int end[2];

	(void)state;
	memcpy(all, connect, sizeof(connect) - 1);
	memcpy(all + sizeof(connect) - 1, frame, sizeof(frame));
	sim->connect = NULL;
	begin();
	for (size_t cut = 1; cut < sizeof(all); cut++) {
		until(LINE_IDLE, 5000);
		ring();
		until(LINE_ANSWERING, 1000);
		put(sim->end[1], all, cut);
		sim->signals |= PORT_DCD;
		put(sim->end[1], all + cut, sizeof(all) - cut);
		assert_int_equal(house.starts, cut);
		assert_string_equal(status_now().connect, "CONNECT 33600");
		small_pair(end);
		line_ppp_started(line, end[0]);
		put(end[1], "~", 1);
		expect(end[1], frame, sizeof(frame));
		close(end[1]);
		settle();
		line_ppp_ended(line, CAUSE_USER_REQUEST);
		sim_drain();
	}
	until(LINE_IDLE, 5000);
}

/* Until pppd's own first octet nothing may be written to the pty; a pppd
 * that waits in silence gets it after a second. */
static void
replay_waits_for_pppd(void **state)
{
	uint8_t all[sizeof(frame) + 4];
	int end[2];
	char c;

	(void)state;
	begin();
	until(LINE_IDLE, 5000);
	call();
	put(sim->end[1], frame, sizeof(frame));
	small_pair(end);
	line_ppp_started(line, end[0]);
	put(sim->end[1], "more", 4);
	pass(900);
	assert_int_equal(read(end[1], &c, 1), -1);
	pass(200);
	memcpy(all, frame, sizeof(frame));
	memcpy(all + sizeof(frame), "more", 4);
	expect(end[1], all, sizeof(all));
	close(end[1]);
	line_ppp_ended(line, CAUSE_NONE);
}

/* More than fits is kept back by the kernel, not lost. */
static void
first_octets_are_bounded(void **state)
{
	uint8_t sent[6000], got[6000];
	size_t put_in = 0, come = 0;
	int end[2];

	(void)state;
	for (size_t i = 0; i < sizeof(sent); i++)
		sent[i] = (uint8_t)(i * 7);
	memcpy(sent, frame, sizeof(frame));
	begin();
	until(LINE_IDLE, 5000);
	call();
	small_pair(end);
	while (come < sizeof(sent)) {
		ssize_t count = write(sim->end[1], sent + put_in,
		    sizeof(sent) - put_in);

		put_in += count > 0 ? (size_t)count : 0;
		settle();
		assert_true(line->dialogue.login.length <= LOGIN_KEEP);
		if (count <= 0 && status_now().state == LINE_LOGIN) {
			assert_true(line->dialogue.login.length >
			    LOGIN_KEEP - PORT_READ_LEAST);
			assert_int_equal(line->port_watch->events, 0);
			line_ppp_started(line, end[0]);
			put(end[1], "~", 1);
		}
		count = read(end[1], got + come, sizeof(got) - come);
		come += count > 0 ? (size_t)count : 0;
	}
	assert_memory_equal(got, sent, sizeof(sent));
	close(end[1]);
	line_ppp_ended(line, CAUSE_NONE);
}

/* Neither end reads: the other is stopped, memory stays as it is, and every
 * octet arrives once there is reading again. */
static void
back_pressure(void **state)
{
	static uint8_t octets[200000];

	(void)state;
	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)(i ^ (i >> 8));
	begin();
	until(LINE_IDLE, 5000);
	call();
	ppp();
	carry(sim->end[1], pppd, octets, sizeof(octets));
	carry(pppd, sim->end[1], octets, sizeof(octets));
	assert_int_equal(status_now().in, sizeof(frame) + sizeof(octets));
	assert_int_equal(status_now().out, 1 + sizeof(octets));
	close(pppd);
	line_ppp_ended(line, CAUSE_NONE);
}

static void
pppd_ends(void **state)
{
	(void)state;
	begin();
	until(LINE_IDLE, 5000);
	call();
	ppp();
	line_ppp_ended(line, CAUSE_USER_REQUEST);
	assert_int_equal(status_now().state, LINE_HANGUP);
	assert_int_equal(house.stops, 0);
	assert_true(until(LINE_IDLE, 5000) < 2000);
	assert_int_equal(status_now().last_cause, CAUSE_USER_REQUEST);
	assert_false(sim->signals & PORT_DCD);
	close(pppd);
}

/* A real pty: the death of the last program on the slave is seen at the
 * master, before anybody reports it. */
static void
pty_hangs_up(void **state)
{
	int master, slave;

	(void)state;
	begin();
	until(LINE_IDLE, 5000);
	call();
	put(sim->end[1], frame, sizeof(frame));
	assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
	line_ppp_started(line, master);
	pass(10);
	assert_true(line->pumping);
	close(slave);
	for (int i = 0; i < 1000 && line->pumping; i++)
		pass(1);
	assert_false(line->pumping);
	assert_int_equal(status_now().state, LINE_PPP);
	pass(600);
	assert_int_equal(status_now().state, LINE_HANGUP);
	assert_int_equal(house.stops, 1);
	line_ppp_ended(line, CAUSE_USER_ERROR);
	until(LINE_IDLE, 5000);
	assert_int_equal(status_now().last_cause, CAUSE_NAS_ERROR);
}

static void
pppd_does_not_start(void **state)
{
	(void)state;
	begin();
	until(LINE_IDLE, 5000);
	house.no_pppd = true;
	call();
	put(sim->end[1], frame, sizeof(frame));
	assert_int_equal(status_now().state, LINE_HANGUP);
	until(LINE_IDLE, 5000);
	assert_int_equal(status_now().last_cause, CAUSE_SERVICE_UNAVAILABLE);

	house.no_pppd = false;
	call();
	put(sim->end[1], frame, sizeof(frame));
	pass(10100);
	assert_int_equal(status_now().last_cause, CAUSE_NAS_ERROR);
	line_ppp_started(line, dup(0)); /* too late: closed */
	line_ppp_ended(line, CAUSE_NONE);
	until(LINE_IDLE, 5000);
}

static void
hangup_by_order(void **state)
{
	(void)state;
	begin();
	until(LINE_IDLE, 5000);
	line_hangup(line, CAUSE_ADMIN_RESET); /* no call: nothing */
	assert_int_equal(status_now().state, LINE_IDLE);

	/* pppd says good-bye while the line carries it. */
	call();
	ppp();
	line_hangup(line, CAUSE_ADMIN_RESET);
	assert_int_equal(house.stops, 1);
	put(pppd, "good-bye", 8);
	expect(sim->end[1], "good-bye", 8);
	line_ppp_ended(line, CAUSE_NAS_REQUEST);
	assert_int_equal(status_now().state, LINE_HANGUP);
	until(LINE_IDLE, 5000);
	assert_int_equal(status_now().last_cause, CAUSE_ADMIN_RESET);
	close(pppd);

	/* pppd does not end: the line hangs up, and waits for it. */
	house.starts = 0;
	call();
	ppp();
	line_hangup(line, CAUSE_SESSION_TIMEOUT);
	until(LINE_HANGUP, 3100);
	pass(20000);
	assert_int_equal(status_now().state, LINE_HANGUP);
	assert_true(house.stops > 2);
	line_ppp_ended(line, CAUSE_NONE);
	house.stops = 0;
	until(LINE_IDLE, 5000);
	pass(20000);
	assert_int_equal(house.stops, 0);
	close(pppd);

	/* Before PPP. */
	call();
	line_hangup(line, CAUSE_ADMIN_RESET);
	until(LINE_IDLE, 5000);
	sim->connect = NULL;
	ring();
	until(LINE_ANSWERING, 1000);
	line_hangup(line, CAUSE_ADMIN_RESET);
	until(LINE_IDLE, 5000);
}

/* The house hangs up from within `changed`, in each state of a call, and its
 * pppd ends at once. */
static void
hangup_from_within(void **state)
{
	static const enum line_state at[] = { LINE_ANSWERING, LINE_LOGIN,
		LINE_PPP };

	(void)state;
	house.stop_is_sync = true;
	begin();
	until(LINE_IDLE, 5000);
	house.changed = line;
	for (size_t i = 0; i < 3; i++) {
		int end[2];

		house.at = at[i];
		ring();
		pass(10);
		put(sim->end[1], frame, sizeof(frame));
		small_pair(end);
		line_ppp_started(line, end[0]);
		until(LINE_IDLE, 5000);
		assert_int_equal(status_now().last_cause, CAUSE_ADMIN_RESET);
		close(end[1]);
	}
}

static void
carrier_lost_in_login(void **state)
{
	(void)state;
	begin();
	until(LINE_IDLE, 5000);
	call();
	put(sim->end[1], "\x7e\xff", 2);
	pass(500);
	sim->signals = 0;
	until(LINE_HANGUP, 200);
	until(LINE_IDLE, 5000);
	assert_int_equal(house.starts, 0);
	assert_int_equal(status_now().last_cause, CAUSE_LOST_CARRIER);
}

/* pppd had heard the caller's good-bye before the carrier went. */
static void
caller_said_goodbye(void **state)
{
	(void)state;
	begin();
	until(LINE_IDLE, 5000);
	call();
	ppp();
	sim->signals = 0;
	until(LINE_HANGUP, 200);
	line_ppp_ended(line, CAUSE_USER_REQUEST);
	assert_int_equal(status_now().last_cause, CAUSE_USER_REQUEST);
	close(pppd);
}

static void
nothing_to_say(void **state)
{
	(void)state;
	begin();
	until(LINE_IDLE, 5000);
	call();
	put(sim->end[1], "\x81\x12garbage\xfe", 10);
	pass(29500);
	assert_int_equal(status_now().state, LINE_LOGIN);
	pass(600);
	assert_int_equal(status_now().state, LINE_HANGUP);
	assert_non_null(strstr(logged, "line s1: no login: nothing came"));
	until(LINE_IDLE, 5000);
	assert_int_equal(status_now().last_cause, CAUSE_IDLE_TIMEOUT);
}

static void
slip_and_text_are_refused(void **state)
{
	(void)state;
	begin();
	until(LINE_IDLE, 5000);
	call();
	put(sim->end[1], "\xc0\x45\0\0\x28", 5);
	pass(4900);
	assert_int_equal(status_now().state, LINE_LOGIN);
	pass(200);
	assert_int_equal(status_now().state, LINE_HANGUP);
	assert_non_null(strstr(logged, "not served here (the caller sends a"
	    " SLIP packet)"));
	until(LINE_IDLE, 5000);

	/* Noise that looks like text, then PPP. */
	call();
	put(sim->end[1], "alice\r", 6);
	pass(4000);
	put(sim->end[1], frame, sizeof(frame));
	assert_int_equal(house.starts, 1);
	line_ppp_ended(line, CAUSE_NONE);
	until(LINE_IDLE, 5000);

	config.protocols = line->config.protocols = LINE_WITH_SLIP;
	call();
	put(sim->end[1], frame, sizeof(frame));
	assert_int_equal(house.starts, 1);
	pass(5100);
	assert_non_null(strstr(logged, "(the caller sends a PPP frame)"));
	assert_int_equal(status_now().last_cause, CAUSE_SERVICE_UNAVAILABLE);
}

static void
ring_then_nothing(void **state)
{
	(void)state;
	config.rings = 2;
	begin();
	until(LINE_IDLE, 5000);
	ring();
	pass(100);
	assert_int_equal(status_now().state, LINE_RINGING);
	pass(8000);
	assert_int_equal(status_now().state, LINE_IDLE);
	ring();
	pass(6000);
	assert_int_equal(status_now().state, LINE_RINGING);
	ring();
	pass(100);
	assert_int_equal(status_now().state, LINE_LOGIN);
	assert_int_equal(status_now().calls, 1);
}

static void
answer_that_fails(void **state)
{
	static const char *const says[] = { "\r\nNO CARRIER\r\n",
		"\r\nERROR\r\n", "\r\nBUSY\r\n", NULL };

	(void)state;
	begin();
	for (size_t i = 0; i < 4; i++) {
		until(LINE_IDLE, 5000);
		sim->connect = says[i];
		ring();
		until(LINE_HANGUP, 60100);
		until(LINE_IDLE, 5000);
	}
	assert_non_null(strstr(logged, "the modem says BUSY"));
	assert_non_null(strstr(logged, "no CONNECT within 60 s"));
	assert_int_equal(status_now().calls, 0);
}

/* The caller after the last one rings while the modem is being set up. */
static void
twenty_calls_in_a_row(void **state)
{
	(void)state;
	begin();
	until(LINE_IDLE, 5000);
	ring();
	for (int i = 1; i <= 20; i++) {
		uint64_t begin_ms = now_ms;

		until(LINE_LOGIN, 5000);
		assert_true(now_ms - begin_ms < 3000);
		assert_int_equal(status_now().calls, i);
		house.starts = 0;
		ppp();
		sim->signals = 0;
		until(LINE_HANGUP, 200);
		line_ppp_ended(line, CAUSE_NONE);
		close(pppd);
		until(LINE_INIT, 5000);
		ring();
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(healthy_call),
		TEST(first_frame_behind_connect),
		TEST(replay_waits_for_pppd),
		TEST(first_octets_are_bounded),
		TEST(back_pressure),
		TEST(pppd_ends),
		TEST(pty_hangs_up),
		TEST(pppd_does_not_start),
		TEST(hangup_by_order),
		TEST(hangup_from_within),
		TEST(carrier_lost_in_login),
		TEST(caller_said_goodbye),
		TEST(nothing_to_say),
		TEST(slip_and_text_are_refused),
		TEST(ring_then_nothing),
		TEST(answer_that_fails),
		TEST(twenty_calls_in_a_row),
	};

	signal(SIGPIPE, SIG_IGN);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
