#include "aim.h"

#include <arpa/inet.h>
#include <string.h>

enum { REMOTES = 24, INSIDE_PORTS = 60 };

void
aim_remember(struct aim_memory *memory, const struct packet *p)
{
	unsigned at = memory->count++ % AIM_KEPT;

	memory->lengths[at] = p->length < AIM_OCTETS ? p->length :
	    AIM_OCTETS;
	memcpy(memory->octets[at], p->data, memory->lengths[at]);
}

static in_addr_t
random_remote(void)
{
	static const char *const odd[] = { "192.0.2.1", "192.0.2.77",
		"10.64.0.1", "10.64.0.3", "10.9.0.7", "127.0.0.1", "0.0.0.0",
		"255.255.255.255", "224.0.0.1", "192.168.7.7", "10.200.0.1" };

	if (throw_once_in(20))
		return inet_addr(odd[throw_draw(sizeof odd / sizeof odd[0])]);
	if (throw_once_in(20))
		return input.last_outside; /* by hairpin */
	return htonl(0xc6336400 + throw_draw(REMOTES));
}

static uint8_t
random_protocol(void)
{
	static const uint8_t kinds[] = { IPPROTO_UDP, IPPROTO_UDP, IPPROTO_UDP,
		IPPROTO_TCP, IPPROTO_TCP, IPPROTO_TCP, IPPROTO_ICMP,
		IPPROTO_ICMP };

	return throw_once_in(40) ? (uint8_t)throw_draw(256) :
	    kinds[throw_draw(sizeof kinds)];
}

static in_port_t
random_remote_port(void)
{
	static const uint16_t ports[] = { 53, 80, 113, 5060, 33434 };

	if (throw_once_in(4)) /* one of ours, for hairpins */
		return htons((uint16_t)(CHECK_PORT_LOW + throw_draw(
		    CHECK_PORT_HIGH - CHECK_PORT_LOW + 1)));
	return htons(ports[throw_draw(5)]);
}

struct throw_ends
aim_from_link(const struct place *place)
{
	struct throw_ends ends = { .protocol = random_protocol(),
		.destination = random_remote(),
		.destination_port = random_remote_port() };
	uint32_t source = place->first;

	if (place->first != place->last)
		source += 1 + throw_draw(AIM_HOSTS);
	if (throw_once_in(40))
		source += 1 + throw_draw(300); /* spoofed, or a neighbour's */
	ends.source = htonl(source);
	ends.source_port = htons((uint16_t)(throw_once_in(4) ?
		1 + throw_draw(1023) : 5000 + throw_draw(INSIDE_PORTS)));
	if (ends.protocol == IPPROTO_ICMP)
		ends.destination_port = ends.source_port;
	return ends;
}

struct throw_ends
aim_from_outside(void)
{
	struct throw_ends ends = { .protocol = random_protocol(),
		.source = random_remote(),
		.source_port = random_remote_port(),
		.destination = throw_once_in(40) ? random_remote() :
		    input.last_outside,
		.destination_port = htons((uint16_t)(CHECK_PORT_LOW +
		    throw_draw(CHECK_PORT_HIGH - CHECK_PORT_LOW + 1))) };

	if (ends.protocol == IPPROTO_ICMP)
		ends.source_port = ends.destination_port;
	return ends;
}

bool
aim_answer(const struct aim_memory *memory, struct throw_ends *ends)
{
	const uint8_t *p, *body;
	unsigned at;

	if (memory->count == 0)
		return false;
	at = throw_draw(memory->count < AIM_KEPT ? memory->count : AIM_KEPT);
	p = memory->octets[at];
	body = p + (size_t)(p[0] & 0xf) * 4;
	if ((p[6] & 0x1f) != 0 || p[7] != 0)
		return false;
	ends->protocol = p[9];
	memcpy(&ends->source, p + 16, 4);
	memcpy(&ends->destination, p + 12, 4);
	memcpy(&ends->source_port, body + 2, 2);
	memcpy(&ends->destination_port, body, 2);
	if (p[9] == IPPROTO_ICMP) {
		memcpy(&ends->source_port, body + 4, 2);
		ends->destination_port = ends->source_port;
	}
	return true;
}

size_t
aim_error(uint8_t *out, const struct aim_memory *memory, in_addr_t source,
    in_addr_t destination)
{
	uint8_t invented[THROW_ROOM], quote[AIM_OCTETS];
	struct throw_ends ends = { destination, source, random_remote_port(),
		random_remote_port(), random_protocol() };
	size_t length;

	if (memory->count > 0 && !throw_once_in(6)) {
		unsigned at = throw_draw(memory->count < AIM_KEPT ?
		    memory->count : AIM_KEPT);

		length = memory->lengths[at];
		memcpy(quote, memory->octets[at], length);
		if (throw_once_in(8))
			quote[throw_draw((uint32_t)length)] ^=
			    (uint8_t)(1 + throw_draw(255));
		return throw_error(out, source, destination, quote, length);
	}
	length = throw_packet(invented, &ends, false);
	return throw_error(out, source, destination, invented, length);
}
