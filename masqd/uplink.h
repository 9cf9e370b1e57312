/*
 * uplink.h - the one link to the Internet
 *
 * On an interface of the host, whose address is shared with the host: a raw
 * socket sends, a packet socket with a locked filter receives what concerns
 * masqd: its address, its outside ports, ICMP.  Or a SEQPACKET socket, one
 * IPv4 packet a message, for emulators and tests.
 */
#ifndef MASQD_UPLINK_H
#define MASQD_UPLINK_H

#include <net/if.h>
#include <stdbool.h>

#include "config.h"
#include "masqd/nat/packet.h"

struct uplink;

/* What the keeper opens and the gateway gets. */
struct uplink_parts {
	int send, receive; /* descriptors, owned by whoever holds the struct */
	in_addr_t address; /* network order */
	uint32_t mtu;	   /* octets */
	char interface[IFNAMSIZ];
};

struct uplink_ops {
	size_t (*send)(struct uplink *, struct packet *const *, size_t n);
};

/* Each kind's struct starts with this one; a test makes kinds of its own. */
struct uplink {
	const struct uplink_ops *ops;
	char name[32];
	int fd; /* to be watched for input; -1: nobody there */
	uint32_t mtu;
};

/*
 * Open the sockets on the configured interface; "auto" is the default
 * route's.  Needs CAP_NET_RAW.  The packet filter is locked and the raw
 * socket bound to the device, so that the gateway can widen neither.
 * Returns 0, or -1 with one sentence in error.
 */
int uplink_open_interface(const struct config_uplink *,
    struct uplink_parts *parts, char *error, size_t error_size);

/* An uplink over the parts, whose descriptors are owned from now on; NULL:
 * out of memory. */
struct uplink *uplink_create_interface(const struct uplink_parts *);

/* An uplink over SEQPACKET sockets that come and go; fd is -1 at first. */
struct uplink *uplink_create_socket(const char *path, uint32_t mtu);
/* A peer is there: its descriptor is owned from now on; -1: it is gone. */
void uplink_set_peer(struct uplink *, int fd);

/* Called with at most BATCH_MAX packets, parsed (see verdict); they are valid
 * during the call only. */
typedef void uplink_deliver(void *context, struct packet *, size_t n);

/* Receive what waits, super-packets cut and partial checksums completed, and
 * deliver it.  Returns as batch_receive(). */
int uplink_receive(struct uplink *, uplink_deliver *, void *context);

/* Send in order without waiting; what cannot be sent gets a verdict. */
size_t uplink_send(struct uplink *, struct packet *const *, size_t n);

void uplink_close(struct uplink *);

#endif
