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
#include "uplink_kept.h"

enum {
	ETHERNET_HEADER = 14,
	DOUBTS_MOST = 30 /* then what was kept is too old */
};

struct interface_uplink {
	struct uplink base;
	int send;
	in_addr_t address;
	bool keeping; /* send nothing, but keep it */
	bool doubted; /* send, but keep a copy */
	unsigned doubts; /* uplink_doubt() since something was kept */
	bool dials;
	uint64_t dropped, received; /* the interface's counts, last heard */
	struct uplink_kept kept;
};

static uint8_t segments[BATCH_MAX][PACKET_MAX + 1];

static size_t
none_sent(struct packet *const *packets, size_t n)
{
	for (size_t i = 0; i < n; i++)
		packets[i]->verdict = DROP_NO_UPLINK;
	return 0;
}

/* So speaks an interface that is about to dial, or to go down. */
static bool
is_passing(int error)
{
	return error == ENETDOWN || error == ENETUNREACH || error == ENODEV;
}

static size_t
interface_send(struct uplink *uplink, struct packet *const *packets, size_t n)
{
	struct interface_uplink *u = (struct interface_uplink *)uplink;
	size_t sent = 0;
	bool keep;

	errno = 0;
	if (u->keeping || u->send == -1)
		(void)none_sent(packets, n);
	else
		sent = batch_send(u->send, packets, n, true, DROP_UPLINK_BUSY,
		    DROP_NO_UPLINK);
	keep = u->keeping || is_passing(errno);
	for (size_t i = 0; (keep || u->doubted) && i < n; i++) {
		if (packets[i]->verdict == PASS && u->doubted) {
			(void)uplink_kept_add(&u->kept, packets[i], true);
		} else if (packets[i]->verdict == DROP_NO_UPLINK && keep &&
		    uplink_kept_add(&u->kept, packets[i], false)) {
			packets[i]->verdict = PASS;
			sent++;
		}
	}
	return sent;
}

static size_t
tun_send(struct uplink *uplink, struct packet *const *packets, size_t n)
{
	return batch_write(uplink->fd, packets, n, DROP_UPLINK_BUSY,
	    DROP_NO_UPLINK);
}

static size_t
socket_send(struct uplink *uplink, struct packet *const *packets, size_t n)
{
	if (uplink->fd != -1)
		return batch_send(uplink->fd, packets, n, false,
		    DROP_UPLINK_BUSY, DROP_NO_UPLINK);
	return none_sent(packets, n);
}

static const struct uplink_ops interface_ops = { interface_send };
static const struct uplink_ops tun_ops = { tun_send };
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

	if (uplink == NULL)
		return NULL;
	((struct interface_uplink *)uplink)->send = parts->send;
	((struct interface_uplink *)uplink)->address = parts->address;
	((struct interface_uplink *)uplink)->dials = parts->dials;
	((struct interface_uplink *)uplink)->doubted = true;
	/* Not known before there is one. */
	if (uplink->mtu == 0)
		uplink->mtu = 1500;
	return uplink;
}

struct uplink *
uplink_create_tun(const struct uplink_parts *parts)
{
	return uplink_new(&tun_ops, sizeof(struct uplink), parts->interface,
	    parts->receive, parts->mtu);
}

void
uplink_set_parts(struct uplink *uplink, const struct uplink_parts *parts)
{
	struct interface_uplink *u = (struct interface_uplink *)uplink;

	assert(uplink->ops == &interface_ops);
	if (u->send != -1)
		close(u->send);
	if (uplink->fd != -1)
		close(uplink->fd);
	u->send = parts->send;
	u->dials = parts->dials;
	uplink->fd = parts->receive;
	uplink->mtu = parts->mtu;
	(void)snprintf(uplink->name, sizeof uplink->name, "%s",
	    parts->interface);
}

void
uplink_keep(struct uplink *uplink)
{
	assert(uplink->ops == &interface_ops);
	((struct interface_uplink *)uplink)->keeping = true;
}

static void
send_kept(struct interface_uplink *u, enum uplink_kept_why why)
{
	struct packet packet, *one[1] = { &packet };

	while (uplink_kept_take(&u->kept, &packet, u->address, why))
		(void)batch_send(u->send, one, 1, true, DROP_UPLINK_BUSY,
		    DROP_NO_UPLINK);
}

void
uplink_go_on(struct uplink *uplink, in_addr_t address)
{
	struct interface_uplink *u = (struct interface_uplink *)uplink;
	bool moved = address != u->address;

	assert(uplink->ops == &interface_ops);
	u->keeping = false;
	if (address == 0)
		return;
	u->address = address;
	u->doubted |= moved;
	send_kept(u, moved ? KEPT_MOVED : KEPT_GO_ON);
}

void
uplink_gone(struct uplink *uplink)
{
	assert(uplink->ops == &interface_ops);
	uplink_kept_forget(&((struct interface_uplink *)uplink)->kept, true);
}

bool
uplink_is_unsure(const struct uplink *uplink)
{
	return uplink->ops == &interface_ops && uplink_kept_is_open(
	    &((const struct interface_uplink *)uplink)->kept);
}

void
uplink_counted(struct uplink *uplink, uint64_t dropped, uint64_t received)
{
	struct interface_uplink *u = (struct interface_uplink *)uplink;
	bool more = dropped != u->dropped, alive = received != u->received;

	assert(uplink->ops == &interface_ops);
	u->dropped = dropped;
	u->received = received;
	if (u->keeping)
		return;
	if (more)
		send_kept(u, KEPT_DROPPED);
	else
		uplink_kept_taken(&u->kept);
	if (!u->doubted)
		uplink_kept_forget(&u->kept, false);
	else if (u->dials && alive)
		send_kept(u, KEPT_DIALLED);
}

void
uplink_doubt(struct uplink *uplink)
{
	struct interface_uplink *u = (struct interface_uplink *)uplink;

	assert(uplink->ops == &interface_ops);
	u->doubted = true;
	if (!u->keeping && u->send != -1)
		send_kept(u, KEPT_SILENT);
	uplink_kept_wait(&u->kept);
	u->doubts = u->kept.count == 0 ? 0 : u->doubts + 1;
	if (u->doubts < DOUBTS_MOST)
		return;
	u->doubts = 0;
	uplink_kept_clear(&u->kept);
}

/* Something has come: what the interface has taken is on its way. */
static void
trust(struct interface_uplink *u)
{
	if (!u->doubted || u->keeping)
		return;
	u->doubted = false;
	uplink_kept_forget(&u->kept, false);
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
	if (uplink->ops == &interface_ops &&
	    ((struct interface_uplink *)uplink)->send != -1)
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
	int got = uplink->ops == &tun_ops ? batch_read(uplink->fd, &batch) :
	    batch_receive(uplink->fd, &batch);

	if (uplink->ops == &interface_ops && batch.count > 0)
		trust((struct interface_uplink *)uplink);
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
