#include "uplink.h"

#include <assert.h>
#include <errno.h>
#include <linux/virtio_net.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "batch.h"
#include "segment.h"

enum { ETHERNET_HEADER = 14 };

struct interface_uplink {
	struct uplink base;
	int send;
};

static uint8_t segments[BATCH_MAX][PACKET_MAX + 1];

static size_t
interface_send(struct uplink *uplink, struct packet *const *packets, size_t n)
{
	struct interface_uplink *u = (struct interface_uplink *)uplink;

	return batch_send(u->send, packets, n, true, DROP_UPLINK_BUSY,
	    DROP_NO_UPLINK);
}

static size_t
socket_send(struct uplink *uplink, struct packet *const *packets, size_t n)
{
	if (uplink->fd != -1)
		return batch_send(uplink->fd, packets, n, false,
		    DROP_UPLINK_BUSY, DROP_NO_UPLINK);
	for (size_t i = 0; i < n; i++)
		packets[i]->verdict = DROP_NO_UPLINK;
	return 0;
}

static const struct uplink_ops interface_ops = { interface_send };
static const struct uplink_ops socket_ops = { socket_send };

static struct uplink *
uplink_new(const struct uplink_ops *ops, size_t size, const char *name, int fd,
    uint32_t mtu)
{
	struct uplink *uplink = calloc(1, size);

	if (uplink == NULL)
		return NULL;
	uplink->ops = ops;
	uplink->fd = fd;
	uplink->mtu = mtu;
	(void)snprintf(uplink->name, sizeof uplink->name, "%s", name);
	return uplink;
}

struct uplink *
uplink_create_interface(const struct uplink_parts *parts)
{
	struct uplink *uplink = uplink_new(&interface_ops,
	    sizeof(struct interface_uplink), parts->interface, parts->receive,
	    parts->mtu);

	if (uplink != NULL)
		((struct interface_uplink *)uplink)->send = parts->send;
	return uplink;
}

struct uplink *
uplink_create_socket(const char *path, uint32_t mtu)
{
	return uplink_new(&socket_ops, sizeof(struct uplink), path, -1, mtu);
}

void
uplink_set_peer(struct uplink *uplink, int fd)
{
	assert(uplink->ops == &socket_ops);
	if (uplink->fd != -1)
		close(uplink->fd);
	uplink->fd = fd;
}

size_t
uplink_send(struct uplink *uplink, struct packet *const *packets, size_t n)
{
	return uplink->ops->send(uplink, packets, n);
}

void
uplink_close(struct uplink *uplink)
{
	if (uplink == NULL)
		return;
	if (uplink->ops == &interface_ops)
		close(((struct interface_uplink *)uplink)->send);
	if (uplink->fd != -1)
		close(uplink->fd);
	free(uplink);
}

/* Packets gathered until the vector is full. */
struct gathering {
	struct packet packets[BATCH_MAX];
	size_t count;
	uplink_deliver *deliver;
	void *context;
};

static void
gathering_flush(struct gathering *g)
{
	if (g->count > 0)
		g->deliver(g->context, g->packets, g->count);
	g->count = 0;
}

static void
gathering_add(struct gathering *g, uint8_t *data, size_t length,
    size_t capacity, bool partial)
{
	struct packet *packet = &g->packets[g->count++];

	if (packet_parse(packet, data, length, capacity) == PASS && partial) {
		packet->partial_checksum = true;
		packet_complete_checksum(packet);
	}
	if (g->count == BATCH_MAX)
		gathering_flush(g);
}

/* Segments wait in their own arena: no more than fit are cut at a time. */
static void
cut_super_packet(struct gathering *g, const uint8_t *data, size_t length,
    const struct virtio_net_hdr *header)
{
	struct segment segment;
	bool tcp = (header->gso_type & ~VIRTIO_NET_HDR_GSO_ECN) ==
	    VIRTIO_NET_HDR_GSO_TCPV4;
	size_t got;

	if (!segment_begin(&segment, data, length, header->gso_size, tcp))
		return;
	gathering_flush(g);
	for (;;) {
		uint8_t *out = segments[g->count];

		got = segment_next(&segment, out, sizeof segments[0]);
		if (got == 0)
			break;
		gathering_add(g, out, got, sizeof segments[0], false);
	}
	gathering_flush(g);
}

static void
take_frame(struct gathering *g, uint8_t *data, size_t length, size_t capacity,
    uint16_t hardware)
{
	struct virtio_net_hdr header;
	size_t skip = sizeof header;

	if (hardware == ARPHRD_ETHER || hardware == ARPHRD_LOOPBACK)
		skip += ETHERNET_HEADER;
	if (length <= skip)
		return;
	memcpy(&header, data, sizeof header);
	data += skip;
	length -= skip;
	capacity -= skip;
	if (header.gso_type != VIRTIO_NET_HDR_GSO_NONE)
		cut_super_packet(g, data, length, &header);
	else
		gathering_add(g, data, length, capacity,
		    header.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM);
}

int
uplink_receive(struct uplink *uplink, uplink_deliver *deliver, void *context)
{
	static struct batch batch;
	struct gathering g;
	int got = batch_receive(uplink->fd, &batch);

	g.count = 0;
	g.deliver = deliver;
	g.context = context;
	for (size_t i = 0; i < batch.count; i++) {
		if (uplink->ops == &interface_ops)
			take_frame(&g, batch.item[i].data,
			    batch.item[i].length, batch.item[i].capacity,
			    batch.item[i].hardware);
		else
			gathering_add(&g, batch.item[i].data,
			    batch.item[i].length, batch.item[i].capacity,
			    false);
	}
	gathering_flush(&g);
	return got;
}
