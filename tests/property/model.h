/*
 * model.h - what the translation has promised so far, kept from outside
 *
 * Learns from packets as they leave, knows nothing of the tables of the code
 * under test, and forgets nothing: it says what may be, not what must be.
 */
#ifndef PROPERTY_MODEL_H
#define PROPERTY_MODEL_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

/* An inside endpoint in one session; network order. */
struct model_end {
	in_addr_t address;
	in_port_t port;
	uint8_t protocol;
	uint16_t session; /* counts the sessions of that address */
};

enum { MODEL_UDP_MS = 20 * 1000, MODEL_QUARANTINE_MS = 120 * 1000 };

/* A packet of the endpoint has left through the outside port, to a remote
 * address.  Returns NULL or the promise that was broken by it. */
const char *model_sent(const struct model_end *, in_addr_t remote,
    in_port_t outside, uint64_t now);

/* A packet from the remote address to the outside port has reached the
 * endpoint.  remote 0: by hairpin from a neighbour; then the port may be one
 * that was given for another hairpin, which led nowhere and was not seen.
 * Returns NULL or why it should not have. */
const char *model_reached(const struct model_end *, in_addr_t remote,
    in_port_t outside, uint64_t now);

/* The outside port is forwarded to the endpoint, perhaps among others: it may
 * be reached by it by anybody, and from now on both may share ports. */
void model_forward(const struct model_end *, in_port_t outside);
/* Was an endpoint of that address the target of a forward? */
bool model_is_target(in_addr_t address, uint16_t session);

/* Has anything of this address in this session been sent to the remote? */
bool model_knows(in_addr_t address, uint16_t session, in_addr_t remote);

#endif
