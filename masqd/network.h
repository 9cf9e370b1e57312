/*
 * network.h - `network` sections: computers and emulators without a line
 *
 * A socket network listens on a Unix SEQPACKET socket and serves one peer at
 * a time; a second one is turned away.  Callers behind it keep their
 * mappings when the peer comes back.
 */
#ifndef MASQD_NETWORK_H
#define MASQD_NETWORK_H

#include <uv.h>

#include "config.h"
#include "gateway.h"

struct network;

/* Serve the network on its listening socket, owned from now on.  The
 * configuration is kept.  NULL: out of memory. */
struct network *network_create(uv_loop_t *, struct gateway *,
    const struct config_network *, int listener);
void network_destroy(struct network *);

struct network_view {
	const char *name, *path;
	const struct gateway_link *place;
	bool peer;	   /* is somebody there */
	uint64_t since_ms; /* uv_now() at which the peer came */
};
void network_view(const struct network *, struct network_view *);

#endif
