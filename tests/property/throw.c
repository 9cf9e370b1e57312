#include "throw.h"

#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <string.h>

enum { IP_HEADER = 20, OPTIONS_MAX = 12, MORE = 0x2000, DONT = 0x4000 };

static uint64_t state;

void
throw_seed(uint64_t seed)
{
	state = seed * 0x9e3779b97f4a7c15u + 0x2545f4914f6cdd1du;
	if (state == 0)
		state = 1;
}

uint32_t
throw_draw(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)((state >> 32) * below >> 32);
}

bool
throw_once_in(uint32_t n)
{
	return throw_draw(n) == 0;
}

static void
put16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static size_t
get16(const uint8_t *at)
{
	return (size_t)(at[0] << 8 | at[1]);
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

static size_t
header_of(const uint8_t *packet)
{
	return (size_t)(packet[0] & 0xf) * 4;
}

static unsigned
transport_sum(const uint8_t *packet, size_t length)
{
	size_t header = header_of(packet);
	unsigned long start = packet[9] == IPPROTO_ICMP ? 0 :
	    sum(packet + 12, 8, 0) + packet[9] + (length - header);

	return sum(packet + header, length - header, start);
}

bool
throw_header_is_right(const uint8_t *packet)
{
	return sum(packet, header_of(packet), 0) == 0xffff;
}

static size_t
sum_offset(uint8_t protocol)
{
	switch (protocol) {
	case IPPROTO_ICMP:
		return 2;
	case IPPROTO_TCP:
		return 16;
	case IPPROTO_UDP:
		return 6;
	default:
		return 0;
	}
}

bool
throw_transport_is_right(const uint8_t *packet, size_t length)
{
	const uint8_t *body = packet + header_of(packet);

	if (packet[9] == IPPROTO_UDP && get16(body + 6) == 0)
		return true;
	return sum_offset(packet[9]) == 0 ||
	    transport_sum(packet, length) == 0xffff;
}

static void
close_header(uint8_t *packet)
{
	size_t header = header_of(packet);

	put16(packet + 10, 0);
	put16(packet + 10, ~sum(packet, header, 0) & 0xffff);
}

static void
close_transport(uint8_t *packet, size_t length)
{
	size_t offset = sum_offset(packet[9]);
	uint8_t *at = packet + header_of(packet) + offset;
	unsigned value;

	if (offset == 0)
		return;
	put16(at, 0);
	value = ~transport_sum(packet, length) & 0xffff;
	if (packet[9] == IPPROTO_UDP && value == 0)
		value = 0xffff;
	put16(at, value);
}

/* Mostly a header without options; sometimes a router alert, a record of the
 * route or a source route. */
static size_t
put_header(uint8_t *out, const struct throw_ends *ends)
{
	static const uint8_t options[][OPTIONS_MAX] = {
		{ 148, 4, 0, 0 }, { 1, 1, 1, 0 },
		{ 7, 11, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0 },
		{ 131, 7, 4, 9, 9, 9, 9, 0 },
	};
	static const uint8_t ttls[] = { 64, 64, 64, 128, 255, 2, 1, 0 };
	size_t header = IP_HEADER;

	if (throw_once_in(32)) {
		memcpy(out + IP_HEADER, options[throw_draw(4)], OPTIONS_MAX);
		header += OPTIONS_MAX;
	}
	out[0] = (uint8_t)(0x40 | header / 4);
	out[1] = (uint8_t)(throw_once_in(16) ? throw_draw(256) : 0);
	put16(out + 4, throw_draw(64));
	put16(out + 6, throw_once_in(3) ? DONT : 0);
	out[8] = ttls[throw_draw(sizeof ttls)];
	out[9] = ends->protocol;
	memcpy(out + 12, &ends->source, 4);
	memcpy(out + 16, &ends->destination, 4);
	return header;
}

static size_t
put_tcp(uint8_t *body)
{
	static const uint8_t flags[] = { TH_SYN, TH_SYN, TH_SYN | TH_ACK,
		TH_ACK, TH_ACK, TH_ACK | TH_PUSH, TH_FIN | TH_ACK,
		TH_FIN | TH_ACK, TH_RST, TH_RST | TH_ACK, 0, TH_SYN | TH_FIN };
	size_t header = 20;

	/* Few numbers, so that some fit one another. */
	put16(body + 6, throw_draw(4));
	put16(body + 10, throw_draw(4));
	body[13] = throw_once_in(16) ? (uint8_t)throw_draw(256) :
	    flags[throw_draw(sizeof flags)];
	put16(body + 14, 1 + throw_draw(0xffff));
	if (body[13] & TH_SYN && throw_once_in(2)) {
		body[header] = 2;
		body[header + 1] = 4;
		put16(body + header + 2, throw_draw(0x10000));
		header += 4;
	}
	body[12] = (uint8_t)(header / 4 << 4);
	return header;
}

static void
put_query(uint8_t *body, const struct throw_ends *ends, bool answer)
{
	static const uint8_t queries[] = { ICMP_ECHO, ICMP_ECHO, ICMP_ECHO,
		ICMP_TIMESTAMP, ICMP_INFO_REQUEST, ICMP_ADDRESS };
	static const uint8_t replies[] = { ICMP_ECHOREPLY, ICMP_ECHOREPLY,
		ICMP_ECHOREPLY, ICMP_TIMESTAMPREPLY, ICMP_INFO_REPLY,
		ICMP_ADDRESSREPLY };
	unsigned which = throw_draw(sizeof queries);

	body[0] = throw_once_in(64) ? (uint8_t)throw_draw(256) : answer ?
	    replies[which] : queries[which];
	memcpy(body + 4, &ends->source_port, 2);
	put16(body + 6, throw_draw(16));
}

size_t
throw_packet(uint8_t *out, const struct throw_ends *ends, bool answer)
{
	size_t header, data, at = 0, length;
	uint8_t *body;

	memset(out, 0, THROW_ROOM);
	header = put_header(out, ends);
	body = out + header;
	data = throw_once_in(12) ? throw_draw(3000) : throw_draw(48);
	switch (ends->protocol) {
	case IPPROTO_TCP:
		at = put_tcp(body);
		break;
	case IPPROTO_UDP:
		at = 8;
		put16(body + 4, at + data);
		break;
	case IPPROTO_ICMP:
		at = 8;
		put_query(body, ends, answer);
		break;
	default:
		break;
	}
	if (ends->protocol == IPPROTO_TCP || ends->protocol == IPPROTO_UDP) {
		memcpy(body, &ends->source_port, 2);
		memcpy(body + 2, &ends->destination_port, 2);
	}
	for (size_t i = 0; i < data && i < 64; i++)
		body[at + i] = (uint8_t)throw_draw(256);
	length = header + at + data;
	put16(out + 2, length);
	close_transport(out, length);
	if (ends->protocol == IPPROTO_UDP && throw_once_in(8))
		put16(body + 6, 0);
	close_header(out);
	return length;
}

size_t
throw_error(uint8_t *out, in_addr_t source, in_addr_t destination,
    const uint8_t *quoted, size_t quoted_length)
{
	static const uint8_t types[] = { ICMP_UNREACH, ICMP_UNREACH,
		ICMP_TIMXCEED, ICMP_TIMXCEED, ICMP_PARAMPROB,
		ICMP_SOURCEQUENCH, ICMP_REDIRECT };
	struct throw_ends ends = { .source = source,
		.destination = destination, .protocol = IPPROTO_ICMP };
	size_t keep = throw_once_in(8) ? throw_draw(64) :
	    throw_once_in(2) ? 28 : 128, header, length;
	uint8_t *body;

	memset(out, 0, THROW_ROOM);
	if (keep > quoted_length)
		keep = quoted_length;
	header = put_header(out, &ends);
	body = out + header;
	body[0] = types[throw_draw(sizeof types)];
	body[1] = (uint8_t)throw_draw(body[0] == ICMP_UNREACH ? 16 : 2);
	if (body[1] == ICMP_UNREACH_NEEDFRAG)
		put16(body + 6, throw_draw(1600));
	memcpy(body + 8, quoted, keep);
	length = header + 8 + keep;
	if (throw_once_in(8)) { /* RFC 4884: padded, then an extension */
		body[5] = 128 / 4;
		length = header + 8 + 128 + 8;
		body[8 + 128] = 0x20;
	}
	put16(out + 2, length);
	close_transport(out, length);
	close_header(out);
	return length;
}

size_t
throw_fragment(uint8_t *out, const uint8_t *whole, size_t length, size_t from,
    size_t to)
{
	size_t header = header_of(whole), field = from / 8;

	if (header + to < length)
		field |= MORE;
	else
		to = length - header;
	memcpy(out, whole, header);
	memcpy(out + header, whole + header + from, to - from);
	put16(out + 2, header + to - from);
	put16(out + 6, field);
	close_header(out);
	return header + to - from;
}

size_t
throw_spoil(uint8_t *packet, size_t length)
{
	size_t reach = throw_once_in(2) && length > 64 ? 64 : length;

	if (throw_once_in(4)) {
		length = throw_draw((uint32_t)length + 1);
	} else if (throw_once_in(8)) {
		length = throw_draw(200);
		for (size_t i = 0; i < length; i++)
			packet[i] = (uint8_t)throw_draw(256);
		if (throw_once_in(2))
			packet[0] = 0x45;
	} else {
		for (uint32_t i = throw_draw(4); i < 4; i++)
			packet[throw_draw((uint32_t)reach)] ^=
			    (uint8_t)(1 + throw_draw(255));
	}
	if (throw_once_in(2) || length < IP_HEADER)
		return length;
	put16(packet + 2, length);
	if (header_of(packet) <= length && header_of(packet) >= IP_HEADER)
		close_header(packet);
	return length;
}

struct throw_ends
throw_ends_of(const uint8_t *octets, size_t length)
{
	struct throw_ends ends = { .protocol = 0 };
	size_t header;

	if (length < IP_HEADER)
		return ends;
	header = header_of(octets);
	ends.protocol = octets[9];
	memcpy(&ends.source, octets + 12, 4);
	memcpy(&ends.destination, octets + 16, 4);
	if (header + 8 > length)
		return ends;
	memcpy(&ends.source_port, octets + header, 2);
	memcpy(&ends.destination_port, octets + header + 2, 2);
	if (ends.protocol == IPPROTO_ICMP) {
		memcpy(&ends.source_port, octets + header + 4, 2);
		ends.destination_port = ends.source_port;
	}
	return ends;
}
