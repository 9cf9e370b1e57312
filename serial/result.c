/*
 * result.c - what one line of a modem's output says
 */
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
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
	"CALLER ID", "NUMBER", "+CLIP", "FM", "RING;",
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

/* What a word of a CONNECT text or behind a label means, without its dots and
 * dashes.  A prefix with a * stands for all that begin so. */
enum word_kind { WORD_MODULATION, WORD_PROTOCOL, WORD_COMPRESSION };

static const struct word {
	const char *seen;
	enum word_kind kind;
	const char *name;
} words[] = {
	{ "V42BIS", WORD_COMPRESSION, "V42BIS" },
	{ "V42B", WORD_COMPRESSION, "V42BIS" },
	{ "V44", WORD_COMPRESSION, "V44" },
	{ "MNP5", WORD_COMPRESSION, "MNP5" },
	{ "CLASS5", WORD_COMPRESSION, "MNP5" },
	{ "LAPM", WORD_PROTOCOL, "LAPM" },
	{ "V42", WORD_PROTOCOL, "LAPM" },
	{ "MNP*", WORD_PROTOCOL, "MNP" },
	{ "ALT*", WORD_PROTOCOL, "MNP" },
	{ "NONE", WORD_PROTOCOL, "NONE" },
	{ "NOEC", WORD_PROTOCOL, "NONE" },
	{ "ARQ", WORD_PROTOCOL, "ARQ" },
	{ "REL", WORD_PROTOCOL, "REL" },
	{ "HDLC", WORD_PROTOCOL, "HDLC" },
	{ "V120", WORD_PROTOCOL, "V120" },
	{ "V110", WORD_PROTOCOL, "V110" },
	{ "V92", WORD_MODULATION, "V92" },
	{ "V90", WORD_MODULATION, "V90" },
	{ "X2", WORD_MODULATION, "X2" },
	{ "K56*", WORD_MODULATION, "K56FLEX" },
	{ "KFLEX", WORD_MODULATION, "K56FLEX" },
	{ "V34", WORD_MODULATION, "V34" },
	{ "VFC", WORD_MODULATION, "VFC" },
	{ "HST", WORD_MODULATION, "HST" },
	{ "V32BIS", WORD_MODULATION, "V32BIS" },
	{ "V32B", WORD_MODULATION, "V32BIS" },
	{ "V32TERBO", WORD_MODULATION, "V32TERBO" },
	{ "V32", WORD_MODULATION, "V32" },
	{ "V22BIS", WORD_MODULATION, "V22BIS" },
	{ "V22B", WORD_MODULATION, "V22BIS" },
	{ "V22", WORD_MODULATION, "V22" },
	{ "V23", WORD_MODULATION, "V23" },
	{ "V21", WORD_MODULATION, "V21" },
};

/* Letters and digits of length octets, in capitals. */
static void
plain_word(const char *text, size_t length, char to[RESULT_WORD_SIZE])
{
	size_t n = 0;

	for (size_t i = 0; i < length && n + 1 < RESULT_WORD_SIZE; i++)
		if (isalnum((unsigned char)text[i]))
			to[n++] = (char)toupper((unsigned char)text[i]);
	to[n] = '\0';
}

static const struct word *
word_find(const char *plain)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		const char *seen = words[i].seen;
		size_t length = strcspn(seen, "*");

		if (strncmp(seen, plain, length) == 0 &&
		    (seen[length] == '*' || plain[length] == '\0'))
			return &words[i];
	}
	return NULL;
}

static void
take_word(const struct word *word, struct result_connect *connect)
{
	char *const to[] = { [WORD_MODULATION] = connect->modulation,
		[WORD_PROTOCOL] = connect->protocol,
		[WORD_COMPRESSION] = connect->compression };
	char *place = to[word->kind];

	/* ARQ and REL say less than what another word has said. */
	if (place[0] != '\0' && (strcmp(word->name, "ARQ") == 0 ||
	    strcmp(word->name, "REL") == 0))
		return;
	snprintf(place, RESULT_WORD_SIZE, "%s", word->name);
}

static void
connect_words(const char *text, struct result_connect *connect)
{
	for (; *text != '\0'; text += strcspn(text, " /")) {
		char plain[RESULT_WORD_SIZE];
		const struct word *word;

		text += strspn(text, " /");
		plain_word(text, strcspn(text, " /"), plain);
		word = word_find(plain);
		if (word != NULL)
			take_word(word, connect);
	}
	if (strcmp(connect->compression, "MNP5") == 0 &&
	    (connect->protocol[0] == '\0' ||
	    strcmp(connect->protocol, "ARQ") == 0))
		snprintf(connect->protocol, RESULT_WORD_SIZE, "MNP");
}

/* Behind a label: whatever is there, by its known name or its own. */
static void
labelled_word(const char *text, char *place)
{
	char plain[RESULT_WORD_SIZE];
	const struct word *word;

	plain_word(text, strlen(text), plain);
	word = word_find(plain);
	if (plain[0] != '\0')
		snprintf(place, RESULT_WORD_SIZE, "%s", word != NULL ?
		    word->name : plain);
}

void
result_connect(const char *line, struct result_connect *connect)
{
	const struct {
		const char *label;
		char *place;
	} labels[] = {
		{ "PROTOCOL", connect->protocol },
		{ "+ER", connect->protocol },
		{ "COMPRESSION", connect->compression },
		{ "+DR", connect->compression },
		{ "+MCR", connect->modulation },
	};

	result_rates(line, &connect->rates);
	if (result_code(line) == RESULT_CONNECT)
		connect_words(line + strlen("CONNECT"), connect);
	for (size_t i = 0; i < sizeof(labels) / sizeof(*labels); i++) {
		size_t length = strlen(labels[i].label);

		if (begins(line, labels[i].label) && line[length] == ':')
			labelled_word(line + length + 1, labels[i].place);
	}
}

bool
result_corrected(const struct result_connect *connect)
{
	const char *protocol = connect->protocol;

	/* Compression needs it (V.42bis 1). */
	if (protocol[0] == '\0')
		protocol = connect->compression;
	return protocol[0] != '\0' && strcmp(protocol, "NONE") != 0 &&
	    strcmp(protocol, "V110") != 0;
}

static void
copy_kind(const char *text, char *kind)
{
	size_t length = 0;

	for (; *text != '\0' && length + 1 < RESULT_KIND_SIZE; text++)
		if (isalnum((unsigned char)*text))
			kind[length++] = (char)*text;
	kind[length] = '\0';
}

/* DRON=20 begins a cadence, DROF=40 and further ones go on with it. */
static bool
take_cadence(const char *line, char *kind)
{
	bool begin = begins(line, "DRON=");
	size_t length = strlen(kind);

	if ((!begin && !begins(line, "DROF=")) ||
	    !isdigit((unsigned char)line[5]))
		return false;
	if (begin && strchr(kind, '-') == NULL)
		length = 0;
	if (length + 4 >= RESULT_KIND_SIZE)
		return true;
	if (length > 0)
		kind[length++] = '-';
	line += strlen("DRON=");
	for (size_t i = 0; isdigit((unsigned char)line[i]) && i < 3; i++)
		kind[length++] = line[i];
	kind[length] = '\0';
	return true;
}

bool
result_ring(const char *line, char *kind)
{
	const char *rest;

	if (take_cadence(line, kind))
		return true;
	if (!begins(line, "RING") || result_code(line) != RESULT_RING)
		return false;
	rest = line + strlen("RING");
	if (*rest == ';')
		rest = strrchr(rest, ';');
	else if (*rest == ':')
		rest = strrchr(rest, ' ') != NULL ? strrchr(rest, ' ') : rest;
	if (rest[strcspn(rest, "0123456789abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ")] == '\0')
		return false;
	copy_kind(rest, kind);
	return true;
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

static unsigned
hex_octet(const char *text)
{
	unsigned value = 0;

	for (int i = 0; i < 2; i++) {
		if (!isxdigit((unsigned char)text[i]))
			return UINT_MAX;
		value = value * 16 + (unsigned)(isdigit((unsigned char)
		    text[i]) ? text[i] - '0' :
		    toupper((unsigned char)text[i]) - 'A' + 10);
	}
	return value;
}

/* `MESG = 0307...`: a parameter that the modem leaves as it came, type 02 or
 * 03 (calling or dialable number), length, digits (Bellcore TR-NWT-000031). */
static bool
message_number(const char *text, char *to)
{
	size_t length = 0;
	unsigned count, type;

	text += strspn(text, " :=");
	type = hex_octet(text);
	if (type != 2 && type != 3)
		return false;
	count = hex_octet(text + 2);
	for (unsigned i = 0; count != UINT_MAX && i < count; i++) {
		unsigned digit = hex_octet(text + 4 + 2 * i);

		if (digit > '9' || digit < '0' ||
		    length + 1 == RESULT_NUMBER_SIZE)
			break;
		to[length++] = (char)digit;
	}
	to[length] = '\0';
	return length > 0;
}

/* Some terminal adapters print the number and nothing else. */
static bool
is_number_only(const char *line)
{
	size_t digits = strspn(line, "0123456789");

	return digits >= 5 && line[digits] == '\0';
}

/* What follows the label of a caller id line, or NULL. */
static const char *
behind_label(const char *line)
{
	for (size_t i = 0;
	     i < sizeof(caller_labels) / sizeof(*caller_labels); i++) {
		const char *label = caller_labels[i];
		const char *rest = line + strlen(label);

		/* The label is a word of its own, unless it ends itself. */
		if (begins(line, label) && (strchr(label, ';') != NULL ||
		    !isalnum((unsigned char)*rest)))
			return rest;
	}
	return NULL;
}

bool
result_caller(const char *line, char *to)
{
	char found[RESULT_NUMBER_SIZE];
	const char *rest = behind_label(line);
	bool has;

	if (rest != NULL)
		has = copy_number(rest, found) > 0;
	else if (begins(line, "MESG"))
		has = message_number(line + strlen("MESG"), found);
	else
		has = is_number_only(line) && copy_number(line, found) > 0;
	if (has)
		memcpy(to, found, sizeof(found));
	return has;
}

char
result_withheld(const char *line)
{
	const char *rest = behind_label(line);
	int letter;

	if (rest == NULL)
		return 0;
	rest += strspn(rest, " :=\"");
	letter = toupper((unsigned char)*rest);
	if (letter != 'P' && letter != 'O')
		return 0;
	return rest[1] == '\0' || begins(rest, "PRIVATE") ||
	    begins(rest, "OUT_OF_AREA") || begins(rest, "OUT OF AREA") ?
	    (char)letter : 0;
}
