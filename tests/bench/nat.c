/*
 * nat.c - what the translation of a packet costs
 *
 * Usage: nat [PATTERN].  Packets of flows in random order are translated one
 * a call ("single") or 32 a call ("batch").  The limits beside them do less
 * on the same blocks: look up the flow only, copy the packet only, parse it
 * only.  The rows of one world are measured in turn, round by round, so that
 * whatever the machine does meanwhile disturbs them alike.
 */
#include "world.h"

enum { BLOCKS = 192, WARM_UP = 32 }; /* a round */

static uint8_t copies[BLOCK][OCTETS];

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

static void
lay_out_inbound(const struct world *w, unsigned slot, uint32_t i,
    uint8_t flags)
{
	struct endpoints e = endpoints_of(w, i);

	lay_out(slot, w->protocol, e.remote, e.remote_port, w->nat->address,
	    w->outside[i % MAPPINGS], flags);
}

static void
lay_out_stranger(const struct world *w, unsigned slot, uint32_t i,
    uint8_t flags)
{
	struct endpoints e = endpoints_of(w, i);

	lay_out(slot, w->protocol, e.remote ^ htonl(0x00800000),
	    e.remote_port, w->nat->address, w->outside[i % MAPPINGS], flags);
}

static void
open_flow(struct world *w, uint32_t i)
{
	lay_out_outbound(w, 0, i, TH_SYN);
	nat_outbound(w->nat, pointers, 1, start);
	expect(0, PASS);
	w->outside[i % MAPPINGS] = packets[0].source_port;
	if (w->protocol != IPPROTO_TCP)
		return;
	lay_out_inbound(w, 0, i, TH_SYN | TH_ACK);
	nat_inbound(w->nat, pointers, 1, start);
	expect(0, PASS);
}

static uint32_t
common_divisor(uint32_t a, uint32_t b)
{
	return b == 0 ? a : common_divisor(b, a % b);
}

static void
world_open(struct world *w, uint8_t protocol, uint32_t flows, bool one_port)
{
	*w = (struct world){
		.protocol = protocol, .flow_count = flows,
		.one_port = one_port, .nat = new_nat(flows, protocol),
		.step = (uint32_t)(flows * 0.618) + 1,
	};
	while (common_divisor(w->step, flows) != 1)
		w->step++;
	for (uint32_t i = 0; i < flows; i++)
		open_flow(w, i);
}

/* What is done to a block of packets while the clock runs. */
typedef void work(const struct world *, size_t batch);
typedef void layout(const struct world *, unsigned slot, uint32_t flow,
    uint8_t flags);

struct row {
	const char *name;
	layout *lay;
	work *do_it;
	size_t batch;
	enum verdict verdict;
	struct world *world;
	double spent[BLOCKS * ROUNDS];
};

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

/* Limit: hash, tags, record, nothing else. */
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
			place_prefetch(&t->places, hashes[k]);
		}
		for (size_t k = 0; k < batch; k++) {
			guesses[k] = place_guess(&t->places, hashes[k]);
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

static void
measure_round(struct row *row, double *spent)
{
	struct world *w = row->world;
	double before;

	for (int block = -WARM_UP; block < BLOCKS; block++) {
		for (unsigned i = 0; i < BLOCK; i++) {
			row->lay(w, i, w->next, TH_ACK);
			w->next = (uint32_t)(((uint64_t)w->next + w->step) %
			    w->flow_count);
		}
		before = nanoseconds();
		row->do_it(w, row->batch);
		if (block >= 0)
			spent[block] = nanoseconds() - before;
		for (unsigned i = 0; i < BLOCK; i++)
			expect(i, row->verdict);
	}
}

/* prefix: of the figures' names. */
static void
measure(const char *prefix, struct row *rows, size_t n)
{
	char name[64];

	for (size_t round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < n; i++)
			measure_round(&rows[i], rows[i].spent +
			    round * BLOCKS);
	for (size_t i = 0; i < n; i++) {
		snprintf(name, sizeof name, "%s%s", prefix, rows[i].name);
		if (wanted(name))
			figure_of_blocks(name, rows[i].spent,
			    BLOCKS * ROUNDS, BLOCK, "ns/packet");
	}
}

static bool
any_wanted(const char *prefix, const struct row *rows, size_t n)
{
	char name[64];

	for (size_t i = 0; i < n; i++) {
		snprintf(name, sizeof name, "%s%s", prefix, rows[i].name);
		if (wanted(name))
			return true;
	}
	return false;
}

static void
bench_packets(uint8_t protocol, uint32_t flows)
{
	static struct world w;
	static struct row rows[] = {
		{ "out-single", lay_out_outbound, work_outbound, 1, PASS,
		    &w, { 0 } },
		{ "out-batch", lay_out_outbound, work_outbound, BATCH, PASS,
		    &w, { 0 } },
		{ "in-single", lay_out_inbound, work_inbound, 1, PASS, &w,
		    { 0 } },
		{ "in-batch", lay_out_inbound, work_inbound, BATCH, PASS, &w,
		    { 0 } },
		{ "limit-lookup-single", lay_out_outbound, work_look_up, 1,
		    PASS, &w, { 0 } },
		{ "limit-lookup-batch", lay_out_outbound, work_look_up, BATCH,
		    PASS, &w, { 0 } },
		{ "limit-copy", lay_out_outbound, work_copy, BATCH, PASS, &w,
		    { 0 } },
		{ "limit-parse", lay_out_outbound, work_parse, BATCH, PASS,
		    &w, { 0 } },
	};
	enum { N = sizeof rows / sizeof rows[0] };
	char prefix[32];

	snprintf(prefix, sizeof prefix, "nat-%s-%s-", protocol ==
	    IPPROTO_TCP ? "tcp" : "udp", count_name(flows));
	if (!any_wanted(prefix, rows, N))
		return;
	world_open(&w, protocol, flows, false);
	measure(prefix, rows, N);
	nat_destroy(w.nat);
}

/* Callers whose systems all choose the same source port, beside others; and
 * strangers. */
static void
bench_crowds(void)
{
	static struct world one, any;
	static struct row rows[] = {
		{ "one-source-port-in", lay_out_inbound, work_inbound, BATCH,
		    PASS, &one, { 0 } },
		{ "any-source-port-in", lay_out_inbound, work_inbound, BATCH,
		    PASS, &any, { 0 } },
		{ "one-source-port-out", lay_out_outbound, work_outbound,
		    BATCH, PASS, &one, { 0 } },
		{ "any-source-port-out", lay_out_outbound, work_outbound,
		    BATCH, PASS, &any, { 0 } },
		{ "stranger-refused", lay_out_stranger, work_inbound, BATCH,
		    DROP_FILTERED, &any, { 0 } },
	};
	enum { N = sizeof rows / sizeof rows[0], FLOWS = 10000 };

	if (!any_wanted("nat-", rows, N))
		return;
	world_open(&one, IPPROTO_UDP, FLOWS, true);
	world_open(&any, IPPROTO_UDP, FLOWS, false);
	measure("nat-", rows, N);
	nat_destroy(one.nat);
	nat_destroy(any.nat);
}

int
main(int argc, char **argv)
{
	static const uint32_t counts[] = { 1, 1000, 10000, 100000, 1000000 };

	if (argc > 1)
		pattern = argv[1];
	stay_here();
	for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
		bench_packets(IPPROTO_UDP, counts[i]);
		bench_packets(IPPROTO_TCP, counts[i]);
	}
	bench_crowds();
	return 0;
}
