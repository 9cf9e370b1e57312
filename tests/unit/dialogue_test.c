/*
 * dialogue_test.c - prompts, tries, times and words
 */
#include "dialogue_fixture.h"

static void
a_login(void **state)
{
	(void)state;
	options.menu = true;
	options.issue = "The %line bank\n";
	begin();
	assert_int_equal(dialogue_deadline(&dialogue), now + 500);
	pass();
	assert_string_equal(look(), "\r\nThe s1 bank\r\n\r\nlogin: ");
	assert_int_equal(type("alicf\be"), DIALOGUE_GOES);
	assert_string_equal(look(), "alicf\b \be");
	type("\r");
	assert_string_equal(look(), "\r\nPassword: ");
	assert_int_equal(type("\nsecrex\x7ft"), DIALOGUE_GOES);
	assert_string_equal(look(), "");
	assert_int_equal(type("\r"), DIALOGUE_CHECK);
	assert_string_equal(look(), "\r\n");
	assert_string_equal(dialogue.user, "alice");
	assert_string_equal(dialogue.password, "secret");
	assert_int_equal(dialogue_checked(&dialogue, &anything, now),
	    DIALOGUE_GOES);
	assert_string_equal(dialogue.password, "");
	assert_string_equal(look(), "\r\n  ppp    PPP\r\n  slip   SLIP\r\n"
	    "  cslip  SLIP with compressed headers (RFC 1144)\r\n"
	    "  quit   hang up\r\nProtocol: ");
	assert_int_equal(type("CSLIP\r\xc0\x45"), DIALOGUE_START);
	assert_string_equal(look(), "CSLIP\r\n");
	assert_int_equal(dialogue.protocol, DIALOGUE_CSLIP);
	assert_string_equal(dialogue.user, "alice");
	assert_int_equal(dialogue.login.length, 2);
	assert_int_equal(type("more"), DIALOGUE_GOES);
	assert_int_equal(dialogue.login.length, 6);
	assert_int_equal(dialogue_deadline(&dialogue), 0);
	dialogue_say(&dialogue, "Your IP address is 10.64.0.7.\n");
	assert_string_equal(look(), "Your IP address is 10.64.0.7.\r\n");
}

static void
three_tries(void **state)
{
	static const unsigned delays[] = { 2000, 4000, 8000 };

	(void)state;
	prompted();
	for (int i = 0; i < 3; i++) {
		type("alice\r");
		assert_int_equal(type("wrong\r"), DIALOGUE_CHECK);
		look();
		assert_int_equal(dialogue_checked(&dialogue, NULL, now),
		    DIALOGUE_GOES);
		assert_int_equal(dialogue_deadline(&dialogue),
		    now + delays[i]);
		/* No use in typing ahead. */
		assert_int_equal(type("alice\rsecret\r"), DIALOGUE_GOES);
		assert_string_equal(look(), "");
		assert_int_equal(pass(), i < 2 ? DIALOGUE_GOES : DIALOGUE_END);
		assert_string_equal(look(), i < 2 ?
			"Login incorrect\r\n\r\nlogin: " :
			"Login incorrect\r\n");
	}
	assert_int_equal(dialogue.reason, DIALOGUE_TRIES);
}

static void
the_delay_has_an_end(void **state)
{
	(void)state;
	options.tries = 20;
	options.timeout_ms = 0;
	options.delay_ms = 3000;
	prompted();
	for (int i = 0; i < 19; i++) {
		type("alice\rwrong\r");
		dialogue_checked(&dialogue, NULL, now);
		assert_true(dialogue_deadline(&dialogue) <=
		    now + DELAY_MOST_MS);
		assert_int_equal(pass(), DIALOGUE_GOES);
	}
}

static void
time_outs(void **state)
{
	uint64_t begun;

	(void)state;
	prompted();
	assert_int_equal(pass(), DIALOGUE_END);
	assert_int_equal(dialogue.reason, DIALOGUE_IDLE);
	assert_string_equal(look(), "\r\nLogin timed out\r\n");

	set_up(NULL);
	begun = now;
	prompted();
	for (int i = 0; i < 5; i++) {
		now += 11000;
		assert_int_equal(type("a"), DIALOGUE_GOES);
	}
	assert_int_equal(pass(), DIALOGUE_END);
	assert_int_equal(now, begun + 60000);
	assert_int_equal(dialogue.reason, DIALOGUE_TIMEOUT);

	set_up(NULL);
	options.idle_ms = 0;
	options.timeout_ms = 0;
	prompted();
	assert_int_equal(dialogue_deadline(&dialogue), 0);
}

/* A check takes what it takes, but the whole login no more than it may. */
static void
a_slow_check(void **state)
{
	uint64_t begun;

	(void)state;
	begun = now;
	prompted();
	assert_int_equal(type("alice\rsecret\r"), DIALOGUE_CHECK);
	assert_int_equal(dialogue_deadline(&dialogue), begun + 60000);
	assert_int_equal(pass(), DIALOGUE_END);
	assert_int_equal(dialogue_checked(&dialogue, &anything, now),
	    DIALOGUE_GOES);
}

static void
typed_ahead(void **state)
{
	(void)state;
	prompted();
	assert_int_equal(type("alice\rsecret\r\nslip\r\xc0\xc0\x45"),
	    DIALOGUE_CHECK);
	look();
	assert_int_equal(dialogue_checked(&dialogue, &anything, now),
	    DIALOGUE_START);
	assert_int_equal(dialogue.protocol, DIALOGUE_SLIP);
	assert_string_equal(look(), "Protocol: slip\r\n");
	assert_int_equal(dialogue.login.length, 3);
}

/* So much that it does not fit: nothing breaks. */
static void
typed_far_ahead(void **state)
{
	(void)state;
	prompted();
	assert_int_equal(type("alice\rsecret\r"), DIALOGUE_CHECK);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(type("0123456789"), DIALOGUE_GOES);
	assert_int_equal(dialogue_checked(&dialogue, &anything, now),
	    DIALOGUE_GOES);
	assert_true(dialogue.typing.spoilt);
	assert_int_equal(type("\r"), DIALOGUE_GOES);
	assert_int_equal(type("ppp\r"), DIALOGUE_START);
}

static void
protocols_of_the_user(void **state)
{
	static const struct {
		unsigned of_line, of_user, at_once, started;
		const char *screen;
	} rows[] = {
		{ 7, 0, 0, 0, "Protocol: " },
		{ 7, DIALOGUE_PPP, 0, DIALOGUE_PPP, "Entering PPP mode.\r\n" },
		{ 7, 0, DIALOGUE_CSLIP, DIALOGUE_CSLIP, "" },
		{ 7, 6, DIALOGUE_PPP, 0, "Protocol: " },
		{ 6, 0, DIALOGUE_PPP, 0, "Protocol: " },
		{ 1, 7, 0, DIALOGUE_PPP, "Entering PPP mode.\r\n" },
		{ 3, DIALOGUE_SLIP, 0, DIALOGUE_SLIP, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct dialogue_user user = { rows[i].of_user,
			rows[i].at_once };

		line.protocols = rows[i].of_line;
		prompted();
		type("alice\rsecret\r");
		look();
		assert_int_equal(dialogue_checked(&dialogue, &user, now),
		    rows[i].started ? DIALOGUE_START : DIALOGUE_GOES);
		assert_int_equal(dialogue.protocol, rows[i].started);
		assert_string_equal(look(), rows[i].screen);
	}
	line.protocols = DIALOGUE_PPP;
	prompted();
	type("alice\rsecret\r");
	assert_int_equal(dialogue_checked(&dialogue,
	    &(struct dialogue_user){ .protocols = 6 }, now), DIALOGUE_END);
	assert_int_equal(dialogue.reason, DIALOGUE_REFUSED);
}

static void
words_typed(void **state)
{
	static const struct {
		const char *text;
		enum dialogue_event event;
		unsigned protocol;
	} rows[] = {
		{ "ppp\r", DIALOGUE_START, DIALOGUE_PPP },
		{ " Slip default\r", DIALOGUE_START, DIALOGUE_SLIP },
		{ "cslip\n", DIALOGUE_START, DIALOGUE_CSLIP },
		{ "quit\r", DIALOGUE_END, 0 },
		{ "EXIT\r", DIALOGUE_END, 0 },
		{ "logout\r", DIALOGUE_END, 0 },
		{ "bye\r", DIALOGUE_END, 0 },
		{ "pp\r", DIALOGUE_GOES, 0 },
		{ "pppp\r", DIALOGUE_GOES, 0 },
		{ "help\r", DIALOGUE_GOES, 0 },
		{ "?\r", DIALOGUE_GOES, 0 },
		{ "\r", DIALOGUE_GOES, 0 },
		{ "p\x1bpp\r", DIALOGUE_GOES, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		at_the_protocol_prompt();
		assert_int_equal(type(rows[i].text), rows[i].event);
		assert_int_equal(dialogue.protocol, rows[i].protocol);
		if (rows[i].event == DIALOGUE_END)
			assert_int_equal(dialogue.reason, DIALOGUE_QUIT);
	}
	at_the_protocol_prompt();
	type("?\r");
	assert_non_null(strstr(look(), "  slip   SLIP\r\n"));
	type("\r");
	assert_string_equal(look(), "\r\nProtocol: ");
}

static void
what_is_no_name(void **state)
{
	static const char *const rows[] = { "\r", "  \r", "a\033z\r",
		"\x03" };
	char large[200];

	(void)state;
	prompted();
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(type(rows[i]), DIALOGUE_GOES);
		assert_non_null(strstr(look(), "\r\nlogin: "));
		assert_int_equal(dialogue.state, DIALOGUE_NAME);
	}
	memset(large, 'x', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	type(large);
	look();
	type("\r");
	assert_string_equal(look(), "\r\nlogin: ");
	type("alice\r");
	look();
	/* A password that cannot be one costs as much as a wrong one. */
	type(large);
	assert_int_equal(type("\r"), DIALOGUE_GOES);
	assert_int_equal(dialogue.state, DIALOGUE_WAITS);
	assert_int_equal(dialogue.tries, 1);
}

static void
interrupts(void **state)
{
	(void)state;
	prompted();
	type("alice\rsec\x03");
	look();
	type("bob\r");
	assert_string_equal(dialogue.user, "bob");
	at_the_protocol_prompt();
	type("pp\x03");
	assert_string_equal(look(), "pp\r\nProtocol: ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_login, set_up),
		cmocka_unit_test_setup(three_tries, set_up),
		cmocka_unit_test_setup(the_delay_has_an_end, set_up),
		cmocka_unit_test_setup(time_outs, set_up),
		cmocka_unit_test_setup(a_slow_check, set_up),
		cmocka_unit_test_setup(typed_ahead, set_up),
		cmocka_unit_test_setup(typed_far_ahead, set_up),
		cmocka_unit_test_setup(protocols_of_the_user, set_up),
		cmocka_unit_test_setup(words_typed, set_up),
		cmocka_unit_test_setup(what_is_no_name, set_up),
		cmocka_unit_test_setup(interrupts, set_up),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
