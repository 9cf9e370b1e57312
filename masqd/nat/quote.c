#include "quote.h"

#include <netinet/ip.h>
#include <netinet/ip_icmp.h>

#include "checksum.h"
#include "octets.h"

enum {
	ICMP_HEADER = 8,
	EXTENSION_UNIT = 4,   /* RFC 4884 section 4 */
	AT_EXTENSION_LENGTH = 5,
	TRANSPORT_LEAST = 8   /* RFC 792 */
};

bool
quote_is_carried_by(uint8_t icmp_type)
{
	return icmp_type == ICMP_UNREACH || icmp_type == ICMP_TIMXCEED ||
	    icmp_type == ICMP_PARAMPROB;
}

/* The octets that belong to the quoted datagram. */
static size_t
quoted_length(const uint8_t *icmp, size_t n)
{
	size_t original = (size_t)icmp[AT_EXTENSION_LENGTH] * EXTENSION_UNIT;

	n -= ICMP_HEADER;
	return original > 0 && original < n ? original : n;
}

static enum verdict
parse_header(struct quote *q, size_t n)
{
	const uint8_t *ip = q->ip;
	size_t header, total;
	uint16_t fragment;

	if (n < PACKET_HEADER || ip[0] >> 4 != 4)
		return DROP_ICMP_QUOTE;
	header = (size_t)(ip[0] & 0xf) * 4;
	total = ntohs(octets_get16(ip + 2));
	if (header < PACKET_HEADER || header > n || total < header ||
	    checksum_of(ip, header) != 0)
		return DROP_ICMP_QUOTE;
	fragment = ntohs(octets_get16(ip + 6));
	q->is_later = fragment & IP_OFFMASK;
	q->is_atomic = (fragment & (IP_OFFMASK | IP_MF | IP_DF)) == IP_DF;
	q->identification = octets_get16(ip + 4);
	q->protocol = ip[9];
	q->source = octets_get32(ip + 12);
	q->destination = octets_get32(ip + 16);
	q->transport = q->ip + header;
	q->length = (total < n ? total : n) - header;
	return PASS;
}

static enum verdict
parse_ports(struct quote *q)
{
	if (q->is_later)
		return q->protocol == IPPROTO_TCP ||
		    q->protocol == IPPROTO_UDP ||
		    q->protocol == IPPROTO_ICMP ? PASS : DROP_ICMP_QUOTE;
	if (q->length < TRANSPORT_LEAST)
		return DROP_ICMP_QUOTE;
	switch (q->protocol) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
		q->source_port = octets_get16(q->transport);
		q->destination_port = octets_get16(q->transport + 2);
		return PASS;
	case IPPROTO_ICMP:
		q->icmp_type = q->transport[0];
		q->source_port = octets_get16(q->transport + 4);
		q->destination_port = q->source_port;
		return packet_icmp_is_query(q->icmp_type) ? PASS :
		    DROP_ICMP_QUOTE;
	default:
		return DROP_ICMP_QUOTE;
	}
}

enum verdict
quote_parse(const struct packet *error, struct quote *q)
{
	uint8_t *icmp = error->data + error->transport;
	size_t n = error->length - error->transport;
	enum verdict v;

	if (checksum_of(icmp, n) != 0)
		return DROP_ICMP_CHECKSUM;
	*q = (struct quote){ .ip = icmp + ICMP_HEADER };
	v = parse_header(q, quoted_length(icmp, n));
	return v == PASS ? parse_ports(q) : v;
}

static void
adjust(struct quote *q, uint64_t address, uint64_t port)
{
	size_t at = q->protocol == IPPROTO_TCP ? 16 :
	    q->protocol == IPPROTO_UDP ? 6 : 2;
	uint8_t *field = q->transport + at;
	uint16_t old;

	if (q->length < at + 2)
		return;
	old = octets_get16(field);
	if (q->protocol == IPPROTO_UDP)
		octets_put16(field, checksum_adjust_udp(old, address + port));
	else if (q->protocol == IPPROTO_TCP)
		octets_put16(field, checksum_adjust(old, address + port));
	else
		octets_put16(field, checksum_adjust(old, port));
}

static void
set_endpoint(struct quote *q, size_t address_at, size_t port_at,
    in_addr_t address, in_port_t port)
{
	uint8_t *checksum = q->ip + 10, *ports = q->transport + port_at;
	uint64_t change = checksum_delta32(octets_get32(q->ip + address_at),
	    address);

	if (!q->is_later) {
		adjust(q, change, checksum_delta16(octets_get16(ports),
		    port));
		octets_put16(ports, port);
	}
	octets_put32(q->ip + address_at, address);
	octets_put16(checksum,
	    checksum_adjust(octets_get16(checksum), change));
}

void
quote_set_source(struct quote *q, in_addr_t address, in_port_t port)
{
	set_endpoint(q, 12, q->protocol == IPPROTO_ICMP ? 4 : 0, address,
	    port);
}

void
quote_set_destination(struct quote *q, in_addr_t address, in_port_t port)
{
	set_endpoint(q, 16, q->protocol == IPPROTO_ICMP ? 4 : 2, address,
	    port);
}

void
quote_set_identification(struct quote *q, uint16_t identification)
{
	uint8_t *checksum = q->ip + 10;

	octets_put16(checksum, checksum_adjust(octets_get16(checksum),
	    checksum_delta16(octets_get16(q->ip + 4), identification)));
	octets_put16(q->ip + 4, identification);
}

/* Verified in quote_parse(), so computing it anew repairs nothing. */
void
quote_close(const struct packet *error)
{
	uint8_t *icmp = error->data + error->transport;

	octets_put16(icmp + 2, 0);
	octets_put16(icmp + 2, checksum_of(icmp,
	    error->length - error->transport));
}
