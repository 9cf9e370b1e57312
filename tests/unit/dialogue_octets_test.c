/*
 * dialogue_octets_test.c - frames, noise and programs at the prompts
 */
#include "dialogue_fixture.h"

static void
frames_at_any_prompt(void **state)
{
	static const char *const before[] = { "", "\r", "al", "alice\r",
		"alice\rsec", "~", "a~~b" };

	(void)state;
	for (size_t i = 0; i < sizeof(before) / sizeof(*before); i++) {
		begin();
		type(before[i]);
		look();
		assert_int_equal(type("\x7e\xff\x7d\x23\xc0"), DIALOGUE_GOES);
		/* Not a flag of it is echoed. */
		assert_null(strchr(look(), '}'));
		assert_int_equal(type("\x21\x7d"), DIALOGUE_START);
		assert_int_equal(dialogue.protocol, DIALOGUE_PPP);
		assert_string_equal(dialogue.user, "");
		assert_int_equal(dialogue.login.length, 7);
	}
	at_the_protocol_prompt();
	assert_int_equal(type("\x7e\xc0\x21"), DIALOGUE_START);
	assert_string_equal(dialogue.user, "alice");
	at_the_protocol_prompt();
	assert_int_equal(type_octets("\xc0\x45\x00\x00", 4), DIALOGUE_START);
	assert_string_equal(dialogue.user, "alice");
	assert_int_equal(dialogue.protocol, DIALOGUE_SLIP);
	assert_int_equal(dialogue.login.length, 4);
	at_the_protocol_prompt();
	assert_int_equal(type("\xc0\x75"), DIALOGUE_START);
	assert_int_equal(dialogue.protocol, DIALOGUE_CSLIP);
}

static void
while_a_wrong_password_costs_time(void **state)
{
	(void)state;
	prompted();
	type("alice\rwrong\r");
	dialogue_checked(&dialogue, NULL, now);
	assert_int_equal(type("\x7e\xff\x7d\x23\xc0\x21"), DIALOGUE_START);
	assert_string_equal(dialogue.user, "");
}

static void
a_tilde_may_be_typed(void **state)
{
	static const char *const passwords[] = { "~~}x~", "~@!", "a~@!b" };

	(void)state;
	for (size_t i = 0; i < sizeof(passwords) / sizeof(*passwords); i++) {
		prompted();
		type("~al~");
		assert_string_equal(look(), "~al");
		type("\r");
		assert_string_equal(look(), "~\r\nPassword: ");
		assert_string_equal(dialogue.user, "~al~");
		type(passwords[i]);
		assert_int_equal(type("\r"), DIALOGUE_CHECK);
		assert_string_equal(dialogue.password, passwords[i]);
		assert_string_equal(look(), "\r\n");
	}
}

static void
slip_without_a_login(void **state)
{
	(void)state;
	begin();
	assert_int_equal(type_octets("\xc0\x45\x00\x00\x54", 5),
	    DIALOGUE_GOES);

	line.user = "cable";
	begin();
	assert_int_equal(type_octets("\xc0\x45\x00\x00\x54", 5),
	    DIALOGUE_START);
	assert_string_equal(dialogue.user, "cable");
	assert_int_equal(dialogue.login.length, 5);

	/* PPP says itself who it is. */
	begin();
	assert_int_equal(type("\x7e\xff\x7d\x23\xc0\x21"), DIALOGUE_START);
	assert_string_equal(dialogue.user, "");

	/* Behind somebody else's name there is no way round the password. */
	begin();
	type("alice\r");
	assert_int_equal(type_octets("\xc0\x45\x00\x00\x54", 5),
	    DIALOGUE_GOES);

	line.text = false;
	line.protocols = DIALOGUE_SLIP | DIALOGUE_CSLIP;
	assert_int_equal(dialogue_begin(&dialogue, &options, &line, now),
	    DIALOGUE_START);
	assert_int_equal(dialogue.protocol, DIALOGUE_SLIP);
	assert_string_equal(dialogue.user, "cable");
}

static void
what_is_not_served(void **state)
{
	(void)state;
	line.text = false;
	line.protocols = DIALOGUE_PPP;
	begin();
	assert_int_equal(type("alice\r"), DIALOGUE_GOES);
	assert_int_equal(dialogue_deadline(&dialogue), now + REFUSED_MS);
	assert_int_equal(pass(), DIALOGUE_END);
	assert_int_equal(dialogue.reason, DIALOGUE_REFUSED);
	assert_int_equal(dialogue.login.kind, LOGIN_TEXT);
	assert_string_equal(look(), "");

	begin();
	type("noise\r");
	assert_int_equal(type("\x7e\xff\x7d\x23\xc0\x21"), DIALOGUE_START);

	line.protocols = DIALOGUE_SLIP | DIALOGUE_CSLIP;
	line.text = true;
	begin();
	assert_int_equal(type("\x7e\xff\x7d\x23\xc0\x21"), DIALOGUE_GOES);
	assert_int_equal(pass(), DIALOGUE_END);
	assert_int_equal(dialogue.login.kind, LOGIN_PPP);
}

static void
seven_bits(void **state)
{
	static const char prompt_even[] = "\x8d\x0a\x6c\x6f\xe7\x69\xee\x3a"
					  "\xa0";

	(void)state;
	prompted();
	assert_int_equal(type("\x8d"), DIALOGUE_GOES);
	look();
	assert_int_equal(type("\x8d"), DIALOGUE_GOES);
	assert_string_equal(look(), prompt_even);
	/* alice, secret, ppp with even parity */
	assert_int_equal(type("\xe1\x6c\x69\x63\x65\x8d\xf3\x65\x63\x72\x65\x74"
			      "\x8d"), DIALOGUE_CHECK);
	assert_string_equal(dialogue.user, "alice");
	assert_string_equal(dialogue.password, "secret");
	dialogue_checked(&dialogue, &anything, now);
	assert_int_equal(type("\xf0\xf0\xf0\x8d"), DIALOGUE_START);
}

/* Nothing is prompted for, and nothing echoed, before there is a reason. */
static void
the_first_octets(void **state)
{
	(void)state;
	begin();
	type("al\x91\x13");
	assert_string_equal(look(), "");
	pass();
	assert_string_equal(look(), "\r\nlogin: al");
	type("ice");
	assert_string_equal(look(), "ice");

	begin();
	type("\n");
	assert_string_equal(look(), "");
	type("\r");
	assert_string_equal(look(), "\r\nlogin: \r\nlogin: ");

	begin();
	type("alice\r");
	assert_string_equal(look(), "\r\nlogin: alice\r\nPassword: ");
}

static void
mailers(void **state)
{
	(void)state;
	begin();
	type("**EMSI_INQC816\r");
	assert_string_equal(look(), "\r\nlogin: \r\n");
	type("**EMSI_INQC816\r");
	assert_string_equal(look(), "\r\n");
	type("alice\r");
	assert_string_equal(look(), "alice\r\nPassword: ");
}

static void
null_modems(void **state)
{
	(void)state;
	line.greets = true;
	begin();
	assert_int_equal(type("CLIENT"), DIALOGUE_GOES);
	assert_string_equal(look(), "CLIENTSERVER");
	pass();
	look();
	type("CLI");
	assert_string_equal(look(), "");
	type("ENT");
	assert_string_equal(look(), "CLIENTSERVER");
	assert_int_equal(type("\x7e\xff\x7d\x23\xc0\x21"), DIALOGUE_START);

	/* A person whose name begins like that. */
	prompted();
	type("CL");
	assert_string_equal(look(), "");
	type("aire\r");
	assert_string_equal(look(), "CLaire\r\nPassword: ");
	prompted();
	type("C\r");
	assert_string_equal(look(), "C\r\nPassword: ");
	assert_string_equal(dialogue.user, "C");

	/* Where no text is served, nothing is said but that. */
	line.text = false;
	begin();
	type("CLI");
	assert_string_equal(look(), "");
	type("ENT");
	assert_string_equal(look(), "CLIENTSERVER");
	assert_int_equal(type("\x7e\xff\x7d\x23\xc0\x21"), DIALOGUE_START);

	/* A modem's caller may be called so. */
	line.text = true;
	line.greets = false;
	prompted();
	type("CLIENTELE\r");
	assert_string_equal(look(), "CLIENTELE\r\nPassword: ");
	assert_string_equal(dialogue.user, "CLIENTELE");
}

static void
nothing_secret_stays(void **state)
{
	const uint8_t *octets = (const uint8_t *)&dialogue;
	uint8_t zero[sizeof(dialogue.typing.text)] = { 0 };

	(void)state;
	prompted();
	type("alice\rsecr\x7e\xff");
	dialogue_end(&dialogue);
	for (size_t i = 0; i + 4 <= sizeof(dialogue); i++)
		assert_memory_not_equal(octets + i, "secr", 4);
	prompted();
	type("alice\rsecret\r");
	type("sekret\r");
	dialogue_checked(&dialogue, NULL, now);
	for (size_t i = 0; i + 6 <= sizeof(dialogue); i++) {
		assert_memory_not_equal(octets + i, "secret", 6);
		assert_memory_not_equal(octets + i, "sekret", 6);
	}
	assert_memory_equal(dialogue.typing.text, zero, sizeof(zero));
}

/* Nobody reads: what does not fit is left out. */
static void
bounded_output(void **state)
{
	size_t count;

	(void)state;
	at_the_protocol_prompt();
	for (int i = 0; i < 1000; i++)
		type("x\r");
	dialogue_output(&dialogue, &count);
	assert_int_equal(count, DIALOGUE_OUTPUT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(frames_at_any_prompt, set_up),
		cmocka_unit_test_setup(while_a_wrong_password_costs_time,
		    set_up),
		cmocka_unit_test_setup(a_tilde_may_be_typed, set_up),
		cmocka_unit_test_setup(slip_without_a_login, set_up),
		cmocka_unit_test_setup(what_is_not_served, set_up),
		cmocka_unit_test_setup(seven_bits, set_up),
		cmocka_unit_test_setup(the_first_octets, set_up),
		cmocka_unit_test_setup(mailers, set_up),
		cmocka_unit_test_setup(null_modems, set_up),
		cmocka_unit_test_setup(nothing_secret_stays, set_up),
		cmocka_unit_test_setup(bounded_output, set_up),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
