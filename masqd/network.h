/*
 * network.h - `network` sections: computers and emulators without a line
 *
 * A socket network listens on a Unix SEQPACKET socket and serves one peer at
 * a time; a second one is turned away.  Callers behind it keep their
 * mappings when the peer comes back.  A TUN network serves the computers of a
 * subnet behind an interface of the host, by rules that the keeper sets.
 */
#ifndef MASQD_NETWORK_H
#define MASQD_NETWORK_H

#include <uv.h>

#include "masqd/config/config.h"
#include "masqd/gateway/gateway.h"

struct network;

/* Serve the network on its listening socket or TUN interface, owned from now
 * on.  The configuration is kept.  NULL: out of memory. */
struct network *network_create(uv_loop_t *, struct gateway *,
    const struct config_network *, int descriptor);
void network_destroy(struct network *);

struct network_view {
	const char *name, *path;
	const struct gateway_link *place;
	bool peer;	   /* is somebody there */
	uint64_t since_ms; /* uv_now() at which the peer came */
};
void network_view(const struct network *, struct network_view *);

/*
 * The keeper's part.  network_open_tun(): make the network's interface; its
 * descriptor, or -1 with one sentence in error.  network_open_rules(): set
 * the routing rules of all TUN networks, taking over or away what an earlier
 * masqd has left; 0, or -1 with one sentence in error.  To be called with all
 * interfaces made, and again when an interface has come.  Both need
 * CAP_NET_ADMIN.
 */
int network_open_tun(const struct config_network *, char *error,
    size_t error_size);
int network_open_rules(const struct config *, char *error, size_t error_size);

#endif
