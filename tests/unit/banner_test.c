/*
 * banner_test.c - templates filled in, and those that scripts would misread
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "serial/banner.c"

static const struct banner_values values = { .line = "net/3",
	.peer = "10.64.0.7", .gate = "10.64.0.1", .encap = "CSLIP",
	.mtu = 1006 };

static void
expanded(void **state)
{
	static const char *const rows[][2] = {
		{ BANNER_DEFAULT, "Your IP address is 10.64.0.7. My IP address "
				  "is 10.64.0.1. MTU is 1006." },
		{ "%encap on %line\n%peer\n", "CSLIP on net/3\r\n10.64.0.7\r\n" },
		{ "100%%", "100%" },
		{ "%", "%" },
		{ "%%peer %p %peers", "%peer %p %peers" },
		{ "a\r\x07\x7f\tb", "a\tb" },
		{ "", "" },
	};
	char text[BANNER_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		size_t length = banner_expand(rows[i][0], &values, text,
		    sizeof(text));

		assert_string_equal(text, rows[i][1]);
		assert_int_equal(length, strlen(text));
	}
}

static void
cut_to_its_room(void **state)
{
	char text[] = "0123456789";

	(void)state;
	assert_int_equal(banner_expand("%peer%peer", &values, text, 6), 5);
	assert_string_equal(text, "10.64");
	assert_int_equal(text[6], '6');
	assert_int_equal(banner_expand("x", &values, text, 1), 0);
	assert_string_equal(text, "");
	assert_int_equal(banner_expand("x", &values, text, 0), 0);
}

static void
check(bool banner, const char *template, const char *line,
    const char *complaint)
{
	char error[320] = "";
	bool good = banner ?
	    banner_check(template, line, error, sizeof(error)) :
	    banner_check_issue(template, line, error, sizeof(error));

	if (good != (complaint == NULL))
		fail_msg("\"%s\" on %s: %s", template, line,
		    good ? "accepted" : error);
	if (complaint != NULL && strstr(error, complaint) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", error, complaint);
}

static void
checked(void **state)
{
	char large[BANNER_TEMPLATE_MOST + 2];

	(void)state;
	check(true, BANNER_DEFAULT, "s1", NULL);
	check(true, "my address is %gate, yours %peer", "s1", "%peer");
	check(true, "Entering SLIP mode.", "s1", "%peer");
	check(true, "Async %line: %peer", "s1", NULL);
	check(true, "Async %line: %peer", "10.1.1.1", "%peer");
	check(true, "version 1.2.3 at %peer", "s1", NULL);
	check(true, "version 1.2.3.4 at %peer", "s1", "%peer");
	check(true, "1%peer", "s1", "%peer");
	check(true, "%peer1", "s1", "%peer,");
	check(true, "%peers", "s1", "unknown token \"%peers\"");
	check(true, "%peer.5", "s1", "%peer");
	check(true, "%peer, %netmask", "s1", "unknown token \"%netmask\"");
	check(true, "%peer 100%", "s1", "unknown token \"%\"");
	check(true, "%peer 100%%", "s1", NULL);

	check(false, "", "s1", NULL);
	check(false, "The bank\nLine %line, 100%%", "s1", NULL);
	check(false, "Line %line", "10.1.1.1", "\"10.1.1.1\"");
	check(false, "masqd 0.1.2", "s1", NULL);
	check(false, "See http://192.0.2.7/", "s1", "\"192.0.2.7\"");
	check(false, "You are %peer", "s1", "%peer is not known before");
	check(false, "%mtu", "s1", "not known before");
	check(false, "%host", "s1", "known are %line");

	memset(large, 'x', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	check(false, large, "s1", "1001 octets; at most 1000");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(expanded),
		cmocka_unit_test(cut_to_its_room),
		cmocka_unit_test(checked),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
