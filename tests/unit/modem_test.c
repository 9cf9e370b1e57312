/*
 * modem_test.c - result codes, rates and caller id in all shapes seen, and
 * the dialogue in all cuts
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "serial/modem.c"
#include "serial/result.c"

static const struct {
	const char *line;
	enum result_code code;
} shapes[] = {
	{ "RING", RESULT_RING },
	{ "RING 1", RESULT_RING },
	{ "RING A", RESULT_RING },
	{ "RING;5551234;5559876", RESULT_RING },
	{ "RING: t 5551234", RESULT_RING },
	{ "RING/1", RESULT_RING },
	{ "ring", RESULT_RING },
	{ "+CRING: REL ASYNC", RESULT_RING },
	{ "RINGBACK", RESULT_RINGBACK },
	{ "RINGING", RESULT_RINGBACK },
	{ "RRING", RESULT_RINGBACK },
	{ "RINGS", RESULT_TEXT },
	{ "DRON=20", RESULT_TEXT },
	{ "DROF=40", RESULT_TEXT },
	{ "CONNECT", RESULT_CONNECT },
	{ "CONNECT 115200", RESULT_CONNECT },
	{ "CONNECT/REL", RESULT_CONNECT },
	{ "CONNECTED", RESULT_TEXT },
	{ "CARRIER 28800", RESULT_TEXT },
	{ "PROTOCOL: LAP-M", RESULT_TEXT },
	{ "NO CARRIER", RESULT_NO_CARRIER },
	{ "BUSY", RESULT_BUSY },
	{ "NO ANSWER", RESULT_NO_ANSWER },
	{ "NO DIALTONE", RESULT_NO_DIALTONE },
	{ "NO DIAL TONE", RESULT_NO_DIALTONE },
	{ "BLACKLISTED", RESULT_REFUSED },
	{ "DELAYED 00:01:30", RESULT_REFUSED },
	{ "VOICE", RESULT_VOICE },
	{ "FAX", RESULT_FAX },
	{ "DATA", RESULT_DATA },
	{ "DATE = 0915", RESULT_TEXT },
	{ "+FCON", RESULT_FAX },
	{ "+FCO", RESULT_FAX },
	{ "OK", RESULT_OK },
	{ "OKAY", RESULT_TEXT },
	{ "0", RESULT_OK },
	{ "4", RESULT_ERROR },
	{ "04", RESULT_TEXT },
	{ "ERROR", RESULT_ERROR },
	{ "+CME ERROR: 30", RESULT_ERROR },
	{ "", RESULT_NOTHING },
	{ "U.S. Robotics 56K FAX", RESULT_TEXT },
};

static void
result_shapes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
		if (result_code(shapes[i].line) != shapes[i].code)
			fail_msg("%s: %s", shapes[i].line,
			    result_name(result_code(shapes[i].line)));
	}
	for (enum result_code c = 0; c < RESULT_CODES; c++)
		assert_true(strlen(result_name(c)) > 0);
}

/* The lines of one call, in order, and what is known after them. */
static const struct {
	const char *lines[4];
	uint32_t tx, rx;
	bool line;
} rates[] = {
	{ { "CONNECT" }, 0, 0, false },
	{ { "CONNECT 115200" }, 115200, 115200, false },
	{ { "CONNECT 0600" }, 600, 600, false },
	{ { "CONNECT 28800/ARQ/V34/LAPM/V42BIS" }, 28800, 28800, true },
	{ { "CONNECT 49333/ARQ/V90/LAPM/V42BIS" }, 49333, 49333, true },
	{ { "CONNECT 14400/NONE" }, 14400, 14400, true },
	{ { "CARRIER 28800", "PROTOCOL: LAP-M", "CONNECT 115200" },
	    28800, 28800, true },
	{ { "CONNECT 57600/V34/LAPM/V42BIS/33600:TX/31200:RX" },
	    33600, 31200, true },
	{ { "CONNECT V90/LAPM/V42BIS/54666:TX/31200:RX" },
	    54666, 31200, true },
	{ { "CONNECT 38400/V.32bis 14400/V.42bis" }, 14400, 14400, true },
	{ { "CONNECT 14400/ARQ/MNP5" }, 14400, 14400, true },
	{ { "+MCR: V34", "+MRR: 33600,31200", "+ER: LAPM",
	    "CONNECT 115200" }, 33600, 31200, true },
	{ { "+MRR: 33600", "CONNECT" }, 33600, 33600, true },
	{ { "CONNECT 64000/HDLC" }, 64000, 64000, true },
	{ { "CONNECT 99999999999999" }, 0, 0, false },
	{ { "CARRIER LOST", "+MRR:", "NO CARRIER" }, 0, 0, false },
};

static void
rate_shapes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rates) / sizeof(*rates); i++) {
		struct result_rates got = { 0, 0, false };

		for (size_t j = 0; j < 4 && rates[i].lines[j] != NULL; j++)
			result_rates(rates[i].lines[j], &got);
		if (got.tx != rates[i].tx || got.rx != rates[i].rx ||
		    got.line != rates[i].line)
			fail_msg("%s: %u/%u%s", rates[i].lines[0], got.tx,
			    got.rx, got.line ? " of the line" : "");
	}
}

/* And the words: modulation protocol compression, "-" where unknown. */
static const struct {
	const char *lines[5], *words;
} connects[] = {
	{ { "CONNECT" }, "- - -" },
	{ { "CONNECT 115200" }, "- - -" },
	{ { "CONNECT 28800/ARQ/V34/LAPM/V42BIS" }, "V34 LAPM V42BIS" },
	{ { "CONNECT 49333/ARQ/V90/LAPM/V42BIS" }, "V90 LAPM V42BIS" },
	{ { "CONNECT 14400/NONE" }, "- NONE -" },
	{ { "CONNECT 14400/ARQ/HST/HST/V42BIS" }, "HST ARQ V42BIS" },
	{ { "CONNECT 44000/ARQ/x2/LAPM/V42BIS" }, "X2 LAPM V42BIS" },
	{ { "CARRIER 28800", "PROTOCOL: LAP-M", "COMPRESSION: V.42BIS",
	    "CONNECT 115200" }, "- LAPM V42BIS" },
	{ { "CARRIER 14400", "PROTOCOL: MNP 3,4", "COMPRESSION: CLASS 5",
	    "CONNECT 57600" }, "- MNP MNP5" },
	{ { "CARRIER 2400", "PROTOCOL: NONE", "COMPRESSION: NONE",
	    "CONNECT 57600" }, "- NONE NONE" },
	{ { "CONNECT 57600/V34/LAPM/V42BIS/33600:TX/31200:RX" },
	    "V34 LAPM V42BIS" },
	{ { "CONNECT 57600/V92/LAPM/V44/48000:TX/28800:RX" },
	    "V92 LAPM V44" },
	{ { "CONNECT 57600/LAP-M" }, "- LAPM -" },
	{ { "CONNECT 57600/REL-LAPM V.42 BIS" }, "- LAPM -" },
	{ { "CONNECT V90/LAPM/V42BIS/54666:TX/31200:RX" },
	    "V90 LAPM V42BIS" },
	{ { "CONNECT 38400/V.32bis 14400/V.42bis" }, "V32BIS - V42BIS" },
	{ { "CONNECT 115200/ZyX 16800/V42b" }, "- - V42BIS" },
	{ { "CONNECT 14400/ARQ/MNP5" }, "- MNP MNP5" },
	{ { "+MCR: V34", "+MRR: 33600,31200", "+ER: LAPM", "+DR: V42B",
	    "CONNECT 115200" }, "V34 LAPM V42BIS" },
	{ { "+ER: ALT", "+DR: ALT" }, "- MNP MNP" },
	{ { "CONNECT 9600/RLP" }, "- - -" },
	{ { "CONNECT 64000/HDLC" }, "- HDLC -" },
	{ { "CONNECT 57600/1200 TX/75 RX" }, "- - -" },
	{ { "PROTOCOL: something unheard of, and long" },
	    "- SOMETHINGUNHEAR -" },
	{ { "PROTOCOL", "+ER LAPM", "NO CARRIER", "+DR:" }, "- - -" },
};

static void
connect_shapes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(connects) / sizeof(*connects); i++) {
		struct result_connect got = { .rates = { 0, 0, false } };
		char said[100];

		for (size_t j = 0; j < 5 && connects[i].lines[j] != NULL; j++)
			result_connect(connects[i].lines[j], &got);
		snprintf(said, sizeof(said), "%s %s %s",
		    got.modulation[0] ? got.modulation : "-",
		    got.protocol[0] ? got.protocol : "-",
		    got.compression[0] ? got.compression : "-");
		if (strcmp(said, connects[i].words) != 0)
			fail_msg("%s: %s", connects[i].lines[0], said);
	}
}

static const struct {
	const char *lines[4], *kind; /* NULL: nothing was told */
} rings[] = {
	{ { "RING" }, NULL },
	{ { "RING A" }, "A" },
	{ { "RING 2" }, "2" },
	{ { "RING/3030" }, "3030" },
	{ { "RING;5551234;5559876" }, "5559876" },
	{ { "RING: t 5559876" }, "5559876" },
	{ { "DRON=20", "DROF=40", "RING" }, "20-40" },
	{ { "DRON=8", "DROF=4", "DRON=8", "DROF=40" }, "8-4-8-40" },
	{ { "DRON=", "DROF=x" }, NULL },
	{ { "RINGBACK" }, NULL },
	{ { "RING B", "RING" }, "B" },
	{ { "+CRING: REL ASYNC" }, NULL },
	{ { "RING 1234567890123456789012345678901234567890" },
	    "1234567890123456789012345678901" },
};

static void
ring_shapes(void **state)
{
	char kind[RESULT_KIND_SIZE] = "";

	(void)state;
	for (size_t i = 0; i < sizeof(rings) / sizeof(*rings); i++) {
		bool told = false;

		kind[0] = '\0';
		for (size_t j = 0; j < 4 && rings[i].lines[j] != NULL; j++)
			told |= result_ring(rings[i].lines[j], kind);
		if (told != (rings[i].kind != NULL) ||
		    (told && strcmp(kind, rings[i].kind) != 0))
			fail_msg("%s: %s", rings[i].lines[0], kind);
	}
	/* A cadence without end. */
	for (int i = 0; i < 100; i++)
		result_ring(i % 2 ? "DROF=999" : "DRON=999", kind);
	assert_true(strlen(kind) < RESULT_KIND_SIZE);
}

static const struct {
	const char *line;
	char letter;
} withheld[] = {
	{ "NMBR = P", 'P' },
	{ "NMBR = O", 'O' },
	{ "NMBR=OUT_OF_AREA", 'O' },
	{ "CALLER NUMBER: PRIVATE", 'P' },
	{ "NMBR = 5551234", 0 },
	{ "NMBR =", 0 },
	{ "NMBR = X", 0 },
	{ "NMBR = PAUL", 0 },
	{ "NAME = P", 0 },
	{ "P", 0 },
};

static void
withheld_numbers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(withheld) / sizeof(*withheld); i++)
		assert_int_equal(result_withheld(withheld[i].line),
		    withheld[i].letter);
}

static const struct {
	const char *line, *number; /* NULL: none */
} callers[] = {
	{ "NMBR = 5551234", "5551234" },
	{ "NMBR=5551234", "5551234" },
	{ "NMBR = 555-1234", "5551234" },
	{ "NBR=5551234", "5551234" },
	{ "CALLER NUMBER: 5551234", "5551234" },
	{ "CALLER'S NUMBER: 5551234", "5551234" },
	{ "CallerID: 5551234", "5551234" },
	{ "FM:5551234", "5551234" },
	{ "+CLIP: \"+15551234\",145", "+15551234" },
	{ "RING;5551234;5559876", "5551234" },
	{ "NUMBER: 5551234", "5551234" },
	{ "Caller ID: 5551234", "5551234" },
	{ "+CLIP: \"5551234\",129,,,,0", "5551234" },
	{ "MESG = 030735353531323334", "5551234" },
	{ "MESG=02083535353132333435", "55512345" },
	{ "MESG = 0307355", "5" },
	{ "MESG = 0407353535", NULL },
	{ "MESG = 03", NULL },
	{ "MESG = 03FF", NULL },
	{ "MESG", NULL },
	{ "5551234", "5551234" },
	{ "1234", NULL },
	{ "5551234x", NULL },
	{ "Diverting number: 5551234", NULL },
	{ "REASON FOR NO CALLER NUMBER: 5", NULL },
	{ "CALLED NUMBER: 5559876", NULL },
	{ "CALLER NAME: 5551234", NULL },
	{ "NMBR = P", NULL },
	{ "NMBR = O", NULL },
	{ "DDN_NMBR= 5559876", NULL },
	{ "NDID=5559876", NULL },
	{ "TO:5559876", NULL },
	{ "NAME = 5551234", NULL },
	{ "DATE = 0915", NULL },
	{ "RING", NULL },
	{ "", NULL },
	{ "NMBR = 1234567890123456789012345678901234567890",
	    "1234567890123456789012345678901" },
};

static void
caller_shapes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(callers) / sizeof(*callers); i++) {
		char number_seen[RESULT_NUMBER_SIZE] = "";
		bool had = result_caller(callers[i].line, number_seen);

		if (had != (callers[i].number != NULL) ||
		    (had && strcmp(number_seen, callers[i].number) != 0))
			fail_msg("%s: %s", callers[i].line, number_seen);
	}
}

/* Feed all, cut at one place; write down each event. */
static void
feed(struct modem *modem, const char *octets, size_t cut, char *to)
{
	size_t length = strlen(octets), done = 0;

	to[0] = '\0';
	while (done < length) {
		size_t end = done < cut ? cut : length;
		struct modem_event event;

		done += modem_feed(modem, (const uint8_t *)octets + done,
		    end - done, &event);
		if (event.code != RESULT_NOTHING)
			sprintf(to + strlen(to), "%s%s|", event.text,
			    event.answer ? "!" : "");
	}
}

static const struct {
	const char *command, *octets, *events;
} dialogues[] = {
	{ "AT", "\r\nOK\r\n", "OK!|" },
	{ "AT", "AT\r\r\nOK\r\n", "OK!|" },
	{ "ATZ", "atz\r\r\nOK\r\n", "OK!|" },
	{ "AT", "AT\r0\r", "0!|" },
	{ "AT", "\xcf\xcb\x8d\x8a", "OK!|" }, /* parity */
	{ "AT", "\x01\x02\r\nO\x10K\r\n", "OK!|" },
	{ "AT", "\r\nNO CARRIER\r\n\r\nOK\r\n", "NO CARRIER|OK!|" },
	{ "AT", "\r\nRING\r\n\r\nOK\r\n", "RING|OK!|" },
	{ "AT", "\r\nOK\r\n\r\nOK\r\n", "OK!|OK|" },
	{ "AT+FOO", "\r\nERROR\r\n", "ERROR!|" },
	{ "ATI3", "\r\nCourier V.Everything\r\n\r\nOK\r\n",
	    "Courier V.Everything|OK!|" },
	{ "ATA", "\r\nRING\r\n\r\nNO CARRIER\r\n", "RING|NO CARRIER!|" },
	{ "ATA", "\r\nDATA\r\nCARRIER 28800\r\n\r\nCONNECT 115200\r\n",
	    "DATA|CARRIER 28800|CONNECT 115200!|" },
	{ "ATD1", "\r\nBUSY\r\n", "BUSY!|" },
	{ "", "\r\nOK\r\n\r\nNO CARRIER\r\n", "OK|NO CARRIER|" },
	{ "", "\n\n\r\r\n\r", "" },
	{ "", "half a line", "" },
};

static void
dialogue_cut_everywhere(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(dialogues) / sizeof(*dialogues); i++) {
		for (size_t cut = 0; cut <= strlen(dialogues[i].octets);
		     cut++) {
			struct modem modem;
			char events[400];

			modem_reset(&modem);
			if (dialogues[i].command[0] != '\0')
				assert_true(modem_command(&modem,
				    dialogues[i].command, 0, 1000));
			feed(&modem, dialogues[i].octets, cut, events);
			assert_string_equal(events, dialogues[i].events);
		}
	}
}

/* What follows CONNECT's line is the call's: one LF behind its CR is not. */
static void
octets_behind_connect(void **state)
{
	static const struct {
		const char *octets;
		size_t line, rest; /* taken as line, skipped behind it */
	} rows[] = {
		{ "\r\nCONNECT 9600\r\n~\n", 15, 1 },
		{ "CONNECT\r~", 8, 0 },
		{ "CONNECT\n\n~", 8, 0 },
		{ "CONNECT\r\n\n", 8, 1 },
		{ "CONNECT\r\r\n", 8, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const uint8_t *octets = (const uint8_t *)rows[i].octets;
		struct modem_event event;
		struct modem modem;
		size_t used;

		modem_reset(&modem);
		used = modem_feed(&modem, octets, strlen(rows[i].octets),
		    &event);
		assert_int_equal(used, rows[i].line);
		assert_int_equal(event.code, RESULT_CONNECT);
		assert_int_equal(modem_call_octets(&modem, octets, 0), 0);
		assert_int_equal(modem_call_octets(&modem, octets + used, 2),
		    rows[i].rest);
		/* Only once. */
		assert_int_equal(modem_call_octets(&modem,
		    (const uint8_t *)"\n", 1), 0);
	}
}

static void
endless_line(void **state)
{
	struct modem_event event;
	struct modem modem;

	(void)state;
	modem_reset(&modem);
	for (int i = 0; i < 100000; i++)
		assert_int_equal(modem_feed(&modem, (const uint8_t *)"RING",
		    4, &event), 4);
	assert_int_equal(modem_feed(&modem, (const uint8_t *)"\r\n", 2,
	    &event), 1);
	assert_int_equal(event.code, RESULT_TEXT);
	assert_int_equal(strlen(event.text), MODEM_TEXT_SIZE - 1);
	modem_feed(&modem, (const uint8_t *)"\nRING\r", 6, &event);
	assert_int_equal(event.code, RESULT_RING);
}

static void
commands(void **state)
{
	char text[MODEM_COMMAND_SIZE + 1];
	struct modem modem;

	(void)state;
	modem_reset(&modem);
	assert_true(modem_command(&modem, "x4", 100, 50));
	assert_string_equal(modem.command, "ATx4");
	assert_false(modem_silent(&modem, 149));
	assert_true(modem_silent(&modem, 150));
	assert_false(modem_silent(&modem, 151));
	assert_false(modem_command(&modem, "AT\rATH1", 0, 1));
	assert_string_equal(modem.command, "");
	assert_false(modem_command(&modem, "ATS\xe4", 0, 1));
	memset(text, 'A', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_false(modem_command(&modem, text, 0, 1));
	text[MODEM_COMMAND_SIZE - 3] = '\0';
	assert_true(modem_command(&modem, text, 0, 1));
}

static void
noise(void **state)
{
	struct modem_event event;
	struct modem modem;
	uint8_t octets[64];

	(void)state;
	srand(1);
	modem_reset(&modem);
	for (int round = 0; round < 20000; round++) {
		size_t used = 0;

		for (size_t i = 0; i < sizeof(octets); i++)
			octets[i] = (uint8_t)rand();
		while (used < sizeof(octets)) {
			size_t now = modem_feed(&modem, octets + used,
			    sizeof(octets) - used, &event);

			assert_true(now > 0);
			used += now;
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(result_shapes),
		cmocka_unit_test(rate_shapes),
		cmocka_unit_test(connect_shapes),
		cmocka_unit_test(ring_shapes),
		cmocka_unit_test(withheld_numbers),
		cmocka_unit_test(caller_shapes),
		cmocka_unit_test(dialogue_cut_everywhere),
		cmocka_unit_test(octets_behind_connect),
		cmocka_unit_test(endless_line),
		cmocka_unit_test(commands),
		cmocka_unit_test(noise),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
