/*
 * nat.c - what the translation costs
 *
 * Usage: nat [PATTERN].  Packets of flows in random order are laid out in
 * blocks before the clock starts and translated block by block, one a call
 * ("single") or 32 a call ("batch").  A figure is the median of all blocks,
 * so that what else the machine does disturbs it little.  The limits beside
 * them do less on the same blocks: look up the flow only, copy the packet
 * only, parse it only.
 */
#include <arpa/inet.h>
#include <netinet/ip_icmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "masqd/nat/checksum.h"
#include "masqd/nat/nat.h"
#include "masqd/nat/state.h"

enum {
	BLOCK = 256,
	BATCH = 32,
	OCTETS = 64, /* of each packet */
	CALLERS = 4000,
	MAPPINGS = 60000,
	BLOCKS = 8192,
	WARM_UP = BLOCKS / 4,
	FIRST_PORT = 1024
};

static const uint64_t start = 1000000;

struct endpoints { /* of a flow, as the caller sees it */
	in_addr_t inside, remote;
	in_port_t inside_port, remote_port, outside_port;
	int32_t caller;
};

struct world {
	uint8_t protocol;
	uint32_t flow_count;
	struct nat *nat;
	struct endpoints *flows;
	uint32_t *order;
};

static struct packet packets[BLOCK];
static struct packet *pointers[BLOCK];
static uint8_t octets[BLOCK][OCTETS], copies[BLOCK][OCTETS];
static uint64_t seed = 88172645463325252;
static const char *pattern = "";

static uint32_t
draw(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 16);
}

static double
nanoseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void
fail(const char *what)
{
	fprintf(stderr, "bench/nat: %s\n", what);
	exit(1);
}

static void
figure(const char *name, double value, const char *unit)
{
	printf("%-32s %10.1f %s\n", name, value, unit);
	fflush(stdout);
}

static bool
wanted(const char *name)
{
	return strstr(name, pattern) != NULL;
}

static const char *
count_name(uint32_t n)
{
	static char name[16];

	if (n >= 1000000)
		snprintf(name, sizeof name, "%uM", n / 1000000);
	else if (n >= 1000)
		snprintf(name, sizeof name, "%uk", n / 1000);
	else
		snprintf(name, sizeof name, "%u", n);
	return name;
}

/* A packet with right checksums, as packet_parse() would leave it. */
static void
lay_out(unsigned slot, uint8_t protocol, in_addr_t source, in_port_t sport,
    in_addr_t destination, in_port_t dport, uint8_t flags)
{
	struct packet *p = &packets[slot];
	uint8_t *transport = octets[slot] + PACKET_HEADER;
	uint32_t length = protocol == IPPROTO_TCP ? 40 : 28;

	p->data = octets[slot];
	p->capacity = OCTETS;
	packet_write_header(p, protocol, source, destination, length, 1, 0);
	memset(transport, 0, length - PACKET_HEADER);
	octets_put16(transport, sport);
	octets_put16(transport + 2, dport);
	if (protocol == IPPROTO_TCP) {
		transport[12] = 5 << 4;
		transport[13] = flags;
	} else {
		octets_put16(transport + 4, htons(8));
	}
	p->source_port = sport;
	p->destination_port = dport;
	p->tcp_flags = flags;
	p->verdict = PASS;
	packet_complete_checksum(p);
	pointers[slot] = p;
}

static void
lay_out_outbound(const struct world *w, unsigned slot,
    const struct endpoints *e, uint8_t flags)
{
	lay_out(slot, w->protocol, e->inside, e->inside_port, e->remote,
	    e->remote_port, flags);
	packets[slot].caller = e->caller;
}

static void
lay_out_inbound(const struct world *w, unsigned slot,
    const struct endpoints *e, uint8_t flags)
{
	lay_out(slot, w->protocol, e->remote, e->remote_port,
	    w->nat->address, e->outside_port, flags);
}

static void
expect(unsigned slot, enum verdict v)
{
	if (packets[slot].verdict != v) {
		fprintf(stderr, "bench/nat: packet %u: %s\n", slot,
		    verdict_name(packets[slot].verdict));
		exit(1);
	}
}

static struct nat *
new_nat(uint32_t flows, uint8_t protocol)
{
	const struct nat_config config = {
		.address = inet_addr("198.51.100.7"),
		.callers = CALLERS,
		.max_mappings = flows < MAPPINGS ? flows : MAPPINGS,
		.max_flows = flows,
		.filtering = NAT_FILTER_ADDRESS,
		.udp = 300, .icmp = 60, .fragment = 30, .quarantine = 120,
		.tcp_established = 7440, .tcp_transitory = 240,
		.key = "a key for bench",
	};
	struct nat *nat = nat_create(&config, NULL);

	if (nat == NULL)
		fail("no memory");
	for (uint32_t port = FIRST_PORT; port < 65536; port++)
		nat_port_offer(nat, protocol, htons((uint16_t)port));
	return nat;
}

/* Flow i goes through mapping i mod MAPPINGS, to a remote of its own. */
static void
choose_endpoints(struct world *w, bool one_port)
{
	for (uint32_t i = 0; i < w->flow_count; i++) {
		uint32_t mapping = i % MAPPINGS, caller = mapping % CALLERS;

		w->flows[i] = (struct endpoints){
			.inside = htonl(0x0a400002 + caller),
			.inside_port = htons((uint16_t)(one_port ? 2000 :
			    2000 + mapping / CALLERS)),
			.remote = htonl(0x0b000000 + draw() % 0x60000000),
			.remote_port = htons((uint16_t)(1 + draw() % 65535)),
			.caller = (int32_t)caller,
		};
		w->order[i] = i;
	}
	for (uint32_t i = w->flow_count; i > 1; i--) {
		uint32_t j = draw() % i, other = w->order[j];

		w->order[j] = w->order[i - 1];
		w->order[i - 1] = other;
	}
}

static void
open_flow(struct world *w, struct endpoints *e)
{
	lay_out_outbound(w, 0, e, TH_SYN);
	nat_outbound(w->nat, pointers, 1, start);
	expect(0, PASS);
	e->outside_port = packets[0].source_port;
	if (w->protocol != IPPROTO_TCP)
		return;
	lay_out_inbound(w, 0, e, TH_SYN | TH_ACK);
	nat_inbound(w->nat, pointers, 1, start);
	expect(0, PASS);
}

static void
world_open(struct world *w, uint8_t protocol, uint32_t flows, bool one_port)
{
	*w = (struct world){ .protocol = protocol, .flow_count = flows };
	w->nat = new_nat(flows, protocol);
	w->flows = calloc(flows, sizeof *w->flows);
	w->order = calloc(flows, sizeof *w->order);
	if (w->flows == NULL || w->order == NULL)
		fail("no memory");
	choose_endpoints(w, one_port);
	for (uint32_t i = 0; i < flows; i++)
		open_flow(w, &w->flows[i]);
}

static void
world_close(struct world *w)
{
	nat_destroy(w->nat);
	free(w->flows);
	free(w->order);
}

/* What is done to a block of packets while the clock runs. */
typedef void work(const struct world *, size_t batch);
typedef void layout(const struct world *, unsigned slot,
    const struct endpoints *, uint8_t flags);

static void
work_outbound(const struct world *w, size_t batch)
{
	for (size_t i = 0; i < BLOCK; i += batch)
		nat_outbound(w->nat, pointers + i, batch, start + 1000);
}

static void
work_inbound(const struct world *w, size_t batch)
{
	for (size_t i = 0; i < BLOCK; i += batch)
		nat_inbound(w->nat, pointers + i, batch, start + 1000);
}

/* Limit: hash, bucket, record, nothing else. */
static void
work_look_up(const struct world *w, size_t batch)
{
	const struct flow_table *t = &w->nat->flows;
	struct flow_key keys[BATCH];
	uint64_t hashes[BATCH];
	uint32_t guesses[BATCH];

	for (size_t i = 0; i < BLOCK; i += batch) {
		for (size_t k = 0; k < batch; k++) {
			const struct packet *p = &packets[i + k];

			keys[k] = flow_key(p->protocol, p->source,
			    p->source_port, p->destination,
			    p->destination_port);
			hashes[k] = flow_hash_outbound(t, keys[k]);
			index_prefetch(&t->outbound, hashes[k]);
		}
		for (size_t k = 0; k < batch; k++) {
			guesses[k] = index_guess(&t->outbound, hashes[k]);
			__builtin_prefetch(&t->flows[guesses[k]], 1);
		}
		for (size_t k = 0; k < batch; k++)
			if (flow_find(t, keys[k], hashes[k],
			    guesses[k]) == 0)
				fail("flow lost");
	}
}

/* Limit: the octets alone. */
static void
work_copy(const struct world *w, size_t batch)
{
	(void)w;
	for (size_t i = 0; i < BLOCK; i += batch)
		for (size_t k = 0; k < batch; k++) {
			memcpy(copies[i + k], octets[i + k], OCTETS);
			__asm__ volatile("" : : "r"(copies[i + k]) :
			    "memory");
		}
}

static void
work_parse(const struct world *w, size_t batch)
{
	static struct packet parsed;

	(void)w;
	for (size_t i = 0; i < BLOCK; i += batch)
		for (size_t k = 0; k < batch; k++)
			if (packet_parse(&parsed, octets[i + k], OCTETS,
			    OCTETS) != PASS)
				fail("parse");
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Nanoseconds a packet. */
static double
measure(const struct world *w, layout *lay, work *do_it, size_t batch,
    enum verdict v)
{
	static double spent[BLOCKS];
	double before;
	uint32_t next = 0;

	for (int block = -WARM_UP; block < BLOCKS; block++) {
		for (unsigned i = 0; i < BLOCK; i++) {
			lay(w, i, &w->flows[w->order[next]], TH_ACK);
			next = next + 1 < w->flow_count ? next + 1 : 0;
		}
		before = nanoseconds();
		do_it(w, batch);
		if (block >= 0)
			spent[block] = nanoseconds() - before;
		for (unsigned i = 0; i < BLOCK; i++)
			expect(i, v);
	}
	qsort(spent, BLOCKS, sizeof spent[0], compare);
	return spent[BLOCKS / 2] / BLOCK;
}

static void
bench_packets(uint8_t protocol, uint32_t flows)
{
	static const struct {
		const char *name;
		layout *lay;
		work *do_it;
		size_t batch;
	} rows[] = {
		{ "out-single", lay_out_outbound, work_outbound, 1 },
		{ "out-batch", lay_out_outbound, work_outbound, BATCH },
		{ "in-single", lay_out_inbound, work_inbound, 1 },
		{ "in-batch", lay_out_inbound, work_inbound, BATCH },
		{ "limit-lookup-single", lay_out_outbound, work_look_up, 1 },
		{ "limit-lookup-batch", lay_out_outbound, work_look_up,
		    BATCH },
		{ "limit-copy", lay_out_outbound, work_copy, BATCH },
		{ "limit-parse", lay_out_outbound, work_parse, BATCH },
	};
	struct world w = { 0 };
	char name[64];

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		snprintf(name, sizeof name, "nat-%s-%s-%s", protocol ==
		    IPPROTO_TCP ? "tcp" : "udp", count_name(flows),
		    rows[i].name);
		if (!wanted(name))
			continue;
		if (w.nat == NULL)
			world_open(&w, protocol, flows, false);
		figure(name, measure(&w, rows[i].lay, rows[i].do_it,
		    rows[i].batch, PASS), "ns/packet");
	}
	if (w.nat != NULL)
		world_close(&w);
}

/* Thousands of callers whose systems all choose the same source port. */
static void
bench_one_port(void)
{
	struct world w;

	if (!wanted("nat-one-source-port-in-batch"))
		return;
	world_open(&w, IPPROTO_UDP, 10000, true);
	figure("nat-one-source-port-in-batch", measure(&w, lay_out_inbound,
	    work_inbound, BATCH, PASS), "ns/packet");
	world_close(&w);
}

static void
lay_out_stranger(const struct world *w, unsigned slot,
    const struct endpoints *e, uint8_t flags)
{
	struct endpoints stranger = *e;

	stranger.remote ^= htonl(0x00800000);
	lay_out_inbound(w, slot, &stranger, flags);
}

static void
bench_strangers(void)
{
	struct world w;

	if (!wanted("nat-stranger-refused"))
		return;
	world_open(&w, IPPROTO_UDP, MAPPINGS, false);
	figure("nat-stranger-refused", measure(&w, lay_out_stranger,
	    work_inbound, BATCH, DROP_FILTERED), "ns/packet");
	world_close(&w);
}

/* Make mappings, each with its flow, until the table is full. */
static size_t
fill_once(struct world *w, double *spent, size_t blocks)
{
	double before;
	size_t block = 0;

	for (; block < blocks && (block + 1) * BLOCK <= w->flow_count;
	    block++) {
		for (unsigned k = 0; k < BLOCK; k++)
			lay_out_outbound(w, k, &w->flows[block * BLOCK + k],
			    0);
		before = nanoseconds();
		work_outbound(w, BATCH);
		spent[block] = nanoseconds() - before;
		for (unsigned k = 0; k < BLOCK; k++)
			expect(k, PASS);
	}
	return block;
}

/* Fill and expire again and again; medians of the blocks and of the ends. */
static void
bench_new(uint32_t full, const char *new_name, const char *expire_name)
{
	enum { LEAST_BLOCKS = 1000, ROUNDS = 256 };
	static double spent[2 * LEAST_BLOCKS], ended[ROUNDS];
	struct world w = { .protocol = IPPROTO_UDP, .flow_count = full };
	size_t blocks = 0, rounds = 0;
	double before;

	if (!wanted(new_name) && !wanted(expire_name))
		return;
	w.flows = calloc(full, sizeof *w.flows);
	w.order = calloc(full, sizeof *w.order);
	if (w.flows == NULL || w.order == NULL)
		fail("no memory");
	choose_endpoints(&w, false);
	for (; blocks < LEAST_BLOCKS && rounds < ROUNDS; rounds++) {
		w.nat = new_nat(full, IPPROTO_UDP);
		blocks += fill_once(&w, spent + blocks,
		    2 * LEAST_BLOCKS - blocks);
		before = nanoseconds();
		while (nat_usage(w.nat).flows > 0)
			nat_expire(w.nat, start + 310000);
		ended[rounds] = (nanoseconds() - before) /
		    (full - full % BLOCK);
		nat_destroy(w.nat);
	}
	qsort(spent, blocks, sizeof spent[0], compare);
	qsort(ended, rounds, sizeof ended[0], compare);
	if (wanted(new_name))
		figure(new_name, spent[blocks / 2] / BLOCK,
		    "ns/mapping+flow");
	if (wanted(expire_name))
		figure(expire_name, ended[rounds / 2], "ns/mapping+flow");
	w.nat = NULL;
	world_close(&w);
}

/* New flows through mappings that are there: each to a remote of its own. */
static void
bench_new_flows(void)
{
	enum { EACH = 16 };
	static double spent[MAPPINGS * EACH / BLOCK];
	struct world w = { .protocol = IPPROTO_UDP,
		.flow_count = MAPPINGS * EACH };
	double before;
	size_t blocks = 0;

	if (!wanted("nat-new-flow"))
		return;
	w.nat = new_nat(w.flow_count, IPPROTO_UDP);
	w.flows = calloc(w.flow_count, sizeof *w.flows);
	w.order = calloc(w.flow_count, sizeof *w.order);
	if (w.flows == NULL || w.order == NULL)
		fail("no memory");
	choose_endpoints(&w, false);
	for (uint32_t i = 0; i + BLOCK <= w.flow_count; i += BLOCK) {
		for (unsigned k = 0; k < BLOCK; k++)
			lay_out_outbound(&w, k, &w.flows[i + k], 0);
		before = nanoseconds();
		work_outbound(&w, BATCH);
		if (i >= MAPPINGS) /* every mapping is there */
			spent[blocks++] = nanoseconds() - before;
		for (unsigned k = 0; k < BLOCK; k++)
			expect(k, PASS);
	}
	qsort(spent, blocks, sizeof spent[0], compare);
	figure("nat-new-flow", spent[blocks / 2] / BLOCK, "ns/flow");
	figure("nat-new-flows-a-second", 1e9 / (spent[blocks / 2] / BLOCK),
	    "flows/s");
	world_close(&w);
}

/* Ten endpoints for every port: what leaves, leaves translated. */
static void
bench_ports_end(void)
{
	struct world w = { .protocol = IPPROTO_UDP };
	uint32_t untranslated = 0;

	if (!wanted("nat-untranslated-when-ports-end"))
		return;
	w.nat = new_nat(MAPPINGS * 10, IPPROTO_UDP);
	for (uint32_t i = 0; i < MAPPINGS * 10; i++) {
		const struct endpoints e = {
			.inside = htonl(0x0a400002 + i % CALLERS),
			.inside_port = htons((uint16_t)(1024 + i / CALLERS)),
			.remote = htonl(0x0b000001), .remote_port = htons(53),
			.caller = (int32_t)(i % CALLERS) };

		lay_out_outbound(&w, 0, &e, 0);
		nat_outbound(w.nat, pointers, 1, start);
		untranslated += packets[0].verdict == PASS &&
		    packets[0].source != w.nat->address;
	}
	figure("nat-untranslated-when-ports-end", untranslated, "packets");
	nat_destroy(w.nat);
}

static void
bench_size(void)
{
	struct nat *nat;
	double tables;

	if (!wanted("nat-size"))
		return;
	nat = new_nat(MAPPINGS, IPPROTO_UDP);
	tables = (double)(index_octets(&nat->flows.outbound) +
	    index_octets(&nat->flows.inbound) +
	    index_octets(&nat->mappings.index)) / MAPPINGS;
	figure("nat-size-records", sizeof(struct flow) +
	    sizeof(struct mapping), "octets/mapping+flow");
	figure("nat-size-with-tables", sizeof(struct flow) +
	    sizeof(struct mapping) + tables, "octets/mapping+flow");
	nat_destroy(nat);
}

int
main(int argc, char **argv)
{
	static const uint32_t counts[] = { 1, 1000, 10000, 100000, 1000000 };

	if (argc > 1)
		pattern = argv[1];
	for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
		bench_packets(IPPROTO_UDP, counts[i]);
		bench_packets(IPPROTO_TCP, counts[i]);
	}
	bench_one_port();
	bench_strangers();
	bench_new(1024, "nat-new-1k", "nat-expire-1k");
	bench_new(MAPPINGS, "nat-new-60k", "nat-expire-60k");
	bench_new_flows();
	bench_ports_end();
	bench_size();
	return 0;
}
