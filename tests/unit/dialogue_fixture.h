/*
 * dialogue_fixture.h - a dialogue, its caller's screen, and time
 */
#ifndef MASQD_TESTS_DIALOGUE_FIXTURE_H
#define MASQD_TESTS_DIALOGUE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "serial/dialogue.c"

static struct dialogue_options options;
static struct dialogue_line line;
static struct dialogue dialogue;
static uint64_t now;
static char screen[DIALOGUE_OUTPUT + 1]; /* since it was last looked at */

static int
set_up(void **state)
{
	(void)state;
	options = (struct dialogue_options){ .issue = "", .banner =
		BANNER_DEFAULT, .timeout_ms = 60000, .idle_ms = 30000,
		.tries = 3, .delay_ms = 2000 };
	line = (struct dialogue_line){ .name = "s1", .user = "",
		.protocols = DIALOGUE_PPP | DIALOGUE_SLIP | DIALOGUE_CSLIP,
		.text = true, .quiet_ms = 500 };
	now = 1000000;
	return 0;
}

static const char *
look(void)
{
	size_t count;
	const uint8_t *out = dialogue_output(&dialogue, &count);

	memcpy(screen, out, count);
	screen[count] = '\0';
	dialogue_sent(&dialogue, count);
	return screen;
}

static enum dialogue_event
type_octets(const char *octets, size_t count)
{
	return dialogue_feed(&dialogue, (const uint8_t *)octets, count, now);
}

static enum dialogue_event
type(const char *text)
{
	return type_octets(text, strlen(text));
}

/* Let time pass until the dialogue wants it. */
static enum dialogue_event
pass(void)
{
	uint64_t at = dialogue_deadline(&dialogue);

	assert_true(at >= now);
	if (at > now)
		assert_int_equal(dialogue_late(&dialogue, at - 1),
		    DIALOGUE_GOES);
	now = at;
	return dialogue_late(&dialogue, now);
}

static void
begin(void)
{
	assert_int_equal(dialogue_begin(&dialogue, &options, &line, now),
	    DIALOGUE_GOES);
}

static void
prompted(void)
{
	begin();
	assert_int_equal(pass(), DIALOGUE_GOES);
	assert_string_equal(look(), "\r\nlogin: ");
}

static const struct dialogue_user anything = { 0 };

static void
at_the_protocol_prompt(void)
{
	prompted();
	type("alice\rsecret\r");
	assert_int_equal(dialogue_checked(&dialogue, &anything, now),
	    DIALOGUE_GOES);
	look();
}

#endif
