/*
 * banner.c - templates of text for callers, and whether scripts can read them
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "serial/banner.h"

/* A token's name, and where its value is. */
struct token {
	const char *name;
	bool address; /* only known, and only of use, when SLIP begins */
};

enum { PEER, GATE, MTU, LINE, ENCAP, TOKENS };

static const struct token tokens[TOKENS] = {
	[PEER] = { "peer", true },
	[GATE] = { "gate", true },
	[MTU] = { "mtu", true },
	[LINE] = { "line", false },
	[ENCAP] = { "encap", true },
};

/* The token behind a percent sign; TOKENS: none. */
static unsigned
token_at(const char *text)
{
	size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz");
	unsigned i;

	for (i = 0; i < TOKENS; i++)
		if (strlen(tokens[i].name) == length &&
		    strncmp(text, tokens[i].name, length) == 0)
			break;
	return i;
}

struct text {
	char *octets;
	size_t size, length;
};

static void
put(struct text *text, char c)
{
	if (text->length + 1 < text->size)
		text->octets[text->length++] = c;
}

static void
put_plain(struct text *text, char c)
{
	if (c == '\n')
		put(text, '\r');
	if (c == '\n' || c == '\t' || ((unsigned char)c >= ' ' && c != 0x7f))
		put(text, c);
}

size_t
banner_expand(const char *template, const struct banner_values *values,
    char *text, size_t size)
{
	struct text to = { text, size, 0 };
	char mtu[16];
	const char *const value[TOKENS] = { [PEER] = values->peer,
		[GATE] = values->gate, [MTU] = mtu, [LINE] = values->line,
		[ENCAP] = values->encap };

	if (size == 0)
		return 0;
	(void)snprintf(mtu, sizeof(mtu), "%u", values->mtu);
	for (const char *c = template; *c != '\0'; c++) {
		unsigned token = *c == '%' ? token_at(c + 1) : TOKENS;

		if (token < TOKENS) {
			for (const char *v = value[token]; *v != '\0'; v++)
				put_plain(&to, *v);
			c += strlen(tokens[token].name);
		} else {
			if (c[0] == '%' && c[1] == '%')
				c++;
			put_plain(&to, *c);
		}
	}
	text[to.length] = '\0';
	return to.length;
}

/* Does a dotted quad stand here, as a script reads one? */
static bool
is_quad(const char *text)
{
	for (int part = 0; part < 4; part++) {
		size_t digits = strspn(text, "0123456789");

		if (digits == 0)
			return false;
		text += digits;
		if (part < 3 && *text++ != '.')
			return false;
	}
	return true;
}

static const char *
find_quad(const char *text)
{
	for (; *text != '\0'; text++)
		if (isdigit((unsigned char)*text) && is_quad(text))
			return text;
	return NULL;
}

/* What both templates must keep to. */
static bool
check_tokens(const char *key, const char *template, bool addresses,
    char *error, size_t size)
{
	if (strlen(template) > BANNER_TEMPLATE_MOST) {
		(void)snprintf(error, size, "%s has %zu octets; at most %d",
		    key, strlen(template), BANNER_TEMPLATE_MOST);
		return false;
	}
	for (const char *c = strchr(template, '%'); c != NULL;
	    c = strchr(c, '%')) {
		unsigned token = token_at(++c);

		if (*c == '%') {
			c++;
		} else if (token == TOKENS) {
			(void)snprintf(error, size, "%s: unknown token "
			    "\"%%%.*s\"; known are %s, and %%%% for a percent "
			    "sign", key, (int)strcspn(c, " .,;:\n"), c,
			    addresses ? "%peer, %gate, %mtu, %line, %encap" :
			    "%line");
			return false;
		} else if (tokens[token].address && !addresses) {
			(void)snprintf(error, size, "%s: %%%s is not known "
			    "before the login; keep it for the banner", key,
			    tokens[token].name);
			return false;
		}
	}
	return true;
}

bool
banner_check_issue(const char *issue, const char *line, char *error,
    size_t size)
{
	char text[BANNER_SIZE];
	const struct banner_values values = { .line = line, .peer = "",
		.gate = "", .encap = "" };
	const char *quad;

	if (!check_tokens("issue", issue, false, error, size))
		return false;
	(void)banner_expand(issue, &values, text, sizeof(text));
	quad = find_quad(text);
	if (quad == NULL)
		return true;
	(void)snprintf(error, size, "issue: callers' scripts would take "
	    "\"%.*s\" for their own address, since it is the first that they "
	    "read; take it away", (int)strspn(quad, "0123456789."), quad);
	return false;
}

bool
banner_check(const char *banner, const char *line, char *error, size_t size)
{
	static const char peer[] = "192.0.2.1";
	char text[BANNER_SIZE];
	const struct banner_values values = { .line = line, .peer = peer,
		.gate = "192.0.2.2", .encap = "SLIP", .mtu = 1500 };
	const char *quad, *behind;

	if (!check_tokens("banner", banner, true, error, size))
		return false;
	(void)banner_expand(banner, &values, text, sizeof(text));
	quad = find_quad(text);
	if (quad != NULL && strncmp(quad, peer, strlen(peer)) == 0) {
		behind = quad + strlen(peer);
		behind += *behind == '.';
		if (!isdigit((unsigned char)*behind))
			return true;
	}
	(void)snprintf(error, size, "banner: the first address in it has to be "
	    "%%peer, since callers' scripts take the first for their own; "
	    "write \"%s\" or the like", BANNER_DEFAULT);
	return false;
}
