#include "bootp.h"

#include <string.h>

#include "masqd/nat/checksum.h"

enum { /* RFC 951 section 3, offsets behind the UDP header */
	OP = 0,
	HOPS = 3,
	SECONDS = 8,
	CIADDR = 12,
	YIADDR = 16,
	SIADDR = 20,
	SNAME = 44, /* to VENDOR: names that we leave empty */
	VENDOR = 236,
	LENGTH = 300,

	UDP_LENGTH = 4, /* in its own header */
	UDP_CHECKSUM = 6,
	UDP = 8,
	SERVER = 67,
	CLIENT = 68
};

enum { REQUEST = 1, REPLY_OP = 2 };

enum { /* RFC 2132 */
	PAD = 0,
	MASK = 1,
	ROUTER = 3,
	DNS = 6,
	DHCP_KIND = 53,
	END = 255,
	DHCP_DISCOVER = 1
};

static const uint8_t cookie[4] = { 99, 130, 83, 99 };

/*
 * What DHCP wants to say by the request, 0: it is BOOTP's.  Options that reach
 * beyond the area end it.
 */
static uint8_t
dhcp_kind(const uint8_t *vendor, size_t length)
{
	size_t at = sizeof cookie;

	if (length < sizeof cookie || memcmp(vendor, cookie, at) != 0)
		return 0;
	while (at + 1 < length && vendor[at] != END) {
		if (vendor[at] == PAD) {
			at++;
			continue;
		}
		if (vendor[at] == DHCP_KIND && vendor[at + 1] == 1 &&
		    at + 2 < length)
			return vendor[at + 2];
		at += 2 + (size_t)vendor[at + 1];
	}
	return 0;
}

static bool
is_request(const uint8_t *bootp, size_t length)
{
	uint8_t kind = dhcp_kind(bootp + VENDOR, length - VENDOR);

	return bootp[OP] == REQUEST && (kind == 0 || kind == DHCP_DISCOVER);
}

static uint8_t *
put_option(uint8_t *at, uint8_t option, const void *value, size_t size)
{
	*at++ = option;
	*at++ = (uint8_t)size;
	memcpy(at, value, size);
	return at + size;
}

static void
put_vendor(uint8_t *vendor, const struct bootp_lease *lease)
{
	const uint8_t *const end = vendor + (LENGTH - VENDOR);
	uint8_t *at = vendor;
	size_t dns;

	memcpy(at, cookie, sizeof cookie);
	at += sizeof cookie;
	at = put_option(at, MASK, &lease->netmask, sizeof lease->netmask);
	at = put_option(at, ROUTER, &lease->gateway, sizeof lease->gateway);
	dns = (size_t)(end - at - 3) / sizeof(in_addr_t);
	if (dns > lease->dns_count)
		dns = lease->dns_count;
	if (dns > 0)
		at = put_option(at, DNS, lease->dns, dns * sizeof(in_addr_t));
	*at = END;
}

/* The UDP checksum, as its field wants it; 0 where that holds it already. */
static uint16_t
udp_sum(const struct packet *ip, const uint8_t *udp, size_t length)
{
	uint64_t sum = (uint64_t)ip->source + ip->destination +
	    htons(IPPROTO_UDP) + htons((uint16_t)length);

	return (uint16_t)~checksum_fold(checksum_add(sum, udp, length));
}

/* SLIP has no checksum of its own, and some callers send none in UDP. */
static bool
sum_is_right(const struct packet *ip, const uint8_t *udp, size_t length)
{
	return octets_get16(udp + UDP_CHECKSUM) == 0 ||
	    udp_sum(ip, udp, length) == 0;
}

static void
put_udp(const struct packet *ip, uint8_t *udp)
{
	uint16_t sum;

	octets_put16(udp, htons(SERVER));
	octets_put16(udp + 2, htons(CLIENT));
	octets_put16(udp + UDP_LENGTH, htons(UDP + LENGTH));
	octets_put16(udp + UDP_CHECKSUM, 0);
	sum = udp_sum(ip, udp, UDP + LENGTH);
	octets_put16(udp + UDP_CHECKSUM, sum == 0 ? 0xffff : sum);
}

size_t
bootp_answer(const struct packet *request, const struct bootp_lease *lease,
    uint8_t *reply)
{
	const uint8_t *udp = request->data + request->transport;
	uint8_t *bootp = reply + PACKET_HEADER + UDP;
	struct packet ip = { .data = reply, .capacity = BOOTP_REPLY };
	size_t length;

	if (request->protocol != IPPROTO_UDP || packet_is_fragment(request) ||
	    request->source_port != htons(CLIENT) ||
	    request->destination_port != htons(SERVER))
		return 0;
	length = ntohs(octets_get16(udp + UDP_LENGTH));
	if (length < UDP + VENDOR || !sum_is_right(request, udp, length) ||
	    !is_request(udp + UDP, length - UDP))
		return 0;
	/* What is not changed below is as it was asked: hardware type and
	 * address, transaction, flags, ciaddr and giaddr. */
	memset(reply, 0, BOOTP_REPLY);
	memcpy(bootp, udp + UDP, SNAME);
	bootp[OP] = REPLY_OP;
	bootp[HOPS] = 0;
	memset(bootp + SECONDS, 0, 2);
	memcpy(bootp + YIADDR, &lease->address, sizeof lease->address);
	memcpy(bootp + SIADDR, &lease->gateway, sizeof lease->gateway);
	put_vendor(bootp + VENDOR, lease);
	packet_write_header(&ip, IPPROTO_UDP, lease->gateway,
	    htonl(INADDR_BROADCAST), BOOTP_REPLY, 0, 0);
	put_udp(&ip, reply + PACKET_HEADER);
	return BOOTP_REPLY;
}
