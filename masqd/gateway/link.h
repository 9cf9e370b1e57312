/*
 * link.h - a caller's packet channel
 *
 * A PPP link is the packet socket on pppN that masq.so handed over.  A socket
 * link is a Unix SEQPACKET socket, one IPv4 packet a message; masqd listens,
 * and serves one peer at a time.  A TUN link is an interface of the host, to
 * which the host routes what comes from a subnet's computers.
 */
#ifndef MASQD_LINK_H
#define MASQD_LINK_H

#include <stddef.h>
#include <stdint.h>

#include "batch.h"

struct link;

struct link_ops {
	/* Send in order without waiting; what cannot be sent gets a verdict,
	 * what is kept to be sent later (queue_link.h) gets LATER. */
	size_t (*send)(struct link *, struct packet *const *, size_t n);
	int (*receive)(struct link *, struct batch *);
	void (*close)(struct link *);
};

/* Each kind's struct starts with this one; a test makes kinds of its own. */
struct link {
	const struct link_ops *ops;
	char name[32];
	int fd; /* to be watched for input; -1: nobody there */
	uint32_t mtu;
};

/*
 * A link over the packet socket of a PPP interface.  fd is owned from now on.
 * It is checked to be a packet socket bound to an interface, and made
 * non-blocking.  Returns NULL with one sentence in error; fd is closed then.
 */
struct link *link_open_ppp(int fd, const char *interface, uint32_t mtu,
    char *error, size_t error_size);

/* A link over an accepted SEQPACKET socket, owned from now on.  NULL: out of
 * memory, fd is closed. */
struct link *link_open_socket(int fd, const char *name, uint32_t mtu);

/* A link over the descriptor of a TUN interface, owned from now on.  The host
 * and masqd are one router: the link gives back the hop that the host has
 * counted.  NULL: out of memory, fd is closed. */
struct link *link_open_tun(int fd, const char *name, uint32_t mtu);

/* See batch_receive(); a packet socket's ENETDOWN is -1 only once its
 * interface is gone. */
int link_receive(struct link *, struct batch *);
size_t link_send(struct link *, struct packet *const *, size_t n);
void link_close(struct link *); /* NULL is allowed */

#endif
