/*
 * property.c - a million random packets at the gateway's code
 *
 * Usage: [SEED=n] [PACKETS=n] property.  The gateway runs in virtual time,
 * its links and its uplink end in memory: what comes out is held against
 * what must never happen (check.h).  Random are the packets, their order and
 * damage, the steps of the time, who dials in and hangs up, the uplink's
 * address and whether it has one, and the forwards (turn.h).
 *
 *	lab, a network 10.9.0.0/24 \
 *	PPP callers 10.64.0.2 ..   - gateway - 192.0.2.1 - remotes
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "aim.h"
#include "check.h"
#include "masqd/gateway/queue.h"
#include "turn.h"

enum {
	PLACES = 7, /* the first is the network */
	MAPPINGS = 600,
	FLOWS = 1200,
	CALLER_MAPPINGS = 80,
	CALLER_FLOWS = 160,
	TRAINS = 4,
	SLACK = 600 /* room behind a packet, at most */
};

/* A datagram whose fragments are on their way. */
struct train {
	uint8_t whole[THROW_ROOM];
	size_t length, left; /* left: pieces to be sent */
	struct throw_ends ends;
	bool outbound;
	unsigned place;
	uint16_t session;
};

static struct config_range pool = { 0x0a400002, 0x0a4000fa };
static struct config_network network;
static struct config config = {
	.uplink = { .kind = UPLINK_SOCKET, .mtu = 1500,
	    .port_low = CHECK_PORT_LOW, .port_high = CHECK_PORT_HIGH },
	.callers = { .pool = &pool, .pool_count = 1,
	    .max_mappings = CALLER_MAPPINGS, .max_flows = CALLER_FLOWS,
	    .new_flows = 100 },
	.networks = &network, .network_count = 1,
	.nat = { .filtering = FILTERING_ADDRESS, .udp = 20, .icmp = 10,
	    .tcp_established = 300, .tcp_transitory = 30, .fragment = 5,
	    .mss_clamp = true, .icmp_errors = 100, .max_mappings = MAPPINGS,
	    .max_flows = FLOWS },
};
static struct place places[PLACES];
static struct aim_memory seen_inside[PLACES], seen_outside;
static struct queue *queues[PLACES]; /* NULL: none */
static uint64_t counted[PLACES]; /* packets in them that the gateway counts */
static struct uplink uplink;
static struct train trains[TRAINS];
static struct gateway *gateway;
static uint64_t emitted;
static bool is_busy;

static size_t
uplink_take(struct uplink *up, struct packet *const *packets, size_t n)
{
	static const enum verdict failures[] = { DROP_UPLINK_BUSY,
		DROP_NO_UPLINK, DROP_TOO_BIG };
	size_t sent = 0;

	for (size_t i = 0; i < n; i++) {
		check_uplink(packets[i]->data, packets[i]->length, up->mtu);
		if (up->fd == -1 || (is_busy && throw_once_in(8))) {
			packets[i]->verdict = up->fd == -1 ? DROP_NO_UPLINK :
			    failures[throw_draw(3)];
			continue;
		}
		aim_remember(&seen_outside, packets[i]);
		sent++;
	}
	emitted += sent;
	return sent;
}

static void
queue_dropped(void *context, enum packet_tally tally, enum verdict verdict)
{
	uint64_t *count = context;

	*count -= tally != TALLY_NONE;
	gateway_settle(gateway, tally, verdict);
}

/* Some of what waits for a caller goes: now little, now all. */
static void
drain(unsigned who, uint32_t packets)
{
	static uint8_t room[PACKET_MAX];
	struct packet packet;

	while (packets-- > 0 &&
	    queue_take(queues[who], room, &packet, input.now)) {
		emitted++;
		counted[who] -= packet.tally != TALLY_NONE;
		gateway_settle(gateway, packet.tally,
		    throw_once_in(50) ? DROP_LINK_BUSY : PASS);
	}
}

static size_t
link_take(struct link *link, struct packet *const *packets, size_t n)
{
	struct place *place = (struct place *)link;
	size_t sent = 0;

	for (size_t i = 0; i < n; i++) {
		check_link(place, packets[i]->data, packets[i]->length);
		if (is_busy && throw_once_in(8)) {
			packets[i]->verdict = DROP_LINK_BUSY;
			continue;
		}
		aim_remember(&seen_inside[place - places], packets[i]);
		if (queues[place - places] != NULL) {
			queue_put(queues[place - places], packets[i],
			    input.now);
			counted[place - places] +=
			    packets[i]->verdict == LATER &&
			    packets[i]->tally != TALLY_NONE;
			continue;
		}
		sent++;
	}
	emitted += sent;
	return sent;
}

static const struct link_ops link_ops = { link_take, NULL, NULL };
static const struct uplink_ops uplink_ops = { uplink_take };

static bool
is_host(void *context, in_addr_t address)
{
	(void)context;
	return address == input.outside || address == inet_addr("192.0.2.77");
}

static void
port_free(void *context, uint8_t protocol, in_port_t port)
{
	(void)context;
	(void)nat_port_offer(gateway_nat(gateway), protocol, port);
}

/* ---- who is there ------------------------------------------------------ */

static void
dial_in(unsigned who)
{
	struct place *place = &places[who];
	char name[16];

	(void)snprintf(name, sizeof name, "caller%u", who);
	place->session++;
	place->at = gateway_link_add(gateway, &place->base, place->gateway,
	    place->first, place->last, name, input.now);
	if (who % 2 == 1) { /* every other caller's line is slow */
		struct queue_setup setup = { .mtu = place->base.mtu,
			.key = (const uint8_t *)"a key for queues",
			.dropped = queue_dropped,
			.context = &counted[who] };

		queues[who] = queue_create(&setup);
		if (queues[who] == NULL)
			exit(1);
		queue_set_rate(queues[who], 4200);
	}
	place->there = place->at != NULL;
	if (!place->there)
		violate(TABLES, NULL, 0, "no room for %s", name);
	/* What an earlier caller got is not this one's. */
	memset(&seen_inside[who], 0, sizeof seen_inside[who]);
}

static void
hang_up(unsigned who)
{
	places[who].there = false;
	queue_destroy(queues[who]);
	queues[who] = NULL;
	gateway_link_remove(gateway, places[who].at, input.now);
	for (unsigned i = 0; i < TRAINS; i++)
		if (trains[i].outbound && trains[i].place == who)
			trains[i].left = 0;
}

static void
begin(void)
{
	static const uint32_t mtus[PLACES] = { 1500, 1500, 1500, 576, 296,
		1006, 1500 };
	static const uint8_t key[16] = "a key for this";
	static const uint8_t kinds[] = { IPPROTO_TCP, IPPROTO_UDP,
		IPPROTO_ICMP };
	struct gateway_setup setup = { .config = &config, .uplink = &uplink,
		.address = input.outside, .key = key, .ops = { port_free, NULL },
		.is_host = is_host };

	network = (struct config_network){ .subnet = inet_addr("10.9.0.0"),
		.netmask = inet_addr("255.255.255.0"),
		.gateway = inet_addr("10.9.0.1"), .mtu = 1500 };
	config.callers.gateway = inet_addr("10.64.0.1");
	uplink = (struct uplink){ .ops = &uplink_ops, .mtu = 1500 };
	gateway = gateway_create(&setup);
	if (gateway == NULL)
		exit(1);
	for (unsigned i = 0; i < sizeof kinds; i++)
		for (unsigned port = CHECK_PORT_LOW; port <= CHECK_PORT_HIGH;
		     port++)
			port_free(NULL, kinds[i], htons((uint16_t)port));
	for (unsigned i = 0; i < PLACES; i++) {
		places[i] = (struct place){
			.base = { .ops = &link_ops, .fd = -1, .mtu = mtus[i] },
			.gateway = i == 0 ? network.gateway :
			    config.callers.gateway,
			.first = i == 0 ? 0x0a090001 : 0x0a400001 + i,
			.last = i == 0 ? 0x0a0900fe : 0x0a400001 + i };
		dial_in(i);
	}
}

/* ---- putting in -------------------------------------------------------- */

static struct packet batch[BATCH_MAX];
static size_t batch_count;

/* Into memory of just its size, so that the sanitizers see its end. */
static void
add_to_batch(const uint8_t *octets, size_t length)
{
	size_t capacity = length + (throw_once_in(4) ? throw_draw(SLACK) :
	    SLACK);
	uint8_t *data = malloc(capacity + 1);

	if (data == NULL)
		exit(1);
	memcpy(data, octets, length);
	(void)packet_parse(&batch[batch_count++], data, length, capacity);
}

static uint64_t
waiting(void)
{
	uint64_t outbound, inbound, ended;

	gateway_forwarded(gateway, &outbound, &inbound);
	ended = outbound + inbound + gateway_answered(gateway);
	for (int v = PASS; v < VERDICT_COUNT; v++)
		ended += gateway_dropped(gateway, v);
	if (ended > input.number)
		violate(CONSERVATION, NULL, 0, "%llu in, %llu ended",
		    (unsigned long long)input.number,
		    (unsigned long long)ended);
	return input.number - ended;
}

/* Packets in queues that somebody has to be told of. */
static uint64_t
queued(void)
{
	uint64_t packets = 0;

	for (unsigned i = 0; i < PLACES; i++)
		packets += counted[i];
	return packets;
}

static void
check_tables(void)
{
	struct nat_usage all = nat_usage(gateway_nat(gateway));

	if (all.mappings > MAPPINGS || all.flows > FLOWS)
		violate(TABLES, NULL, 0, "%u mappings, %u flows", all.mappings,
		    all.flows);
	if (!throw_once_in(64))
		return;
	for (uint32_t i = 0; i < PLACES + AIM_HOSTS; i++) {
		struct nat_usage one = nat_caller_usage(gateway_nat(gateway),
		    i);

		if (one.mappings > CALLER_MAPPINGS || one.flows > CALLER_FLOWS)
			violate(TABLES, NULL, 0, "slot %u: %u mappings, %u "
			    "flows", i, one.mappings, one.flows);
	}
}

static void
put_in(unsigned who)
{
	struct packet was[BATCH_MAX];
	uint64_t waited = waiting() - queued();

	memcpy(was, batch, sizeof was);
	input.number += batch_count;
	input.place = input.outbound ? &places[who] : NULL;
	is_busy = throw_once_in(10);
	if (input.outbound)
		gateway_from_link(gateway, places[who].at, batch, batch_count,
		    input.now);
	else
		gateway_from_uplink(gateway, batch, batch_count, input.now);
	for (size_t i = 0; i < batch_count; i++)
		free(was[i].data);
	batch_count = 0;
	check_tables();
	/* Only a fragment may wait, or what is in a queue. */
	if (waiting() - queued() > waited && input.is_sound &&
	    !packet_is_fragment(&was[0]))
		violate(CONSERVATION, NULL, 0, "a packet is lost");
}

static void
set_input(bool outbound, const struct throw_ends *ends, uint16_t session)
{
	input.outbound = outbound;
	input.ends = *ends;
	input.session = session;
	input.is_sound = true;
	input.is_wrong = false;
}

static void
throw_at(unsigned who)
{
	static uint8_t octets[THROW_ROOM];
	bool outbound = throw_once_in(2);
	const struct aim_memory *memory = outbound ? &seen_inside[who] :
	    &seen_outside;
	struct throw_ends ends = outbound ? aim_from_link(&places[who]) :
	    aim_from_outside();
	bool is_answer = !throw_once_in(3) && aim_answer(memory, &ends);
	size_t length;

	if (outbound && !places[who].there)
		return;
	if (throw_once_in(6)) {
		length = aim_error(octets, memory, ends.source,
		    ends.destination);
		ends.protocol = IPPROTO_ICMP;
		ends.source_port = ends.destination_port = 0;
	} else {
		length = throw_packet(octets, &ends, is_answer &&
		    throw_once_in(2));
	}
	set_input(outbound, &ends, outbound ? places[who].session : 0);
	if (throw_once_in(10)) {
		length = throw_spoil(octets, length);
		input.ends = throw_ends_of(octets, length);
		input.is_sound = false;
	} else if (ends.protocol == IPPROTO_TCP && throw_once_in(16)) {
		octets[(octets[0] & 0xf) * 4 + 17] ^= 0x40;
		input.is_sound = false;
		input.is_wrong = true;
	}
	add_to_batch(octets, length);
	put_in(who);
}

/* Many at once, between one endpoint and many others. */
static void
throw_many_at(unsigned who)
{
	static uint8_t octets[THROW_ROOM];
	bool outbound = throw_once_in(2);
	struct throw_ends ends = outbound ? aim_from_link(&places[who]) :
	    aim_from_outside();

	if (outbound && !places[who].there)
		return;
	set_input(outbound, &ends, outbound ? places[who].session : 0);
	for (uint32_t n = 1 + throw_draw(BATCH_MAX); n > 0; n--)
		add_to_batch(octets, throw_packet(octets, &ends, !outbound));
	put_in(who);
}

static void
load_train(struct train *train, unsigned who)
{
	static uint16_t identification;

	train->outbound = throw_once_in(2);
	if (train->outbound && !places[who].there)
		return;
	train->place = who;
	train->session = train->outbound ? places[who].session : 0;
	train->ends = train->outbound ? aim_from_link(&places[who]) :
	    aim_from_outside();
	if (throw_once_in(2))
		(void)aim_answer(train->outbound ? &seen_inside[who] :
		    &seen_outside, &train->ends);
	train->length = throw_packet(train->whole, &train->ends, false);
	identification++;
	memcpy(train->whole + 4, &identification, 2);
	train->left = 2 + throw_draw(6);
}

/* One more fragment: in any order, one again, overlapping, or missing. */
static void
throw_fragment_of(struct train *train)
{
	static uint8_t octets[THROW_ROOM];
	size_t header = (size_t)(train->whole[0] & 0xf) * 4;
	size_t payload = train->length - header, step, from, to;

	train->left--;
	step = (payload / 3 + 8) & ~(size_t)7;
	from = throw_draw(3) * step;
	if (throw_once_in(16))
		from += 8;
	to = throw_once_in(16) ? from + step + 8 : from + step;
	if (from >= payload)
		return;
	if (to > payload)
		to = payload;
	set_input(train->outbound, &train->ends, train->session);
	input.is_sound = false;
	add_to_batch(octets, throw_fragment(octets, train->whole,
	    train->length, from, to));
	put_in(train->place);
}

/* ---- the run ----------------------------------------------------------- */

static void
pass_time(void)
{
	static const uint32_t steps[] = { 0, 1, 2, 5, 10, 20, 200, 1000 };
	uint64_t step = steps[throw_draw(sizeof steps / sizeof steps[0])];

	if (throw_once_in(2000))
		step = throw_draw(200 * 1000);
	if (throw_once_in(50000))
		step = 4 * 3600 * 1000;
	input.now += step;
	(void)gateway_expire(gateway, input.now);
	/* One line hangs for long, so that its queue is full. */
	for (unsigned i = 0; i < PLACES; i++)
		if (queues[i] != NULL && (i != 1 || throw_once_in(500)))
			drain(i, throw_draw(throw_once_in(4) ? 1000 : 4));
}

static void
step(void)
{
	unsigned who = throw_draw(PLACES);
	struct train *train = &trains[throw_draw(TRAINS)];

	/* Now little happens in a minute, now much. */
	if (throw_once_in(input.number >> 14 & 1 ? 4 : 100))
		pass_time();
	if (who != 0 && throw_once_in(500)) {
		if (places[who].there)
			hang_up(who);
		else
			dial_in(who);
	}
	if (throw_once_in(input.outside == 0 ? 300 : 3000))
		turn_uplink(gateway);
	if (throw_once_in(uplink.fd == -1 ? 300 : 3000))
		uplink.fd = uplink.fd == -1 ? 0 : -1; /* its peer */
	if (throw_once_in(300))
		turn_forward(gateway, places, PLACES);
	if (throw_once_in(10)) {
		if (train->left == 0)
			load_train(train, who);
		else
			throw_fragment_of(train);
	} else if (throw_once_in(40)) {
		throw_many_at(who);
	} else {
		throw_at(who);
	}
}

static uint64_t
number_of(const char *name, uint64_t otherwise)
{
	const char *value = getenv(name);

	return value == NULL || *value == '\0' ? otherwise :
	    strtoull(value, NULL, 10);
}

static void
settle(void)
{
	for (int i = 0; i < 1000; i++) {
		input.now += 1000;
		(void)gateway_expire(gateway, input.now);
	}
	for (unsigned i = 0; i < PLACES; i++) {
		queue_destroy(queues[i]);
		queues[i] = NULL;
	}
	if (waiting() != 0)
		violate(NOTHING_KEPT, NULL, 0, "%llu packets are missing",
		    (unsigned long long)waiting());
}

int
main(void)
{
	struct timespec clock;
	uint64_t seed, packets = number_of("PACKETS", 1000000);
	unsigned broken;

	(void)clock_gettime(CLOCK_REALTIME, &clock);
	seed = number_of("SEED", (uint64_t)clock.tv_sec * 1000 +
	    (uint64_t)clock.tv_nsec / 1000000);
	printf("# SEED=%llu PACKETS=%llu repeats this run\n",
	    (unsigned long long)seed, (unsigned long long)packets);
	(void)fflush(stdout);
	throw_seed(seed);
	input.now = 1000;
	input.outside = input.last_outside = inet_addr("192.0.2.1");
	begin();
	while (input.number < packets)
		step();
	settle();
	printf("# %llu packets in, %llu out\n",
	    (unsigned long long)input.number, (unsigned long long)emitted);
	for (int v = 0; v < VERDICT_COUNT; v++)
		if (gateway_dropped(gateway, v) > 0)
			printf("#   %-16s %llu\n", verdict_name(v),
			    (unsigned long long)gateway_dropped(gateway, v));
	broken = check_report();
	gateway_destroy(gateway);
	return broken == 0 ? 0 : 1;
}
