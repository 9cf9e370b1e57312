#include "check.h"

#include <arpa/inet.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "model.h"

static const char *const properties[PROPERTIES] = {
	"only packets of the uplink's address leave by the uplink",
	"nothing private leaves by the uplink, quoted neither",
	"what leaves is whole: lengths, checksums, time to live, MTU",
	"nothing reaches a caller that is not for it",
	"an outside port has one owner, an inside endpoint one outside port",
	"a right checksum stays right, a wrong one wrong",
	"no table grows past its size",
	"packets in = packets out + answered + dropped by name + waiting",
	"what waited is in the end dropped by name",
};

struct input input;
static uint64_t violations[PROPERTIES];

static void
show(const char *what, const uint8_t *packet, size_t length)
{
	printf("#   %s, %zu octets:", what, length);
	for (size_t i = 0; i < length && i < 64; i++)
		printf("%s%02x", i % 4 == 0 ? " " : "", packet[i]);
	printf("\n");
}

void
violate(enum property property, const uint8_t *packet, size_t length,
    const char *form, ...)
{
	va_list arguments;

	if (violations[property]++ >= 3)
		return;
	printf("# packet %llu at %llu ms, put in %s: ",
	    (unsigned long long)input.number, (unsigned long long)input.now,
	    input.outbound ? "by a caller" : "from outside");
	va_start(arguments, form);
	vprintf(form, arguments);
	va_end(arguments);
	printf(" (%s)\n", properties[property]);
	if (packet != NULL)
		show("seen", packet, length);
}

static in_addr_t
load(const uint8_t *at)
{
	in_addr_t value;

	memcpy(&value, at, sizeof value);
	return value;
}

static in_port_t
load_port(const uint8_t *at)
{
	in_port_t value;

	memcpy(&value, at, sizeof value);
	return value;
}

/* Of the callers' pool or of the network. */
static bool
is_inside(in_addr_t address)
{
	uint32_t net = ntohl(address) & 0xffffff00;

	return net == 0x0a400000 || net == 0x0a090000;
}

static bool
is_error(const uint8_t *body)
{
	return body[0] == ICMP_UNREACH || body[0] == ICMP_SOURCEQUENCH ||
	    body[0] == ICMP_REDIRECT || body[0] == ICMP_TIMXCEED ||
	    body[0] == ICMP_PARAMPROB;
}

static bool
is_query(uint8_t type)
{
	return packet_icmp_is_query(type);
}

/* What may be said of every packet that comes out anywhere. */
static bool
check_whole(const uint8_t *packet, size_t length, uint32_t mtu)
{
	size_t header = (size_t)(packet[0] & 0xf) * 4;

	if (length < 20 || packet[0] >> 4 != 4 || header < 20 ||
	    header > length || length != (size_t)(packet[2] << 8 | packet[3]))
		violate(WHOLE, packet, length, "its lengths are wrong");
	else if (!throw_header_is_right(packet))
		violate(WHOLE, packet, length, "its IP checksum is wrong");
	else if (packet[8] == 0)
		violate(WHOLE, packet, length, "its time to live is 0");
	else if (length > mtu)
		violate(WHOLE, packet, length, "it is too long for the MTU");
	else
		return true;
	return false;
}

/* is_ours: made by the gateway; may_be: perhaps. */
static void
check_sums(const uint8_t *packet, size_t length, bool is_ours, bool may_be)
{
	bool right;

	if ((packet[6] & 0x3f) != 0 || packet[7] != 0)
		return;
	right = throw_transport_is_right(packet, length);
	if (!right && (is_ours || input.is_sound))
		violate(CHECKSUMS, packet, length, "it was right");
	if (right && !may_be && input.is_wrong &&
	    packet[9] != IPPROTO_ICMP)
		violate(CHECKSUMS, packet, length, "it was wrong");
}

/* The port or identifier of a packet that has one; 0: it has none. */
static in_port_t
port_of(const uint8_t *packet, bool source)
{
	const uint8_t *body = packet + (size_t)(packet[0] & 0xf) * 4;

	if (((packet[6] & 0x1f) | packet[7]) != 0)
		return 0;
	if (packet[9] == IPPROTO_TCP || packet[9] == IPPROTO_UDP)
		return load_port(body + (source ? 0 : 2));
	if (packet[9] == IPPROTO_ICMP && is_query(body[0]))
		return load_port(body + 4);
	return 0;
}

static void
learn(const uint8_t *packet, size_t length)
{
	struct model_end end = { input.ends.source, input.ends.source_port,
		input.ends.protocol, input.session };
	in_port_t port = port_of(packet, true);
	const char *broken;

	if (!input.outbound || packet[9] != input.ends.protocol)
		return;
	if (port == 0) { /* a later fragment, or an error */
		return;
	}
	if (ntohs(port) < CHECK_PORT_LOW || ntohs(port) > CHECK_PORT_HIGH)
		violate(UPLINK_SOURCE, packet, length,
		    "its port is none of ours");
	broken = model_sent(&end, input.ends.destination, port,
	    input.now);
	if (broken != NULL)
		violate(ONE_OWNER, packet, length, "%s", broken);
}

void
check_uplink(const uint8_t *packet, size_t length, uint32_t mtu)
{
	const uint8_t *body = packet + (size_t)(packet[0] & 0xf) * 4;

	if (!check_whole(packet, length, mtu))
		return;
	if (load(packet + 12) != input.outside)
		violate(UPLINK_SOURCE, packet, length, "another source");
	if (is_inside(load(packet + 16)) || load(packet + 16) == input.outside)
		violate(NOTHING_PRIVATE, packet, length,
		    "to a private address, or to ourselves");
	if (packet[9] == IPPROTO_ICMP &&
	    ((packet[6] & 0x1f) | packet[7]) == 0 && is_error(body) &&
	    length >= (size_t)(body - packet) + 28 &&
	    (is_inside(load(body + 20)) || is_inside(load(body + 24)) ||
		load(body + 24) != input.outside))
		violate(NOTHING_PRIVATE, packet, length,
		    "it quotes what its sender never sent");
	check_sums(packet, length, false, !input.outbound);
	learn(packet, length);
}

/* The uplink's address, now or once: what was sent there by hairpin, and led
 * nowhere, was not seen. */
static bool
is_outside(in_addr_t address)
{
	return ntohl(address) >= 0xc0000201 && ntohl(address) <= 0xc0000203;
}

/* From outside, or from another caller by hairpin: for this endpoint? */
static void
check_reached(const struct place *place, const uint8_t *packet, size_t length)
{
	struct model_end end = { load(packet + 16), port_of(packet, false),
		packet[9], place->session };
	in_addr_t remote = load(packet + 12);
	const char *broken = NULL;

	if (end.port != 0 && input.is_sound &&
	    input.ends.protocol == packet[9])
		broken = model_reached(&end,
		    is_outside(remote) ? 0 : remote,
		    input.ends.destination_port, input.now);
	else if (packet[9] != IPPROTO_ICMP && !is_outside(remote) &&
	    !model_is_target(end.address, end.session) &&
	    !model_knows(end.address, end.session, remote))
		broken = "this caller has never written to that address";
	if (broken != NULL)
		violate(RIGHT_CALLER, packet, length, "%s", broken);
}

/* The gateway itself answers a ping to its outside address, and a segment
 * there that belongs to nothing. */
static bool
is_answer_of_ours(const uint8_t *packet, in_addr_t source, in_addr_t to)
{
	const uint8_t *body = packet + (size_t)(packet[0] & 0xf) * 4;

	if (!input.outbound || source != input.outside ||
	    to != input.ends.source)
		return false;
	return packet[9] == IPPROTO_ICMP ? body[0] == ICMP_ECHOREPLY :
	    packet[9] == IPPROTO_TCP && (body[13] & TH_RST) != 0;
}

void
check_link(const struct place *place, const uint8_t *packet, size_t length)
{
	const uint8_t *body = packet + (size_t)(packet[0] & 0xf) * 4;
	in_addr_t source = load(packet + 12), to = load(packet + 16);
	bool is_ours, is_first = ((packet[6] & 0x1f) | packet[7]) == 0;

	if (!check_whole(packet, length, place->base.mtu))
		return;
	if (!place->there || ntohl(to) < place->first ||
	    ntohl(to) > place->last)
		violate(RIGHT_CALLER, packet, length,
		    "a link with other addresses");
	is_ours = source == place->gateway ||
	    (input.outbound && source != input.outside) ||
	    is_answer_of_ours(packet, source, to);
	if (is_ours && place != input.place)
		violate(RIGHT_CALLER, packet, length,
		    "an answer to somebody else");
	if (!is_ours && is_inside(source))
		violate(RIGHT_CALLER, packet, length,
		    "from outside by an address of the inside");
	if (packet[9] == IPPROTO_ICMP && is_first && is_error(body)) {
		if (length >= (size_t)(body - packet) + 28 &&
		    load(body + 20) != to)
			violate(RIGHT_CALLER, packet, length,
			    "an error about somebody else's packet");
	} else if (!is_ours) {
		check_reached(place, packet, length);
	}
	check_sums(packet, length, source == place->gateway, is_ours);
	if (input.outbound && source == input.outside && !is_ours)
		learn(packet, length); /* hairpin */
}

unsigned
check_report(void)
{
	unsigned broken = 0;

	for (unsigned i = 0; i < PROPERTIES; i++) {
		printf("%s %u - %s\n", violations[i] == 0 ? "ok" : "not ok",
		    i + 1, properties[i]);
		if (violations[i] == 0)
			continue;
		printf("# broken %llu times\n",
		    (unsigned long long)violations[i]);
		broken++;
	}
	printf("1..%u\n", (unsigned)PROPERTIES);
	return broken;
}
