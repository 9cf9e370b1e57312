#include "icmp.h"

#include <netinet/ip_icmp.h>

#include "checksum.h"
#include "octets.h"

enum {
	ICMP_HEADER = 8,
	ANSWER_HEADERS = PACKET_HEADER + ICMP_HEADER,
	QUOTE_LEAST = 8,   /* octets behind the quoted header, RFC 792 */
	ANSWER_MAX = 576,  /* RFC 1812 4.3.2.3 */
	SERVICE = 0xc0	   /* internetwork control, RFC 1812 4.3.2.5 */
};

static bool
is_host(in_addr_t address)
{
	uint32_t host = ntohl(address);

	return host >> 24 != 0 && host >> 24 != IN_LOOPBACKNET &&
	    host < 0xe0000000; /* multicast, reserved, broadcast */
}

static bool
may_be_answered(const struct packet *p)
{
	if (p->protocol == IPPROTO_ICMP && p->fragment_offset == 0 &&
	    !packet_icmp_is_query(p->icmp_type))
		return false;
	return p->fragment_offset == 0 && is_host(p->source) &&
	    is_host(p->destination);
}

enum verdict
icmp_error(struct packet *p, in_addr_t from, uint8_t type, uint8_t code,
    uint16_t mtu, enum verdict why)
{
	uint32_t quoted = p->length;
	uint32_t room = p->capacity < ANSWER_MAX ? p->capacity : ANSWER_MAX;
	uint16_t identification = octets_get16(p->data + 4);
	uint8_t *icmp = p->data + PACKET_HEADER;

	if (!may_be_answered(p) ||
	    room < (uint32_t)ANSWER_HEADERS + p->transport + QUOTE_LEAST)
		return why;
	if (quoted > room - ANSWER_HEADERS)
		quoted = room - ANSWER_HEADERS;
	memmove(p->data + ANSWER_HEADERS, p->data, quoted);
	/* The quoted identification for our own: nothing unique is at hand
	 * in here, and errors are rarely cut into fragments. */
	packet_write_header(p, IPPROTO_ICMP, from, p->source,
	    ANSWER_HEADERS + quoted, identification, SERVICE);
	memset(icmp, 0, ICMP_HEADER);
	icmp[0] = p->icmp_type = type;
	icmp[1] = p->icmp_code = code;
	octets_put16(icmp + 6, htons(mtu));
	octets_put16(icmp + 2, checksum_of(icmp, ICMP_HEADER + quoted));
	return REPLY;
}

enum verdict
icmp_echo_reply(struct packet *p)
{
	uint8_t *icmp = p->data + p->transport;
	size_t n = p->length - p->transport;
	in_addr_t asked = p->destination;

	if (packet_is_fragment(p))
		return DROP_FRAGMENT;
	if (checksum_of(icmp, n) != 0)
		return DROP_ICMP_CHECKSUM;
	packet_set_destination_address(p, p->source);
	packet_set_source_address(p, asked);
	packet_set_ttl(p, PACKET_TTL);
	icmp[0] = p->icmp_type = ICMP_ECHOREPLY;
	/* In full: adjusted, a message of zeros only would get 0 for 0xffff. */
	memset(icmp + 2, 0, 2);
	octets_put16(icmp + 2, checksum_of(icmp, n));
	return REPLY;
}
