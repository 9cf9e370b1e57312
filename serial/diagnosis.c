/*
 * diagnosis.c - what a modem says of its last call
 *
 * A line is looked through for labels; what stands behind a label, and behind
 * dots, blanks, a colon or an equal sign, is its value.  Two columns are two
 * labels.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "serial/diagnosis.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static const struct {
	const char *label;
	enum diagnosis_number number;
} numbers[] = {
	{ "Retrains Requested", DIAGNOSIS_RETRAINS },
	{ "Retrain Requested", DIAGNOSIS_RETRAINS },
	{ "Retrains Granted", DIAGNOSIS_RETRAINED },
	{ "Retrain Granted", DIAGNOSIS_RETRAINED },
	{ "Local Rtrn Count", DIAGNOSIS_RETRAINS },
	{ "Remote Rtrn Count", DIAGNOSIS_RETRAINED },
	{ "Retrain by Local Modem", DIAGNOSIS_RETRAINS },
	{ "Retrain by Remote Modem", DIAGNOSIS_RETRAINED },
	{ "Blers", DIAGNOSIS_ERRORS },
	{ "FCS Errors", DIAGNOSIS_ERRORS },
	{ "Receive Frame Error Count", DIAGNOSIS_ERRORS },
	{ "Transmit Frame Error Count", DIAGNOSIS_RESENT },
	{ "Blocks Resent", DIAGNOSIS_RESENT },
	{ "Chars lost", DIAGNOSIS_LOST },
	{ "LAST TX rate", DIAGNOSIS_TX },
	{ "LAST RX rate", DIAGNOSIS_RX },
	{ "Final Transmit Carrier Rate", DIAGNOSIS_TX },
	{ "Final Receive Carrier Rate", DIAGNOSIS_RX },
};

static const struct {
	const char *label;
	size_t place;
} words[] = {
	{ "Disconnect Reason is", offsetof(struct diagnosis, reason) },
	{ "Disconnect Reason", offsetof(struct diagnosis, reason) },
	{ "TERMINATION REASON", offsetof(struct diagnosis, reason) },
	{ "+CEER", offsetof(struct diagnosis, reason) },
	{ "Protocol Negotiation Result", offsetof(struct diagnosis,
	    protocol) },
	{ "Protocol", offsetof(struct diagnosis, protocol) },
	{ "Data Compression Result", offsetof(struct diagnosis,
	    compression) },
	{ "Data Compression", offsetof(struct diagnosis, compression) },
	{ "Compression", offsetof(struct diagnosis, compression) },
};

/* Lucent's "Call Termination Cause". */
static const char *const lucent_causes[] = { "local modem", "remote modem",
	"no answer", "training failed", "protocol failed" };

/* callCleared of ITU-T V.58 3.6.4, in hexadecimal, as AT#UD's key 60 has it;
 * 1 to 4 are the Unimodem specification's own. */
static const struct {
	unsigned code;
	const char *text;
} cleared[] = {
	{ 0x0, "cause unidentified" },
	{ 0x1, "no previous call" },
	{ 0x19, "inactivity timer" },
	{ 0x20, "DTR dropped" },
	{ 0x2c, "no carrier within S7" },
	{ 0x2e, "loop current interrupted" },
	{ 0x34, "long space disconnect" },
	{ 0x3c, "carrier lost" },
	{ 0x3d, "training failed" },
	{ 0x3e, "no modulation in common" },
	{ 0x3f, "retrain failed" },
	{ 0x40, "too many retrains" },
	{ 0x41, "GSTN cleardown received" },
	{ 0x42, "fax detected" },
	{ 0x50, "aborted by a key" },
	{ 0x51, "hung up by command" },
	{ 0x52, "reset by command" },
	{ 0x5a, "frame reject" },
	{ 0x5b, "no error control" },
	{ 0x5c, "protocol violation" },
	{ 0x5d, "too many retransmissions" },
	{ 0x5e, "negotiation failed" },
	{ 0x5f, "disconnect frame received" },
	{ 0x60, "SABME frame received" },
	{ 0x64, "compression lost synchronization" },
};

static const char *const names[] = {
	[DIAGNOSIS_TX] = "tx",
	[DIAGNOSIS_RX] = "rx",
	[DIAGNOSIS_RETRAINS] = "retrains",
	[DIAGNOSIS_RETRAINED] = "retrained",
	[DIAGNOSIS_ERRORS] = "errors",
	[DIAGNOSIS_RESENT] = "resent",
	[DIAGNOSIS_LOST] = "lost",
};
_Static_assert(sizeof(names) / sizeof(*names) == DIAGNOSIS_NUMBERS,
    "a name for each number");

void
diagnosis_reset(struct diagnosis *diagnosis)
{
	memset(diagnosis, 0, sizeof(*diagnosis));
}

static void
set(struct diagnosis *diagnosis, enum diagnosis_number which,
    unsigned long value)
{
	if (value > UINT32_MAX)
		return;
	diagnosis->number[which] = (uint32_t)value;
	diagnosis->known |= 1u << which;
}

/* What follows a label's dots and blanks; a unit in brackets is passed. */
static const char *
value_of(const char *rest)
{
	rest += strspn(rest, " .:=\t");
	if (*rest == '(' && strchr(rest, ')') != NULL)
		rest = strchr(rest, ')') + 1;
	return rest + strspn(rest, " .:=\t");
}

/* What follows the label at the beginning of the line, NULL if it is not
 * there; for each blank of it there may be several. */
static const char *
behind(const char *line, const char *label)
{
	for (; *label != '\0'; label++) {
		if (tolower((unsigned char)*label) !=
		    tolower((unsigned char)*line))
			return NULL;
		line += *label == ' ' ? strspn(line, " ") : 1;
	}
	return isalnum((unsigned char)*line) ? NULL : line;
}

/* The label somewhere in the line, as words of its own; *rest: what follows. */
static bool
has(const char *line, const char *label, const char **rest)
{
	for (const char *c = line; *c != '\0'; c++) {
		if (c > line && isalnum((unsigned char)c[-1]))
			continue;
		*rest = behind(c, label);
		if (*rest != NULL)
			return true;
	}
	return false;
}

/* `26 400 BIT/S` is one number, `0      Blers` is not. */
static void
take_number(struct diagnosis *diagnosis, enum diagnosis_number which,
    const char *text)
{
	unsigned long value = 0;
	size_t digits = 0;

	for (; digits < 9; text++) {
		if (isdigit((unsigned char)*text)) {
			value = value * 10 + (unsigned long)(*text - '0');
			digits++;
		} else if (*text != ' ' || !isdigit((unsigned char)text[1]) ||
		    digits == 0) {
			break;
		}
	}
	if (digits > 0)
		set(diagnosis, which, value);
}

static void
take_word(struct diagnosis *diagnosis, size_t place, const char *text)
{
	char *to = (char *)diagnosis + place;
	size_t length = 0;

	for (; *text != '\0' && length + 1 < DIAGNOSIS_WORD_SIZE; text++) {
		/* Two blanks begin the next column. */
		if (*text == ' ' && (text[1] == ' ' || text[1] == '\0'))
			break;
		if (*text >= ' ' && *text <= '~' && *text != '"')
			to[length++] = *text;
	}
	to[length] = '\0';
}

/* USRobotics: `Speed 48000/28800`, receiver first, manual of the Courier. */
static void
take_speed(struct diagnosis *diagnosis, const char *line)
{
	const char *rest;
	char *end;
	unsigned long rx;

	line += strspn(line, " ");
	if (strncasecmp(line, "Speed ", 6) != 0)
		return;
	rest = value_of(line + 6);
	rx = strtoul(rest, &end, 10);
	if (end == rest || !isdigit((unsigned char)*rest))
		return;
	set(diagnosis, DIAGNOSIS_RX, rx);
	set(diagnosis, DIAGNOSIS_TX, *end == '/' &&
	    isdigit((unsigned char)end[1]) ? strtoul(end + 1, NULL, 10) : rx);
}

/* A key of AT#UD and its value, both hexadecimal. */
static void
take_pair(struct diagnosis *diagnosis, unsigned long key, unsigned long value)
{
	switch (key) {
	case 0x32:
		set(diagnosis, DIAGNOSIS_RETRAINS, value);
		break;
	case 0x33:
		set(diagnosis, DIAGNOSIS_RETRAINED, value);
		break;
	case 0x34:
		set(diagnosis, DIAGNOSIS_TX, value);
		break;
	case 0x35:
		set(diagnosis, DIAGNOSIS_RX, value);
		break;
	case 0x43:
		set(diagnosis, DIAGNOSIS_RESENT, value);
		break;
	case 0x60:
		for (size_t i = 0; i < COUNT(cleared); i++)
			if (cleared[i].code == value)
				snprintf(diagnosis->reason,
				    DIAGNOSIS_WORD_SIZE, "%s",
				    cleared[i].text);
		break;
	default:
		break;
	}
}

/* DIAG <2A4D3263 0=10 1=2 ... 60=51> */
static bool
take_unimodem(struct diagnosis *diagnosis, const char *line)
{
	const char *text = strstr(line, "DIAG <2A4D3263");

	if (text == NULL)
		return false;
	text += strlen("DIAG <2A4D3263");
	while (*text == ' ') {
		char *end;
		unsigned long key = strtoul(text, &end, 16);

		if (end == text || *end != '=')
			break;
		text = end + 1;
		if (isxdigit((unsigned char)*text))
			take_pair(diagnosis, key, strtoul(text, &end, 16));
		else if (*text == '"') /* octets, with blanks in them */
			text += 1 + strcspn(text + 1, "\"");
		text += strcspn(text, " >");
	}
	return true;
}

static void
take_lucent_cause(struct diagnosis *diagnosis, const char *line)
{
	const char *rest;
	unsigned long cause;

	if (!has(line, "Call Termination Cause", &rest))
		return;
	rest = value_of(rest);
	if (!isdigit((unsigned char)*rest))
		return;
	cause = strtoul(rest, NULL, 10);
	if (cause < COUNT(lucent_causes))
		snprintf(diagnosis->reason, DIAGNOSIS_WORD_SIZE, "%s",
		    lucent_causes[cause]);
}

void
diagnosis_line(struct diagnosis *diagnosis, const char *line)
{
	const char *rest;

	if (take_unimodem(diagnosis, line))
		return;
	take_speed(diagnosis, line);
	take_lucent_cause(diagnosis, line);
	for (size_t i = 0; i < COUNT(numbers); i++)
		if (has(line, numbers[i].label, &rest))
			take_number(diagnosis, numbers[i].number,
			    value_of(rest));
	for (size_t i = 0; i < COUNT(words); i++) {
		if (!has(line, words[i].label, &rest))
			continue;
		take_word(diagnosis, words[i].place, value_of(rest));
		break;
	}
}

bool
diagnosis_wants_key(const char *line)
{
	const char *rest;

	return has(line, "any key", &rest);
}

static void __attribute__((format(printf, 2, 3)))
add(char text[DIAGNOSIS_TEXT_SIZE], const char *format, ...)
{
	size_t length = strlen(text);
	va_list arguments;

	if (length > 0 && length + 2 < DIAGNOSIS_TEXT_SIZE)
		length += (size_t)snprintf(text + length,
		    DIAGNOSIS_TEXT_SIZE - length, ", ");
	va_start(arguments, format);
	vsnprintf(text + length, DIAGNOSIS_TEXT_SIZE - length, format,
	    arguments);
	va_end(arguments);
}

static bool
knows(const struct diagnosis *diagnosis, enum diagnosis_number which)
{
	return (diagnosis->known & 1u << which) != 0;
}

void
diagnosis_text(const struct diagnosis *diagnosis,
    char text[DIAGNOSIS_TEXT_SIZE])
{
	text[0] = '\0';
	if (diagnosis->reason[0] != '\0')
		add(text, "%s", diagnosis->reason);
	if (knows(diagnosis, DIAGNOSIS_TX) && knows(diagnosis, DIAGNOSIS_RX))
		add(text, "%u/%u bit/s", diagnosis->number[DIAGNOSIS_TX],
		    diagnosis->number[DIAGNOSIS_RX]);
	for (unsigned i = DIAGNOSIS_RETRAINS; i < DIAGNOSIS_NUMBERS; i++)
		if (knows(diagnosis, i))
			add(text, "%s %u", names[i], diagnosis->number[i]);
	if (diagnosis->protocol[0] != '\0')
		add(text, "%s", diagnosis->protocol);
	if (diagnosis->compression[0] != '\0')
		add(text, "%s", diagnosis->compression);
}

const char *
diagnosis_number_name(enum diagnosis_number which)
{
	return names[which];
}
