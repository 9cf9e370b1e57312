/*
 * exchange_at_test.c - the command language of the exchange's modems
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/exchange/at.c"

static struct at at;
static char dialled[AT_LINE], told[AT_TEXT];
static unsigned answers, hang_ups;

static enum at_result
do_dial(void *context, const char *digits)
{
	(void)context;
	snprintf(dialled, sizeof(dialled), "%s", digits);
	return AT_NOTHING;
}

static enum at_result
do_answer(void *context)
{
	(void)context;
	answers++;
	return AT_NOTHING;
}

static enum at_result
do_hang_up(void *context)
{
	(void)context;
	hang_ups++;
	return AT_OK;
}

static enum at_result
do_online(void *context)
{
	(void)context;
	return AT_NO_CARRIER;
}

static enum at_result
do_off_hook(void *context)
{
	(void)context;
	hang_ups += 100;
	return AT_OK;
}

static void
do_text(void *context, const char *text)
{
	(void)context;
	snprintf(told, sizeof(told), "%s", text);
}

static const struct at_modem modem = { do_dial, do_answer, do_hang_up,
	do_online, do_off_hook, do_text, "a modem" };

/* Type a text; the result of its last line, AT_NOTHING if there is none. */
static enum at_result
type(const char *text)
{
	enum at_result result = AT_NOTHING;

	for (; *text; text++)
		if (at_octet(&at, *text))
			result = at_execute(&at, &modem, NULL);
	return result;
}

static int
setup(void **state)
{
	(void)state;
	memset(&at, 0, sizeof(at));
	at_reset(&at);
	dialled[0] = told[0] = '\0';
	answers = hang_ups = 0;
	return 0;
}

static void
lines(void **state)
{
	(void)state;
	assert_int_equal(type("AT\r"), AT_OK);
	assert_int_equal(type("at\r"), AT_OK);
	assert_int_equal(type("noise AT\r"), AT_OK);
	assert_int_equal(type("ATE0V1Q0 X4\r"), AT_OK);
	assert_false(at.echo);
	assert_int_equal(type("ATE1\b0\r"), AT_OK);
	assert_false(at.echo);
	assert_int_equal(type("X\r"), AT_NOTHING);
	assert_int_equal(type("\r\n\r\n"), AT_NOTHING);
}

static void
the_first_error_ends_a_line(void **state)
{
	(void)state;
	assert_int_equal(type("ATE0!X1\r"), AT_ERROR);
	assert_false(at.echo);
	assert_int_equal(at.x, 4);
	assert_int_equal(type("AT+FCLASS=?\r"), AT_ERROR);
	assert_int_equal(type("ATX9\r"), AT_ERROR);
	assert_int_equal(type("ATS7\r"), AT_ERROR);
	assert_int_equal(type("ATS99=1\r"), AT_ERROR);
	assert_int_equal(type("ATS7=256\r"), AT_ERROR);
}

static void
overlong_line(void **state)
{
	(void)state;
	assert_int_equal(type("AT"), AT_NOTHING);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(type("E0"), AT_NOTHING);
	assert_int_equal(type("\r"), AT_ERROR);
	assert_int_equal(type("AT\r"), AT_OK);
}

static void
repeat(void **state)
{
	(void)state;
	assert_int_equal(type("ATDT 555-0100\r"), AT_NOTHING);
	assert_string_equal(dialled, "5550100");
	dialled[0] = '\0';
	assert_int_equal(type("A/"), AT_NOTHING);
	assert_string_equal(dialled, "5550100");
}

static void
registers(void **state)
{
	(void)state;
	assert_int_equal(type("ATS0=2S7=45S0?\r"), AT_OK);
	assert_string_equal(told, "002");
	assert_int_equal(at.s[7], 45);
	assert_int_equal(type("AT&C0&D3+VCID=1\r"), AT_OK);
	assert_true(at.dcd_always);
	assert_int_equal(at.dtr, 3);
	assert_true(at.caller_id);
	assert_int_equal(type("AT&F\r"), AT_OK);
	assert_int_equal(at.s[0], 0);
	assert_false(at.dcd_always);
}

static void
calls(void **state)
{
	(void)state;
	assert_int_equal(type("ATA\r"), AT_NOTHING);
	assert_int_equal(answers, 1);
	assert_int_equal(type("ATH0\r"), AT_OK);
	assert_int_equal(hang_ups, 1);
	assert_int_equal(type("ATE0\r"), AT_OK);
	assert_int_equal(type("ATZ!\r"), AT_OK);
	assert_int_equal(hang_ups, 2);
	assert_int_equal(type("ATH1\r"), AT_OK);
	assert_int_equal(hang_ups, 102);
	assert_true(at.echo);
	assert_int_equal(type("ATO\r"), AT_NO_CARRIER);
	assert_int_equal(type("ATI3\r"), AT_OK);
	assert_string_equal(told, "a modem");
}

static void
result_codes(void **state)
{
	char text[AT_TEXT];

	(void)state;
	at_result_text(&at, AT_CONNECT, "CONNECT 33600", text);
	assert_string_equal(text, "\r\nCONNECT 33600\r\n");
	type("ATX0\r");
	at_result_text(&at, AT_CONNECT, "CONNECT 33600", text);
	assert_string_equal(text, "\r\nCONNECT\r\n");
	at_result_text(&at, AT_BUSY, "", text);
	assert_string_equal(text, "\r\nNO CARRIER\r\n");
	type("ATV0X4\r");
	at_result_text(&at, AT_BUSY, "", text);
	assert_string_equal(text, "7\r");
	type("ATQ1\r");
	at_result_text(&at, AT_OK, "", text);
	assert_string_equal(text, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(lines, setup),
		cmocka_unit_test_setup(the_first_error_ends_a_line, setup),
		cmocka_unit_test_setup(overlong_line, setup),
		cmocka_unit_test_setup(repeat, setup),
		cmocka_unit_test_setup(registers, setup),
		cmocka_unit_test_setup(calls, setup),
		cmocka_unit_test_setup(result_codes, setup),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
