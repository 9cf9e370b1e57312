#include "masqd/nat/wheel.c"

#include "craft.h"

enum { TIMERS = 500, MANY = 1 << 20 };

static struct wheel_node nodes[TIMERS + 1];
static bool runs[TIMERS + 1];
static struct wheel w;
static uint32_t seed;

static uint32_t
draw(void)
{
	seed = seed * 1103515245u + 12345;
	return seed >> 4;
}

/* Lengths of all sizes, so that every level is used. */
static uint32_t
length(void)
{
	return 1 + draw() % (UINT32_C(1) << (1 + draw() % 27));
}

static void
begin(void)
{
	seed = 1;
	memset(runs, 0, sizeof runs);
	wheel_init(&w, nodes, sizeof nodes[0]);
}

/* All that should have expired by now, and only that, in the end. */
static void
drain(uint32_t now)
{
	unsigned budget = MANY;
	uint32_t node;

	while ((node = wheel_expire(&w, now, &budget)) != 0) {
		assert_true(runs[node]);
		assert_true(wheel_passed(nodes[node].expires, now));
		wheel_stop(&w, node);
		runs[node] = false;
	}
	assert_true(budget > 0);
	for (uint32_t i = 1; i <= TIMERS; i++)
		if (runs[i])
			assert_false(wheel_passed(nodes[i].expires, now));
}

/* Start, stop, move or put off (a mere write) one timer. */
static void
disturb(uint32_t now)
{
	uint32_t i = 1 + draw() % TIMERS, kind = draw() % 4;

	if (!runs[i]) {
		wheel_start(&w, i, now + length(), now);
		runs[i] = true;
	} else if (kind == 0) {
		wheel_stop(&w, i);
		runs[i] = false;
	} else if (kind == 1) {
		wheel_move(&w, i, now + length(), now);
	} else if (nodes[i].expires - now < 1 << 27) {
		nodes[i].expires += draw() % 5000;
	}
}

static void
run_from(uint32_t now)
{
	begin();
	for (unsigned step = 0; step < 20000; step++) {
		for (unsigned k = draw() % 4; k > 0; k--)
			disturb(now);
		now += draw() % 8 ? draw() % 100 : draw() % 1000000;
		drain(now);
	}
}

static void
expires_all_in_time(void **state)
{
	(void)state;
	run_from(0);
	run_from(12345);
	run_from(UINT32_MAX - 100000); /* the count of ticks wraps */
}

/* Following wheel_next() alone loses nothing and wakes rarely. */
static void
says_when_to_come(void **state)
{
	uint32_t now = 777, wait;
	unsigned wakes = 0;

	(void)state;
	begin();
	assert_int_equal(wheel_next(&w, now), UINT32_MAX);
	for (uint32_t i = 1; i <= TIMERS; i++) {
		wheel_start(&w, i, now + 1 + i * 1000, now);
		runs[i] = true;
	}
	while ((wait = wheel_next(&w, now)) != UINT32_MAX) {
		assert_true(wait > 0);
		now += wait;
		drain(now);
		wakes++;
	}
	assert_int_equal(now, 777 + 1 + TIMERS * 1000);
	assert_in_range(wakes, TIMERS, 5 * TIMERS);
}

static void
keeps_to_its_budget(void **state)
{
	unsigned budget, calls = 0;
	uint32_t node;

	(void)state;
	begin();
	for (uint32_t i = 1; i <= TIMERS; i++)
		wheel_start(&w, i, 100, 0);
	for (unsigned left = TIMERS; left > 0; calls++) {
		budget = 10;
		while ((node = wheel_expire(&w, 100, &budget)) != 0) {
			wheel_stop(&w, node);
			left--;
		}
		if (left == 0)
			break;
		assert_int_equal(budget, 0);
		assert_int_equal(wheel_next(&w, 100), 0);
	}
	assert_in_range(calls, TIMERS / 10, TIMERS / 2);
}

/* A long sleep costs by the timers, not by the time. */
static void
skips_empty_time(void **state)
{
	unsigned budget = 40;

	(void)state;
	begin();
	wheel_start(&w, 1, 1 << 28, 0);
	assert_int_equal(wheel_expire(&w, (1 << 28) - 1, &budget), 0);
	assert_true(budget > 0);
	assert_int_equal(wheel_expire(&w, 1 << 28, &budget), 1);
}

static void
converts_seconds(void **state)
{
	(void)state;
	for (uint32_t seconds = 1; seconds < 10000; seconds++) {
		uint64_t ms = (uint64_t)(wheel_ticks_of_seconds(seconds) - 1)
		    << WHEEL_TICK_SHIFT;

		assert_in_range(ms, seconds * 1000, seconds * 1000 + 256);
	}
	assert_int_equal(wheel_ticks_of_seconds(UINT32_MAX), WHEEL_LONGEST);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(expires_all_in_time),
		cmocka_unit_test(says_when_to_come),
		cmocka_unit_test(keeps_to_its_budget),
		cmocka_unit_test(skips_empty_time),
		cmocka_unit_test(converts_seconds),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("wheel", tests, NULL, NULL);
}
