#include "text.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IP_HEADER = 20, TCP_HEADER = 20, UDP_HEADER = 8, ICMP_HEADER = 8,
	EXTENDED_QUOTE = 128, OPTIONS = 4 };

struct endpoint {
	in_addr_t address;
	unsigned port;
};

static void
put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void
put32(uint8_t *at, unsigned long value)
{
	put16(at, (unsigned)(value >> 16) & 0xffff);
	put16(at + 2, (unsigned)value & 0xffff);
}

static unsigned
get16(const uint8_t *at)
{
	return (unsigned)(at[0] << 8 | at[1]);
}

static unsigned long
get32(const uint8_t *at)
{
	return (unsigned long)get16(at) << 16 | get16(at + 2);
}

/* A plain sum of its own: the code under test has another. */
static unsigned
sum(const uint8_t *data, size_t n, unsigned long start)
{
	for (size_t i = 0; i < n; i++)
		start += i % 2 == 0 ? (unsigned long)data[i] << 8 : data[i];
	while (start >> 16)
		start = (start & 0xffff) + (start >> 16);
	return (unsigned)start;
}

static unsigned
transport_sum(const uint8_t *packet, size_t length)
{
	size_t header = (size_t)(packet[0] & 0xf) * 4;
	unsigned long start = packet[9] == IPPROTO_ICMP ? 0 :
	    sum(packet + 12, 8, 0) + packet[9] + (length - header);

	return sum(packet + header, length - header, start);
}

/* The value of an attribute in the line, or NULL. */
static const char *
attribute(const char *line, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = strchr(line, ' '); at != NULL;
	     at = strchr(at + 1, ' '))
		if (strncmp(at + 1, name, length) == 0 &&
		    (at[1 + length] == '=' || at[1 + length] == ' ' ||
			at[1 + length] == '\0'))
			return at[1 + length] == '=' ? at + length + 2 : "";
	return NULL;
}

static unsigned long
number(const char *line, const char *name, unsigned long otherwise)
{
	const char *value = attribute(line, name);

	return value == NULL ? otherwise : strtoul(value, NULL, 0);
}

static bool
is_bad(const char *line, const char *name)
{
	const char *value = attribute(line, name);

	return value != NULL && strncmp(value, "bad", 3) == 0;
}

static bool
read_endpoint(const char *text, struct endpoint *out)
{
	char address[INET_ADDRSTRLEN];

	out->port = 0;
	if (sscanf(text, "%15[0-9.]:%u", address, &out->port) < 1)
		return false;
	return inet_pton(AF_INET, address, &out->address) == 1;
}

static const char flag_letters[] = "FSRPAU";

static uint8_t
read_flags(const char *text)
{
	uint8_t flags = 0;

	for (; text != NULL && *text > ' '; text++) {
		const char *at = strchr(flag_letters, *text);

		if (at != NULL)
			flags |= (uint8_t)(1 << (at - flag_letters));
	}
	return flags;
}

static size_t build(const char *line, uint8_t *out, bool quoted);

/* RFC 4884: the quote padded to 128 octets, and a label stack behind it. */
static size_t
build_extension(uint8_t *body, size_t used)
{
	static const uint8_t extension[] = { 0x20, 0, 0xd7, 0xf3, 0, 8, 1, 1,
		0x12, 0x34, 0x51, 1 };

	memset(body + ICMP_HEADER + used, 0, EXTENDED_QUOTE - used);
	memcpy(body + ICMP_HEADER + EXTENDED_QUOTE, extension,
	    sizeof extension);
	body[5] = EXTENDED_QUOTE / 4;
	return EXTENDED_QUOTE + sizeof extension;
}

static size_t
build_icmp(const char *line, uint8_t *body)
{
	const char *quote = attribute(line, "quote");
	unsigned type = 8, code = 0;
	char inner[TEXT_LINE_ROOM];
	const char *value = attribute(line, "type");
	size_t used = 0;

	if (value != NULL)
		(void)sscanf(value, "%u/%u", &type, &code);
	body[0] = (uint8_t)type;
	body[1] = (uint8_t)code;
	put16(body + 4, (unsigned)number(line, "query", 0));
	put16(body + 6, (unsigned)number(line, "mtu",
			    quote == NULL ? 1 : 0));
	if (quote == NULL)
		return ICMP_HEADER + number(line, "data", 8);
	for (; *quote > ' ' && used + 4 < sizeof inner; quote++) {
		if (*quote == '>') {
			memcpy(inner + used, " > ", 3);
			used += 3;
		} else {
			inner[used++] = *quote == ',' ? ' ' : *quote;
		}
	}
	inner[used] = '\0';
	used = build(inner, body + ICMP_HEADER, true);
	if (attribute(line, "ext") != NULL)
		used = build_extension(body, used);
	if (is_bad(line, "quotesum"))
		body[ICMP_HEADER + 10] ^= 0x55;
	return used == 0 ? 0 : ICMP_HEADER + used;
}

/* Returns the body's length, 0 for an unknown protocol. */
static size_t
build_body(const char *line, const char *protocol, uint8_t *out,
    const struct endpoint *from, const struct endpoint *to)
{
	uint8_t *body = out + IP_HEADER;
	size_t data = number(line, "data", 8), header = 0;
	unsigned value;

	if (strcmp(protocol, "icmp") == 0) {
		out[9] = IPPROTO_ICMP;
		return build_icmp(line, body);
	}
	if (strcmp(protocol, "tcp") == 0) {
		out[9] = IPPROTO_TCP;
		header = TCP_HEADER;
		if (attribute(line, "data") == NULL)
			data = 0;
		put32(body + 4, number(line, "seq", 1));
		put32(body + 8, number(line, "ack", 0));
		body[13] = read_flags(attribute(line, "flags"));
		put16(body + 14, 8192);
		if (attribute(line, "mss") != NULL) {
			body[TCP_HEADER] = 2;
			body[TCP_HEADER + 1] = 4;
			put16(body + TCP_HEADER + 2,
			    (unsigned)number(line, "mss", 0));
			header += 4;
		}
		body[12] = (uint8_t)(header / 4 << 4);
	} else if (strcmp(protocol, "udp") == 0) {
		out[9] = IPPROTO_UDP;
		header = UDP_HEADER;
		put16(body + 4, (unsigned)(UDP_HEADER + data));
	} else if (sscanf(protocol, "proto%u", &value) == 1) {
		out[9] = (uint8_t)value;
		return data;
	} else {
		return 0;
	}
	put16(body, from->port);
	put16(body + 2, to->port);
	return header + data;
}

static const int sum_offsets[] = { [IPPROTO_ICMP] = 2, [IPPROTO_TCP] = 16,
	[IPPROTO_UDP] = 6 };

static void
put_sums(const char *line, uint8_t *out, size_t length)
{
	const char *udp = attribute(line, "sum");
	int offset = out[9] <= IPPROTO_UDP ? sum_offsets[out[9]] : 0;

	size_t header = (size_t)(out[0] & 0xf) * 4;

	put16(out + 10, ~sum(out, header, 0) & 0xffff);
	if (is_bad(line, "ipsum"))
		out[10] ^= 0x55;
	if (offset == 0 || (udp != NULL && strncmp(udp, "none", 4) == 0))
		return;
	put16(out + header + offset, 0);
	put16(out + header + offset, ~transport_sum(out, length) & 0xffff);
	if (is_bad(line, "sum"))
		out[header + offset] ^= 0x55;
}

static size_t
build(const char *line, uint8_t *out, bool quoted)
{
	char protocol[16], from_text[32], to_text[32];
	struct endpoint from, to;
	const char *fragment = attribute(line, "frag");
	unsigned flags = 0;
	size_t body, length;

	if (sscanf(line, " %15s %31s > %31s", protocol, from_text, to_text) !=
		3 || !read_endpoint(from_text, &from) ||
	    !read_endpoint(to_text, &to))
		return 0;
	memset(out, 0, IP_HEADER + TCP_HEADER);
	body = build_body(line, protocol, out, &from, &to);
	if (body == 0)
		return 0;
	length = IP_HEADER + body;
	if (fragment != NULL)
		flags = (unsigned)strtoul(fragment, NULL, 10) / 8 |
		    (strchr(fragment, '+') != NULL &&
			    strchr(fragment, '+') - fragment < 6 ? 0x2000 : 0);
	if (attribute(line, "df") != NULL)
		flags |= 0x4000;
	out[0] = 0x45;
	if (attribute(line, "options") != NULL) {
		memmove(out + IP_HEADER + OPTIONS, out + IP_HEADER, body);
		memcpy(out + IP_HEADER, "\x94\x04\0\0", OPTIONS);
		out[0]++;
		length += OPTIONS;
	}
	put16(out + 2, (unsigned)length);
	put16(out + 4, (unsigned)number(line, "id", 1));
	put16(out + 6, flags);
	out[8] = (uint8_t)number(line, "ttl", quoted ? 60 : 64);
	memcpy(out + 12, &from.address, 4);
	memcpy(out + 16, &to.address, 4);
	put_sums(line, out, length);
	return length;
}

size_t
text_build(const char *line, uint8_t *out)
{
	memset(out, 0, 2048);
	return build(line, out, false);
}

static int
describe_addresses(const uint8_t *packet, char *line, size_t room,
    const char *form)
{
	static const char *const names[] = { [IPPROTO_ICMP] = "icmp",
		[IPPROTO_TCP] = "tcp", [IPPROTO_UDP] = "udp" };
	size_t header = (size_t)(packet[0] & 0xf) * 4;
	char from[INET_ADDRSTRLEN], to[INET_ADDRSTRLEN], name[16];
	bool ports = (packet[9] == IPPROTO_TCP || packet[9] == IPPROTO_UDP) &&
	    (get16(packet + 6) & 0x1fff) == 0;

	(void)snprintf(name, sizeof name, "proto%u", packet[9]);
	if (packet[9] <= IPPROTO_UDP && names[packet[9]] != NULL)
		(void)snprintf(name, sizeof name, "%s", names[packet[9]]);
	inet_ntop(AF_INET, packet + 12, from, sizeof from);
	inet_ntop(AF_INET, packet + 16, to, sizeof to);
	if (!ports)
		return snprintf(line, room,
		    form[0] == ' ' ? "%s %s > %s" : "%s,%s>%s", name, from, to);
	return snprintf(line, room,
	    form[0] == ' ' ? "%s %s:%u > %s:%u" : "%s,%s:%u>%s:%u", name, from,
	    get16(packet + header), to, get16(packet + header + 2));
}

static int
describe_quoted(const uint8_t *ip, size_t length, char *line, size_t room)
{
	size_t header = (size_t)(ip[0] & 0xf) * 4;
	int used = snprintf(line, room, " quoteid=%u", get16(ip + 4));

	if (get16(ip + 6) & 0x1fff)
		used += snprintf(line + used, room - (size_t)used,
		    " quotefrag=%u", (get16(ip + 6) & 0x1fff) * 8);
	else if (ip[9] == IPPROTO_ICMP)
		used += snprintf(line + used, room - (size_t)used,
		    " quotequery=%u", get16(ip + header + 4));
	else if (ip[9] == IPPROTO_TCP && length >= header + TCP_HEADER + 4 &&
	    ip[header + TCP_HEADER] == 2)
		used += snprintf(line + used, room - (size_t)used,
		    " quotemss=%u", get16(ip + header + TCP_HEADER + 2));
	if (get16(ip + 6) & 0x4000)
		used += snprintf(line + used, room - (size_t)used, " quotedf");
	return used;
}

static int
describe_icmp(const uint8_t *body, size_t length, char *line, size_t room)
{
	bool error = body[0] == 3 || body[0] == 4 || body[0] == 5 ||
	    body[0] == 11 || body[0] == 12;
	int used = snprintf(line, room, " type=%u/%u", body[0], body[1]);

	if (!error || length < ICMP_HEADER + IP_HEADER + ICMP_HEADER)
		return used + snprintf(line + used, room - (size_t)used,
		    " query=%u", get16(body + 4));
	used += snprintf(line + used, room - (size_t)used,
	    " mtu=%u quote=", get16(body + 6));
	used += describe_addresses(body + ICMP_HEADER, line + used,
	    room - (size_t)used, ",");
	used += describe_quoted(body + ICMP_HEADER, length - ICMP_HEADER,
	    line + used, room - (size_t)used);
	if (length >= ICMP_HEADER + EXTENDED_QUOTE && body[5] != 0)
		used += snprintf(line + used, room - (size_t)used, " ext");
	if (sum(body + ICMP_HEADER, (size_t)(body[ICMP_HEADER] & 0xf) * 4,
		0) != 0xffff)
		used += snprintf(line + used, room - (size_t)used,
		    " quotesum=bad");
	return used;
}

void
text_describe(const uint8_t *packet, size_t length, char *line)
{
	size_t header = (size_t)(packet[0] & 0xf) * 4, room = TEXT_LINE_ROOM;
	const uint8_t *body = packet + header;
	unsigned field = get16(packet + 6);
	bool whole = (field & 0x3fff) == 0;
	int n = describe_addresses(packet, line, room, " ");

#define ADD(...) n += snprintf(line + n, room - (size_t)n, __VA_ARGS__)
	if (packet[9] == IPPROTO_TCP && (field & 0x1fff) == 0) {
		ADD(" flags=");
		for (int i = 0; flag_letters[i] != '\0'; i++)
			if (body[13] & 1 << i)
				ADD("%c", flag_letters[i]);
		ADD(" seq=%lu ack=%lu", get32(body + 4), get32(body + 8));
		if (body[12] >> 4 == 6 && body[TCP_HEADER] == 2)
			ADD(" mss=%u", get16(body + TCP_HEADER + 2));
	}
	if (packet[9] == IPPROTO_ICMP && (field & 0x1fff) == 0)
		n += describe_icmp(body, length - header, line + n,
		    room - (size_t)n);
	ADD(" ttl=%u id=%u length=%zu", packet[8], get16(packet + 4), length);
	if (field & 0x4000)
		ADD(" df");
	if (!whole)
		ADD(" frag=%u%s", (field & 0x1fff) * 8,
		    field & 0x2000 ? "+" : "");
	if (sum(packet, header, 0) != 0xffff)
		ADD(" ipsum=bad");
	if (whole && packet[9] == IPPROTO_UDP && get16(body + 6) == 0)
		ADD(" sum=none");
	else if (whole && packet[9] <= IPPROTO_UDP &&
	    transport_sum(packet, length) != 0xffff)
		ADD(" sum=bad");
#undef ADD
}
