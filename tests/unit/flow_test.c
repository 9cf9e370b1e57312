/* Flows with their mappings: random work, held against a plain model. */
#include "masqd/nat/flow.c"

#include "craft.h"

enum { MODEL = 400, CALLERS = 3, QUARANTINE = 5 };

struct model {
	in_addr_t inside, remote;
	in_port_t inside_port, remote_port;
	uint32_t number; /* 0: not there */
	uint32_t caller;
};

static const struct hash_key key = { 11, 12 };
static struct model model[MODEL];
static struct callers callers;
static struct ports *ports;
static struct mapping_table mappings;
static struct flow_table flows;

static int
setup(void **state)
{
	(void)state;
	memset(&callers, 0, sizeof callers);
	memset(&mappings, 0, sizeof mappings);
	memset(&flows, 0, sizeof flows);
	ports = ports_create(&key);
	assert_true(callers_init(&callers, CALLERS));
	assert_true(mapping_table_init(&mappings, 50, &key, ports,
	    &callers));
	assert_true(flow_table_init(&flows, MODEL, &key, &mappings));
	for (uint16_t port = 2000; port < 2100; port++)
		ports_offer(ports, IPPROTO_UDP, htons(port));
	/* few inside endpoints and remotes, many ports: crowded rings */
	for (uint32_t i = 0; i < MODEL; i++) {
		model[i].number = 0;
		model[i].caller = i % CALLERS;
		model[i].inside = htonl(0x0a400000 + i % CALLERS);
		model[i].remote = htonl(0xc0000200 + i % 7 / 3);
		model[i].inside_port = htons((uint16_t)(1000 + i % 10));
		model[i].remote_port = htons((uint16_t)(1 + i));
	}
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	flow_table_free(&flows);
	mapping_table_free(&mappings);
	callers_free(&callers);
	ports_destroy(ports);
	return 0;
}

static uint32_t
find(const struct model *m, uint32_t guess)
{
	struct flow_key k = flow_key(IPPROTO_UDP, m->inside, m->inside_port,
	    m->remote, m->remote_port);

	return flow_find(&flows, k, flow_hash_outbound(&flows, k), guess);
}

static void
add(struct model *m)
{
	struct flow_key k = flow_key(IPPROTO_UDP, m->inside, m->inside_port,
	    m->remote, m->remote_port);
	uint32_t mapping = mapping_find(&mappings, IPPROTO_UDP, m->inside,
	    m->inside_port, 0);

	if (mapping == 0)
		assert_int_equal(mapping_add(&mappings, m->caller,
		    IPPROTO_UDP, m->inside, m->inside_port, 0, &mapping), PASS);
	m->number = flow_add(&flows, mapping, m->remote, m->remote_port,
	    flow_hash_outbound(&flows, k), 0, 100);
}

static uint32_t
find_peer(const struct model *m, in_port_t port)
{
	const struct flow *f = &flows.flows[m->number];

	return flow_find_peer(&flows, IPPROTO_UDP, f->outside_port,
	    m->remote, port, flow_hash_inbound(&flows, IPPROTO_UDP,
	        f->outside_port, m->remote));
}

static void
check(const struct model *m)
{
	const struct flow *peer;

	assert_int_equal(find(m, 0), m->number);
	if (m->number == 0)
		return;
	assert_int_equal(find_peer(m, m->remote_port), m->number);
	peer = &flows.flows[find_peer(m, htons(9))];
	assert_int_equal(peer->inside, m->inside);
	assert_int_equal(peer->inside_port, m->inside_port);
	assert_int_equal(peer->remote, m->remote);
}

/* Every ring has one leader; lists and counters say the same. */
static void
check_tables(void)
{
	uint32_t count = 0, leaders = 0, listed = 0, of_callers = 0;

	for (uint32_t i = 0; i < MODEL; i++) {
		check(&model[i]);
		if (model[i].number == 0)
			continue;
		count++;
		leaders = 0;
		for (uint32_t f = model[i].number;;) {
			leaders += flows.flows[f].is_leader;
			f = flows.rests[f].peer_next;
			if (f == model[i].number)
				break;
		}
		assert_int_equal(leaders, 1);
	}
	for (uint32_t c = 0; c < CALLERS; c++) {
		of_callers += callers.slots[c].flows;
		for (uint32_t m = callers.slots[c].first; m != 0;
		    m = mappings.mappings[m].next) {
			uint32_t own = 0;

			for (uint32_t f = mappings.mappings[m].first_flow;
			    f != 0; f = flows.rests[f].next)
				own++;
			assert_true(own > 0);
			assert_int_equal(own, mappings.mappings[m].flows);
			listed += own;
		}
	}
	assert_int_equal(flows.count, count);
	assert_int_equal(listed, count);
	assert_int_equal(of_callers, count);
}

static void
keeps_its_tables_together(void **state)
{
	uint32_t seed = 1, tick = 1;
	uint8_t protocol;
	in_port_t port;

	(void)state;
	for (unsigned step = 0; step < 40000; step++) {
		struct model *m;

		seed = seed * 1103515245u + 12345;
		m = &model[(seed >> 8) % MODEL];
		if (m->number != 0) {
			flow_remove(&flows, m->number, ++tick + QUARANTINE);
			m->number = 0;
		} else {
			add(m);
		}
		check(m);
		while (ports_release(ports, tick, &protocol, &port))
			ports_offer(ports, protocol, port);
		if (step % 1000 == 0)
			check_tables();
	}
	for (uint32_t i = 0; i < MODEL; i++)
		if (model[i].number != 0)
			flow_remove(&flows, model[i].number, tick);
	assert_int_equal(flows.count, 0);
	assert_int_equal(mappings.count, 0);
	for (uint32_t c = 0; c < CALLERS; c++)
		assert_int_equal(callers.slots[c].first, 0);
	assert_int_equal(wheel_next(&flows.wheel, tick), UINT32_MAX);
}

static void
takes_a_guess(void **state)
{
	(void)state;
	add(&model[0]);
	add(&model[1]);
	assert_int_equal(find(&model[0], model[0].number), model[0].number);
	assert_int_equal(find(&model[0], model[1].number), model[0].number);
}

/* Later is a mere write; sooner moves it on the wheel. */
static void
refreshes_both_ways(void **state)
{
	unsigned budget = 1000;
	uint32_t number;

	(void)state;
	add(&model[0]);
	number = model[0].number;
	flow_refresh(&flows, number, 50, 1000);
	assert_int_equal(wheel_expire(&flows.wheel, 1049, &budget), 0);
	flow_refresh(&flows, number, 1049, 1000000);
	flow_refresh(&flows, number, 1050, 10);
	assert_int_equal(wheel_expire(&flows.wheel, 1059, &budget), 0);
	assert_int_equal(wheel_expire(&flows.wheel, 1060, &budget), number);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(keeps_its_tables_together),
		TEST(takes_a_guess),
		TEST(refreshes_both_ways),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("flow", tests, NULL, NULL);
}
