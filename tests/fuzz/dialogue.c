/*
 * dialogue.c - fuzz the login: octets, time and answers in any order
 *
 * Octets are the caller's, but for FF and the one behind it, which make time
 * pass, answer a check, or let the line stop reading.  Two dialogues run side
 * by side and differ in the characters of passwords alone: what they send,
 * what they ask, and what becomes of them must be the same, so that no octet
 * of a password has any way out but to the check.
 */
#include <stdlib.h>
#include <string.h>

#include "serial/banner.h"
#include "serial/dialogue.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const struct dialogue_options options = { .issue = "The %line bank",
	.banner = BANNER_DEFAULT, .timeout_ms = 60000, .idle_ms = 30000,
	.tries = 3, .delay_ms = 2000, .menu = true };

static struct dialogue one, two;
static enum dialogue_event last;
static uint64_t now;
static bool stuck; /* nobody takes the output */

static void
sent(struct dialogue *dialogue)
{
	size_t count;

	(void)dialogue_output(dialogue, &count);
	if (!stuck)
		dialogue_sent(dialogue, count);
}

static void
check(enum dialogue_event first, enum dialogue_event second)
{
	if (first != second || one.state != two.state ||
	    one.out_count != two.out_count ||
	    memcmp(one.out, two.out, one.out_count) != 0 ||
	    strcmp(one.user, two.user) != 0 || one.reason != two.reason ||
	    dialogue_deadline(&one) != dialogue_deadline(&two))
		abort();
	if (first == DIALOGUE_START && one.protocol != DIALOGUE_PPP &&
	    one.user[0] == '\0')
		abort();
	if (one.out_count > DIALOGUE_OUTPUT || one.login.length > LOGIN_KEEP ||
	    one.state > DIALOGUE_OVER)
		abort();
	if (first == DIALOGUE_START || first == DIALOGUE_END)
		last = first;
	sent(&one);
	sent(&two);
}

/* Another character of the same parity; none where another would not be as
 * good: `~`, what edits, and what a packet or a mailer begins with. */
static uint8_t
other(uint8_t octet)
{
	uint8_t c = octet & 0x7f;

	if (one.state != DIALOGUE_PASSWORD || one.login.in_frame ||
	    one.login.end || one.held_count > 0 || c < ' ' || c >= 0x7c ||
	    strchr("*)@CEFMNSPIJ", c) != NULL)
		return octet;
	return octet ^ 0x03;
}

static void
octet_in(uint8_t octet)
{
	uint8_t second = other(octet);
	enum dialogue_event event = dialogue_feed(&one, &octet, 1, now);

	check(event, dialogue_feed(&two, &second, 1, now));
}

static void
answer(uint8_t what)
{
	struct dialogue_user user = { .protocols = what >> 1 & 7,
		.protocol = what & 0x10 ? 1u << (what >> 5 & 1) : 0 };
	const struct dialogue_user *known = what & 1 ? &user : NULL;
	enum dialogue_event event = dialogue_checked(&one, known, now);

	check(event, dialogue_checked(&two, known, now));
}

/* Until the dialogue wants it, or a while. */
static void
let_pass(uint8_t what)
{
	uint64_t at = dialogue_deadline(&one);
	enum dialogue_event event;

	if (at != 0 && at < now)
		abort();
	now = what & 1 && at != 0 ? at : now + what * 10u;
	event = dialogue_late(&one, now);
	check(event, dialogue_late(&two, now));
}

static void
command(uint8_t what)
{
	if (what & 0x80)
		let_pass(what & 0x7f);
	else if (what & 0x40)
		answer(what & 0x3f);
	else if (what == 1)
		stuck = !stuck;
	else
		octet_in(0xff);
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t count)
{
	struct dialogue_line line = { .name = "s1" };
	enum dialogue_event event;

	if (count < 1)
		return 0;
	line.protocols = octets[0] & 7;
	line.user = octets[0] & 8 ? "cable" : "";
	line.text = octets[0] & 16;
	line.quiet_ms = octets[0] & 32 ? 500 : 0;
	line.greets = octets[0] & 64;
	now = 1000;
	last = DIALOGUE_GOES;
	stuck = false;
	event = dialogue_begin(&one, &options, &line, now);
	check(event, dialogue_begin(&two, &options, &line, now));
	for (size_t i = 1; i < count && last != DIALOGUE_END; i++)
		if (octets[i] == 0xff && i + 1 < count)
			command(octets[++i]);
		else
			octet_in(octets[i]);
	dialogue_end(&one);
	for (size_t i = 0; i < sizeof(one.typing.text); i++)
		if (one.typing.text[i] != 0 || one.password[i] != 0)
			abort();
	return 0;
}
