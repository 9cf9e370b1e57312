/* What has come of a datagram, beside a plain table of its units. */
#include "masqd/nat/pieces.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { UNITS = 8189, HEADER = 20 };

static struct pieces pieces;
static bool came[UNITS];
static uint32_t seed = 1;

static uint32_t
draw(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)seed * below >> 32);
}

static enum verdict
add(unsigned from, unsigned to, bool is_last)
{
	const struct packet p = {
		.length = HEADER + (to - from) * PIECES_UNIT,
		.transport = HEADER,
		.fragment_offset = (uint16_t)(from * PIECES_UNIT),
		.more_fragments = !is_last };

	return pieces_add(&pieces, &p);
}

static void
are_told_apart(void **state)
{
	(void)state;
	pieces_clear(&pieces);
	assert_int_equal(add(10, 20, false), PASS);
	assert_int_equal(add(30, 40, false), PASS);
	assert_int_equal(add(12, 18, false), DROP_FRAGMENT_TWICE);
	assert_int_equal(add(18, 22, false), DROP_FRAGMENT_OVERLAP);
	assert_int_equal(add(5, 45, false), DROP_FRAGMENT_OVERLAP);
	assert_int_equal(add(22, 28, true), DROP_FRAGMENT_OVERLAP);
	assert_int_equal(add(22, 22, false), DROP_FRAGMENT);
	assert_int_equal(add(20, 30, false), PASS);
	assert_int_equal(add(11, 39, false), DROP_FRAGMENT_TWICE);
	assert_int_equal(add(40, 50, true), PASS);
	assert_int_equal(add(50, 60, true), DROP_FRAGMENT_OVERLAP);
	assert_int_equal(add(50, 60, false), DROP_FRAGMENT_OVERLAP);
	assert_false(pieces_are_all(&pieces));
	assert_int_equal(add(0, 10, false), PASS);
	assert_true(pieces_are_all(&pieces));
}

/* What add() must say, by the table. */
static enum verdict
expected(unsigned from, unsigned to)
{
	unsigned n = 0;

	for (unsigned i = from; i < to; i++)
		n += came[i];
	return n == to - from ? DROP_FRAGMENT_TWICE :
	    n > 0 ? DROP_FRAGMENT_OVERLAP : PASS;
}

static void
fill_the_longest_datagram(void **state)
{
	unsigned left = UNITS;

	(void)state;
	for (unsigned longest = 1; longest <= 4096; longest *= 4) {
		pieces_clear(&pieces);
		memset(came, 0, sizeof came);
		left = UNITS - 1;
		assert_int_equal(add(UNITS - 1, UNITS, true), PASS);
		came[UNITS - 1] = true;
		for (unsigned at = 0; left > 0;) {
			unsigned from = draw(UNITS - 1), to;
			enum verdict v;

			if (came[from]) { /* the last gaps by turns */
				while (came[at])
					at++;
				from = at;
			}
			to = from + 1 + draw(longest);
			if (to >= UNITS)
				to = UNITS - 1;
			v = expected(from, to);
			assert_int_equal(add(from, to, false), v);
			for (; v == PASS && from < to; from++, left--)
				came[from] = true;
			assert_int_equal(pieces_are_all(&pieces), left == 0);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(are_told_apart),
		cmocka_unit_test(fill_the_longest_datagram),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("pieces", tests, NULL, NULL);
}
