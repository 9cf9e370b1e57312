/*
 * at.c - the command language of a modem
 *
 * Between lines everything but AT and A/ is thrown away.  In a line, CR ends
 * it, backspace takes one octet back, an overlong line is an ERROR.  The
 * commands of one line are executed in order up to the first ERROR.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "at.h"

/* S registers: 3 CR, 4 LF, 5 backspace; 7 wait for carrier; 12 guard time. */
static const uint8_t factory[AT_REGISTERS] = {
	[2] = '+', [3] = '\r', [4] = '\n', [5] = '\b', [6] = 2, [7] = 60,
	[8] = 2, [9] = 6, [10] = 14, [11] = 70, [12] = 50,
};

void
at_reset(struct at *at)
{
	memcpy(at->s, factory, sizeof(at->s));
	at->echo = at->verbose = true;
	at->quiet = at->dcd_always = at->caller_id = false;
	at->w = at->v = at->mr = at->crc = 0;
	at->x = 4;
	at->dtr = 2;
}

/* Between lines: A, then T or /. */
static bool
attention(struct at *at, char octet)
{
	const bool ready = toupper((unsigned char)at->before) == 'A';

	at->before = octet;
	if (!ready)
		return false;
	if (toupper((unsigned char)octet) == 'T') {
		at->collecting = true;
		at->overlong = false;
		at->length = 0;
	} else if (octet == '/') {
		memcpy(at->line, at->last, sizeof(at->line));
		return true;
	}
	return false;
}

bool
at_octet(struct at *at, char octet)
{
	octet = (char)(octet & 0x7f);
	if (!at->collecting)
		return attention(at, octet);
	if (octet == (char)at->s[3]) {
		at->collecting = false;
		at->before = '\0';
		at->line[at->length] = '\0';
		memcpy(at->last, at->line, sizeof(at->last));
		return true;
	}
	if (octet == (char)at->s[5]) {
		if (at->length)
			at->length--;
	} else if (at->length + 1 == sizeof(at->line)) {
		at->overlong = true;
	} else if (octet >= ' ') {
		at->line[at->length++] = octet;
	}
	return false;
}

/* What a command works on; `rest` is moved past what was read. */
struct run {
	struct at *at;
	const struct at_modem *modem;
	void *context;
	const char *rest;
};

/* The decimal number at rest; none is 0. */
static unsigned
number(struct run *run)
{
	unsigned value = 0;

	while (isdigit((unsigned char)*run->rest) && value < 100000)
		value = value * 10 + (unsigned)(*run->rest++ - '0');
	return value;
}

static enum at_result
flag(struct run *run, bool *value)
{
	const unsigned wanted = number(run);

	if (wanted > 1)
		return AT_ERROR;
	*value = wanted == 1;
	return AT_OK;
}

static enum at_result
level(struct run *run, unsigned *value, unsigned highest)
{
	const unsigned wanted = number(run);

	if (wanted > highest)
		return AT_ERROR;
	*value = wanted;
	return AT_OK;
}

static enum at_result
echo(struct run *run)
{
	return flag(run, &run->at->echo);
}

static enum at_result
verbose(struct run *run)
{
	return flag(run, &run->at->verbose);
}

static enum at_result
quiet(struct run *run)
{
	return flag(run, &run->at->quiet);
}

static enum at_result
results(struct run *run)
{
	return level(run, &run->at->x, 4);
}

static enum at_result
carrier(struct run *run)
{
	bool follows = false;
	const enum at_result result = flag(run, &follows);

	if (result == AT_OK)
		run->at->dcd_always = !follows;
	return result;
}

static enum at_result
terminal_ready(struct run *run)
{
	return level(run, &run->at->dtr, 3);
}

/* Flow control, error control, loudspeaker, speeds: any value is accepted. */
static enum at_result
accepted(struct run *run)
{
	number(run);
	return AT_OK;
}

static enum at_result
factory_settings(struct run *run)
{
	number(run);
	at_reset(run->at);
	return AT_OK;
}

static enum at_result
reset(struct run *run)
{
	number(run);
	at_reset(run->at);
	run->rest = ""; /* what follows Z is not executed, V.250 6.1.1 */
	return run->modem->hang_up(run->context);
}

static enum at_result
identify(struct run *run)
{
	const unsigned what = number(run);

	if (what > 11)
		return AT_ERROR;
	run->modem->text(run->context, run->modem->identity);
	return AT_OK;
}

static enum at_result
hook(struct run *run)
{
	return number(run) == 0 ? run->modem->hang_up(run->context) :
				  run->modem->off_hook(run->context);
}

static enum at_result
online(struct run *run)
{
	number(run);
	return run->modem->online(run->context);
}

static enum at_result
answer(struct run *run)
{
	run->rest = "";
	return run->modem->answer(run->context);
}

static enum at_result
dial(struct run *run)
{
	char digits[AT_LINE];
	size_t length = 0;

	for (; *run->rest; run->rest++)
		if (isdigit((unsigned char)*run->rest) || *run->rest == '#' ||
		    *run->rest == '*')
			digits[length++] = *run->rest;
	digits[length] = '\0';
	return run->modem->dial(run->context, digits);
}

/* Sn=v and Sn? */
static enum at_result
s_register(struct run *run)
{
	const unsigned which = number(run);
	char text[8];

	if (which >= AT_REGISTERS)
		return AT_ERROR;
	if (*run->rest == '?') {
		run->rest++;
		snprintf(text, sizeof(text), "%03u", run->at->s[which]);
		run->modem->text(run->context, text);
		return AT_OK;
	}
	if (*run->rest != '=')
		return AT_ERROR;
	run->rest++;
	const unsigned value = number(run);

	if (value > 255)
		return AT_ERROR;
	run->at->s[which] = (uint8_t)value;
	return AT_OK;
}

static enum at_result
caller_id(struct run *run)
{
	return flag(run, &run->at->caller_id);
}

static enum at_result
identity(struct run *run)
{
	run->modem->text(run->context, run->modem->identity);
	return AT_OK;
}

/* The longest that matches counts: longer ones stand first.  common: every
 * personality knows it. */
static const struct {
	const char *name;
	enum at_result (*run)(struct run *);
	bool common;
} commands[] = {
	{ "+FCLASS=0", accepted, true },
	{ "+VCID=", caller_id, false },
	{ "#CID=", caller_id, false },
	{ "+GMI", identity, false },
	{ "+GMM", identity, false },
	{ "+GMR", identity, false },
	{ "+MR=", accepted, false },
	{ "&C", carrier, true },
	{ "&D", terminal_ready, true },
	{ "&F", factory_settings, true },
	{ "&B", accepted, false },
	{ "&H", accepted, false },
	{ "&I", accepted, false },
	{ "&K", accepted, false },
	{ "&M", accepted, false },
	{ "&Q", accepted, false },
	{ "&R", accepted, false },
	{ "&S", accepted, true },
	{ "&W", accepted, true },
	{ "\\N", accepted, false },
	{ "\\Q", accepted, false },
	{ "\\V", accepted, false },
	{ "%C", accepted, false },
	{ "A", answer, true },
	{ "B", accepted, true },
	{ "D", dial, true },
	{ "E", echo, true },
	{ "H", hook, true },
	{ "I", identify, false },
	{ "L", accepted, true },
	{ "M", accepted, true },
	{ "O", online, true },
	{ "Q", quiet, true },
	{ "S", s_register, true },
	{ "V", verbose, true },
	{ "W", accepted, false },
	{ "X", results, true },
	{ "Z", reset, true },
};

static enum at_result
set(struct run *run, unsigned *value)
{
	*value = number(run);
	return AT_OK;
}

/* Up to a \f, and what follows it when a key has been pressed. */
static enum at_result
report(struct run *run, const char *text)
{
	char page[AT_REPORT];
	const char *end = strchr(text, '\f');

	snprintf(page, sizeof(page), "%.*s",
	    (int)(end ? end - text : (ptrdiff_t)strlen(text)), text);
	if (page[0])
		run->modem->text(run->context, page);
	run->at->more = end ? end + 1 : NULL;
	return end ? AT_NOTHING : AT_OK;
}

enum at_result
at_key(struct at *at, const struct at_modem *modem, void *context)
{
	struct run run = { at, modem, context, "" };

	return report(&run, at->more);
}

/* A command of the personality's own. */
static enum at_result
own(struct run *run, const struct personality_command *command)
{
	struct at *at = run->at;

	switch (command->does) {
	case DOES_TEXT:
		number(run);
		return report(run, command->text);
	case DOES_CALLER_ID:
		return caller_id(run);
	case DOES_W:
		return set(run, &at->w);
	case DOES_V:
		return set(run, &at->v);
	case DOES_MR:
		return set(run, &at->mr);
	case DOES_X:
		return level(run, &at->x, 7);
	case DOES_CRC:
		return set(run, &at->crc);
	case DOES_NOTHING:
		break;
	}
	/* Numbers, with commas between them. */
	run->rest += strspn(run->rest, "0123456789,");
	return AT_OK;
}

static enum at_result
run_command(struct run *run)
{
	const struct personality *who = run->at->personality;

	for (size_t i = 0; who && i < who->count; i++) {
		const size_t length = strlen(who->commands[i].name);

		if (strncasecmp(run->rest, who->commands[i].name, length))
			continue;
		run->rest += length;
		return own(run, &who->commands[i]);
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		const size_t length = strlen(commands[i].name);

		if (strncasecmp(run->rest, commands[i].name, length) ||
		    (who && !who->all && !commands[i].common))
			continue;
		run->rest += length;
		return commands[i].run(run);
	}
	return AT_ERROR;
}

enum at_result
at_execute(struct at *at, const struct at_modem *modem, void *context)
{
	char line[AT_LINE];
	struct run run = { at, modem, context, line };
	enum at_result result = AT_OK;

	if (at->overlong)
		return AT_ERROR;
	memcpy(line, at->line, sizeof(line));
	while (result == AT_OK) {
		run.rest += strspn(run.rest, " ;");
		if (!*run.rest)
			break;
		result = run_command(&run);
	}
	return result;
}

static const char *const names[] = {
	[AT_OK] = "OK", [AT_CONNECT] = "CONNECT", [AT_RING] = "RING",
	[AT_NO_CARRIER] = "NO CARRIER", [AT_ERROR] = "ERROR",
	[AT_NO_DIALTONE] = "NO DIALTONE", [AT_BUSY] = "BUSY",
	[AT_NO_ANSWER] = "NO ANSWER",
};

/* X says which result codes a modem knows: V.250 6.3.7 */
static enum at_result
restricted(const struct at *at, enum at_result result)
{
	if (result == AT_BUSY && at->x < 3)
		return AT_NO_CARRIER;
	if (result == AT_NO_DIALTONE && at->x != 2 && at->x != 4)
		return AT_NO_CARRIER;
	return result;
}

void
at_result_text(const struct at *at, enum at_result result,
    const char *connect, char out[AT_TEXT])
{
	out[0] = '\0';
	if (at->quiet || result == AT_NOTHING)
		return;
	result = restricted(at, result);
	if (!at->verbose)
		snprintf(out, AT_TEXT, "%d\r", result);
	else if (result == AT_CONNECT && at->x > 0)
		snprintf(out, AT_TEXT, "\r\n%.120s\r\n", connect);
	else
		snprintf(out, AT_TEXT, "\r\n%s\r\n", names[result]);
}

void
at_information_text(const struct at *at, const char *text, char out[AT_TEXT])
{
	const int length = (int)strcspn(text, "\n");

	snprintf(out, AT_TEXT, at->verbose ? "\r\n%.*s\r\n" : "%.*s\r\n",
	    length < 120 ? length : 120, text);
}
