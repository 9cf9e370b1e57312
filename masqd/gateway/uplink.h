/*
 * uplink.h - the one link to the Internet
 *
 * On an interface of the host, whose address is shared with the host: a raw
 * socket sends, a packet socket with a locked filter receives what concerns
 * masqd: its address, its outside ports, ICMP.  Or a TUN interface, with an
 * address of masqd's own behind it.  Or a SEQPACKET socket, one IPv4 packet a
 * message, for emulators and tests.
 *
 * The interface's address may change, and it may come and go: the keeper opens
 * the sockets anew, the struct uplink stays.  What is sent in the meantime is
 * kept, within bounds, and sent from the new address: it may be what made an
 * uplink dial.
 */
#ifndef MASQD_UPLINK_H
#define MASQD_UPLINK_H

#include <net/if.h>
#include <stdbool.h>

#include "masqd/config/config.h"
#include "masqd/nat/packet.h"

struct uplink;

/* What the keeper opens and the gateway gets. */
struct uplink_parts {
	int send, receive; /* descriptors, owned by whoever holds the struct;
			    * TUN: only `receive`; -1: there is none */
	in_addr_t address; /* network order; 0: there is no uplink now */
	in_addr_t netmask; /* likewise, of its subnet */
	uint32_t mtu;	   /* octets */
	unsigned index;	   /* of the interface */
	bool dials;	   /* it is point-to-point: perhaps */
	char interface[IFNAMSIZ];
};

struct uplink_range { /* of outside ports, host order, inclusive */
	uint8_t protocol; /* 0: TCP and UDP */
	uint16_t low, high;
};

enum {
	UPLINK_CONFIGURED_RANGES = CONFIG_FORWARDS + 2,
	UPLINK_RANGES = UPLINK_CONFIGURED_RANGES + CONFIG_ADDED_PORTS / 2
}; /* at most, that the filter passes */

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
 * Look at the configured interface; "auto" is the default route's.  Fills
 * address, MTU, index and name; an interface that is down, or without carrier,
 * has no address.
 * Returns 0, or -1 with one sentence in error: it can be no uplink now.
 */
int uplink_find_interface(const struct config_uplink *,
    struct uplink_parts *parts, char *error, size_t error_size);

/* The ports that the configuration names: the stock's, the privileged ones,
 * the forwards'.  Returns how many, at most UPLINK_CONFIGURED_RANGES. */
size_t uplink_ranges(const struct config *,
    struct uplink_range ranges[UPLINK_RANGES]);

/*
 * Open the sockets on the interface found.  Needs CAP_NET_RAW.  The packet
 * filter, which passes the ranges of ports (at most UPLINK_RANGES), is locked
 * and the raw socket bound to the device, so that the gateway can widen
 * neither.  Returns 0, or -1 with one sentence in error; the descriptors are
 * -1 then.
 */
int uplink_open_interface(struct uplink_parts *parts,
    const struct uplink_range *ranges, size_t range_count, char *error,
    size_t error_size);

/* A packet socket that was replaced receives nothing more, whoever else has
 * it: no filter of an earlier day stays in force. */
void uplink_deafen(int receive);

/* Make the TUN interface with its address behind it.  Needs CAP_NET_ADMIN.
 * Returns 0, or -1 with one sentence in error. */
int uplink_open_tun(const struct config_uplink *, struct uplink_parts *parts,
    char *error, size_t error_size);

/* An uplink over the parts, whose descriptors are owned from now on; NULL:
 * out of memory. */
struct uplink *uplink_create_interface(const struct uplink_parts *);

/* An interface's uplink gets other parts, owned from now on; the old
 * descriptors, no longer watched, are closed. */
void uplink_set_parts(struct uplink *, const struct uplink_parts *);

/* Something is changing: keep what is to be sent from now on, of each kind of
 * packet that survives a change of address, 32 at most. */
void uplink_keep(struct uplink *);
/* Send what was kept, and go on as usual.  From another address than before,
 * what was sent in doubt is sent again.  0: there is none now. */
void uplink_go_on(struct uplink *, in_addr_t);
/* The interface itself is gone: what it was given is not sent again. */
void uplink_gone(struct uplink *);
/* Is it unknown whether the interface has taken what was sent in doubt?  Then
 * uplink_counted() is to be told soon. */
bool uplink_is_unsure(const struct uplink *);
/* The interface's counts.  Where it has dropped more packets than the last
 * time, what was sent in doubt since then is sent again.  Where it has received
 * something that we have not, and may dial, so it does, and what was sent in
 * doubt may have been spoilt: it is sent again, once. */
void uplink_counted(struct uplink *, uint64_t dropped, uint64_t received);
/* Nothing has come for a while, or ever: until something does, it is doubtful
 * whether the uplink carries what is sent.  Called again from time to time: it
 * sends once more what was sent from another address, and forgets what is too
 * old for that. */
void uplink_doubt(struct uplink *);

/* Likewise over a TUN interface. */
struct uplink *uplink_create_tun(const struct uplink_parts *);

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
