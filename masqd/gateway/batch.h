/*
 * batch.h - packets in and out of a descriptor, many in one system call
 *
 * One arena of buffers serves the whole gateway: a batch is dealt with to its
 * end before the next one is received.
 */
#ifndef MASQD_BATCH_H
#define MASQD_BATCH_H

#include <stddef.h>
#include <stdint.h>

#include "masqd/nat/packet.h"

enum {
	BATCH_MAX = 32,
	/* Room before and behind a datagram of the greatest size: a virtio-net
	 * and a link-layer header before it. */
	BATCH_BUFFER = 65536 + 512
};

struct batch {
	size_t count;
	struct {
		uint8_t *data;
		size_t length;
		size_t capacity; /* from data on */
		uint16_t hardware; /* ARPHRD_*, where the descriptor says */
	} item[BATCH_MAX];
};

/*
 * Receive what is there, at most BATCH_MAX messages, without waiting.
 *
 * The buffers stay valid until the next call.  Returns 1, 0 when nothing is
 * waiting, -1 with errno on an error and -1 with errno 0 at end of file.
 */
int batch_receive(int fd, struct batch *);

/* The same of a TUN interface, a packet a read(). */
int batch_read(int fd, struct batch *);

/*
 * Send the packets in order without waiting, each as one message.
 *
 * to_destination: name each packet's destination address in the call, as a raw
 * socket wants it.  A packet that cannot be sent gets the verdict `busy` on a
 * full queue, DROP_TOO_BIG on EMSGSIZE and `failed` otherwise; the verdict of
 * the others stays.  Returns how many were sent.
 */
size_t batch_send(int fd, struct packet *const *packets, size_t n,
    bool to_destination, enum verdict busy, enum verdict failed);

/* The same to a TUN interface, a packet a write(). */
size_t batch_write(int fd, struct packet *const *packets, size_t n,
    enum verdict busy, enum verdict failed);

#endif
