/*
 * path.c - the way of a packet
 *
 * A packet is checked step by step; each step says PASS or names a drop, which
 * is counted at the end, once.  Who is behind a link, the roster knows.
 *
 * A packet for our own outside address goes out through the translation and
 * back in again (hairpin); no socket sees it.
 *
 * What must never happen: a packet sent on the uplink with another source
 * than the uplink's address; a packet sent to a link that is not the one of
 * the mapping; a packet to an address of the host on the raw socket.
 */
#include <arpa/inet.h>
#include <assert.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>

#include "state.h"
#include "masqd/nat/icmp.h"
#include "masqd/nat/tcp.h"
#include "outbox.h"

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

/* To the gateway itself: its addresses answer ping.  Behind the outside one
 * there may be a caller; behind the inside one nothing else answers. */
static enum verdict
step_local(const struct gateway *gateway, const struct gateway_link *link,
    struct packet *packet)
{
	bool is_outside = packet->destination == gateway->at.address;

	if (packet->destination != link->gateway && !is_outside)
		return gateway_is_host(gateway, packet->destination) ?
		    DROP_HOST_ADDRESS : PASS;
	if (packet->protocol == IPPROTO_ICMP &&
	    packet->icmp_type == ICMP_ECHO && !packet_is_fragment(packet))
		return icmp_echo_reply(packet);
	return is_outside ? PASS : DROP_HOST_ADDRESS;
}

static enum verdict
step_ttl(const struct gateway_link *link, struct packet *packet)
{
	if (packet_decrement_ttl(packet))
		return PASS;
	return icmp_error(packet, link->gateway, ICMP_TIMXCEED, 0, 0,
	    DROP_TTL);
}

static enum verdict
step_mtu(const struct gateway_link *link, struct packet *packet, uint32_t mtu)
{
	if (packet->length <= mtu || !packet->dont_fragment)
		return PASS;
	return icmp_error(packet, link->gateway, ICMP_UNREACH,
	    ICMP_UNREACH_NEEDFRAG, (uint16_t)mtu, DROP_TOO_BIG);
}

/* The MTU of where it goes, and a SYN's segment size, so that nothing longer
 * than either way's MTU is sent. */
static enum verdict
step_fit(const struct gateway *gateway, const struct gateway_link *link,
    struct packet *packet, uint32_t mtu, uint32_t mtu_back)
{
	enum verdict verdict = step_mtu(link, packet, mtu);

	if (verdict == PASS && gateway->config->nat.mss_clamp &&
	    packet->protocol == IPPROTO_TCP && packet->tcp_flags & TH_SYN)
		tcp_clamp_mss(packet, mtu < mtu_back ? mtu : mtu_back);
	return verdict;
}

/* On request: what leaves has at least the floor as its time to live. */
static void
raise_ttl(const struct gateway_link *link, struct packet *packet)
{
	if (packet->ttl <= link->ttl_floor && link->ttl_floor < UINT8_MAX)
		packet_set_ttl(packet, link->ttl_floor + 1);
}

/*
 * On request: "don't fragment" is cleared.  What may be cut from now on needs
 * an identification that its sender need not have given it (RFC 6864 4.1); a
 * fragment has one, and shares it with the others.  is_last: there is no
 * translation to come, which would give one.
 */
static void
allow_cutting(struct gateway *gateway, struct packet *packet, bool is_last)
{
	if (!packet->dont_fragment)
		return;
	packet_clear_df(packet);
	if (is_last && !packet_is_fragment(packet))
		packet_set_identification(packet,
		    nat_identification(gateway->nat, packet->destination));
}

/*
 * As a router, to another caller or (NULL) beyond the uplink.  The time to live
 * before all that changes the packet: the first hop of a traceroute quotes what
 * was sent.
 */
static enum verdict
step_forward(struct gateway *gateway, const struct gateway_link *from,
    const struct gateway_link *across, struct packet *packet)
{
	uint32_t mtu = across != NULL ? across->link->mtu :
	    gateway->uplink->mtu;
	enum verdict verdict;

	raise_ttl(from, packet);
	verdict = step_ttl(from, packet);
	if (verdict != PASS)
		return verdict;
	if (from->clear_df || (across != NULL && across->clear_df))
		allow_cutting(gateway, packet, across != NULL);
	return step_fit(gateway, from, packet, mtu, from->link->mtu);
}

/* For another caller, where the configuration allows that. */
static enum verdict
check_across(const struct gateway *gateway, const struct gateway_link *to)
{
	if (!gateway->config->callers.each_other)
		return DROP_EACH_OTHER;
	return to->link == NULL ? DROP_NO_SESSION : PASS;
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
	verdict = *across != NULL ? check_across(gateway, *across) :
	    gateway_check_beyond(gateway, packet);
	if (verdict != PASS)
		return verdict;
	return step_forward(gateway, link, *across, packet);
}

/* An ICMP message of our own that would be one too many is none (RFC 1812
 * 4.3.2.8). */
static void
limit_icmp(const struct gateway *gateway, struct allowance *allowance,
    struct packet *packet, uint64_t now)
{
	if (packet->verdict == REPLY && packet->protocol == IPPROTO_ICMP &&
	    !allowance_take(allowance, gateway->config->nat.icmp_errors, now))
		packet->verdict = DROP_ICMP_RATE;
}

static void
limit_errors(const struct gateway *gateway, struct allowance *allowance,
    struct packet *packet, uint64_t now)
{
	if (!packet_icmp_is_query(packet->icmp_type))
		limit_icmp(gateway, allowance, packet, now);
}

/* A drop that its sender may know of becomes the ICMP error that says so.
 * mtu: what DROP_TOO_BIG was too big for, 0: not known. */
static void
answer_drop(struct packet *packet, in_addr_t from, uint32_t mtu)
{
	uint8_t type, code;

	if (packet->verdict != DROP_TOO_BIG)
		mtu = 0;
	if (verdict_answers(packet->verdict, &type, &code) &&
	    packet->caller != PACKET_NO_CALLER)
		packet->verdict = icmp_error(packet, from, type, code,
		    (uint16_t)mtu, packet->verdict);
}

static void
send_to_uplink(const struct gateway *gateway, const struct vector *vector)
{
	for (size_t i = 0; i < vector->count; i++)
		assert(vector->packet[i]->source == gateway->at.address &&
		    vector->packet[i]->destination != gateway->at.address);
	outbox_uplink(gateway->uplink, vector);
}

static void hairpin(struct gateway *, struct packet *, struct outbox *,
    uint64_t now);

/* One packet that has been translated on its way out. */
static void
send_out(struct gateway *gateway, struct packet *packet, struct outbox *box,
    uint64_t now)
{
	struct vector one = { .packet = { packet }, .count = 1 };

	if (packet->destination == gateway->at.address)
		hairpin(gateway, packet, box, now);
	else
		send_to_uplink(gateway, &one);
}

/*
 * An error about a translated packet is built as the caller's own would be,
 * and goes out through the translation, so that what it quotes is what the
 * sender sent (RFC 5508 REQ-5).
 */
static void
answer_sender(struct gateway *gateway, struct packet *packet,
    struct outbox *box, uint64_t now)
{
	int32_t caller = packet->caller;

	/* What it answers is counted, it is not: TALLY_NONE from here. */
	packet->verdict = packet_parse(packet, packet->data, packet->length,
	    packet->capacity);
	packet->caller = caller;
	nat_outbound(gateway->nat, &packet, 1, now);
	if (packet->verdict == PASS)
		send_out(gateway, packet, box, now);
}

/* To the caller that the packet has been translated to. */
static void
deliver(struct gateway *gateway, struct packet *packet, struct outbox *box,
    uint64_t now)
{
	struct gateway_link *to;

	to = roster_at(gateway->roster, (uint32_t)packet->caller)->link;
	if (to == NULL || to->link == NULL) {
		packet->verdict = DROP_NO_SESSION;
		return;
	}
	/* A hairpin has been one hop already. */
	packet->verdict = packet->source == gateway->at.address ? PASS :
	    step_ttl(to, packet);
	if (packet->verdict == PASS && to->clear_df)
		allow_cutting(gateway, packet, true);
	if (packet->verdict == PASS)
		packet->verdict = step_fit(gateway, to, packet,
		    to->link->mtu, gateway->uplink->mtu);
	limit_errors(gateway, &gateway->errors, packet, now);
	if (packet->verdict == PASS) {
		outbox_add(box, to, packet);
	} else if (packet->verdict == REPLY) {
		answer_sender(gateway, packet, box, now);
		/* It may be in the box, and a queue would say LATER of it. */
		outbox_flush(box);
		packet->verdict = REPLY;
	}
}

/* The translation has answered in place; the answer goes where the packet
 * came from.  Strangers' pings are limited as errors are. */
static void
answer_outside(struct gateway *gateway, struct packet *packet,
    struct outbox *box, uint64_t now)
{
	limit_icmp(gateway, &gateway->errors, packet, now);
	if (packet->verdict != REPLY)
		return;
	packet->verdict = PASS;
	packet->tally = TALLY_NONE;
	send_out(gateway, packet, box, now);
	outbox_flush(box);
	packet->verdict = REPLY;
}

/* Back in by the outside address.  An answer comes here too, once: what is
 * answered is no answer. */
static void
hairpin(struct gateway *gateway, struct packet *packet, struct outbox *box,
    uint64_t now)
{
	nat_inbound(gateway->nat, &packet, 1, now);
	if (packet->verdict == PASS)
		deliver(gateway, packet, box, now);
	else if (packet->verdict == REPLY)
		answer_outside(gateway, packet, box, now);
}

static void
count(struct gateway *gateway, enum verdict verdict, uint64_t *passed)
{
	if (verdict == PASS)
		++*passed;
	else if (verdict == LATER)
		gateway->held++;
	else if (verdict == REPLY)
		gateway->answered++;
	else
		gateway->dropped[verdict]++;
}

void
gateway_settle(struct gateway *gateway, enum packet_tally tally,
    enum verdict verdict)
{
	if (tally == TALLY_NONE)
		return;
	gateway->held--;
	count(gateway, verdict, tally == TALLY_OUTBOUND ? &gateway->outbound :
	    &gateway->inbound);
}

/*
 * What cannot be sent after all has been translated already.  The error about
 * it is made as a router's beyond us would be, and comes in through the
 * translation, so that it quotes what the caller sent (RFC 5508 REQ-4).
 */
static void
answer_unsent(struct gateway *gateway, struct gateway_link *link,
    struct packet *packet, struct outbox *box, uint64_t now)
{
	enum verdict why = packet->verdict;

	answer_drop(packet, gateway->at.address, gateway->uplink->mtu);
	limit_errors(gateway, &link->errors, packet, now);
	if (packet->verdict == REPLY) {
		(void)packet_parse(packet, packet->data, packet->length,
		    packet->capacity);
		hairpin(gateway, packet, box, now);
		outbox_flush(box);
	}
	packet->verdict = why; /* this is counted, the error is not */
}

/* Count how each packet ended; what has become an answer goes back, unless
 * that has been done: it is turned. */
static void
finish_outbound(struct gateway *gateway, struct gateway_link *link,
    struct packet *packets, size_t n, const bool *turned, uint64_t now)
{
	struct allowance *errors = &link->errors;
	struct outbox box = { .to = link };

	for (size_t i = 0; i < n; i++) {
		struct packet *packet = &packets[i];

		if (!turned[i])
			limit_errors(gateway, errors, packet, now);
		count(gateway, packet->verdict, &gateway->outbound);
		if (packet->verdict == PASS || packet->verdict == LATER ||
		    turned[i])
			continue;
		if (packet->verdict != REPLY) {
			answer_drop(packet, link->gateway, 0);
			limit_errors(gateway, errors, packet, now);
		}
		if (packet->verdict != REPLY)
			continue;
		packet->verdict = PASS;
		packet->tally = TALLY_NONE;
		outbox_add(&box, link, packet);
	}
	outbox_flush(&box);
}

/* What has been translated goes to the uplink in one go, hairpins one by
 * one. */
static void
send_translated(struct gateway *gateway, struct gateway_link *link,
    struct vector *out, const struct packet *packets, bool *turned,
    uint64_t now)
{
	struct vector sent = { .count = 0 };
	struct outbox box = { .to = NULL };

	for (size_t i = 0; i < out->count; i++) {
		struct packet *packet = out->packet[i];

		if (packet->verdict != PASS)
			continue;
		if (packet->destination != gateway->at.address) {
			vector_add(&sent, packet);
			continue;
		}
		turned[packet - packets] = true;
		hairpin(gateway, packet, &box, now);
	}
	outbox_flush(&box);
	send_to_uplink(gateway, &sent);
	for (size_t i = 0; i < sent.count; i++) {
		struct packet *packet = sent.packet[i];

		if (packet->verdict == PASS)
			continue;
		turned[packet - packets] = true;
		answer_unsent(gateway, link, packet, &box, now);
	}
}

void
gateway_from_link(struct gateway *gateway, struct gateway_link *link,
    struct packet *packets, size_t n, uint64_t now)
{
	struct vector out = { .count = 0 };
	struct outbox box = { .to = NULL };
	bool turned[BATCH_MAX] = { false };

	link->last_ms = now;
	for (size_t i = 0; i < n; i++) {
		struct packet *packet = &packets[i];
		struct gateway_link *across = NULL;

		link->packets_out++;
		link->bytes_out += packet->length;
		packet->tally = TALLY_OUTBOUND;
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
	send_translated(gateway, link, &out, packets, turned, now);
	finish_outbound(gateway, link, packets, n, turned, now);
	gateway_release(gateway, now);
}

static enum verdict
check_inbound(const struct gateway *gateway, const struct packet *packet)
{
	if (packet->destination != gateway->at.address ||
	    gateway->at.address == 0)
		return DROP_MARTIAN;
	/* An account's own address may be in no pool. */
	if (roster_find(gateway->roster, packet->source) != NULL)
		return DROP_MARTIAN;
	return policy_inbound(gateway->config, &gateway->at, packet->source);
}

void
gateway_from_uplink(struct gateway *gateway, struct packet *packets, size_t n,
    uint64_t now)
{
	struct vector in = { .count = 0 };
	struct outbox box = { .to = NULL };

	for (size_t i = 0; i < n; i++) {
		struct packet *packet = &packets[i];

		packet->tally = TALLY_INBOUND;
		if (packet->verdict == PASS)
			packet->verdict = check_inbound(gateway, packet);
		if (packet->verdict == PASS)
			vector_add(&in, packet);
	}
	nat_inbound(gateway->nat, in.packet, in.count, now);
	for (size_t i = 0; i < in.count; i++) {
		struct packet *packet = in.packet[i];

		if (packet->verdict == PASS)
			deliver(gateway, packet, &box, now);
		else if (packet->verdict == REPLY)
			answer_outside(gateway, packet, &box, now);
	}
	outbox_flush(&box);
	for (size_t i = 0; i < n; i++)
		count(gateway, packets[i].verdict, &gateway->inbound);
	gateway_release(gateway, now);
}

/* A kept fragment goes on, or is dropped at last. */
static void
release(struct gateway *gateway, struct packet *packet, enum direction way,
    uint64_t now)
{
	struct outbox box = { .to = NULL };

	gateway->held--;
	packet->tally = way == OUTBOUND ? TALLY_OUTBOUND : TALLY_INBOUND;
	if (packet->verdict == PASS && way == OUTBOUND)
		send_out(gateway, packet, &box, now);
	else if (packet->verdict == PASS)
		deliver(gateway, packet, &box, now);
	outbox_flush(&box);
	count(gateway, packet->verdict, way == OUTBOUND ? &gateway->outbound :
	    &gateway->inbound);
}

void
gateway_release(struct gateway *gateway, uint64_t now)
{
	static uint8_t room[PACKET_MAX];
	struct outbox box = { .to = NULL };
	struct packet packet;
	enum direction way;

	while (nat_release(gateway->nat, room, &packet, &way, now))
		if (packet.verdict == REPLY) /* about one dropped long ago */
			answer_outside(gateway, &packet, &box, now);
		else
			release(gateway, &packet, way, now);
}
