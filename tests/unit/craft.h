/*
 * craft.h - packets written by hand, for the tests of the translation
 *
 * Checksums here are summed octet by octet, on purpose not by checksum.h.
 */
#ifndef MASQD_TESTS_CRAFT_H
#define MASQD_TESTS_CRAFT_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "masqd/nat/packet.h"

struct craft {
	struct packet p;
	uint8_t octets[2048];
};

static inline uint16_t
craft_get(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static inline void
craft_put(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static inline uint16_t
craft_sum(uint32_t sum, const uint8_t *data, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum += i % 2 ? data[i] : (uint32_t)data[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* Of the transport part at `ip`; its own field counts as it stands. */
static inline uint16_t
craft_transport_sum(const uint8_t *ip)
{
	size_t header = (size_t)(ip[0] & 0xf) * 4;
	size_t n = craft_get(ip + 2) - header;
	uint32_t pseudo = 0;

	if (ip[9] != IPPROTO_ICMP)
		pseudo = (uint32_t)(ip[9] + n + craft_get(ip + 12) +
		    craft_get(ip + 14) + craft_get(ip + 16) +
		    craft_get(ip + 18));
	return craft_sum(pseudo, ip + header, n);
}

static inline size_t
craft_field(uint8_t protocol)
{
	return protocol == IPPROTO_TCP ? 16 : protocol == IPPROTO_UDP ? 6 : 2;
}

/* Write both checksums anew. */
static inline void
craft_close(uint8_t *ip)
{
	size_t header = (size_t)(ip[0] & 0xf) * 4;
	uint8_t *field = ip + header + craft_field(ip[9]);
	uint16_t sum;

	craft_put(ip + 10, 0);
	craft_put(ip + 10, craft_sum(0, ip, header));
	craft_put(field, 0);
	sum = craft_transport_sum(ip);
	craft_put(field, sum == 0 && ip[9] == IPPROTO_UDP ? 0xffff : sum);
}

static inline bool
craft_sums_right(const uint8_t *ip)
{
	size_t header = (size_t)(ip[0] & 0xf) * 4;

	return craft_sum(0, ip, header) == 0 && craft_transport_sum(ip) == 0;
}

static inline uint8_t *
craft_ip(struct craft *c, uint8_t protocol, const char *from, const char *to,
    size_t transport)
{
	uint8_t *ip = c->octets;

	memset(c, 0, sizeof *c);
	ip[0] = 0x45;
	craft_put(ip + 2, (unsigned)(20 + transport));
	craft_put(ip + 4, 0x1234);
	ip[8] = 64;
	ip[9] = protocol;
	inet_pton(AF_INET, from, ip + 12);
	inet_pton(AF_INET, to, ip + 16);
	return ip + 20;
}

static inline struct packet *
craft_parse(struct craft *c)
{
	packet_parse(&c->p, c->octets, craft_get(c->octets + 2),
	    sizeof c->octets);
	return &c->p;
}

static inline struct packet *
craft_done(struct craft *c)
{
	craft_close(c->octets);
	return craft_parse(c);
}

static inline struct packet *
craft_udp(struct craft *c, const char *from, unsigned sport, const char *to,
    unsigned dport, const char *text)
{
	size_t n = strlen(text);
	uint8_t *udp = craft_ip(c, IPPROTO_UDP, from, to, 8 + n);

	craft_put(udp, sport);
	craft_put(udp + 2, dport);
	craft_put(udp + 4, (unsigned)(8 + n));
	memcpy(udp + 8, text, n);
	return craft_done(c);
}

static inline struct packet *
craft_tcp(struct craft *c, const char *from, unsigned sport, const char *to,
    unsigned dport, uint8_t flags, uint32_t seq, uint32_t ack)
{
	uint8_t *tcp = craft_ip(c, IPPROTO_TCP, from, to, 20);

	craft_put(tcp, sport);
	craft_put(tcp + 2, dport);
	craft_put(tcp + 4, seq >> 16);
	craft_put(tcp + 6, seq & 0xffff);
	craft_put(tcp + 8, ack >> 16);
	craft_put(tcp + 10, ack & 0xffff);
	tcp[12] = 5 << 4;
	tcp[13] = flags;
	craft_put(tcp + 14, 8192);
	return craft_done(c);
}

static inline struct packet *
craft_query(struct craft *c, const char *from, const char *to, uint8_t type,
    unsigned id)
{
	uint8_t *icmp = craft_ip(c, IPPROTO_ICMP, from, to, 24);

	icmp[0] = type;
	craft_put(icmp + 4, id);
	craft_put(icmp + 6, 7);
	memcpy(icmp + 8, "0123456789abcdef", 16);
	return craft_done(c);
}

/* An error that quotes n octets of `quoted`. */
static inline struct packet *
craft_error(struct craft *c, const char *from, const char *to, uint8_t type,
    uint8_t code, const uint8_t *quoted, size_t n)
{
	uint8_t *icmp = craft_ip(c, IPPROTO_ICMP, from, to, 8 + n);

	icmp[0] = type;
	icmp[1] = code;
	memcpy(icmp + 8, quoted, n);
	return craft_done(c);
}

static inline in_addr_t
craft_address(const char *text)
{
	in_addr_t address;

	assert_int_equal(inet_pton(AF_INET, text, &address), 1);
	return address;
}

#endif
