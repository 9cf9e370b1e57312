/*
 * explain.c - the steps of path.c, told instead of taken
 *
 * Their order is that of path.c; the tests hold the two together.
 */
#include <arpa/inet.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>

#include "state.h"

enum { ENDPOINT = INET_ADDRSTRLEN + 32, IDENT = 113 /* RFC 1413 */ };

struct story {
	struct gateway *gateway;
	struct packet *packet;
	char *at;
	size_t left; /* with the NUL */
	uint64_t now;
	bool outbound; /* its source is known to be a caller's */
};

/* One step, one line. */
static void __attribute__((format(printf, 2, 3)))
tell(struct story *s, const char *format, ...)
{
	va_list arguments;
	int wrote;

	va_start(arguments, format);
	wrote = vsnprintf(s->at, s->left, format, arguments);
	va_end(arguments);
	if (wrote < 0 || (size_t)wrote + 1 >= s->left)
		wrote = (int)s->left - 1;
	s->at += wrote;
	s->left -= (size_t)wrote;
	if (s->left > 1) {
		*s->at++ = '\n';
		*s->at = '\0';
		s->left--;
	}
}

static const char *
dotted(in_addr_t address, char text[ENDPOINT])
{
	return inet_ntop(AF_INET, &address, text, ENDPOINT);
}

/* "192.0.2.1:61234"; of ICMP: "192.0.2.1 (identifier 7)". */
static const char *
endpoint(const struct story *s, in_addr_t address, in_port_t port,
    char text[ENDPOINT])
{
	char dots[ENDPOINT];

	(void)snprintf(text, ENDPOINT, s->packet->protocol == IPPROTO_ICMP ?
	    "%s (identifier %u)" : "%s:%u", dotted(address, dots),
	    ntohs(port));
	return text;
}

/* A source that may not be known yet. */
static const char *
source(const struct story *s, in_addr_t address, in_port_t port,
    char text[ENDPOINT])
{
	char dots[ENDPOINT];

	if (port != 0)
		return endpoint(s, address, port, text);
	(void)snprintf(text, ENDPOINT, "%s and the port chosen",
	    dotted(address, dots));
	return text;
}

/* The last line: what becomes of it. */
static enum verdict
end(struct story *s, enum verdict verdict)
{
	uint8_t type, code;

	if (verdict == REPLY)
		tell(s, "It is not sent on: masqd answers it by itself.");
	else if (verdict != PASS)
		tell(s, "It is dropped: %s (%s).", verdict_text(verdict),
		    verdict_name(verdict));
	if (verdict != PASS && verdict != REPLY && s->outbound &&
	    verdict_answers(verdict, &type, &code))
		tell(s, "The caller is told by ICMP type %u, code %u.", type,
		    code);
	return verdict;
}

/* What the translation has, or would make. */
static void
tell_translation(struct story *s, const struct nat_explain *e)
{
	char inside[ENDPOINT], outside[ENDPOINT];

	if (e->inside == 0)
		return;
	(void)endpoint(s, e->inside, e->inside_port, inside);
	(void)endpoint(s, s->gateway->at.address, e->outside_port, outside);
	if (e->flow)
		tell(s, "It belongs to a flow that there is%s%s, through the "
			"mapping of %s to %s.", *e->state == '\0' ? "" :
		    ", in state ", e->state, inside, outside);
	else if (e->forward)
		tell(s, "A forward joins %s and %s; it would open a flow.",
		    outside, inside);
	else if (e->mapping)
		tell(s, "There is a mapping of %s to %s; it would open a new "
			"flow.", inside, outside);
	else
		tell(s, "There is no mapping of %s; one would be made, with "
			"an outside port chosen at random, and a flow.",
		    inside);
}

/* To the caller whom the translation has found. */
static enum verdict
tell_delivery(struct story *s, const struct nat_explain *e,
    const struct packet *packet)
{
	const struct gateway_link *to = roster_at(s->gateway->roster,
	    e->caller)->link;
	char from[ENDPOINT], inside[ENDPOINT];

	if (to == NULL || to->link == NULL)
		return end(s, DROP_NO_SESSION);
	tell(s, "It goes to %s, to %s, from %s.", to->user,
	    endpoint(s, e->inside, e->inside_port, inside),
	    source(s, packet->source, packet->source_port, from));
	return PASS;
}

/* A closed port, and ident at any, are not left without an answer. */
static bool
is_answered(const struct packet *packet, enum verdict verdict)
{
	bool is_tcp = packet->protocol == IPPROTO_TCP;

	if (verdict == DROP_NO_TARGET)
		return !is_tcp || !(packet->tcp_flags & TH_RST);
	return (verdict == DROP_NO_MAPPING || verdict == DROP_FILTERED) &&
	    is_tcp && packet->destination_port == htons(IDENT) &&
	    (packet->tcp_flags & (TH_SYN | TH_ACK | TH_RST | TH_FIN)) ==
		TH_SYN;
}

/* Why the translation refuses what comes from outside. */
static enum verdict
refuse_inbound(struct story *s, const struct nat_explain *e,
    enum verdict verdict)
{
	char inside[ENDPOINT];

	if (verdict == DROP_NO_TARGET)
		tell(s, "A forward leads from port %u, but none of its targets "
			"is there: it answers as a closed port.",
		    ntohs(s->packet->destination_port));
	else if (verdict == DROP_FILTERED && e->inside != 0)
		tell(s, "There is a mapping to %s, but its caller has not "
			"written to this sender (see filtering in "
			"masqd.conf).",
		    endpoint(s, e->inside, e->inside_port, inside));
	else if (verdict == DROP_NO_MAPPING)
		tell(s, "No mapping and no forward has this outside port.");
	return end(s, is_answered(s->packet, verdict) ? REPLY : verdict);
}

static enum verdict
tell_inbound_translation(struct story *s, const struct packet *packet)
{
	struct nat_explain e;
	enum verdict verdict = nat_explain(s->gateway->nat, packet, INBOUND,
	    &e, s->now);

	if (verdict != PASS)
		return refuse_inbound(s, &e, verdict);
	tell_translation(s, &e);
	return tell_delivery(s, &e, packet);
}

/* Out by the outside address and back in by it. */
static enum verdict
tell_hairpin(struct story *s, const struct nat_explain *out)
{
	struct packet back = *s->packet;

	tell(s, "The destination is the uplink's own address: it comes back "
		"in (hairpin).");
	back.source = s->gateway->at.address;
	back.source_port = out->outside_port;
	return tell_inbound_translation(s, &back);
}

static enum verdict
tell_outbound_translation(struct story *s)
{
	const struct packet *packet = s->packet;
	struct nat_explain e;
	enum verdict verdict = nat_explain(s->gateway->nat, packet, OUTBOUND,
	    &e, s->now);
	char from[ENDPOINT], to[ENDPOINT];

	if (verdict == DROP_TCP_STATE && !(packet->tcp_flags & TH_RST)) {
		tell(s, "It belongs to no flow, and cannot open one.");
		return end(s, REPLY);
	}
	if (verdict != PASS)
		return end(s, verdict);
	tell_translation(s, &e);
	if (e.hairpin)
		return tell_hairpin(s, &e);
	tell(s, "It leaves on uplink %s from %s to %s.",
	    s->gateway->uplink->name,
	    source(s, s->gateway->at.address, e.outside_port, from),
	    packet->protocol == IPPROTO_ICMP ?
	    dotted(packet->destination, to) : endpoint(s,
	    packet->destination, packet->destination_port, to));
	return PASS;
}

static enum verdict
tell_across(struct story *s, const struct gateway_link *to)
{
	tell(s, "The destination is an address of another caller (%s).",
	    to->user);
	if (!s->gateway->config->callers.each_other)
		return end(s, DROP_EACH_OTHER);
	if (to->link == NULL)
		return end(s, DROP_NO_SESSION);
	tell(s, "Callers may reach each other: it goes to %s as it is.",
	    to->user);
	return PASS;
}

/* The gateway's own addresses.  PASS: it is for somebody else. */
static enum verdict
check_near(const struct story *s, const struct gateway_link *link)
{
	const struct packet *packet = s->packet;
	bool is_outside = packet->destination == s->gateway->at.address;

	if (packet->destination != link->gateway && !is_outside)
		return gateway_is_host(s->gateway, packet->destination) ?
		    DROP_HOST_ADDRESS : PASS;
	if (packet->protocol == IPPROTO_ICMP &&
	    packet->icmp_type == ICMP_ECHO && !packet_is_fragment(packet))
		return REPLY;
	return is_outside ? PASS : DROP_HOST_ADDRESS;
}

/* From a caller, on his link. */
static enum verdict
explain_outbound(struct story *s, const struct gateway_link *link)
{
	struct gateway *gateway = s->gateway;
	struct packet *packet = s->packet;
	const struct gateway_link *across;
	enum verdict verdict;

	if (packet->source == link->gateway)
		return end(s, DROP_SPOOFED);
	/* He may have none yet; it is not for us to take one. */
	packet->caller = link->slots[ntohl(packet->source) - link->first];
	s->outbound = true;
	tell(s, "It comes from %s, whose source address may be used there%s.",
	    link->user, link->link == NULL ? "; but nobody is there now" : "");
	verdict = policy_martian(packet->destination);
	if (verdict == PASS)
		verdict = check_near(s, link);
	if (verdict != PASS)
		return end(s, verdict);
	across = roster_find(gateway->roster, packet->destination);
	if (across != NULL)
		return tell_across(s, across);
	tell(s, "The destination can be routed, and is no caller's.");
	verdict = gateway_check_beyond(gateway, packet);
	if (verdict != PASS)
		return end(s, verdict);
	tell(s, "Callers may reach it.");
	return tell_outbound_translation(s);
}

static enum verdict
explain_inbound(struct story *s)
{
	const struct gateway *gateway = s->gateway;
	const struct packet *packet = s->packet;
	enum verdict verdict;
	char text[ENDPOINT];

	tell(s, "Its source is no caller's: it comes in by uplink %s.",
	    gateway->uplink->name);
	if (gateway->at.address == 0) {
		tell(s, "The uplink has no address at the moment.");
		return end(s, DROP_MARTIAN);
	}
	if (packet->destination != gateway->at.address) {
		tell(s, "It is not for the uplink's address, %s.",
		    dotted(gateway->at.address, text));
		return end(s, DROP_MARTIAN);
	}
	verdict = policy_inbound(gateway->config, &gateway->at,
	    packet->source);
	if (verdict != PASS)
		return end(s, verdict);
	tell(s, "Its source can be answered.");
	return tell_inbound_translation(s, packet);
}

enum verdict
gateway_explain(struct gateway *gateway, struct packet *packet, char *steps,
    size_t size, uint64_t now)
{
	struct story s = { .gateway = gateway, .packet = packet, .at = steps,
		.left = size, .now = now };
	const struct gateway_link *link = roster_find(gateway->roster,
	    packet->source);

	*steps = '\0';
	if (packet->verdict != PASS)
		return end(&s, packet->verdict);
	return link == NULL ? explain_inbound(&s) :
	    explain_outbound(&s, link);
}
