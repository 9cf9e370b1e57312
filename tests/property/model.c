#include "model.h"

#include <stdio.h>
#include <stdlib.h>

enum { SET_SIZE = 1 << 22, ENDS = 1 << 20, PROTOCOLS = 18, PORTS = 65536 };

struct owner {
	uint64_t end; /* packed; 0: nobody yet */
	uint64_t last_ms;
};

struct known_end {
	uint64_t end;
	uint64_t last_ms;
	in_port_t outside;
};

static uint64_t contacts[SET_SIZE]; /* hashes; 0: free */
static struct known_end ends[ENDS];
static struct owner owners[PROTOCOLS][PORTS];
static bool forwarded[PROTOCOLS][PORTS]; /* now or once */

static uint64_t
pack(const struct model_end *e)
{
	return (uint64_t)e->address << 32 | (uint64_t)e->port << 16 |
	    (uint64_t)(e->session & 0x7ff) << 5 | e->protocol;
}

static uint64_t
mix(uint64_t a, uint64_t b)
{
	uint64_t hash = (a ^ b * 0x9e3779b97f4a7c15u) * 0xff51afd7ed558ccdu;

	hash = (hash ^ hash >> 32) * 0xc4ceb9fe1a85ec53u;
	hash ^= hash >> 29;
	return hash == 0 ? 1 : hash;
}

static void
full(void)
{
	printf("not ok - the model has room\n");
	exit(1);
}

/* Where the hash is, or would be. */
static uint64_t *
contact_at(uint64_t hash)
{
	for (uint32_t i = 0; i < SET_SIZE; i++) {
		uint64_t *at = &contacts[(hash + i) % SET_SIZE];

		if (*at == 0 || *at == hash)
			return at;
	}
	full();
	return NULL;
}

static struct known_end *
end_at(uint64_t end)
{
	uint64_t hash = mix(end, 1);

	for (uint32_t i = 0; i < ENDS; i++) {
		struct known_end *at = &ends[(hash + i) % ENDS];

		if (at->end == 0 || at->end == end)
			return at;
	}
	full();
	return NULL;
}

static uint64_t
address_hash(in_addr_t address, uint16_t session, in_addr_t remote)
{
	return mix((uint64_t)address << 32 | remote, 77u + session);
}

static uint64_t
forward_hash(uint64_t end, in_port_t outside)
{
	return mix(end ^ (uint64_t)outside << 16, 7001);
}

static uint64_t
target_hash(in_addr_t address, uint16_t session)
{
	return mix(address, 7002u + session);
}

static bool
is_known(uint64_t hash)
{
	return *contact_at(hash) == hash;
}

static void
know(uint64_t hash)
{
	*contact_at(hash) = hash;
}

void
model_forward(const struct model_end *e, in_port_t outside)
{
	know(forward_hash(pack(e), outside));
	know(forward_hash(pack(e), 0));
	know(target_hash(e->address, e->session));
	forwarded[e->protocol][outside] = true;
}

bool
model_is_target(in_addr_t address, uint16_t session)
{
	return is_known(target_hash(address, session));
}

const char *
model_sent(const struct model_end *e, in_addr_t remote, in_port_t outside,
    uint64_t now)
{
	uint64_t end = pack(e), contact = mix(end, remote);
	struct owner *owner = &owners[e->protocol][outside];
	struct known_end *known = end_at(end);
	const char *broken = NULL;
	/* A forward's port is that of many, and its targets have others. */
	bool is_udp = e->protocol == IPPROTO_UDP &&
	    !forwarded[e->protocol][outside] &&
	    !is_known(forward_hash(end, 0));

	if (is_udp && owner->end != 0 && owner->end != end &&
	    now - owner->last_ms < MODEL_QUARANTINE_MS)
		broken = "the outside port was another's too short ago";
	if (is_udp && known->end == end && known->outside != outside &&
	    now - known->last_ms < MODEL_UDP_MS - 1000)
		broken = "one inside endpoint has two outside ports";
	know(contact);
	know(address_hash(e->address, e->session, remote));
	*owner = (struct owner){ .end = end, .last_ms = now };
	*known = (struct known_end){ end, now, outside };
	return broken;
}

const char *
model_reached(const struct model_end *e, in_addr_t remote, in_port_t outside,
    uint64_t now)
{
	uint64_t end = pack(e), contact = mix(end, remote);
	const struct owner *owner = &owners[e->protocol][outside];

	if (is_known(forward_hash(end, outside)))
		return NULL;
	if (owner->end != end && (remote != 0 || (owner->end != 0 &&
		e->protocol == IPPROTO_UDP &&
		now - owner->last_ms < MODEL_UDP_MS - 1000)))
		return "the outside port is not this endpoint's";
	if (remote != 0 && !is_known(contact))
		return "the endpoint has never written to that address";
	return NULL;
}

bool
model_knows(in_addr_t address, uint16_t session, in_addr_t remote)
{
	return is_known(address_hash(address, session, remote));
}
