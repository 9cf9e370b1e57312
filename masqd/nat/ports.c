/*
 * For each protocol an array says of each port what it is, and four heaps
 * hold the free ones: below 1024 or not, even or odd, so that a random port
 * of the kind wanted is one draw.  Quarantine is a queue through the array,
 * because its length is the same for all: first in, first out.
 *
 *   ABSENT --offer--> FREE --take--> IN_USE --quarantine--> QUARANTINE
 *      ^                                                        |
 *      +------------------------- release ---------------------+
 *
 *   any but IN_USE --reserve--> RESERVED --unreserve--> QUARANTINE
 *
 * A port is never in two mappings unless it is reserved, nor free while it is
 * in quarantine.  What searches a heap or the queue is never on the packet
 * path.
 */
#include "ports.h"

#include "memory.h"
#include "wheel.h"

enum {
	PORTS = 65536,
	LOW = 1024, /* RFC 4787 REQ-3a: well-known ports */
	KINDS = 4,
	KIND_HIGH = 2, /* added to the parity */
};

enum port_state { /* calloc's 0 is ABSENT */
	ABSENT,
	FREE,
	IN_USE,
	QUARANTINE,
	RESERVED /* unreserved, but shared still: `mapping` is 0 */
};

struct port {
	uint32_t state : 3;   /* enum port_state */
	uint32_t mapping : 29;/* IN_USE; QUARANTINE: the next port in it;
			       * RESERVED: the forward */
	uint32_t until;	      /* QUARANTINE: tick; RESERVED: mappings */
};

struct heap {
	uint32_t base, count; /* in protocol.free */
};

struct protocol {
	struct port port[PORTS];
	uint16_t free[PORTS];
	struct heap heaps[KINDS];
	uint32_t first, last; /* in quarantine; valid while waiting > 0 */
	uint32_t waiting;
};

struct ports {
	struct hash_key key;
	uint64_t draws;
	struct protocol protocols[PORTS_PROTOCOLS];
};

enum { TCP, UDP, ICMP };

static const uint8_t protocol_numbers[PORTS_PROTOCOLS] = {
	[TCP] = IPPROTO_TCP, [UDP] = IPPROTO_UDP, [ICMP] = IPPROTO_ICMP
};

static struct protocol *
protocol_of(const struct ports *ports, uint8_t number)
{
	const struct protocol *p = ports->protocols;

	switch (number) {
	case IPPROTO_UDP:
		return (struct protocol *)&p[UDP];
	case IPPROTO_TCP:
		return (struct protocol *)&p[TCP];
	case IPPROTO_ICMP:
		return (struct protocol *)&p[ICMP];
	default:
		return NULL;
	}
}

static unsigned
kind_of(uint16_t port)
{
	return (port >= LOW ? KIND_HIGH : 0) + (port & 1);
}

struct ports *
ports_create(const struct hash_key *key)
{
	static const uint32_t bases[KINDS] = {
		0, LOW / 2, LOW, LOW + (PORTS - LOW) / 2
	};
	struct ports *ports = memory_reserve(1, sizeof *ports);

	if (ports == NULL)
		return NULL;
	ports->key = *key;
	for (size_t i = 0; i < PORTS_PROTOCOLS; i++)
		for (size_t kind = 0; kind < KINDS; kind++)
			ports->protocols[i].heaps[kind].base = bases[kind];
	return ports;
}

void
ports_destroy(struct ports *ports)
{
	memory_give(ports);
}

bool
ports_offer(struct ports *ports, uint8_t number, in_port_t port)
{
	struct protocol *p = protocol_of(ports, number);
	uint16_t host = ntohs(port);
	struct heap *heap;

	if (p == NULL || (host == 0 && number != IPPROTO_ICMP) ||
	    p->port[host].state != ABSENT)
		return false;
	heap = &p->heaps[kind_of(host)];
	p->free[heap->base + heap->count++] = host;
	p->port[host].state = FREE;
	return true;
}

size_t
ports_spare(const struct ports *ports, uint8_t number)
{
	const struct protocol *p = protocol_of(ports, number);
	size_t spare = 0;

	for (size_t kind = 0; p != NULL && kind < KINDS; kind++)
		spare += p->heaps[kind].count;
	return spare;
}

static struct heap *
choose_heap(struct protocol *p, uint16_t inside)
{
	unsigned parity = inside & 1;
	unsigned kind = inside < LOW ? 0 : KIND_HIGH;

	for (; kind <= KIND_HIGH; kind += KIND_HIGH) {
		if (p->heaps[kind + parity].count > 0)
			return &p->heaps[kind + parity];
		if (p->heaps[kind + (parity ^ 1)].count > 0)
			return &p->heaps[kind + (parity ^ 1)];
	}
	return NULL;
}

bool
ports_take(struct ports *ports, uint8_t number, in_port_t inside,
    uint32_t mapping, in_port_t *taken)
{
	struct protocol *p = protocol_of(ports, number);
	struct heap *heap = choose_heap(p, ntohs(inside));
	uint32_t draw;
	uint16_t port, *at;

	if (heap == NULL)
		return false;
	draw = (uint32_t)hash_13(&ports->key, ports->draws++, 0);
	at = &p->free[heap->base + ((uint64_t)draw * heap->count >> 32)];
	port = *at;
	*at = p->free[heap->base + --heap->count];
	p->port[port].state = IN_USE;
	p->port[port].mapping = mapping & ((UINT32_C(1) << 29) - 1);
	*taken = htons(port);
	return true;
}

uint32_t
ports_mapping(const struct ports *ports, uint8_t number, in_port_t port)
{
	const struct protocol *p = protocol_of(ports, number);
	uint16_t host = ntohs(port);

	return p->port[host].state == IN_USE ? p->port[host].mapping : 0;
}

void
ports_prefetch(const struct ports *ports, uint8_t number, in_port_t port)
{
	const struct protocol *p = protocol_of(ports, number);

	if (p != NULL)
		__builtin_prefetch(&p->port[ntohs(port)], 1);
}

void
ports_quarantine(struct ports *ports, uint8_t number, in_port_t port,
    uint32_t until)
{
	struct protocol *p = protocol_of(ports, number);
	uint16_t host = ntohs(port);

	p->port[host].state = QUARANTINE;
	p->port[host].until = until;
	if (p->waiting++ == 0)
		p->first = host;
	else
		p->port[p->last].mapping = host;
	p->last = host;
}

bool
ports_release(struct ports *ports, uint32_t now, uint8_t *protocol,
    in_port_t *port)
{
	for (size_t i = 0; i < PORTS_PROTOCOLS; i++) {
		struct protocol *p = &ports->protocols[i];
		struct port *first = &p->port[p->first];

		if (p->waiting == 0 || !wheel_passed(first->until, now))
			continue;
		*protocol = protocol_numbers[i];
		*port = htons((uint16_t)p->first);
		p->waiting--;
		p->first = first->mapping;
		*first = (struct port){ .state = ABSENT };
		return true;
	}
	return false;
}

uint32_t
ports_next(const struct ports *ports, uint32_t now)
{
	uint32_t nearest = UINT32_MAX;

	for (size_t i = 0; i < PORTS_PROTOCOLS; i++) {
		const struct protocol *p = &ports->protocols[i];
		uint32_t until = p->port[p->first].until;

		if (p->waiting == 0)
			continue;
		if (wheel_passed(until, now))
			return 0;
		if (until - now < nearest)
			nearest = until - now;
	}
	return nearest;
}

static void
leave_heap(struct protocol *p, uint16_t port)
{
	struct heap *heap = &p->heaps[kind_of(port)];
	uint16_t *free_ports = p->free + heap->base;
	uint32_t at = 0;

	while (free_ports[at] != port)
		at++;
	free_ports[at] = free_ports[--heap->count];
}

static void
leave_quarantine(struct protocol *p, uint16_t port)
{
	uint32_t at = p->first;

	if (at == port) {
		p->first = p->port[port].mapping;
	} else {
		while (p->port[at].mapping != port)
			at = p->port[at].mapping;
		p->port[at].mapping = p->port[port].mapping;
		if (p->last == port)
			p->last = at;
	}
	p->waiting--;
}

void
ports_withdraw(struct ports *ports, uint8_t number, in_port_t port)
{
	struct protocol *p = protocol_of(ports, number);
	uint16_t host = ntohs(port);

	if (p == NULL || p->port[host].state != FREE)
		return;
	leave_heap(p, host);
	p->port[host].state = ABSENT;
}

bool
ports_reserve(struct ports *ports, uint8_t number, in_port_t port,
    uint32_t forward)
{
	struct protocol *p = protocol_of(ports, number);
	uint16_t host = ntohs(port);
	struct port *at;

	if (p == NULL || host == 0)
		return false;
	at = &p->port[host];
	if (at->state == IN_USE || (at->state == RESERVED && at->mapping != 0))
		return false;
	if (at->state == FREE)
		leave_heap(p, host);
	else if (at->state == QUARANTINE)
		leave_quarantine(p, host);
	if (at->state != RESERVED)
		at->until = 0;
	at->state = RESERVED;
	at->mapping = forward & ((UINT32_C(1) << 29) - 1);
	return true;
}

void
ports_unreserve(struct ports *ports, uint8_t number, in_port_t port,
    uint32_t until)
{
	struct port *at = &protocol_of(ports, number)->port[ntohs(port)];

	at->mapping = 0;
	if (at->until == 0)
		ports_quarantine(ports, number, port, until);
}

void
ports_share(struct ports *ports, uint8_t number, in_port_t port)
{
	protocol_of(ports, number)->port[ntohs(port)].until++;
}

void
ports_unshare(struct ports *ports, uint8_t number, in_port_t port,
    uint32_t until)
{
	struct port *at = &protocol_of(ports, number)->port[ntohs(port)];

	if (--at->until == 0 && at->mapping == 0)
		ports_quarantine(ports, number, port, until);
}

uint32_t
ports_forward(const struct ports *ports, uint8_t number, in_port_t port)
{
	const struct protocol *p = protocol_of(ports, number);
	uint16_t host = ntohs(port);

	return p->port[host].state == RESERVED ? p->port[host].mapping : 0;
}

bool
ports_has(const struct ports *ports, uint8_t number, in_port_t port)
{
	return protocol_of(ports, number)->port[ntohs(port)].state != ABSENT;
}
