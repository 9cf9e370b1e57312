/*
 * new.c - what a beginning and an end cost, and how much memory
 *
 * Usage: new [PATTERN].  Mappings with their flows until the table is full
 * and until all have expired, again and again; flows through mappings that
 * are there; what leaves when the ports have come to an end.
 */
#include <malloc.h>
#include <unistd.h>

#include "world.h"

static struct world w;

static void
work(void)
{
	for (size_t i = 0; i < BLOCK; i += BATCH)
		nat_outbound(w.nat, pointers + i, BATCH, start);
}

/* Packets of flow first and those that follow; nanoseconds. */
static double
open_block(uint32_t first)
{
	double before, spent;

	for (unsigned k = 0; k < BLOCK; k++)
		lay_out_outbound(&w, k, first + k, TH_SYN);
	before = nanoseconds();
	work();
	spent = nanoseconds() - before;
	for (unsigned k = 0; k < BLOCK; k++)
		expect(k, PASS);
	return spent;
}

static void
figure_a_second(const char *name, double nanoseconds_each)
{
	double n = 1e9 / nanoseconds_each;

	figure(name, n, n, "a second");
}

static void
bench_new(uint32_t full, const char *new_name, const char *expire_name)
{
	enum { LEAST_BLOCKS = 2000, MOST = 8192, FILLS = 1024 };
	static double spent[MOST], ended[FILLS];
	size_t blocks = 0, fills = 0;
	double before, best;

	if (!wanted(new_name) && !wanted(expire_name))
		return;
	w = (struct world){ .protocol = IPPROTO_UDP, .flow_count = full };
	for (; blocks < LEAST_BLOCKS || fills < ROUNDS; fills++) {
		w.nat = new_nat(full, IPPROTO_UDP);
		for (uint32_t i = 0; i + BLOCK <= full; i += BLOCK)
			spent[blocks++] = open_block(i);
		before = nanoseconds();
		while (nat_usage(w.nat).flows > 0)
			nat_expire(w.nat, start + 310000);
		ended[fills] = nanoseconds() - before;
		nat_destroy(w.nat);
	}
	if (wanted(new_name)) {
		best = figure_of_blocks(new_name, spent, blocks, BLOCK,
		    "ns/mapping+flow");
		if (full == MAPPINGS)
			figure_a_second("nat-new-mappings-a-second", best);
	}
	if (wanted(expire_name))
		figure_of_blocks(expire_name, ended, fills,
		    full - full % BLOCK, "ns/mapping+flow");
}

/* New flows through mappings that are there: each to a remote of its own. */
static void
bench_new_flows(void)
{
	enum { EACH = 16, FLOWS = MAPPINGS * EACH };
	static double spent[FLOWS / BLOCK];
	size_t blocks = 0;
	double took;

	if (!wanted("nat-new-flow"))
		return;
	w = (struct world){ .protocol = IPPROTO_UDP, .flow_count = FLOWS,
		.nat = new_nat(FLOWS, IPPROTO_UDP) };
	for (uint32_t i = 0; i + BLOCK <= FLOWS; i += BLOCK) {
		took = open_block(i);
		if (i >= MAPPINGS) /* every mapping is there */
			spent[blocks++] = took;
	}
	figure_a_second("nat-new-flows-a-second", figure_of_blocks(
	    "nat-new-flow", spent, blocks, BLOCK, "ns/flow"));
	nat_destroy(w.nat);
}

/* Ten endpoints for every port: what leaves, leaves translated. */
static void
bench_ports_end(void)
{
	uint32_t untranslated = 0;

	if (!wanted("nat-untranslated-when-ports-end"))
		return;
	w.nat = new_nat(MAPPINGS * 10, IPPROTO_UDP);
	for (uint32_t i = 0; i < MAPPINGS * 10; i++) {
		lay_out(0, IPPROTO_UDP, htonl(0x0a400002 + i % CALLERS),
		    htons((uint16_t)(1024 + i / CALLERS)), htonl(0x0b000001),
		    htons(53), 0);
		packets[0].caller = (int32_t)(i % CALLERS);
		nat_outbound(w.nat, pointers, 1, start);
		untranslated += packets[0].verdict == PASS &&
		    packets[0].source != w.nat->address;
	}
	figure("nat-untranslated-when-ports-end", untranslated, untranslated,
	    "packets");
	nat_destroy(w.nat);
}

/* Memory of this process that is there, in octets. */
static double
resident(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	long all, pages = 0;

	if (file == NULL || fscanf(file, "%ld %ld", &all, &pages) != 2)
		fail("no /proc/self/statm");
	(void)fclose(file);
	return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

/* The records of so many flows through as many mappings, and what the
 * translation takes with every table of it, used or not. */
static void
bench_size(uint8_t protocol, const char *name, const char *name_with_tables)
{
	const size_t flow = sizeof(struct flow) + sizeof(struct flow_rest);
	double before = resident(), n, records, all;
	struct nat_usage usage;

	w = (struct world){ .protocol = protocol,
		.nat = new_nat(MAPPINGS, protocol) };
	for (uint32_t i = 0; i + BLOCK <= MAPPINGS; i += BLOCK)
		(void)open_block(i);
	usage = nat_usage(w.nat);
	n = usage.flows;
	records = (n * (double)flow +
	    usage.mappings * (double)sizeof(struct mapping)) / n;
	all = (resident() - before) / n;
	nat_destroy(w.nat);
	if (wanted(name))
		figure(name, records, records, "octets/mapping+flow");
	if (wanted(name_with_tables))
		figure(name_with_tables, all, all, "octets/mapping+flow");
}

int
main(int argc, char **argv)
{
	if (argc > 1)
		pattern = argv[1];
	stay_here();
	/* What is given back is gone at once, not there to be taken again. */
	(void)mallopt(M_MMAP_THRESHOLD, 128 << 10);
	bench_size(IPPROTO_UDP, "nat-size-udp", "nat-size-udp-with-tables");
	bench_size(IPPROTO_TCP, "nat-size-tcp", "nat-size-tcp-with-tables");
	bench_new(1024, "nat-new-1k", "nat-expire-1k");
	bench_new(MAPPINGS, "nat-new-60k", "nat-expire-60k");
	bench_new_flows();
	bench_ports_end();
	return 0;
}
