/*
 * line_kinds_test.c - lines that are no modem's: TCP and ptys; SLIP and the
 * text login
 */
#include <poll.h>

#include "serial/telnet.h"
#include "tests/unit/line_sim.c"

/* pty lines: the house makes the pty, a program opens it */

static int opener = -1;

static void
pty_line(const char *modem, const char *user)
{
	config.kind = LINE_PTY;
	config.path = "/run/masqd/soft";
	config.modem = modem;
	config.user = user;
	config.protocols = LINE_WITH_SLIP | (*user == '\0' ?
	    LINE_WITH_LOGIN : 0u);
	begin();
	pass(10);
	assert_int_equal(house.ptys, 1);
}

static void
give_pty(void)
{
	char name[64];
	int master, slave;
	struct termios raw;

	cfmakeraw(&raw);
	assert_int_equal(openpty(&master, &slave, name, &raw, NULL), 0);
	close(slave);
	line_pty_opened(line, master, "");
	pass(1000);
	assert_int_equal(status_now().state, LINE_ABSENT);
	assert_non_null(strstr(status_now().reason, "no program has opened"));
	opener = open(name, O_RDWR | O_NOCTTY | O_NONBLOCK);
	assert_true(opener >= 0);
}

static void
pty_of_a_caller(void **state)
{
	(void)state;
	pty_line("none", "emu");
	give_pty();
	until(LINE_SLIP, 1000);
	put(opener, "\xc0\x45x\xc0", 4);
	for (int i = 0; i < 5000 && house.count < 4; i++)
		pass(1); /* the kernel carries it when it likes */
	assert_int_equal(house.count, 4);
	close(opener);
	until(LINE_ABSENT, 1000);
	assert_int_equal(house.slip_cause, CAUSE_LOST_CARRIER);
	assert_int_equal(house.ptys, 1); /* it serves the next, too */
}

static void
pty_taken_away(void **state)
{
	char c;

	(void)state;
	pty_line("none", "emu");
	give_pty();
	until(LINE_SLIP, 1000);
	line_hangup(line, CAUSE_ADMIN_RESET);
	until(LINE_ABSENT, 2000);
	assert_true(read(opener, &c, 1) <= 0); /* hung up */
	close(opener);
	pass(10);
	assert_int_equal(house.ptys, 2);
	line_pty_opened(line, -1, "no ptys left");
	assert_non_null(strstr(status_now().reason, "no ptys left"));
	pass(1500);
	assert_int_equal(house.ptys, 3);
	give_pty();
	until(LINE_SLIP, 1000);
	close(opener);
}

/* The kernel carries octets through a pty when it likes: wait until they are
 * there, in real time, before time goes on. */
static void
await(int fd)
{
	struct pollfd look = { .fd = fd, .events = POLLIN };

	assert_int_equal(poll(&look, 1, 10000), 1);
}

static void
modem_says(const char *text)
{
	assert_int_equal(write(opener, text, strlen(text)), strlen(text));
	await(port_fd(line->port));
	settle();
}

static void
answer_all(void)
{
	char text[400];
	ssize_t count;

	if (line->modem.command[0] == '\0')
		return;
	await(opener);
	count = read(opener, text, sizeof(text));
	for (ssize_t i = 0; i < count; i++)
		if (text[i] == '\r')
			modem_says("\r\nOK\r\n");
}

static void
pty_of_a_modem(void **state)
{
	(void)state;
	pty_line("auto", "");
	give_pty();
	until(LINE_INIT, 1000);
	for (int i = 0; i < 2000 && status_now().state == LINE_INIT; i++) {
		answer_all();
		pass(10);
	}
	assert_int_equal(status_now().state, LINE_IDLE);
	modem_says("\r\nRING\r\n");
	until(LINE_ANSWERING, 1000);
	modem_says("\r\nCONNECT 33600\r\n");
	until(LINE_LOGIN, 1000);
	/* Data that looks like the end, and is not. */
	modem_says("\r\nNO CARRIER\r\n");
	pass(400);
	modem_says("x");
	pass(1000);
	assert_int_equal(status_now().state, LINE_LOGIN);
	modem_says("\r\nNO CARRIER\r\n");
	until(LINE_HANGUP, 700);
	assert_int_equal(status_now().last_cause, CAUSE_LOST_CARRIER);
	close(opener);
	until(LINE_ABSENT, 1000);
}

/* modem = "auto": who does not answer AT is the caller. */
static void
pty_of_nobody_who_answers(void **state)
{
	(void)state;
	pty_line("auto", "");
	give_pty();
	until(LINE_LOGIN, 8000);
	close(opener);
	until(LINE_ABSENT, 1000);
}

static void
pty_of_one_who_begins(void **state)
{
	struct pollfd master;

	(void)state;
	pty_line("auto", "emu");
	give_pty();
	until(LINE_INIT, 1000);
	put(opener, "\xc0\x45x\xc0", 4);
	/* The kernel takes its time from one end of a pty to the other. */
	master = (struct pollfd){ port_fd(line->port), POLLIN, 0 };
	for (int i = 0; i < 1000 && house.slips == 0; i++) {
		(void)poll(&master, 1, 10);
		settle();
	}
	assert_int_equal(status_now().state, LINE_SLIP);
	close(opener);
}

static int peer = -1; /* the TCP caller's end */

static void
tcp_line(unsigned protocols, const char *user)
{
	config.kind = LINE_TCP;
	config.path = "127.0.0.1:2323";
	config.protocols = protocols;
	config.user = user;
	config.rate = 33600;
	begin();
	settle();
	assert_int_equal(status_now().state, LINE_IDLE);
	assert_int_equal(sim->opened, 0);
}

static void
tcp_call(void)
{
	int end[2];

	small_pair(end);
	assert_true(line_tcp_call(line, end[0], "192.0.2.7"));
	peer = end[1];
	settle();
}

static void
tcp_slip(void **state)
{
	int end[2];

	(void)state;
	tcp_line(LINE_WITH_SLIP, "emu");
	tcp_call();
	assert_int_equal(status_now().state, LINE_SLIP);
	assert_string_equal(status_now().connect, "TCP");
	assert_string_equal(status_now().caller, "192.0.2.7");
	assert_int_equal(status_now().rate, 33600);
	assert_string_equal(house.user, "emu");
	assert_true(line_has_call(line));
	small_pair(end);
	assert_false(line_tcp_call(line, end[0], "192.0.2.8"));
	close(end[0]);
	close(end[1]);
	put(peer, "\xc0\x45octets\xff\xc0", 10);
	assert_int_equal(house.count, 10);
	line_write(line, (const uint8_t *)"answer", 6);
	settle();
	expect(peer, "answer", 6);
	assert_int_equal(status_now().in, 10);
	assert_int_equal(status_now().out, 6);
	close(peer);
	settle();
	pass(200);
	assert_int_equal(status_now().state, LINE_IDLE);
	assert_int_equal(house.slip_ends, 1);
	assert_int_equal(house.slip_cause, CAUSE_LOST_CARRIER);
	assert_non_null(strstr(logged, "call ended (Lost-Carrier), 10 octets"
	    " in, 6 out"));
	assert_false(line_has_call(line));
	tcp_call();
	assert_int_equal(status_now().calls, 2);
	close(peer);
}

/* What he sends meanwhile is kept. */
static void
slip_waits_for_the_account(void **state)
{
	(void)state;
	house.no_answer = true;
	tcp_line(LINE_WITH_SLIP, "emu");
	tcp_call();
	assert_int_equal(house.finds, 1);
	assert_string_equal(house.user, "emu");
	put(peer, "\xc0\x45octets", 8);
	pass(9000);
	put(peer, "\xc0", 1);
	assert_int_equal(status_now().state, LINE_LOGIN);
	assert_int_equal(house.slips, 0);
	line_checked(line, false, 0, 0); /* there need not be one */
	assert_int_equal(status_now().state, LINE_SLIP);
	assert_int_equal(house.count, 9);
	assert_int_equal(house.checks, 0);
	close(peer);
	settle();
	pass(200);
	tcp_call();
	assert_int_equal(house.finds, 2);
	put(peer, "\xc0", 1);
	pass(11000);
	assert_int_equal(status_now().last_cause, CAUSE_NAS_ERROR);
	assert_int_equal(house.slips, 1);
	close(peer);
}

/* What the caller does not read waits, up to LINE_OUT_SIZE, and in order. */
static void
slip_back_pressure(void **state)
{
	static uint8_t octets[60000], got[60000];
	size_t given = 0, come = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)(i * 7 + i / 256);
	tcp_line(LINE_WITH_SLIP, "emu");
	tcp_call();
	while (line_room(line) >= 1000) {
		line_write(line, octets + given, 1000);
		given += 1000;
		settle();
	}
	assert_true(line_room(line) <= 1000);
	while (come < sizeof(octets)) {
		size_t more = line_room(line);
		ssize_t count;

		if (more > sizeof(octets) - given)
			more = sizeof(octets) - given;
		line_write(line, octets + given, more);
		given += more;
		count = read(peer, got + come, 700);
		come += count > 0 ? (size_t)count : 0;
		settle();
	}
	assert_memory_equal(got, octets, sizeof(octets));
	assert_int_equal(line_room(line), LINE_OUT_SIZE);
	close(peer);
}

static void
slip_refused(void **state)
{
	(void)state;
	house.no_slip = true;
	tcp_line(LINE_WITH_SLIP, "emu");
	tcp_call();
	assert_int_equal(status_now().last_cause, CAUSE_SERVICE_UNAVAILABLE);
	assert_int_equal(house.slip_ends, 0);
	until(LINE_IDLE, 1200);
	close(peer);
}

static void
slip_hung_up(void **state)
{
	char c;

	(void)state;
	tcp_line(LINE_WITH_SLIP, "emu");
	tcp_call();
	line_hangup(line, CAUSE_IDLE_TIMEOUT);
	assert_int_equal(house.slip_cause, CAUSE_IDLE_TIMEOUT);
	pass(10);
	assert_int_equal(read(peer, &c, 1), 0); /* the end of the stream */
	assert_true(until(LINE_IDLE, 1200) >= 900);
	close(peer);
}

static void
await_text(const char *text)
{
	static char seen[8192];
	size_t length = 0;

	for (int i = 0; i < 400; i++) {
		ssize_t count = read(peer, seen + length,
		    sizeof(seen) - 1 - length);

		length += count > 0 ? (size_t)count : 0;
		seen[length] = '\0';
		/* Telnet has a NUL in it. */
		if (memmem(seen, length, text, strlen(text)) != NULL)
			return;
		pass(10);
	}
	fail_msg("no \"%s\" in \"%s\"", text, seen);
}

static void
log_in(const char *prompt)
{
	await_text(prompt);
	put(peer, "alice\r", 6);
	await_text("Password: ");
	put(peer, "secret1\r", 8);
	assert_string_equal(house.user, "alice");
	assert_string_equal(house.password, "secret1");
}

static void
login_then_slip(void **state)
{
	(void)state;
	tcp_line(LINE_WITH_PPP | LINE_WITH_SLIP | LINE_WITH_CSLIP |
	    LINE_WITH_LOGIN, "");
	tcp_call();
	pass(400);
	assert_int_equal(status_now().out, 0); /* the caller comes first */
	log_in("login: ");
	line_checked(line, true, LINE_WITH_SLIP | LINE_WITH_CSLIP, 0);
	await_text("Protocol: ");
	put(peer, "cslip\r\xc0\x45x", 9);
	assert_true(house.compressed);
	assert_int_equal(status_now().state, LINE_SLIP);
	await_text("Your IP address is 10.64.0.7. My IP address is 10.64.0.1."
	    " MTU is 1006.");
	assert_int_equal(house.count, 3);
	close(peer);
}

static void
no_slip_where_telnet_takes_octets(void **state)
{
	(void)state;
	config.telnet = TELNET_YES;
	tcp_line(LINE_WITH_SLIP | LINE_WITH_LOGIN, "");
	tcp_call();
	put(peer, "\xff\xfc\x00\xff\xfe\x00", 6);
	log_in("login: ");
	line_checked(line, true, 0, LINE_WITH_SLIP);
	await_text("SLIP needs a telnet that is binary both ways, or none.");
	assert_int_equal(status_now().last_cause, CAUSE_SERVICE_UNAVAILABLE);
	assert_int_equal(house.slips, 0);
	close(peer);
	until(LINE_IDLE, 1200);
	tcp_call();
	put(peer, "\xff\xfb\x00\xff\xfd\x00", 6);
	log_in("login: ");
	line_checked(line, true, 0, LINE_WITH_SLIP);
	assert_int_equal(status_now().state, LINE_SLIP);
	close(peer);
}

static void
login_then_ppp(void **state)
{
	(void)state;
	tcp_line(LINE_WITH_PPP | LINE_WITH_LOGIN, "");
	tcp_call();
	log_in("login: ");
	line_checked(line, false, 0, 0);
	log_in("Login incorrect\r\n\r\nlogin: ");
	line_checked(line, true, 0, LINE_WITH_PPP);
	assert_int_equal(house.starts, 1);
	assert_string_equal(house.user, "alice");
	assert_string_equal(house.caller, "192.0.2.7");
	line_ppp_ended(line, CAUSE_NONE);
	close(peer);
}

/* An answer that comes after the caller has gone. */
static void
checked_too_late(void **state)
{
	(void)state;
	tcp_line(LINE_WITH_SLIP | LINE_WITH_LOGIN, "");
	tcp_call();
	log_in("login: ");
	close(peer);
	until(LINE_IDLE, 1200);
	line_checked(line, true, 0, LINE_WITH_SLIP);
	assert_int_equal(status_now().state, LINE_IDLE);
	tcp_call();
	line_checked(line, true, 0, LINE_WITH_SLIP);
	assert_int_equal(house.slips, 0);
	close(peer);
}

/* The caller's good-bye still reaches pppd. */
static void
tcp_ppp(void **state)
{
	int end[2];

	(void)state;
	tcp_line(LINE_WITH_PPP, "");
	tcp_call();
	put(peer, frame, sizeof(frame));
	assert_string_equal(house.user, "");
	small_pair(end);
	pppd = end[1];
	line_ppp_started(line, end[0]);
	put(pppd, "~", 1);
	expect(pppd, frame, sizeof(frame));
	expect(peer, "~", 1);
	assert_int_equal(write(peer, "bye", 3), 3);
	close(peer);
	settle();
	expect(pppd, "bye", 3);
	assert_int_equal(status_now().state, LINE_HANGUP);
	assert_int_equal(house.stops, 1);
	pass(2000);
	assert_int_equal(status_now().state, LINE_HANGUP);
	assert_null(strstr(logged, "call ended"));
	line_ppp_ended(line, CAUSE_USER_REQUEST);
	assert_non_null(strstr(logged, "call ended (User-Request)"));
	assert_int_equal(status_now().state, LINE_IDLE);
	close(pppd);
}

/* telnet's commands are answered, and FF is doubled from then on. */
static void
tcp_telnet(void **state)
{
	uint8_t got[100];

	(void)state;
	tcp_line(LINE_WITH_SLIP, "emu");
	tcp_call();
	put(peer, "\xff\xfd\x03", 3); /* DO SUPPRESS-GO-AHEAD */
	assert_true(read(peer, got, sizeof(got)) >= 3);
	assert_int_equal(got[0], 0xff);
	assert_int_equal(house.count, 0);
	put(peer, "\xff\xfd\x00\xff\xfb\x00", 6);
	(void)!read(peer, got, sizeof(got));
	put(peer, "a\xff\xff" "b", 4);
	assert_memory_equal(house.octets, "a\xff" "b", 3);
	line_write(line, (const uint8_t *)"c\xff" "d", 3);
	expect(peer, "c\xff\xff" "d", 4);
	close(peer);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pty_of_a_caller),
		TEST(pty_taken_away),
		TEST(pty_of_a_modem),
		TEST(pty_of_nobody_who_answers),
		TEST(pty_of_one_who_begins),
		TEST(tcp_slip),
		TEST(slip_waits_for_the_account),
		TEST(slip_back_pressure),
		TEST(slip_refused),
		TEST(slip_hung_up),
		TEST(login_then_slip),
		TEST(no_slip_where_telnet_takes_octets),
		TEST(login_then_ppp),
		TEST(checked_too_late),
		TEST(tcp_ppp),
		TEST(tcp_telnet),
	};

	signal(SIGPIPE, SIG_IGN);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
