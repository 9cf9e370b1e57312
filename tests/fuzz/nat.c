/*
 * Packets both ways through one translation, written by the fuzzer: records
 * of { what, length, octets }.  What must hold is checked after each.
 */
#include <stdlib.h>
#include <string.h>

#include "masqd/nat/checksum.h"
#include "masqd/nat/nat.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

enum { OUTSIDE = 0x076433c6, CALLERS = 3, FLOWS = 7, MAPPINGS = 5 };

static void
must(bool true_or_bug)
{
	if (!true_or_bug)
		abort();
}

/* `what`: bit 0 the direction, bits 1 and 2 who; bit 3: right checksums. */
static void
translate(struct nat *nat, uint8_t what, uint8_t *data, size_t n,
    uint64_t now)
{
	struct packet p, *vector[1] = { &p };
	size_t header = n > 0 ? (size_t)(data[0] & 0xf) * 4 : 0;
	uint8_t *before = malloc(n + 1);

	if (header >= PACKET_HEADER && header <= n) {
		if (what & 1)
			octets_put32(data + 16, OUTSIDE);
		memset(data + 10, 0, 2);
		octets_put16(data + 10, checksum_of(data, header));
		if (what & 8 && data[9] == IPPROTO_ICMP && n >= header + 4) {
			memset(data + header + 2, 0, 2);
			octets_put16(data + header + 2,
			    checksum_of(data + header, n - header));
		}
	}
	memcpy(before, data, n);
	packet_parse(&p, data, n, n);
	p.caller = what & 1 ? PACKET_NO_CALLER : what >> 1 & 3;
	if (what & 1)
		nat_inbound(nat, vector, 1, now);
	else
		nat_outbound(nat, vector, 1, now);
	if (p.verdict == PASS && what & 1)
		must(p.caller >= 0 && p.caller < CALLERS);
	else if (p.verdict == PASS)
		must(p.source == OUTSIDE && octets_get32(data + 12) ==
		    OUTSIDE);
	else if (p.verdict != REPLY)
		must(memcmp(before, data, n) == 0);
	if (p.verdict == PASS || p.verdict == REPLY)
		must(packet_parse(&p, p.data, p.length, n) == PASS);
	free(before);
}

/* Fragments that were kept: on their way now, or dropped at last. */
static void
release(struct nat *nat, uint64_t now)
{
	static uint8_t room[PACKET_MAX];
	enum direction way;
	struct packet p;

	while (nat_release(nat, room, &p, &way, now)) {
		if (p.verdict != PASS && p.verdict != REPLY)
			continue;
		must(packet_parse(&p, p.data, p.length, p.length) == PASS);
		if (way == OUTBOUND)
			must(octets_get32(p.data + 12) == OUTSIDE);
	}
}

static struct nat *
open_nat(uint8_t how)
{
	const struct nat_config config = {
		.address = OUTSIDE, .callers = CALLERS,
		.max_mappings = MAPPINGS, .max_flows = FLOWS,
		.caller_mappings = 3, .caller_flows = 4,
		.caller_new_flows = how & 4 ? 1 : 0, .filtering = how % 3,
		.udp = 3, .icmp = 1, .tcp_established = 90,
		.tcp_transitory = 4, .fragment = 2,
		.quarantine = how & 8 ? 5 : 0,
	};
	struct nat *nat = nat_create(&config, NULL);

	must(nat != NULL);
	for (uint16_t port = 0; port < 3; port++) {
		nat_port_offer(nat, IPPROTO_TCP, htons(61000 + port));
		nat_port_offer(nat, IPPROTO_UDP, htons(61000 + port));
		nat_port_offer(nat, IPPROTO_ICMP, htons(61000 + port));
	}
	return nat;
}

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t n)
{
	struct nat *nat = open_nat(n > 0 ? input[0] : 0);
	uint64_t now = 1000;
	uint8_t *data;
	size_t length;

	for (; n >= 2; input += length, n -= length) {
		uint8_t what = input[0];

		length = input[1] < n - 2 ? input[1] : n - 2;
		input += 2, n -= 2;
		data = malloc(length + 1);
		memcpy(data, input, length);
		if ((what & 0xf0) == 0xf0)
			nat_caller_end(nat, what & 3, now);
		translate(nat, what, data, length, now);
		release(nat, now);
		free(data);
		now += what & 0x80 ? 1000 : 1;
		if (what & 0x40)
			nat_expire(nat, now);
		release(nat, now);
		must(nat_usage(nat).flows <= FLOWS &&
		    nat_usage(nat).mappings <= MAPPINGS &&
		    nat_usage(nat).mappings <= nat_usage(nat).flows);
	}
	nat_destroy(nat);
	return 0;
}
