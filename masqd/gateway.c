/*
 * gateway.c - the way of a packet
 *
 * A packet is checked step by step; each step says PASS or names a drop, which
 * is counted at the end, once.  Who is behind a link, the roster knows.
 *
 * What must never happen: a packet sent on the uplink with another source
 * than the uplink's address; a packet sent to a link that is not the one of
 * the mapping; a packet to an address of the host on the raw socket.
 */
#include "gateway.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#include "masqd/nat/icmp.h"
#include "masqd/nat/tcp.h"
#include "policy.h"
#include "roster.h"
#include "split.h"

enum {
	NETWORK_SLOTS = 4096,	    /* callers of one network at a time */
	SWEEP_MS = 10 * 1000,
	QUARANTINE_S = 120	    /* RFC 6888 REQ-8 */
};

struct gateway {
	const struct config *config;
	struct uplink *uplink;
	in_addr_t address;
	bool (*is_host)(void *, in_addr_t);
	void *host_context;
	struct nat *nat;
	struct roster *roster;
	uint64_t sweep_ms;
	uint64_t dropped[VERDICT_COUNT];
	uint64_t outbound, inbound, answered;
};

/* Packets on their way, by where they go. */
struct vector {
	struct packet *packet[BATCH_MAX];
	size_t count;
};

static void
vector_add(struct vector *vector, struct packet *packet)
{
	assert(vector->count < BATCH_MAX);
	vector->packet[vector->count++] = packet;
}

/* Packets for one link, sent in one go when the next is for another. */
struct outbox {
	struct gateway_link *to;
	struct vector vector;
};

static void
outbox_flush(struct outbox *box)
{
	if (box->vector.count > 0)
		link_send(box->to->link, box->vector.packet,
		    box->vector.count);
	box->vector.count = 0;
}

static uint32_t
slots_wanted(const struct config *config)
{
	uint64_t slots = 0;

	for (size_t i = 0; i < config->callers.pool_count; i++)
		slots += config->callers.pool[i].last -
		    config->callers.pool[i].first + 1;
	for (size_t i = 0; i < config->network_count; i++) {
		uint32_t hosts = ~ntohl(config->networks[i].netmask);

		slots += hosts < NETWORK_SLOTS ? hosts : NETWORK_SLOTS;
	}
	/* Callers with a fixed address outside the pool. */
	return (uint32_t)slots + 256;
}

static const enum nat_filtering filterings[] = {
	[FILTERING_ENDPOINT_INDEPENDENT] = NAT_FILTER_ENDPOINT_INDEPENDENT,
	[FILTERING_ADDRESS] = NAT_FILTER_ADDRESS,
	[FILTERING_ADDRESS_AND_PORT] = NAT_FILTER_ADDRESS_AND_PORT,
};

static struct nat *
create_nat(const struct gateway_setup *setup, uint32_t callers)
{
	const struct config *config = setup->config;
	struct nat_config nat = {
		.address = setup->address,
		.callers = callers,
		.max_mappings = config->nat.max_mappings,
		.max_flows = config->nat.max_flows,
		.caller_mappings = config->callers.max_mappings,
		.caller_flows = config->callers.max_flows,
		.caller_new_flows = config->callers.new_flows,
		.filtering = filterings[config->nat.filtering],
		.udp = config->nat.udp,
		.icmp = config->nat.icmp,
		.tcp_established = config->nat.tcp_established,
		.tcp_transitory = config->nat.tcp_transitory,
		.fragment = config->nat.fragment,
		.quarantine = QUARANTINE_S,
	};

	memcpy(nat.key, setup->key, sizeof nat.key);
	return nat_create(&nat, &setup->ops);
}

struct gateway *
gateway_create(const struct gateway_setup *setup)
{
	struct gateway *gateway = calloc(1, sizeof *gateway);
	uint32_t slots = slots_wanted(setup->config);

	if (gateway == NULL)
		return NULL;
	gateway->config = setup->config;
	gateway->uplink = setup->uplink;
	gateway->address = setup->address;
	gateway->is_host = setup->is_host;
	gateway->host_context = setup->host_context;
	gateway->nat = create_nat(setup, slots);
	if (gateway->nat != NULL)
		gateway->roster = roster_create(slots, gateway->nat);
	if (gateway->roster == NULL) {
		gateway_destroy(gateway);
		return NULL;
	}
	return gateway;
}

void
gateway_destroy(struct gateway *gateway)
{
	if (gateway == NULL)
		return;
	roster_destroy(gateway->roster);
	nat_destroy(gateway->nat);
	free(gateway);
}

struct gateway_link *
gateway_link_add(struct gateway *gateway, struct link *link, in_addr_t inside,
    uint32_t first, uint32_t last, const char *user, uint64_t now)
{
	return roster_add(gateway->roster, link, inside, first, last, user,
	    now);
}

void
gateway_link_remove(struct gateway *gateway, struct gateway_link *link,
    uint64_t now)
{
	roster_remove(gateway->roster, link, now);
}

/* The caller that may use the packet's source on this link. */
static enum verdict
step_source(struct gateway *gateway, struct gateway_link *link,
    struct packet *packet, uint64_t now)
{
	uint32_t source = ntohl(packet->source);

	if (source < link->first || source > link->last ||
	    packet->source == link->gateway)
		return DROP_SPOOFED;
	packet->caller = roster_slot(gateway->roster, link, source, now);
	return packet->caller == PACKET_NO_CALLER ? DROP_CALLERS_FULL : PASS;
}

/* To the gateway itself: its inside address answers ping, nothing else. */
static enum verdict
step_local(struct gateway *gateway, const struct gateway_link *link,
    struct packet *packet)
{
	if (packet->destination != link->gateway) {
		if (packet->destination == gateway->address ||
		    packet->destination == gateway->config->callers.gateway ||
		    (gateway->is_host != NULL &&
			gateway->is_host(gateway->host_context,
			    packet->destination)))
			return DROP_HOST_ADDRESS;
		return PASS;
	}
	if (packet->protocol == IPPROTO_ICMP &&
	    packet->icmp_type == ICMP_ECHO && packet->fragment_offset == 0 &&
	    !packet->more_fragments)
		return icmp_echo_reply(packet);
	return DROP_HOST_ADDRESS;
}

/* A SYN's segment size, so that nothing longer than either link is sent. */
static void
clamp_segments(const struct gateway *gateway, struct packet *packet,
    uint32_t mtu)
{
	if (!gateway->config->nat.mss_clamp ||
	    packet->protocol != IPPROTO_TCP || !(packet->tcp_flags & TH_SYN))
		return;
	if (gateway->uplink->mtu < mtu)
		mtu = gateway->uplink->mtu;
	tcp_clamp_mss(packet, mtu);
}

/* As a router: time to live and MTU, answered where they do not fit. */
static enum verdict
step_forward(const struct gateway_link *link, struct packet *packet,
    uint32_t mtu)
{
	if (!packet_decrement_ttl(packet))
		return icmp_error(packet, link->gateway, ICMP_TIMXCEED, 0, 0,
		    DROP_TTL);
	if (packet->length > mtu && packet->dont_fragment)
		return icmp_error(packet, link->gateway, ICMP_UNREACH,
		    ICMP_UNREACH_NEEDFRAG, (uint16_t)mtu, DROP_TOO_BIG);
	return PASS;
}

static void
outbox_split(struct outbox *box, struct packet *packet)
{
	static uint8_t buffer[PACKET_MAX];
	struct packet fragment, *one[1] = { &fragment };
	struct split split;

	outbox_flush(box);
	split_begin(&split, packet, box->to->link->mtu);
	while (packet->verdict == PASS &&
	    split_next(&split, buffer, &fragment)) {
		link_send(box->to->link, one, 1);
		packet->verdict = fragment.verdict;
	}
}

/* To a link, in fragments where it is longer than the link's MTU.  What
 * cannot be sent has its verdict after the flush. */
static void
outbox_add(struct outbox *box, struct gateway_link *to, struct packet *packet)
{
	if (box->to != to)
		outbox_flush(box);
	box->to = to;
	if (to->link == NULL) {
		packet->verdict = DROP_NO_SESSION;
		return;
	}
	to->packets_in++;
	to->bytes_in += packet->length;
	if (packet->length > to->link->mtu)
		outbox_split(box, packet);
	else
		vector_add(&box->vector, packet);
}

/* For another caller, where the configuration allows that. */
static enum verdict
step_across(const struct gateway *gateway, const struct gateway_link *from,
    const struct gateway_link *to, struct packet *packet)
{
	if (!gateway->config->callers.each_other)
		return DROP_EACH_OTHER;
	if (to->link == NULL)
		return DROP_NO_SESSION;
	return step_forward(from, packet, to->link->mtu);
}

/* Everything that is checked before translation.  *across: the link of
 * another caller, to whom the packet goes untranslated, or NULL. */
static enum verdict
check_outbound(struct gateway *gateway, struct gateway_link *link,
    struct packet *packet, uint64_t now, struct gateway_link **across)
{
	enum verdict verdict;

	*across = NULL;
	verdict = step_source(gateway, link, packet, now);
	if (verdict != PASS)
		return verdict;
	verdict = policy_martian(packet->destination);
	if (verdict != PASS)
		return verdict;
	verdict = step_local(gateway, link, packet);
	if (verdict != PASS)
		return verdict;
	*across = roster_find(gateway->roster, packet->destination);
	if (*across != NULL)
		return step_across(gateway, link, *across, packet);
	verdict = policy_outbound(&gateway->config->callers, packet);
	if (verdict != PASS)
		return verdict;
	clamp_segments(gateway, packet, link->link->mtu);
	return step_forward(link, packet, gateway->uplink->mtu);
}

/* A drop that its sender may know of becomes the ICMP error that says so. */
static void
answer_drop(const struct gateway_link *link, struct packet *packet)
{
	uint8_t type, code;

	if (verdict_answers(packet->verdict, &type, &code) &&
	    packet->caller != PACKET_NO_CALLER)
		packet->verdict = icmp_error(packet, link->gateway, type, code,
		    0, packet->verdict);
}

static void
send_to_uplink(struct gateway *gateway, struct vector *vector)
{
	static uint8_t buffer[PACKET_MAX];
	struct vector whole = { .count = 0 };
	uint32_t mtu = gateway->uplink->mtu;

	for (size_t i = 0; i < vector->count; i++) {
		struct packet *packet = vector->packet[i], fragment;
		struct packet *one[1] = { &fragment };
		struct split split;

		assert(packet->source == gateway->address);
		if (packet->length <= mtu) {
			vector_add(&whole, packet);
			continue;
		}
		split_begin(&split, packet, mtu);
		while (packet->verdict == PASS &&
		    split_next(&split, buffer, &fragment)) {
			uplink_send(gateway->uplink, one, 1);
			packet->verdict = fragment.verdict;
		}
	}
	if (whole.count > 0)
		uplink_send(gateway->uplink, whole.packet, whole.count);
}

/* Count how each packet ended; what has become an answer goes back. */
static void
finish_outbound(struct gateway *gateway, struct gateway_link *link,
    struct packet *packets, size_t n)
{
	struct outbox box = { .to = link };

	for (size_t i = 0; i < n; i++) {
		struct packet *packet = &packets[i];

		if (packet->verdict == PASS) {
			gateway->outbound++;
			continue;
		}
		if (packet->verdict == REPLY)
			gateway->answered++;
		else
			gateway->dropped[packet->verdict]++;
		answer_drop(link, packet);
		if (packet->verdict != REPLY)
			continue;
		packet->verdict = PASS;
		outbox_add(&box, link, packet);
	}
	outbox_flush(&box);
}

void
gateway_from_link(struct gateway *gateway, struct gateway_link *link,
    struct packet *packets, size_t n, uint64_t now)
{
	struct vector out = { .count = 0 }, sent = { .count = 0 };
	struct outbox box = { .to = NULL };

	link->last_ms = now;
	for (size_t i = 0; i < n; i++) {
		struct packet *packet = &packets[i];
		struct gateway_link *across = NULL;

		link->packets_out++;
		link->bytes_out += packet->length;
		if (packet->verdict == PASS)
			packet->verdict = check_outbound(gateway, link, packet,
			    now, &across);
		if (packet->verdict != PASS)
			continue;
		if (across != NULL)
			outbox_add(&box, across, packet);
		else
			vector_add(&out, packet);
	}
	outbox_flush(&box);
	nat_outbound(gateway->nat, out.packet, out.count, now);
	for (size_t i = 0; i < out.count; i++)
		if (out.packet[i]->verdict == PASS)
			vector_add(&sent, out.packet[i]);
	send_to_uplink(gateway, &sent);
	finish_outbound(gateway, link, packets, n);
}

/*
 * An error about a translated packet is built as the caller's own would be,
 * and goes out through the translation, so that what it quotes is what the
 * sender sent (RFC 5508 REQ-5).
 */
static void
answer_outside(struct gateway *gateway, struct packet *packet, uint64_t now)
{
	struct vector out = { .packet = { packet }, .count = 1 };
	int32_t caller = packet->caller;

	packet->verdict = packet_parse(packet, packet->data, packet->length,
	    packet->capacity);
	packet->caller = caller;
	nat_outbound(gateway->nat, out.packet, 1, now);
	if (packet->verdict == PASS)
		send_to_uplink(gateway, &out);
}

static void
deliver_inbound(struct gateway *gateway, struct packet *packet,
    struct outbox *box, uint64_t now)
{
	struct gateway_link *to;

	to = roster_at(gateway->roster, (uint32_t)packet->caller)->link;
	if (to == NULL || to->link == NULL) {
		packet->verdict = DROP_NO_SESSION;
		return;
	}
	clamp_segments(gateway, packet, to->link->mtu);
	packet->verdict = step_forward(to, packet, to->link->mtu);
	if (packet->verdict == PASS) {
		outbox_add(box, to, packet);
	} else if (packet->verdict == REPLY) {
		gateway->answered++;
		answer_outside(gateway, packet, now);
		packet->verdict = REPLY;
	}
}

/* The translation has answered the Internet's packet in place. */
static void
answer_uplink(struct gateway *gateway, struct packet *packet)
{
	struct vector reply = { .packet = { packet }, .count = 1 };

	gateway->answered++;
	packet->verdict = PASS;
	send_to_uplink(gateway, &reply);
	packet->verdict = REPLY;
}

static enum verdict
check_inbound(const struct gateway *gateway, const struct packet *packet)
{
	if (packet->destination != gateway->address)
		return DROP_MARTIAN;
	return policy_inbound(packet->source);
}

void
gateway_from_uplink(struct gateway *gateway, struct packet *packets, size_t n,
    uint64_t now)
{
	struct vector in = { .count = 0 };
	struct outbox box = { .to = NULL };

	for (size_t i = 0; i < n; i++) {
		struct packet *packet = &packets[i];

		if (packet->verdict == PASS)
			packet->verdict = check_inbound(gateway, packet);
		if (packet->verdict == PASS)
			vector_add(&in, packet);
	}
	nat_inbound(gateway->nat, in.packet, in.count, now);
	for (size_t i = 0; i < in.count; i++) {
		struct packet *packet = in.packet[i];

		if (packet->verdict == PASS)
			deliver_inbound(gateway, packet, &box, now);
		else if (packet->verdict == REPLY)
			answer_uplink(gateway, packet);
	}
	outbox_flush(&box);
	for (size_t i = 0; i < n; i++)
		if (packets[i].verdict == PASS)
			gateway->inbound++;
		else if (packets[i].verdict != REPLY)
			gateway->dropped[packets[i].verdict]++;
}

uint64_t
gateway_expire(struct gateway *gateway, uint64_t now)
{
	uint64_t next = nat_expire(gateway->nat, now);

	if (now >= gateway->sweep_ms) {
		roster_sweep(gateway->roster, now);
		gateway->sweep_ms = now + SWEEP_MS;
	}
	return next < SWEEP_MS ? next : SWEEP_MS;
}

struct nat *
gateway_nat(struct gateway *gateway)
{
	return gateway->nat;
}

uint64_t
gateway_dropped(const struct gateway *gateway, enum verdict verdict)
{
	return gateway->dropped[verdict];
}

void
gateway_forwarded(const struct gateway *gateway, uint64_t *outbound,
    uint64_t *inbound)
{
	*outbound = gateway->outbound;
	*inbound = gateway->inbound;
}

const char *
gateway_caller(const struct gateway *gateway, uint32_t slot,
    in_addr_t *address)
{
	const struct roster_caller *caller = roster_at(gateway->roster, slot);

	*address = caller->address;
	return caller->link == NULL ? "" : caller->link->user;
}
