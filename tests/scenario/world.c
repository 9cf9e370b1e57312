#include "world.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "masqd/gateway/gateway.h"
#include "text.h"

enum { PLACES = 4, OUT_ROOM = 64, PORTS_LOW = 61000, PORTS_HIGH = 61999 };

struct out {
	char text[OUT_ROOM][TEXT_LINE_ROOM];
	size_t first, count;
};

struct memory_link {
	struct link base;
	struct out *out;
};

struct memory_uplink {
	struct uplink base;
	struct out *out;
	enum verdict fails; /* with this drop; PASS: it does not */
};

struct world {
	struct config config;
	struct config_range pool;
	struct config_network network;
	struct memory_uplink uplink;
	struct memory_link links[PLACES];
	struct gateway_link *places[PLACES];
	struct out out[PLACES];
	struct gateway *gateway;
	in_addr_t uplink_address, netmask;
	uint64_t now;
	uint64_t dropped[VERDICT_COUNT];
	enum verdict last;
	char taken[TEXT_LINE_ROOM + 16];
	char contradiction[1024];
};

static const char *const names[PLACES] = { "lab", "alice", "bob", "net" };
enum { LAB, ALICE, BOB, NET };

static size_t
remember(struct out *out, struct packet *const *packets, size_t n)
{
	for (size_t i = 0; i < n && out->count < OUT_ROOM; i++)
		text_describe(packets[i]->data, packets[i]->length,
		    out->text[out->count++]);
	return n;
}

static size_t
link_remember(struct link *link, struct packet *const *packets, size_t n)
{
	return remember(((struct memory_link *)link)->out, packets, n);
}

static size_t
uplink_remember(struct uplink *uplink, struct packet *const *packets, size_t n)
{
	struct memory_uplink *u = (struct memory_uplink *)uplink;

	if (u->fails == PASS)
		return remember(u->out, packets, n);
	for (size_t i = 0; i < n; i++)
		packets[i]->verdict = u->fails;
	return 0;
}

static const struct link_ops link_ops = { link_remember, NULL, NULL };
static const struct uplink_ops uplink_ops = { uplink_remember };

static in_addr_t
address(const char *text)
{
	in_addr_t value = 0;

	(void)inet_pton(AF_INET, text, &value);
	return value;
}

static void
port_free(void *context, uint8_t protocol, in_port_t port)
{
	struct world *world = context;

	(void)nat_port_offer(gateway_nat(world->gateway), protocol, port);
}

static const struct config defaults = {
	.uplink = { .kind = UPLINK_SOCKET, .mtu = 1500,
	    .port_low = PORTS_LOW, .port_high = PORTS_HIGH },
	.callers = { .max_mappings = 512, .max_flows = 1024,
	    .new_flows = 50 },
	.nat = { .filtering = FILTERING_ADDRESS, .udp = 300, .icmp = 60,
	    .tcp_established = 7440, .tcp_transitory = 240, .fragment = 15,
	    .mss_clamp = true, .inbound_refresh = true, .syn_errors = true,
	    .max_mappings = 4096, .max_flows = 16384 },
};

struct world *
world_create(void)
{
	struct world *world = calloc(1, sizeof *world);

	if (world == NULL)
		exit(1);
	world->now = 1000;
	world->config = defaults;
	world->uplink_address = address(WORLD_UPLINK);
	world->config.callers.gateway = address("10.64.0.1");
	world->pool = (struct config_range){ 0x0a400002, 0x0a4000fa };
	world->config.callers.pool = &world->pool;
	world->config.callers.pool_count = 1;
	world->network = (struct config_network){
		.subnet = address("10.9.0.0"),
		.netmask = address("255.255.255.0"),
		.gateway = address("10.9.0.1"), .mtu = 1500 };
	world->config.networks = &world->network;
	world->config.network_count = 1;
	for (int i = 0; i < PLACES; i++) {
		world->links[i].base = (struct link){ .ops = &link_ops,
			.mtu = 1500 };
		world->links[i].out = &world->out[i];
	}
	world->uplink.base = (struct uplink){ .ops = &uplink_ops,
		.mtu = 1500 };
	world->uplink.out = &world->out[NET];
	return world;
}

static struct gateway_link *
add(struct world *world, int who, const char *inside, uint32_t first,
    uint32_t last)
{
	struct gateway_link *place = gateway_link_add(world->gateway,
	    &world->links[who].base, address(inside), first, last, names[who],
	    world->now);

	if (place == NULL)
		exit(1);
	return place;
}

static void
offer(struct world *world, unsigned low, unsigned high)
{
	static const uint8_t kinds[] = { IPPROTO_TCP, IPPROTO_UDP,
		IPPROTO_ICMP };

	for (unsigned port = low; port <= high; port++)
		for (int i = 0; i < 3; i++)
			port_free(world, kinds[i], htons((uint16_t)port));
}

/* The gateway is made with the first packet, when all is set. */
static void
start(struct world *world)
{
	static const uint8_t key[16] = { 1, 2, 3, 4, 5 };
	struct gateway_setup setup = { .config = &world->config,
		.uplink = &world->uplink.base,
		.address = world->uplink_address, .key = key,
		.ops = { port_free, world } };

	if (world->gateway != NULL)
		return;
	world->gateway = gateway_create(&setup);
	if (world->gateway == NULL)
		exit(1);
	offer(world, world->config.uplink.port_low,
	    world->config.uplink.port_high);
	if (world->config.uplink.privileged_low != 0)
		offer(world, world->config.uplink.privileged_low,
		    world->config.uplink.privileged_high);
	gateway_set_netmask(world->gateway, world->netmask);
	world->places[LAB] = add(world, LAB, "10.9.0.1", 0x0a090001,
	    0x0a0900fe);
	world->places[ALICE] = add(world, ALICE, "10.64.0.1", 0x0a400002,
	    0x0a400002);
	world->places[BOB] = add(world, BOB, "10.64.0.1", 0x0a400003,
	    0x0a400003);
}

void
world_destroy(struct world *world)
{
	gateway_destroy(world->gateway);
	free(world);
}

static bool
set_word(struct world *world, const char *key, const char *value)
{
	static const char *const filterings[] = { "endpoint-independent",
		"address", "address-and-port" };

	for (unsigned i = 0; strcmp(key, "filtering") == 0 && i < 3; i++)
		if (strcmp(value, filterings[i]) == 0) {
			world->config.nat.filtering = i;
			return true;
		}
	for (int v = 0; strcmp(key, "uplink-fails") == 0 && v < VERDICT_COUNT;
	     v++)
		if (strcmp(value, verdict_name(v)) == 0) {
			world->uplink.fails = v;
			return true;
		}
	if (strcmp(key, "uplink-peer") == 0) {
		world->uplink.base.fd = strcmp(value, "yes") == 0 ? 0 : -1;
		return true;
	}
	if (strcmp(key, "uplink-shared") == 0) { /* with a host */
		world->config.uplink.kind = strcmp(value, "yes") == 0 ?
		    UPLINK_INTERFACE : UPLINK_SOCKET;
		return true;
	}
	if (strcmp(key, "netmask") == 0) {
		world->netmask = address(value);
		return true;
	}
	if (strcmp(key, "uplink-address") == 0) {
		world->uplink_address = address(value);
		return true;
	}
	if (strcmp(key, "pool-last") == 0) {
		world->pool.last = ntohl(address(value));
		return true;
	}
	if (strcmp(key, "line-address") == 0) {
		static in_addr_t fixed;

		fixed = address(value);
		world->config.fixed = &fixed;
		world->config.fixed_count = 1;
		return true;
	}
	if (strcmp(key, "dns") == 0) {
		static in_addr_t server;

		server = address(value);
		world->config.callers.dns = &server;
		world->config.callers.dns_count = 1;
		return true;
	}
	return false;
}

static bool
set_switch(struct world *world, const char *key, const char *value)
{
	struct config_callers *c = &world->config.callers;
	const struct {
		const char *key;
		bool *is_on;
	} switches[] = { { "each-other", &c->each_other },
		{ "private-networks", &c->private_networks },
		{ "clear-df", &c->clear_df },
		{ "inbound-refresh", &world->config.nat.inbound_refresh },
		{ "syn-errors", &world->config.nat.syn_errors } };

	for (size_t i = 0; i < sizeof switches / sizeof switches[0]; i++)
		if (strcmp(key, switches[i].key) == 0) {
			*switches[i].is_on = strcmp(value, "yes") == 0;
			return true;
		}
	return false;
}

bool
world_set(struct world *world, const char *key, const char *value)
{
	struct config *c = &world->config;
	const struct {
		const char *key;
		uint32_t *number;
	} numbers[] = { { "udp", &c->nat.udp }, { "icmp", &c->nat.icmp },
		{ "tcp-established", &c->nat.tcp_established },
		{ "tcp-transitory", &c->nat.tcp_transitory },
		{ "max-mappings", &c->nat.max_mappings },
		{ "max-flows", &c->nat.max_flows },
		{ "caller-mappings", &c->callers.max_mappings },
		{ "caller-flows", &c->callers.max_flows },
		{ "new-flows", &c->callers.new_flows },
		{ "fragment", &c->nat.fragment },
		{ "tcp-opening", &c->nat.tcp_opening },
		{ "tcp-closing", &c->nat.tcp_closing },
		{ "ttl-floor", &c->callers.ttl_floor },
		{ "icmp-errors", &c->nat.icmp_errors },
		{ "uplink-mtu", &world->uplink.base.mtu },
		{ "alice-mtu", &world->links[ALICE].base.mtu },
		{ "lab-mtu", &world->links[LAB].base.mtu } };
	unsigned number = (unsigned)strtoul(value, NULL, 10), high;

	if (world->gateway != NULL)
		return false;
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		if (strcmp(key, numbers[i].key) == 0) {
			*numbers[i].number = number;
			return true;
		}
	if (strcmp(key, "ports") == 0) {
		c->uplink.port_high = (uint16_t)(PORTS_LOW + number - 1);
		return true;
	}
	if (sscanf(value, "%u-%u", &number, &high) == 2 &&
	    strcmp(key, "privileged-ports") == 0) {
		c->uplink.privileged_low = (uint16_t)number;
		c->uplink.privileged_high = (uint16_t)high;
		return true;
	}
	return set_switch(world, key, value) || set_word(world, key, value);
}

void
world_time(struct world *world, uint64_t ms)
{
	uint64_t until = 1000 + ms;

	start(world);
	/* Step by step, as the daemon's timer does. */
	while (world->now < until) {
		uint64_t step = until - world->now;

		world->now += step < 500 ? step : 500;
		(void)gateway_expire(world->gateway, world->now);
	}
}

static int
place_of(const char *where)
{
	for (int i = 0; i < PLACES; i++)
		if (strcmp(names[i], where) == 0)
			return i;
	return -1;
}

static bool
is_inside(in_addr_t source)
{
	return (ntohl(source) & 0xffffff00) == 0x0a090000 ||
	    (ntohl(source) & 0xffffff00) == 0x0a400000;
}

static bool
is_of(int place, in_addr_t source)
{
	uint32_t host = ntohl(source);

	return place == LAB ? host > 0x0a090001 && host < 0x0a0900ff :
	    host == (place == ALICE ? 0x0a400002 : 0x0a400003);
}

/* Beyond what an explanation looks at, or answered besides. */
static bool
is_beyond(const struct packet *packet, enum verdict said, enum verdict was)
{
	if (packet_is_fragment(packet) || was == DROP_TTL ||
	    was == DROP_TOO_BIG || was == DROP_ICMP_RATE || said == DROP_ICMP_QUOTE)
		return true;
	if (said == PASS || said == REPLY)
		return was == PASS ||
		    packet->destination == address(WORLD_UPLINK);
	return was == PASS && (said == DROP_NO_TARGET ||
	    said == DROP_TCP_STATE || packet->destination_port == htons(113));
}

/* Every packet is asked about before it goes. */
static enum verdict
explain(struct world *world, const uint8_t *data, size_t length,
    char *steps, size_t size)
{
	static uint8_t copy[PACKET_MAX + 1];
	struct packet packet;

	memcpy(copy, data, length);
	(void)packet_parse(&packet, copy, length, sizeof copy);
	return gateway_explain(world->gateway, &packet, steps, size,
	    world->now);
}

bool
world_inject(struct world *world, const char *where, const uint8_t *data,
    size_t length)
{
	static uint8_t buffer[PACKET_MAX + 1];
	struct packet packet, before;
	char steps[800];
	enum verdict said;
	bool is_own;
	int place = place_of(where);

	start(world);
	if (place == -1 || (place != NET && world->places[place] == NULL))
		return false;
	memcpy(buffer, data, length);
	(void)packet_parse(&packet, buffer, length, sizeof buffer);
	said = explain(world, data, length, steps, sizeof steps);
	/* A lie about the source is found by the link, not told of here. */
	is_own = place == NET ? !is_inside(packet.source) :
	    is_of(place, packet.source);
	before = packet;
	for (int v = 0; v < VERDICT_COUNT; v++)
		world->dropped[v] = gateway_dropped(world->gateway, v);
	if (place == NET)
		gateway_from_uplink(world->gateway, &packet, 1, world->now);
	else
		gateway_from_link(world->gateway, world->places[place],
		    &packet, 1, world->now);
	world->last = PASS;
	for (int v = 0; v < VERDICT_COUNT; v++)
		if (gateway_dropped(world->gateway, v) != world->dropped[v])
			world->last = v;
	if (is_own && said != world->last && world->uplink.fails == PASS &&
	    !is_beyond(&before, said, world->last))
		(void)snprintf(world->contradiction,
		    sizeof world->contradiction, "explained as %s, was %s: %s",
		    verdict_name(said), verdict_name(world->last), steps);
	return true;
}

const char *
world_take(struct world *world, const char *where)
{
	int place = place_of(where);
	struct out *out;

	if (place == -1)
		return NULL;
	out = &world->out[place];
	if (out->first == out->count)
		return NULL;
	(void)snprintf(world->taken, sizeof world->taken, "%s",
	    out->text[out->first++]);
	if (out->first == out->count)
		out->first = out->count = 0;
	return world->taken;
}

const char *
world_unexpected(struct world *world)
{
	if (world->contradiction[0] != '\0')
		return world->contradiction;
	for (int i = 0; i < PLACES; i++)
		if (world->out[i].first < world->out[i].count) {
			(void)snprintf(world->taken, sizeof world->taken,
			    "%s: %s", names[i],
			    world->out[i].text[world->out[i].first]);
			return world->taken;
		}
	return NULL;
}

bool
world_dropped(const struct world *world, const char *name)
{
	return strcmp(verdict_name(world->last), name) == 0;
}

const char *
world_last_verdict(const struct world *world)
{
	return verdict_name(world->last);
}

void
world_end(struct world *world, const char *who)
{
	int place = place_of(who);

	start(world);
	if (place == ALICE || place == BOB) {
		gateway_link_remove(world->gateway, world->places[place],
		    world->now);
		world->places[place] = NULL;
	}
}

void
world_begin(struct world *world, const char *who)
{
	int place = place_of(who);
	uint32_t inside = place == ALICE ? 0x0a400002 : 0x0a400003;

	if (place == ALICE || place == BOB)
		world->places[place] = add(world, place, "10.64.0.1", inside,
		    inside);
}

static uint8_t
protocol_of(const char *name)
{
	return strcmp(name, "tcp") == 0 ? IPPROTO_TCP : IPPROTO_UDP;
}

bool
world_forward(struct world *world, const char *protocol, unsigned port,
    const char *text)
{
	struct nat_target targets[NAT_TARGETS];
	char who[16];
	size_t n = 0;
	unsigned inside;
	int used;

	start(world);
	while (n < NAT_TARGETS &&
	    sscanf(text, " %15[a-z]:%u%n", who, &inside, &used) == 2) {
		int32_t slot = gateway_user_slot(world->gateway, who);
		in_addr_t at;

		if (slot == PACKET_NO_CALLER)
			return false;
		(void)gateway_caller(world->gateway, (uint32_t)slot, &at);
		targets[n++] = (struct nat_target){ at,
			htons((uint16_t)inside), (uint32_t)slot };
		text += used;
	}
	return nat_forward_add(gateway_nat(world->gateway),
	    protocol_of(protocol), htons((uint16_t)port), targets, n);
}

void
world_unforward(struct world *world, const char *protocol, unsigned port)
{
	nat_forward_remove(gateway_nat(world->gateway), protocol_of(protocol),
	    htons((uint16_t)port));
}

void
world_withdraw(struct world *world, const char *protocol, unsigned port)
{
	nat_port_withdraw(gateway_nat(world->gateway), protocol_of(protocol),
	    htons((uint16_t)port), world->now);
}

void
world_address(struct world *world, const char *text)
{
	start(world);
	gateway_set_address(world->gateway, address(text), 0, world->now);
}
