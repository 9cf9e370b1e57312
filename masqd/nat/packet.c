#include "packet.h"

#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>

#include "checksum.h"
#include "octets.h"

enum { /* octets into the IP header (RFC 791 3.1) */
	AT_SERVICE = 1,
	AT_LENGTH = 2,
	AT_IDENTIFICATION = 4,
	AT_FRAGMENT = 6,
	AT_TTL = 8,
	AT_PROTOCOL = 9,
	AT_CHECKSUM = 10,
	AT_SOURCE = 12,
	AT_DESTINATION = 16
};

enum {
	TCP_HEADER = 20,
	UDP_HEADER = 8,
	ICMP_HEADER = 8
};

bool
packet_icmp_is_query(uint8_t type)
{
	return type == ICMP_ECHO || type == ICMP_ECHOREPLY ||
	    (type >= ICMP_TIMESTAMP && type <= ICMP_ADDRESSREPLY);
}

/* RFC 791 3.1: each option but the two one-octet ones has a length. */
static enum verdict
check_options(const uint8_t *option, size_t n)
{
	size_t length;

	for (; n > 0 && *option != IPOPT_EOL; option += length, n -= length) {
		if (*option == IPOPT_NOP) {
			length = 1;
			continue;
		}
		if (n < 2 || option[1] < 2 || option[1] > n)
			return DROP_HEADER;
		if (*option == IPOPT_LSRR || *option == IPOPT_SSRR)
			return DROP_SOURCE_ROUTE;
		length = option[1];
	}
	return PASS;
}

static enum verdict
parse_fragment(struct packet *p)
{
	uint16_t field = ntohs(octets_get16(p->data + AT_FRAGMENT));
	size_t payload = p->length - p->transport;

	p->dont_fragment = field & IP_DF;
	p->more_fragments = field & IP_MF;
	p->fragment_offset = (uint16_t)((field & IP_OFFMASK) * 8);
	if (p->more_fragments && (payload == 0 || payload % 8 != 0))
		return DROP_HEADER;
	/* Reassembled it would exceed what a datagram can be. */
	if (p->transport + p->fragment_offset + payload > PACKET_MAX)
		return DROP_HEADER;
	return PASS;
}

static enum verdict
parse_tcp(struct packet *p, const uint8_t *tcp, size_t n)
{
	size_t header;

	if (n < TCP_HEADER)
		return DROP_SHORT;
	header = (size_t)(tcp[12] >> 4) * 4;
	if (header < TCP_HEADER || header > n)
		return DROP_SHORT;
	p->source_port = octets_get16(tcp);
	p->destination_port = octets_get16(tcp + 2);
	p->tcp_flags = tcp[13];
	return PASS;
}

static enum verdict
parse_udp(struct packet *p, const uint8_t *udp, size_t n)
{
	size_t length;

	if (n < UDP_HEADER)
		return DROP_SHORT;
	length = ntohs(octets_get16(udp + 4));
	if (length < UDP_HEADER || (length > n && !p->more_fragments))
		return DROP_SHORT;
	p->source_port = octets_get16(udp);
	p->destination_port = octets_get16(udp + 2);
	return PASS;
}

static enum verdict
parse_icmp(struct packet *p, const uint8_t *icmp, size_t n)
{
	if (n < ICMP_HEADER)
		return DROP_SHORT;
	p->icmp_type = icmp[0];
	p->icmp_code = icmp[1];
	if (packet_icmp_is_query(p->icmp_type)) {
		p->source_port = octets_get16(icmp + 4);
		p->destination_port = p->source_port;
	}
	return PASS;
}

static enum verdict
parse_transport(struct packet *p)
{
	const uint8_t *transport = p->data + p->transport;
	size_t n = p->length - p->transport;

	switch (p->protocol) {
	case IPPROTO_TCP:
		return parse_tcp(p, transport, n);
	case IPPROTO_UDP:
		return parse_udp(p, transport, n);
	case IPPROTO_ICMP:
		return parse_icmp(p, transport, n);
	default:
		return PASS;
	}
}

static enum verdict
parse_header(struct packet *p, size_t length)
{
	const uint8_t *ip = p->data;
	size_t header, total;

	if (length < PACKET_HEADER)
		return DROP_SHORT;
	if (ip[0] >> 4 != 4)
		return DROP_NOT_IPV4;
	header = (size_t)(ip[0] & 0xf) * 4;
	if (header < PACKET_HEADER)
		return DROP_HEADER;
	total = ntohs(octets_get16(ip + AT_LENGTH));
	if (header > length || total > length)
		return DROP_SHORT;
	if (total < header)
		return DROP_HEADER;
	if (checksum_of(ip, header) != 0)
		return DROP_IP_CHECKSUM;
	p->length = (uint32_t)total;
	p->transport = (uint16_t)header;
	p->ttl = ip[AT_TTL];
	p->protocol = ip[AT_PROTOCOL];
	p->source = octets_get32(ip + AT_SOURCE);
	p->destination = octets_get32(ip + AT_DESTINATION);
	return check_options(ip + PACKET_HEADER, header - PACKET_HEADER);
}

enum verdict
packet_parse(struct packet *p, uint8_t *data, size_t length, size_t capacity)
{
	enum verdict v;

	*p = (struct packet){
		.data = data,
		.length = (uint32_t)length,
		.capacity = (uint32_t)capacity,
		.caller = PACKET_NO_CALLER,
	};
	v = parse_header(p, length);
	if (v == PASS)
		v = parse_fragment(p);
	if (v == PASS && p->fragment_offset == 0)
		v = parse_transport(p);
	return p->verdict = v;
}

/* Where the transport checksum stands, or NULL where there is none. */
static inline uint8_t *
checksum_field(const struct packet *p)
{
	uint8_t *transport = p->data + p->transport;

	switch (p->protocol) {
	case IPPROTO_TCP:
		return transport + 16;
	case IPPROTO_UDP:
		return transport + 6;
	case IPPROTO_ICMP:
		return transport + 2;
	default:
		return NULL;
	}
}

/* RFC 793 3.1, RFC 768: the addresses, the protocol, the length. */
static uint64_t
pseudo_header(const struct packet *p)
{
	return (uint64_t)p->source + p->destination + htons(p->protocol) +
	    htons((uint16_t)(p->length - p->transport));
}

void
packet_complete_checksum(struct packet *p)
{
	uint8_t *field = checksum_field(p);
	uint64_t sum;
	uint16_t checksum;

	p->partial_checksum = false;
	if (field == NULL || packet_is_fragment(p))
		return;
	octets_put16(field, 0);
	sum = p->protocol == IPPROTO_ICMP ? 0 : pseudo_header(p);
	sum = checksum_add(sum, p->data + p->transport,
	    p->length - p->transport);
	checksum = (uint16_t)~checksum_fold(sum);
	if (checksum == 0 && p->protocol == IPPROTO_UDP)
		checksum = 0xffff;
	octets_put16(field, checksum);
}

static void
set_word(struct packet *p, size_t at, uint16_t word)
{
	uint8_t *checksum = p->data + AT_CHECKSUM;
	uint16_t old = octets_get16(p->data + at);

	octets_put16(p->data + at, word);
	octets_put16(checksum, checksum_adjust(octets_get16(checksum),
	    checksum_delta16(old, word)));
}

void
packet_set_identification(struct packet *p, uint16_t identification)
{
	set_word(p, AT_IDENTIFICATION, identification);
}

void
packet_clear_df(struct packet *p)
{
	uint16_t field = octets_get16(p->data + AT_FRAGMENT);

	set_word(p, AT_FRAGMENT, field & (uint16_t)~htons(IP_DF));
	p->dont_fragment = false;
}

void
packet_set_ttl(struct packet *p, uint8_t ttl)
{
	uint8_t *ip = p->data;
	uint16_t old = octets_get16(ip + AT_TTL);

	ip[AT_TTL] = p->ttl = ttl;
	octets_put16(ip + AT_CHECKSUM,
	    checksum_adjust(octets_get16(ip + AT_CHECKSUM),
	        checksum_delta16(old, octets_get16(ip + AT_TTL))));
}

bool
packet_decrement_ttl(struct packet *p)
{
	if (p->ttl <= 1)
		return false;
	packet_set_ttl(p, p->ttl - 1);
	return true;
}

/* address: change of the address, ports: of the port or identifier. */
static inline __attribute__((always_inline)) void
adjust_transport(struct packet *p, uint64_t address, uint64_t ports)
{
	uint8_t *field = checksum_field(p);
	uint16_t old = octets_get16(field);

	if (p->protocol == IPPROTO_ICMP)
		octets_put16(field, checksum_adjust(old, ports));
	else if (p->partial_checksum)
		octets_put16(field, checksum_fold(old + address));
	else if (p->protocol == IPPROTO_UDP)
		octets_put16(field, checksum_adjust_udp(old, address + ports));
	else
		octets_put16(field, checksum_adjust(old, address + ports));
}

/* Returns the change. */
static inline __attribute__((always_inline)) uint64_t
set_address(struct packet *p, size_t at, in_addr_t address)
{
	uint8_t *ip = p->data;
	uint64_t change = checksum_delta32(octets_get32(ip + at), address);

	octets_put32(ip + at, address);
	octets_put16(ip + AT_CHECKSUM,
	    checksum_adjust(octets_get16(ip + AT_CHECKSUM), change));
	return change;
}

/* Adjusting cannot tell 0 from ffff, which is the sum of zeros alone: of an
 * echo reply with nothing in it. */
static void
settle_zeros(struct packet *p)
{
	const uint8_t *icmp = p->data + p->transport;

	if (octets_get16(checksum_field(p)) == 0 && checksum_fold(
	    checksum_add(0, icmp, p->length - p->transport)) == 0)
		octets_put16(checksum_field(p), 0xffff);
}

/* Inlined: this is half of what a packet costs once its flow is found. */
static inline __attribute__((always_inline)) void
set_endpoint(struct packet *p, size_t address_at, size_t port_at,
    in_addr_t address, in_port_t port)
{
	uint8_t *ports = p->data + p->transport + port_at;
	uint64_t change = set_address(p, address_at, address);

	adjust_transport(p, change, checksum_delta16(octets_get16(ports),
	    port));
	octets_put16(ports, port);
	if (port == 0 && p->protocol == IPPROTO_ICMP)
		settle_zeros(p);
}

void
packet_set_source_address(struct packet *p, in_addr_t address)
{
	set_address(p, AT_SOURCE, address);
	p->source = address;
}

void
packet_set_destination_address(struct packet *p, in_addr_t address)
{
	set_address(p, AT_DESTINATION, address);
	p->destination = address;
}

void
packet_set_source(struct packet *p, in_addr_t address, in_port_t port)
{
	bool icmp = p->protocol == IPPROTO_ICMP;

	set_endpoint(p, AT_SOURCE, icmp ? 4 : 0, address, port);
	p->source = address;
	p->source_port = port;
	if (icmp)
		p->destination_port = port;
}

void
packet_set_destination(struct packet *p, in_addr_t address, in_port_t port)
{
	bool icmp = p->protocol == IPPROTO_ICMP;

	set_endpoint(p, AT_DESTINATION, icmp ? 4 : 2, address, port);
	p->destination = address;
	p->destination_port = port;
	if (icmp)
		p->source_port = port;
}

void
packet_move_fragment(struct packet *p, enum direction d, in_addr_t address,
    uint16_t identification)
{
	if (d == INBOUND) {
		packet_set_destination_address(p, address);
		return;
	}
	packet_set_source_address(p, address);
	packet_set_identification(p, identification);
}

void
packet_write_header(struct packet *p, uint8_t protocol, in_addr_t source,
    in_addr_t destination, uint32_t length, uint16_t identification,
    uint8_t service)
{
	uint8_t *ip = p->data;

	memset(ip, 0, PACKET_HEADER);
	ip[0] = 4 << 4 | PACKET_HEADER / 4;
	ip[AT_SERVICE] = service;
	octets_put16(ip + AT_LENGTH, htons((uint16_t)length));
	octets_put16(ip + AT_IDENTIFICATION, identification);
	ip[AT_TTL] = PACKET_TTL;
	ip[AT_PROTOCOL] = protocol;
	octets_put32(ip + AT_SOURCE, source);
	octets_put32(ip + AT_DESTINATION, destination);
	octets_put16(ip + AT_CHECKSUM, checksum_of(ip, PACKET_HEADER));
	p->length = length;
	p->source = source;
	p->destination = destination;
	p->source_port = p->destination_port = 0;
	p->transport = PACKET_HEADER;
	p->fragment_offset = 0;
	p->protocol = protocol;
	p->tcp_flags = p->icmp_type = p->icmp_code = 0;
	p->ttl = PACKET_TTL;
	p->more_fragments = p->dont_fragment = p->partial_checksum = false;
}
