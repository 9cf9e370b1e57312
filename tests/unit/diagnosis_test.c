/*
 * diagnosis_test.c - what modems say of a call, each in its own table
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "serial/diagnosis.c"

/* Lines of a report with \n between them, and the sentence for the log. */
static const struct {
	const char *report, *text;
} reports[] = {
	/* USRobotics, ATI6 */
	{ "U.S. Robotics 56K FAX EXT Link Diagnostics...\n"
	    "Chars sent                    9120      Chars Received     2210\n"
	    "Chars lost                       4\n"
	    "Blocks resent                    3\n"
	    "Retrains Requested               2      Retrains Granted      1\n"
	    "Line Reversals                   0      Blers                 7\n"
	    "Data Compression       V42BIS 2048/32\n"
	    "Protocol               LAPM/SREJ\n"
	    "Speed                  48000/28800\n"
	    "V.90 Peak Speed        49333\n"
	    "Disconnect Reason is DTR dropped",
	    "DTR dropped, 28800/48000 bit/s, retrains 2, retrained 1, errors"
	    " 7, resent 3, lost 4, LAPM/SREJ, V42BIS 2048/32" },
	/* Rockwell, AT&V1; Westermo writes numbers with blanks */
	{ "TERMINATION REASON.......... LOCAL REQUEST\n"
	    "LAST TX rate................ 26 400 BIT/S\n"
	    "HIGHEST TX rate............. 33600 BPS\n"
	    "LAST RX rate................ 31200 BPS\n"
	    "PROTOCOL.................... LAPM\n"
	    "COMPRESSION................. V42Bis\n"
	    "Local Rtrn Count............ 02\n"
	    "Remote Rtrn Count........... 01",
	    "LOCAL REQUEST, 26400/31200 bit/s, retrains 2, retrained 1, LAPM,"
	    " V42Bis" },
	/* Lucent, ATI11 */
	{ "4     Final   Transmit Carrier Rate  33600\n"
	    "5     Final   Receive  Carrier Rate  31200\n"
	    "6     Protocol Negotiation Result    LAPM\n"
	    "7     Data Compression Result        V42bis\n"
	    "9     Receive  Signal Power Level (-dBm) 25\n"
	    "15    Transmit Frame Error Count     3\n"
	    "18    Retrain by Local  Modem        2\n"
	    "19    Retrain by Remote Modem        1\n"
	    "20    Call Termination Cause         1",
	    "remote modem, 33600/31200 bit/s, retrains 2, retrained 1, resent"
	    " 3, LAPM, V42bis" },
	/* ZyXEL, ATI2 */
	{ "Chars Sent        2420   Chars Received    2420\n"
	    "Blocks Resent        3   Max Outstanding      8\n"
	    "Max Block Size     256   Retrain Requested    2\n"
	    "Link Duration        1   Retrain Granted      1\n"
	    "FCS Errors           7   Round Trip Delay   110\n"
	    "Last Speed/Protocol  Connect 14400/ARQ/V42b\n"
	    "Disconnect Reason    Local Hang Up",
	    "Local Hang Up, retrains 2, retrained 1, errors 7, resent 3,"
	    " Connect 14400/ARQ/V42b" },
	/* AT#UD */
	{ "DIAG <2A4D3263 0=10 1=1 4=\"A B\" 26=8340 32=2 33=1>\n"
	    "DIAG <2A4D3263 34=8340 35=79E0 40=7 60=51>",
	    "hung up by command, 33600/31200 bit/s, retrains 2, retrained"
	    " 1" },
	{ "DIAG <2A4D3263 60=FF 43=1 =3 32=>", "resent 1" },
	{ "DIAG <2A4D3263 32=100000000 60=3C>", "carrier lost" },
	{ "DIAG <12345678 60=3C>", "" },
	/* GSM */
	{ "+CEER: Normal call clearing", "Normal call clearing" },
	/* Nothing to do with it */
	{ "OK\n\nRetrain\nBlers\nBlers none\nSpeed\nSpeed: fast\n"
	    "Call Termination Cause 99\nCall Termination Cause x", "" },
};

static void
all_reports(void **state)
{
	char line[200], text[DIAGNOSIS_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT(reports); i++) {
		struct diagnosis diagnosis;
		const char *rest = reports[i].report;

		diagnosis_reset(&diagnosis);
		while (*rest != '\0') {
			size_t length = strcspn(rest, "\n");

			snprintf(line, sizeof(line), "%.*s", (int)length,
			    rest);
			diagnosis_line(&diagnosis, line);
			rest += length + (rest[length] == '\n');
		}
		diagnosis_text(&diagnosis, text);
		assert_string_equal(text, reports[i].text);
	}
	for (unsigned i = 0; i < DIAGNOSIS_NUMBERS; i++)
		assert_true(strlen(diagnosis_number_name(i)) > 0);
}

static void
pages(void **state)
{
	(void)state;
	assert_true(diagnosis_wants_key("Press any key to continue; ESC to"
	    " quit."));
	assert_true(diagnosis_wants_key("--- any key ---"));
	assert_false(diagnosis_wants_key("Many keys"));
	assert_false(diagnosis_wants_key(""));
}

/* Whatever comes, nothing grows and nothing ends it. */
static void
noise(void **state)
{
	struct diagnosis diagnosis;
	char line[160], text[DIAGNOSIS_TEXT_SIZE];

	(void)state;
	srand(1);
	diagnosis_reset(&diagnosis);
	for (int round = 0; round < 20000; round++) {
		size_t length = (size_t)rand() % (sizeof(line) - 1);
		const char *label = round % 2 ? numbers[(unsigned)rand() %
		    COUNT(numbers)].label : words[(unsigned)rand() %
		    COUNT(words)].label;

		for (size_t i = 0; i < length; i++)
			line[i] = (char)(rand() % 95 + ' ');
		line[length] = '\0';
		if (length > strlen(label))
			memcpy(line, label, strlen(label));
		diagnosis_line(&diagnosis, line);
		diagnosis_text(&diagnosis, text);
		assert_true(strlen(text) < sizeof(text));
		assert_true(strlen(diagnosis.reason) < DIAGNOSIS_WORD_SIZE);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_reports),
		cmocka_unit_test(pages),
		cmocka_unit_test(noise),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
