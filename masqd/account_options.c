#include "masqd/account_options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	DAYS_30 = 30 * 24 * 60 * 60,
	TABLE_MOST = 1 << 20
};

#define SEPARATORS " \t,"
#define AT(field) offsetof(struct account_options, field)

struct word {
	const char *name; /* ends in = where a number follows */
	uint32_t bit;
	size_t at;
	uint32_t low, high;
};

/* The bounds are those of masqd.conf(5). */
static const struct word words[] = {
	{ "no-vj", ACCOUNT_NO_VJ, 0, 0, 0 },
	{ "clear-df", ACCOUNT_CLEAR_DF, 0, 0, 0 },
	{ "one-call", ACCOUNT_ONE_CALL, 0, 0, 0 },
	{ "idle=", ACCOUNT_IDLE, AT(idle), 0, DAYS_30 },
	{ "session=", ACCOUNT_SESSION, AT(session), 0, DAYS_30 },
	{ "max-mappings=", ACCOUNT_MAPPINGS, AT(max_mappings), 1, TABLE_MOST },
	{ "max-flows=", ACCOUNT_FLOWS, AT(max_flows), 1, TABLE_MOST },
	{ "new-flows=", ACCOUNT_NEW_FLOWS, AT(new_flows), 1, 100000 },
	{ "ttl-floor=", ACCOUNT_TTL_FLOOR, AT(ttl_floor), 0, UINT8_MAX },
};

static const struct {
	const char *name;
	uint8_t bit;
} protocols[] = { { "ppp", ACCOUNT_PPP }, { "slip", ACCOUNT_SLIP },
	{ "cslip", ACCOUNT_CSLIP } };

#define KNOWN                                                                  \
	"the options are ppp slip cslip proto= no-vj clear-df one-call idle= "  \
	"session= ttl-floor= max-mappings= max-flows= new-flows="

static uint8_t
protocol_named(const char *name)
{
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		if (strcmp(protocols[i].name, name) == 0)
			return protocols[i].bit;
	return 0;
}

const char *
account_protocol_name(enum account_protocol protocol)
{
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		if (protocols[i].bit == protocol)
			return protocols[i].name;
	return "nothing";
}

/* Digits only: strtoul() would take a sign and blanks. */
static int
number_of(const char *text, const struct word *word, uint32_t *number)
{
	unsigned long value;

	if (*text == '\0' || strspn(text, "0123456789") != strlen(text))
		return 0;
	errno = 0;
	value = strtoul(text, NULL, 10);
	if (errno != 0 || value < word->low || value > word->high)
		return 0;
	*number = (uint32_t)value;
	return 1;
}

static void
store(struct account_options *options, const struct word *word,
    uint32_t number)
{
	options->given |= word->bit;
	if (word->bit == ACCOUNT_TTL_FLOOR)
		options->ttl_floor = (uint8_t)number;
	else if (word->at != 0)
		memcpy((char *)options + word->at, &number, sizeof(number));
}

/* 1: it is one of words[]; then *wrong says whether its number is bad. */
static int
read_word(const char *text, struct account_options *options, char *wrong,
    size_t size)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const struct word *word = &words[i];
		size_t length = strlen(word->name);
		int valued = word->name[length - 1] == '=';
		uint32_t number = 0;

		if (strncmp(text, word->name, length) != 0 ||
		    (!valued && text[length] != '\0'))
			continue;
		if (valued && !number_of(text + length, word, &number))
			(void)snprintf(wrong, size, "option `%s' does nothing;"
			    " it takes a number from %u to %u", text,
			    (unsigned)word->low, (unsigned)word->high);
		else
			store(options, word, number);
		return 1;
	}
	return 0;
}

static void
read_option(const char *text, struct account_options *options, char *wrong,
    size_t size)
{
	uint8_t protocol = protocol_named(text);

	if (protocol != 0) {
		options->given |= ACCOUNT_PROTOCOLS;
		options->protocols |= protocol;
	} else if (strncmp(text, "proto=", 6) == 0) {
		options->protocol = protocol_named(text + 6);
		if (options->protocol != 0)
			options->given |= ACCOUNT_PROTOCOL;
		else
			(void)snprintf(wrong, size, "option `%s' does nothing;"
			    " it is proto=ppp, proto=slip or proto=cslip",
			    text);
	} else if (!read_word(text, options, wrong, size)) {
		(void)snprintf(wrong, size, "option `%s' is not known, and"
		    " does nothing; " KNOWN, text);
	}
}

void
account_options_read(char *field, struct account_options *options,
    char *wrong, size_t size)
{
	char none[1], *rest = NULL;

	*options = (struct account_options){ .given = 0 };
	if (size == 0) {
		wrong = none;
		size = sizeof(none);
	}
	*wrong = '\0';
	for (char *text = strtok_r(field, SEPARATORS, &rest); text;
	     text = strtok_r(NULL, SEPARATORS, &rest))
		/* The first complaint stands. */
		if (*wrong == '\0')
			read_option(text, options, wrong, size);
		else
			read_option(text, options, none, sizeof(none));
	if (!account_options_allow(options, options->protocol) &&
	    *wrong == '\0')
		(void)snprintf(wrong, size, "proto= names a protocol that the"
		    " account may not use; add it to the options");
}

int
account_options_allow(const struct account_options *options,
    enum account_protocol protocol)
{
	return !(options->given & ACCOUNT_PROTOCOLS) || protocol == 0 ||
	    (options->protocols & protocol) != 0;
}
