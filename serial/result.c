/*
 * result.c - what one line of a modem's output says
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "serial/result.h"

/*
 * whole: the text is all of the line.  Otherwise the line begins with it and
 * goes on, if at all, with something that is neither letter nor digit, so
 * that RINGBACK is no RING.  The first that fits counts.
 */
static const struct code {
	const char *text;
	bool whole;
	enum result_code code;
} codes[] = {
	{ "OK", true, RESULT_OK },
	{ "0", true, RESULT_OK },
	{ "ERROR", true, RESULT_ERROR },
	{ "4", true, RESULT_ERROR },
	{ "+CME ERROR", false, RESULT_ERROR },
	{ "RING", false, RESULT_RING },
	{ "+CRING", false, RESULT_RING },
	{ "CONNECT", false, RESULT_CONNECT },
	{ "NO CARRIER", false, RESULT_NO_CARRIER },
	{ "BUSY", false, RESULT_BUSY },
	{ "NO ANSWER", false, RESULT_NO_ANSWER },
	{ "NO DIALTONE", false, RESULT_NO_DIALTONE },
	{ "NO DIAL TONE", false, RESULT_NO_DIALTONE },
	{ "BLACKLISTED", false, RESULT_REFUSED },
	{ "DELAYED", false, RESULT_REFUSED },
	{ "RRING", true, RESULT_RINGBACK },
	{ "RINGBACK", true, RESULT_RINGBACK },
	{ "RINGING", true, RESULT_RINGBACK },
	{ "VOICE", true, RESULT_VOICE },
	{ "FAX", true, RESULT_FAX },
	{ "+FCO", true, RESULT_FAX },
	{ "+FCON", true, RESULT_FAX },
	{ "DATA", true, RESULT_DATA },
};

static const char *const names[] = {
	[RESULT_NOTHING] = "nothing",
	[RESULT_TEXT] = "text",
	[RESULT_OK] = "OK",
	[RESULT_ERROR] = "ERROR",
	[RESULT_RING] = "RING",
	[RESULT_CONNECT] = "CONNECT",
	[RESULT_NO_CARRIER] = "NO CARRIER",
	[RESULT_BUSY] = "BUSY",
	[RESULT_NO_ANSWER] = "NO ANSWER",
	[RESULT_NO_DIALTONE] = "NO DIALTONE",
	[RESULT_REFUSED] = "BLACKLISTED or DELAYED",
	[RESULT_RINGBACK] = "RINGING",
	[RESULT_VOICE] = "VOICE",
	[RESULT_FAX] = "FAX",
	[RESULT_DATA] = "DATA",
};
_Static_assert(sizeof(names) / sizeof(*names) == RESULT_CODES,
    "a name for each code");

/* Before a calling number.  DDN_NMBR, NDID and TO are the called one's. */
static const char *const caller_labels[] = {
	"NMBR", "NBR", "CALLER NUMBER", "CALLER'S NUMBER", "CALLERID",
	"+CLIP", "FM", "RING;",
};

static bool
begins(const char *line, const char *text)
{
	return strncasecmp(line, text, strlen(text)) == 0;
}

enum result_code
result_code(const char *line)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
		const struct code *c = &codes[i];
		const char *rest;

		if (!begins(line, c->text))
			continue;
		rest = line + strlen(c->text);
		if (*rest == '\0' ||
		    (!c->whole && !isalnum((unsigned char)*rest)))
			return c->code;
	}
	return *line == '\0' ? RESULT_NOTHING : RESULT_TEXT;
}

const char *
result_name(enum result_code code)
{
	return names[code];
}

/* The number that text begins with, 0 if none or none that a modem reaches;
 * *end: what follows. */
static uint32_t
number(const char *text, const char **end)
{
	uint32_t value = 0;
	size_t digits = 0;

	for (; isdigit((unsigned char)*text); text++, digits++)
		if (digits < 8)
			value = value * 10 + (uint32_t)(*text - '0');
	*end = text;
	return digits > 8 ? 0 : value;
}

/*
 * The words of a CONNECT text, separated by spaces and slashes: a number
 * marked :TX or :RX is of the line.  Of two bare numbers the second is of the
 * line (`38400/V.32bis 14400/V.42bis`); one bare number is, if it comes with
 * a protocol (`28800/ARQ/V34`).
 */
static void
connect_rates(const char *text, struct result_rates *rates)
{
	struct result_rates marked = { 0, 0, true };
	uint32_t bare[2] = { 0, 0 };
	size_t words = 0;

	for (; *text != '\0'; text += strcspn(text, " /")) {
		const char *end;
		uint32_t value;

		text += strspn(text, " /");
		if (*text == '\0')
			break;
		words++;
		value = number(text, &end);
		if (begins(end, ":TX"))
			marked.tx = value;
		else if (begins(end, ":RX"))
			marked.rx = value;
		else if (end != text && (*end == '\0' || strchr(" /", *end)))
			bare[bare[0] != 0] = value;
	}
	if (marked.tx != 0 || marked.rx != 0) {
		*rates = marked;
	} else if (bare[1] != 0) {
		*rates = (struct result_rates){ bare[1], bare[1], true };
	} else if (bare[0] != 0 && (words > 1 || !rates->line)) {
		*rates = (struct result_rates){ bare[0], bare[0], words > 1 };
	}
}

/* `28800` or `33600,31200`, behind CARRIER or +MRR. */
static void
carrier_rates(const char *text, struct result_rates *rates)
{
	const char *end;
	uint32_t tx, rx;

	text += strspn(text, ": =");
	tx = number(text, &end);
	if (tx == 0)
		return;
	end += strspn(end, ", ");
	rx = number(end, &text);
	*rates = (struct result_rates){ tx, rx != 0 ? rx : tx, true };
}

void
result_rates(const char *line, struct result_rates *rates)
{
	if (result_code(line) == RESULT_CONNECT)
		connect_rates(line + strlen("CONNECT"), rates);
	else if (begins(line, "CARRIER"))
		carrier_rates(line + strlen("CARRIER"), rates);
	else if (begins(line, "+MRR"))
		carrier_rates(line + strlen("+MRR"), rates);
}

static size_t
copy_number(const char *text, char *to)
{
	size_t length = 0;

	text += strspn(text, " :=\"");
	for (; *text != '\0' && strchr("0123456789+*#-", *text); text++)
		if (*text != '-' && length + 1 < RESULT_NUMBER_SIZE)
			to[length++] = *text;
	to[length] = '\0';
	return length;
}

bool
result_caller(const char *line, char *to)
{
	char found[RESULT_NUMBER_SIZE];

	for (size_t i = 0;
	     i < sizeof(caller_labels) / sizeof(*caller_labels); i++) {
		const char *label = caller_labels[i];
		const char *rest = line + strlen(label);

		if (!begins(line, label))
			continue;
		/* The label is a word of its own, unless it ends itself. */
		if (isalnum((unsigned char)*rest) && strchr(label, ';') == NULL)
			continue;
		if (copy_number(rest, found) == 0)
			return false;
		memcpy(to, found, sizeof(found));
		return true;
	}
	return false;
}
