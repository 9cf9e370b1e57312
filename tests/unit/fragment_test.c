/* Datagrams in pieces, in any order, and floods of them. */
#include <stdio.h>

#include "masqd/nat/fragment.c"

#include "nat_fixture.h"

enum { BODY = 1200, PIECES_MAX = 151, FEW = 16, DATAGRAMS = 64,
	CALLER_DATAGRAMS = 8 };

static uint8_t whole[2048], back[2048], room[PACKET_MAX];
static size_t got;
static unsigned ended; /* strangers' pieces, by the limit */
static bool has_end;
static uint32_t seed = 1;

static uint32_t
draw(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)seed * below >> 32);
}

static void
small(void)
{
	struct nat_config config = usual();

	config.max_fragments = DATAGRAMS;
	config.caller_fragments = CALLER_DATAGRAMS;
	create_with(&config);
}

/* A UDP datagram with a right checksum, in `whole`. */
static void
make_whole(const char *from, unsigned port, const char *to, unsigned to_port,
    unsigned id)
{
	uint8_t *udp = craft_ip(&c, IPPROTO_UDP, from, to, 8 + BODY);

	craft_put(udp, port);
	craft_put(udp + 2, to_port);
	craft_put(udp + 4, 8 + BODY);
	for (unsigned i = 0; i < BODY; i++)
		udp[8 + i] = (uint8_t)draw(256);
	craft_put(c.octets + 4, id);
	craft_close(c.octets);
	memcpy(whole, c.octets, 28 + BODY);
}

/* The piece from..to (octets of payload) of `whole`, in c. */
static struct packet *
piece(size_t from, size_t to)
{
	size_t end = 8 + BODY;

	memset(&c, 0, sizeof c);
	memcpy(c.octets, whole, 20);
	memcpy(c.octets + 20, whole + 20 + from, to - from);
	craft_put(c.octets + 2, (unsigned)(20 + to - from));
	craft_put(c.octets + 6, (unsigned)(from / 8) |
	    (to < end ? 0x2000 : 0));
	craft_put(c.octets + 10, 0);
	craft_put(c.octets + 10, craft_sum(0, c.octets, 20));
	craft_parse(&c);
	assert_int_equal(c.p.verdict, PASS);
	return &c.p;
}

static enum verdict
pass(struct packet *p, enum direction d)
{
	p->caller = d == OUTBOUND ? 1 : PACKET_NO_CALLER;
	if (d == OUTBOUND)
		nat_outbound(nat, &p, 1, now);
	else
		nat_inbound(nat, &p, 1, now);
	return p->verdict;
}

/* Put together what has been passed on. */
static void
receive(const struct packet *p, enum direction d)
{
	size_t offset = p->fragment_offset, n = p->length - 20;

	assert_int_equal(craft_sum(0, p->data, 20), 0);
	assert_int_equal(p->source, craft_address(d == OUTBOUND ? OUTSIDE :
	    REMOTE));
	assert_int_equal(p->destination, craft_address(d == OUTBOUND ?
	    REMOTE : INSIDE));
	if (got == 0)
		memcpy(back, p->data, 20);
	assert_memory_equal(back + 4, p->data + 4, 2); /* one ID */
	memcpy(back + 20 + offset, p->data + 20, n);
	got += n;
	has_end |= !p->more_fragments;
}

static void
receive_released(enum direction d)
{
	enum direction way;
	struct packet p;

	while (nat_release(nat, room, &p, &way, now)) {
		assert_int_equal(way, d);
		if (p.verdict == DROP_FRAGMENT_LIMIT) {
			ended++;
			continue;
		}
		assert_int_equal(p.verdict, PASS);
		assert_int_equal(p.caller, 1);
		receive(&p, d);
	}
}

static void
shuffle(unsigned *order, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		order[i] = i;
	for (unsigned i = n - 1; i > 0; i--) {
		unsigned j = draw(i + 1), keep = order[i];

		order[i] = order[j];
		order[j] = keep;
	}
}

static void
cross(enum direction d, unsigned most)
{
	unsigned order[PIECES_MAX], n = 2 + draw(most - 1);
	size_t step = ((8 + BODY) / n + 8) & ~(size_t)7;

	got = 0;
	has_end = false;
	n = (unsigned)((8 + BODY + step - 1) / step);
	shuffle(order, n);
	for (unsigned i = 0; i < n; i++) {
		size_t from = order[i] * step, to = from + step;
		enum verdict v = pass(piece(from, to < 8 + BODY ? to :
		    8 + BODY), d);

		assert_true(v == PASS || v == LATER);
		if (v == PASS)
			receive(&c.p, d);
		receive_released(d);
	}
	assert_int_equal(got, 8 + BODY);
	assert_true(has_end);
	craft_put(back + 2, 28 + BODY);
	craft_put(back + 6, 0);
	craft_put(back + 10, 0);
	craft_put(back + 10, craft_sum(0, back, 20));
	assert_true(craft_sums_right(back));
	assert_memory_equal(back + 28, whole + 28, BODY);
}

static void
passes_in_any_order(void **state)
{
	unsigned port;

	(void)state;
	port = udp_from(INSIDE, 5000, REMOTE, 53);
	for (unsigned i = 0; i < 500; i++) {
		make_whole(INSIDE, 5000, REMOTE, 53, i);
		cross(OUTBOUND, PIECES_MAX);
		make_whole(REMOTE, 53, OUTSIDE, port, i);
		cross(INBOUND, PIECES_MAX);
		now += 20;
		expire();
	}
}

/* Whatever comes of a kept one, once; by the drop's name. */
static unsigned
count_released(enum verdict verdict)
{
	enum direction way;
	struct packet p;
	unsigned n = 0;

	while (nat_release(nat, room, &p, &way, now)) {
		assert_int_equal(p.verdict, verdict);
		n++;
	}
	return n;
}

static void
one_caller_does_not_fill_the_table(void **state)
{
	unsigned kept = 0;

	(void)state;
	small();
	for (unsigned id = 1; id < 1000; id++) {
		enum verdict v;

		make_whole(INSIDE, 5000, REMOTE, 53, id);
		v = pass(piece(400, 800), OUTBOUND);
		assert_true(v == LATER || v == DROP_FRAGMENT_LIMIT);
		kept += v == LATER;
	}
	assert_int_equal(kept, CALLER_DATAGRAMS);
	make_whole(OTHER, 5000, REMOTE, 53, 1);
	(void)piece(0, 400);
	c.p.caller = 2;
	nat_outbound(nat, (struct packet *[]){ &c.p }, 1, now);
	assert_int_equal(c.p.verdict, PASS);
	later(60);
	assert_int_equal(count_released(DROP_FRAGMENT_TIME), kept);
}

static void
a_flood_from_outside_keeps_nobody_out(void **state)
{
	unsigned port, kept = 0;
	char remote[16];

	(void)state;
	small();
	ended = 0;
	port = udp_from(INSIDE, 5000, REMOTE, 53);
	for (unsigned i = 0; i < 5000; i++) {
		enum verdict v;

		(void)snprintf(remote, sizeof remote, "203.0.%u.%u",
		    i >> 8, i & 255);
		make_whole(remote, 53, OUTSIDE, port, i);
		v = pass(piece(400, 1208), INBOUND);
		assert_true(v == LATER || v == DROP_FRAGMENT_LIMIT);
		kept += v == LATER;
		ended += count_released(DROP_FRAGMENT_LIMIT);
		if (i % 100 == 99) {
			make_whole(REMOTE, 53, OUTSIDE, port, i);
			cross(INBOUND, FEW);
		}
	}
	assert_true(kept > 4000);
	later(60);
	ended += count_released(DROP_FRAGMENT_TIME);
	assert_int_equal(ended, kept);
}

static void
identifications_do_not_repeat(void **state)
{
	static bool seen[65536];

	(void)state;
	for (unsigned i = 0; i < 65535; i++) {
		uint16_t id = nat_identification(nat,
		    craft_address(REMOTE));

		assert_int_not_equal(id, 0);
		assert_false(seen[id]);
		seen[id] = true;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(passes_in_any_order, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    one_caller_does_not_fill_the_table, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    a_flood_from_outside_keeps_nobody_out, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    identifications_do_not_repeat, setup, teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("fragment", tests, NULL, NULL);
}
