/*
 * vj_fixture.h - TCP segments written by hand, and both ends of RFC 1144
 *
 * Checksums here are summed octet by octet, on purpose not by vj.c.
 */
#ifndef MASQD_TESTS_VJ_FIXTURE_H
#define MASQD_TESTS_VJ_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "serial/vj.c"

enum { SYN = 2, FIN = 1, RST = 4, PSH = 8, ACK = 16, URG = 32, ECE = 64,
	CWR = 128, DF = 0x4000, MF = 0x2000, ROOM = 2048 };

/* A segment of a conversation between our port and the server's. */
struct segment {
	unsigned port; /* 0: 1025 */
	uint32_t sequence, ack;
	unsigned window, id, flags, urgent;
	const char *data;
	unsigned tos, ttl, offset;    /* ttl 0: 64; offset: with its flags */
	const char *ip_options, *tcp_options; /* NULL: none; of 4 octets */
};

struct octets {
	size_t n;
	uint8_t at[ROOM];
};

static inline uint16_t
sum_of(uint32_t sum, const uint8_t *data, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum += i % 2 ? data[i] : (uint32_t)data[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* TCP's, as it ought to be; 0: the field is right. */
static inline uint16_t
tcp_sum(const uint8_t *packet)
{
	size_t ip = (size_t)(packet[0] & 15) * 4;
	size_t n = get16(packet + IP_LENGTH) - ip;
	uint32_t pseudo = (uint32_t)(PROTOCOL_TCP + n);

	for (size_t i = IP_SOURCE; i < IP_HEADER; i += 2)
		pseudo += get16(packet + i);
	return sum_of(pseudo, packet + ip, n);
}

/* Both checksums, and the total length. */
static inline void
close_packet(struct octets *p)
{
	size_t ip = (size_t)(p->at[0] & 15) * 4;

	put16(p->at + IP_LENGTH, (uint16_t)p->n);
	put16(p->at + IP_CHECKSUM, 0);
	put16(p->at + IP_CHECKSUM, sum_of(0, p->at, ip));
	put16(p->at + ip + TCP_CHECKSUM, 0);
	put16(p->at + ip + TCP_CHECKSUM, tcp_sum(p->at));
}

static inline void
build(struct octets *p, const struct segment *s)
{
	static const uint8_t addresses[8] = { 10, 64, 0, 2, 203, 0, 113, 80 };
	size_t ip = s->ip_options == NULL ? 20 : 24;
	size_t tcp = s->tcp_options == NULL ? 20 : 24;
	size_t data = s->data == NULL ? 0 : strlen(s->data);
	uint8_t *at = p->at + ip;

	memset(p->at, 0, sizeof p->at);
	p->at[0] = (uint8_t)(0x40 | ip / 4);
	p->at[1] = (uint8_t)s->tos;
	put16(p->at + IP_ID, (uint16_t)s->id);
	put16(p->at + IP_OFFSET, (uint16_t)s->offset);
	p->at[IP_TTL] = (uint8_t)(s->ttl == 0 ? 64 : s->ttl);
	p->at[IP_PROTOCOL] = PROTOCOL_TCP;
	memcpy(p->at + IP_SOURCE, addresses, sizeof addresses);
	if (s->ip_options != NULL)
		memcpy(p->at + 20, s->ip_options, 4);
	put16(at, (uint16_t)(s->port == 0 ? 1025 : s->port));
	put16(at + 2, 23);
	put32(at + TCP_SEQUENCE, s->sequence);
	put32(at + TCP_ACK, s->ack);
	at[TCP_OFFSET] = (uint8_t)(tcp / 4 << 4);
	at[TCP_FLAGS] = (uint8_t)s->flags;
	put16(at + TCP_WINDOW, (uint16_t)s->window);
	put16(at + TCP_URGENT, (uint16_t)s->urgent);
	if (s->tcp_options != NULL)
		memcpy(at + 20, s->tcp_options, 4);
	memcpy(at + tcp, s->data == NULL ? "" : s->data, data);
	p->n = ip + tcp + data;
	close_packet(p);
}

static struct vj_compressor *ours;
static struct vj_decompressor *theirs;

static inline int
setup(void **state)
{
	(void)state;
	ours = vj_compressor_create(VJ_SLOTS_USUAL, true);
	theirs = vj_decompressor_create(VJ_SLOTS_USUAL);
	assert_non_null(ours);
	assert_non_null(theirs);
	return 0;
}

static inline int
teardown(void **state)
{
	(void)state;
	vj_compressor_destroy(ours);
	vj_decompressor_destroy(theirs);
	return 0;
}

/* What the packet becomes on the line. */
static inline void
compress(const struct octets *packet, struct octets *sent)
{
	struct octets copy = *packet;
	const uint8_t *at = vj_compress(ours, copy.at, &copy.n);

	assert_true(at >= copy.at && at + copy.n <= copy.at + packet->n);
	memcpy(sent->at, at, copy.n);
	sent->n = copy.n;
}

static inline void
assert_same(const struct octets *a, const struct octets *b)
{
	assert_int_equal(a->n, b->n);
	assert_memory_equal(a->at, b->at, a->n);
}

static inline void
restored(const struct octets *sent, const struct octets *packet)
{
	struct octets got;

	if (vj_type(sent->at[0]) == VJ_IP)
		return;
	got.n = vj_decompress(theirs, sent->at, sent->n, got.at, ROOM);
	assert_same(&got, packet);
}

/* sequence, acknowledgment, window, identification, flags, urgent, data */
#define S(s, a, w, i, f, u, d) .sequence = (s), .ack = (a), .window = (w),    \
	.id = (i), .flags = (f), .urgent = (u), .data = (d)
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
