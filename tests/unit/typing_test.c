/*
 * typing_test.c - lines as people and scripts type them
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "serial/typing.c"

#define ROW(text, spoilt, known, octets)                                       \
	{ text, spoilt, known, octets, sizeof(octets) - 1 }

/* What the last entered line was. */
static const struct row {
	const char *text;
	bool spoilt;
	enum typing_parity known;
	const char *octets;
	size_t count;
} rows[] = {
	ROW("alice", false, PARITY_NONE, "alice\r"),
	ROW("alice", false, PARITY_NONE, "alice\n"),
	ROW("", false, PARITY_NONE, "\n\r"),
	ROW("bob", false, PARITY_NONE, "alice\r\nbob\r\n"),
	ROW("bob", false, PARITY_NONE, "alice\r\0bob\r\0"),
	ROW("", false, PARITY_NONE, "alice\r\r"),
	ROW("", false, PARITY_NONE, "alice\n\n"),
	ROW("alice", false, PARITY_NONE, "alx\bice\r"),
	ROW("alice", false, PARITY_NONE, "\b\balx\x7fice\r"),
	ROW("bob", false, PARITY_NONE, "alice\x15" "bob\r"),
	ROW("alice", false, PARITY_NONE, "\x11" "al\x13ice\r"),
	ROW("alice", false, PARITY_NONE, "\x07\x1b\0alice\r"),
	ROW("al[Aice", true, PARITY_NONE, "al\x1b[Aice\r"),
	ROW("bob", false, PARITY_NONE, "al\x1b[A\x15" "bob\r"),
	/* seven bits: even, odd, mark, space */
	ROW("alice", false, PARITY_EVEN, "\xe1\x6c\x69\x63\x65\x8d"),
	ROW("alice", false, PARITY_ODD, "\x61\xec\xe9\xe3\xe5\x0d"),
	ROW("alice", false, PARITY_MARK, "\xe1\xec\xe9\xe3\xe5\x8d"),
	ROW("", false, PARITY_EVEN, "\x8d"),
	ROW("al", false, PARITY_EVEN, "\xe1\x6c\x69\x88\x8d"),
	/* known once, it stays where a line does not tell, and goes where it
	 * tells otherwise */
	ROW("ccc", false, PARITY_EVEN, "\x8d\x63\x63\x63\x8d"),
	ROW("alice", false, PARITY_NONE, "\x8d" "alice\r"),
	/* noise in front of a line is no parity */
	ROW("alice", false, PARITY_NONE, "\x91\x13\x8b\0alice\r"),
	ROW("alice", false, PARITY_EVEN, "\x91\x13\x8d\xe1\x6c\x69\x63\x65\x8d"),
	/* and within a line it costs that line only */
	ROW("alice", false, PARITY_EVEN, "\xe1\x91\x8d\xe1\x6c\x69\x63\x65\x8d"),
};

static void
lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct typing typing;
		char text[TYPING_SIZE] = "none";
		bool spoilt = false;

		typing_reset(&typing);
		for (size_t at = 0; at < rows[i].count; at++) {
			if (typing_octet(&typing, (uint8_t)rows[i].octets[at])
			    != TYPING_ENTERED)
				continue;
			memcpy(text, typing.text, sizeof(text));
			spoilt = typing.spoilt;
			typing_clear(&typing);
		}
		if (strcmp(text, rows[i].text) != 0 ||
		    spoilt != rows[i].spoilt || typing.known != rows[i].known)
			fail_msg("row %zu: \"%s\", spoilt %d, parity %d", i,
			    text, spoilt, typing.known);
	}
}

static void
dressed(void **state)
{
	static const char wanted[][4] = {
		[PARITY_NONE] = "a\r\xc3",
		[PARITY_EVEN] = "\xe1\x8d\xc3",
		[PARITY_ODD] = "\x61\x0d\x43",
		[PARITY_MARK] = "\xe1\x8d\xc3",
	};

	(void)state;
	for (unsigned i = PARITY_NONE; i <= PARITY_MARK; i++) {
		struct typing typing = { .known = i };

		for (int c = 0; c < 3; c++)
			assert_int_equal(typing_dress(&typing,
				(uint8_t)wanted[PARITY_NONE][c]),
			    (uint8_t)wanted[i][c]);
	}
}

static void
bounded(void **state)
{
	struct typing typing;

	(void)state;
	typing_reset(&typing);
	for (int i = 0; i < 1000; i++)
		typing_octet(&typing, 'x');
	assert_int_equal(typing.count, TYPING_SIZE - 1);
	assert_true(typing.spoilt);
	assert_int_equal(typing_octet(&typing, KILL), TYPING_ERASED);
	assert_int_equal(typing.erased, TYPING_SIZE - 1);
	assert_false(typing.spoilt);
	for (int i = 0; i < TYPING_SIZE; i++)
		assert_int_equal(typing.text[i], 0);
}

static void
wide(void **state)
{
	struct typing typing;

	(void)state;
	typing_reset(&typing);
	typing_octet(&typing, 'a');
	assert_int_equal(typing_octet(&typing, 0xc3), TYPING_NOTHING);
	typing.wide = true;
	assert_int_equal(typing_octet(&typing, 0xbc), TYPING_ADDED);
	assert_string_equal(typing.text, "a\xbc");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(dressed),
		cmocka_unit_test(bounded),
		cmocka_unit_test(wide),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
