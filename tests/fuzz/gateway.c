/*
 * gateway.c - fuzz the whole way of a packet, fragments and quotes included
 *
 * The input is records of { what, length (two octets), packet }, through a
 * gateway whose links and uplink end in memory:
 *
 *	bits 0, 1	where it comes in: net, lab, alice, bob
 *	bit 2		its checksums are put right first
 *	bits 3 - 5	how much time passes before
 *	bit 6		alice hangs up, or dials in
 *	bit 7		from net: it is made an answer to what left last, or an
 *			error that quotes it
 *
 * tests/fuzz/seeds/make writes such records from the tables of packets.
 */
#include <arpa/inet.h>
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <string.h>

#include "masqd/gateway/gateway.h"
#include "masqd/nat/checksum.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

enum { NET, LAB, ALICE, BOB, PLACES };
enum { OUTSIDE = 0x010200c0, MAPPINGS = 12, FLOWS = 24, SLACK = 576 };

struct place {
	struct link link;
	struct gateway_link *at;
	uint32_t first, last;
};

static struct place places[PLACES] = {
	[LAB] = { .first = 0x0a090001, .last = 0x0a0900fe },
	[ALICE] = { .first = 0x0a400002, .last = 0x0a400002 },
	[BOB] = { .first = 0x0a400003, .last = 0x0a400003 },
};
static struct config_range pool = { 0x0a400002, 0x0a4000fa };
static struct config_network network;
static struct config config = {
	.uplink = { .kind = UPLINK_SOCKET, .port_low = 61000,
	    .port_high = 61007 },
	.callers = { .pool = &pool, .pool_count = 1, .max_mappings = 6,
	    .max_flows = 10, .new_flows = 5 },
	.networks = &network, .network_count = 1,
	.nat = { .filtering = FILTERING_ADDRESS, .udp = 30, .icmp = 5,
	    .tcp_established = 200, .tcp_transitory = 20, .fragment = 3,
	    .mss_clamp = true, .max_mappings = MAPPINGS,
	    .max_flows = FLOWS },
};
static struct gateway *gateway;
static struct uplink uplink;
static uint8_t last_out[PACKET_MAX];
static size_t last_length;

static void
must(bool true_or_bug)
{
	if (!true_or_bug)
		abort();
}

static size_t
uplink_take(struct uplink *up, struct packet *const *packets, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		must(packets[i]->length <= up->mtu);
		must(octets_get32(packets[i]->data + 12) == OUTSIDE);
		last_length = packets[i]->length;
		memcpy(last_out, packets[i]->data, last_length);
	}
	return n;
}

static size_t
link_take(struct link *link, struct packet *const *packets, size_t n)
{
	const struct place *place = (const struct place *)link;

	for (size_t i = 0; i < n; i++) {
		uint32_t to = ntohl(octets_get32(packets[i]->data + 16));

		must(packets[i]->length <= link->mtu);
		must(place->at != NULL && to >= place->first &&
		    to <= place->last);
	}
	return n;
}

static const struct link_ops link_ops = { .send = link_take };
static const struct uplink_ops uplink_ops = { .send = uplink_take };

static void
port_free(void *context, uint8_t protocol, in_port_t port)
{
	(void)context;
	nat_port_offer(gateway_nat(gateway), protocol, port);
}

static void
dial_in(int who, uint64_t now)
{
	struct place *place = &places[who];

	place->link = (struct link){ .ops = &link_ops, .fd = -1,
		.mtu = who == BOB ? 296 : 1500 };
	place->at = gateway_link_add(gateway, &place->link,
	    who == LAB ? network.gateway : config.callers.gateway,
	    place->first, place->last, who == ALICE ? "alice" : "other", now);
	must(place->at != NULL);
}

static void
begin(uint8_t how)
{
	static const uint8_t key[16] = "a key for fuzz";
	static const uint8_t kinds[] = { IPPROTO_TCP, IPPROTO_UDP,
		IPPROTO_ICMP };
	const struct gateway_setup setup = { .config = &config,
		.uplink = &uplink, .address = OUTSIDE, .key = key,
		.ops = { port_free, NULL } };

	network = (struct config_network){ .subnet = inet_addr("10.9.0.0"),
		.netmask = inet_addr("255.255.255.0"),
		.gateway = inet_addr("10.9.0.1"), .mtu = 1500 };
	config.callers.gateway = inet_addr("10.64.0.1");
	config.callers.each_other = (how & 4) != 0;
	config.nat.filtering = how % 3;
	uplink = (struct uplink){ .ops = &uplink_ops, .fd = -1,
		.mtu = how & 8 ? 576 : 1500 };
	last_length = 0;
	gateway = gateway_create(&setup);
	must(gateway != NULL);
	for (unsigned i = 0; i < sizeof kinds; i++)
		for (uint16_t port = 61000; port <= 61007; port++)
			port_free(NULL, kinds[i], htons(port));
	for (int who = LAB; who <= BOB; who++)
		dial_in(who, 1);
}

/* From net: to the outside port of what left last, from where that went. */
static void
make_answer(uint8_t *data, size_t n)
{
	size_t header = (size_t)(data[0] & 0xf) * 4;
	size_t other = (size_t)(last_out[0] & 0xf) * 4;

	if (n < header + 8 || last_length < other + 8)
		return;
	memcpy(data + 16, last_out + 12, 4);
	if (data[9] == IPPROTO_ICMP &&
	    !packet_icmp_is_query(data[header])) {
		size_t room = n - header - 8;

		memcpy(data + header + 8, last_out,
		    room < last_length ? room : last_length);
		return;
	}
	memcpy(data + 12, last_out + 16, 4);
	data[9] = last_out[9];
	if (data[9] == IPPROTO_ICMP) {
		data[header] = ICMP_ECHOREPLY;
		memcpy(data + header + 4, last_out + other + 4, 2);
		return;
	}
	memcpy(data + header, last_out + other + 2, 2);
	memcpy(data + header + 2, last_out + other, 2);
}

static void
put_right(uint8_t *data, size_t n)
{
	size_t header = (size_t)(data[0] & 0xf) * 4;

	if (header < PACKET_HEADER || header > n)
		return;
	octets_put16(data + 2, htons((uint16_t)n));
	memset(data + 10, 0, 2);
	octets_put16(data + 10, checksum_of(data, header));
	if (data[9] != IPPROTO_ICMP || n < header + 8)
		return;
	memset(data + header + 2, 0, 2);
	octets_put16(data + header + 2, checksum_of(data + header,
	    n - header));
}

static void
put_in(uint8_t what, const uint8_t *octets, size_t n, uint64_t now)
{
	struct packet packet;
	uint8_t *data = malloc(n + SLACK);
	int where = what & 3;

	memcpy(data, octets, n);
	if (n >= PACKET_HEADER && what & 0x80 && where == NET)
		make_answer(data, n);
	if (n >= PACKET_HEADER && what & 4)
		put_right(data, n);
	packet_parse(&packet, data, n, n + SLACK);
	if (where == NET)
		gateway_from_uplink(gateway, &packet, 1, now);
	else if (places[where].at != NULL)
		gateway_from_link(gateway, places[where].at, &packet, 1, now);
	free(data);
}

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t n)
{
	static const uint64_t steps[] = { 0, 1, 50, 999, 3000, 21000, 130000,
		8000000 };
	uint64_t now = 1000;
	size_t length;

	begin(n > 0 ? input[n - 1] : 0);
	for (; n >= 3; input += length, n -= length) {
		uint8_t what = input[0];

		length = (size_t)(input[1] << 8 | input[2]);
		input += 3, n -= 3;
		if (length > n)
			length = n;
		now += steps[what >> 3 & 7];
		gateway_expire(gateway, now);
		if (what & 0x40 && places[ALICE].at != NULL) {
			gateway_link_remove(gateway, places[ALICE].at, now);
			places[ALICE].at = NULL;
		} else if (what & 0x40) {
			dial_in(ALICE, now);
		}
		put_in(what, input, length, now);
		must(nat_usage(gateway_nat(gateway)).flows <= FLOWS &&
		    nat_usage(gateway_nat(gateway)).mappings <= MAPPINGS);
	}
	gateway_destroy(gateway);
	return 0;
}
