/*
 * login_test.c - first octets of every kind, in all cuts
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "serial/login.c"

#define ROW(kind, kept, octets) { kind, kept, sizeof(octets) - 1, octets }

/* kept: how many octets in front are not part of what pppd gets */
static const struct row {
	enum login_kind kind;
	size_t before, length;
	const char *octets;
} rows[] = {
	/* LCP: plain, escaped, all escaped, without address and control */
	ROW(LOGIN_PPP, 0, "\x7e\xff\x03\xc0\x21\x01\x01"),
	ROW(LOGIN_PPP, 0, "\x7e\xff\x7d\x23\xc0\x21\x7d\x21"),
	ROW(LOGIN_PPP, 0, "\x7e\x7d\xdf\x7d\x23\xc0\x21"),
	ROW(LOGIN_PPP, 0, "\x7e\x7d\xdf\x7d\x23\x7d\xe0\x7d\x01"),
	ROW(LOGIN_PPP, 0, "\x7e\xc0\x21\x01"),
	/* 7E1, 7O1, and bit 7 lost */
	ROW(LOGIN_PPP, 0, "\x7e\xff\x7d\xa3\xc0\x21"),
	ROW(LOGIN_PPP, 0, "\xfe\x7f\xfd\x23\x40\xa1"),
	ROW(LOGIN_PPP, 0, "\x7e\x7f\x03\x40\x21"),
	ROW(LOGIN_PPP, 0, "\xfe\x40\xa1"),
	/* behind noise, other frames, several flags */
	ROW(LOGIN_PPP, 4, "\r\n\x91\x13\x7e\xff\x03\xc0\x21"),
	ROW(LOGIN_PPP, 2, "\x7e\x7e\x7e\xff\x03\xc0\x21"),
	ROW(LOGIN_PPP, 5, "\x7e\xff\x03\x00\x21\x7e\xff\x03\xc0\x21"),
	ROW(LOGIN_PPP, 3, "\x7e\xff\x7d\x7e\xff\x7d\x23\xc0\x21"),
	ROW(LOGIN_PPP, 6, "alice\r\x7e\xff\x03\xc0\x21"),
	ROW(LOGIN_PPP, 3, "\xc0\x45\x00\x7e\xff\x03\xc0\x21"),
	/* not enough of a frame, or not LCP */
	ROW(LOGIN_UNKNOWN, 0, "\x7e\xff\x03\xc0"),
	ROW(LOGIN_UNKNOWN, 0, "\x7e\xff\x03\xc0\x23\x01"),
	ROW(LOGIN_UNKNOWN, 0, "\xff\x03\xc0\x21\x01"),
	ROW(LOGIN_UNKNOWN, 0, "\x7e\x7d\x7d\x7d\x7d\x7d\x7d\x7d\x7d"),
	/* SLIP and CSLIP */
	ROW(LOGIN_SLIP, 0, "\xc0\x45\x00\x00\x54"),
	ROW(LOGIN_SLIP, 1, "\xc0\xc0\x45"),
	ROW(LOGIN_SLIP, 0, "\xc0\x46\x00"),
	ROW(LOGIN_CSLIP, 0, "\xc0\x75\x00"),
	ROW(LOGIN_CSLIP, 0, "\xc0\x8b\x0f"),
	/* behind a Return that was noise; and no packet */
	ROW(LOGIN_SLIP, 1, "\r\xc0\x45\x00\x7e\xff\x03\x00"),
	ROW(LOGIN_UNKNOWN, 0, "\xc0\x7e}}x"),
	ROW(LOGIN_UNKNOWN, 0, "~@!"),
	ROW(LOGIN_UNKNOWN, 0, "\xc0\xc0\xc0"),
	ROW(LOGIN_UNKNOWN, 0, "\xc0\x44\xc0\x60"),
	ROW(LOGIN_UNKNOWN, 0, "\x45\x00\x00\x54"),
	/* people, scripts, mailers */
	ROW(LOGIN_TEXT, 0, "alice\r"),
	ROW(LOGIN_TEXT, 0, "\xe1\x6c\xe9\xe3\x65\x8d"),
	ROW(LOGIN_TEXT, 0, "\r"),
	ROW(LOGIN_TEXT, 0, "\x8d"),
	ROW(LOGIN_TEXT, 0, "alice\n"),
	ROW(LOGIN_UNKNOWN, 0, "\n"),
	ROW(LOGIN_UNKNOWN, 0, "alice"),
	ROW(LOGIN_UNKNOWN, 0, "\x05\xda"),
	ROW(LOGIN_MAILER, 0, "**EMSI_INQC816\r"),
	ROW(LOGIN_MAILER, 0, "***EMSI"),
	ROW(LOGIN_UNKNOWN, 0, "**EM*SI"),
};

static void
kinds_cut_everywhere(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const uint8_t *octets = (const uint8_t *)rows[i].octets;

		for (size_t cut = 0; cut <= rows[i].length; cut++) {
			static struct login login;
			enum login_kind kind;

			login_reset(&login);
			login_feed(&login, octets, cut);
			kind = login_feed(&login, octets + cut,
			    rows[i].length - cut);
			if (kind != rows[i].kind)
				fail_msg("row %zu cut at %zu: %s", i, cut,
				    login_kind_name(kind));
			if (kind < LOGIN_SLIP)
				continue;
			assert_int_equal(login.length,
			    rows[i].length - rows[i].before);
			assert_memory_equal(login.kept,
			    octets + rows[i].before, login.length);
		}
	}
}

static void
what_is_kept_is_bounded(void **state)
{
	static const uint8_t start[] = { 0x7e, 0xff, 0x03, 0xc0, 0x21 };
	static struct login login;

	(void)state;
	login_reset(&login);
	for (int i = 0; i < 100000; i++)
		login_feed(&login, (const uint8_t *)"noise \xc0~}}", 10);
	assert_true(login.length < 16);
	login_feed(&login, (const uint8_t *)"~not LCP", 8);
	assert_int_equal(login_room(&login), LOGIN_KEEP);
	login_feed(&login, start, sizeof(start));
	assert_int_equal(login.kind, LOGIN_PPP);
	while (login_room(&login) > 0)
		login_feed(&login, (const uint8_t *)"x", 1);
	login_feed(&login, (const uint8_t *)"yyyy", 4);
	assert_int_equal(login.length, LOGIN_KEEP);
	assert_int_equal(login.kept[LOGIN_KEEP - 1], 'x');
}

static void
what_was_decided_stays(void **state)
{
	static struct login login;

	(void)state;
	login_reset(&login);
	login_feed(&login, (const uint8_t *)"ppp\r", 4);
	login_decide(&login, LOGIN_PPP);
	assert_int_equal(login.length, 0);
	login_feed(&login, (const uint8_t *)"\n\xc0\x45~x", 5);
	assert_int_equal(login.kind, LOGIN_PPP);
	assert_int_equal(login.length, 5);
	login_reset(&login);
	login_feed(&login, (const uint8_t *)"\xc0\x45", 2);
	login_decide(&login, LOGIN_SLIP);
	login_feed(&login, (const uint8_t *)"~\xff\x03\xc0\x21", 5);
	assert_int_equal(login.kind, LOGIN_SLIP);
	assert_int_equal(login.length, 7);
}

static void
noise(void **state)
{
	static struct login login;
	uint8_t octets[256];

	(void)state;
	srand(1);
	for (int round = 0; round < 10000; round++) {
		login_reset(&login);
		for (size_t i = 0; i < sizeof(octets); i++)
			octets[i] = (uint8_t)(rand() % 4 == 0 ? 0x7e :
			    rand());
		login_feed(&login, octets, sizeof(octets));
		assert_true(login.length <= sizeof(octets));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds_cut_everywhere),
		cmocka_unit_test(what_is_kept_is_bounded),
		cmocka_unit_test(what_was_decided_stays),
		cmocka_unit_test(noise),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
