#include "link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The interface a packet socket is bound to; -1: gone, or not such a socket. */
static int
bound_interface(int fd)
{
	struct sockaddr_ll address = { 0 };
	socklen_t length = sizeof address;

	if (getsockname(fd, (struct sockaddr *)&address, &length) == -1 ||
	    address.sll_family != AF_PACKET || address.sll_ifindex <= 0)
		return -1;
	return address.sll_ifindex;
}

static int
ppp_receive(struct link *link, struct batch *batch)
{
	int got = batch_receive(link->fd, batch);

	/* Reported once by a socket bound while the interface was down. */
	if (got == -1 && errno == ENETDOWN && bound_interface(link->fd) != -1)
		return 0;
	return got;
}

static int
socket_receive(struct link *link, struct batch *batch)
{
	return batch_receive(link->fd, batch);
}

static size_t
link_send_all(struct link *link, struct packet *const *packets, size_t n)
{
	return batch_send(link->fd, packets, n, false, DROP_LINK_BUSY,
	    DROP_NO_SESSION);
}

/* Undo what the host, forwarding between its interface and ours, has done or
 * will do: RFC 1141, backwards. */
static void
give_hop_back(uint8_t *data, size_t length)
{
	enum { TTL = 8, CHECKSUM = 10, HEADER = 20, STEP = 0x100 };
	uint16_t sum;

	if (length < HEADER || data[TTL] == UINT8_MAX)
		return;
	memcpy(&sum, data + CHECKSUM, sizeof sum);
	sum = ntohs(sum);
	sum = (uint16_t)(sum - STEP - (sum < STEP));
	sum = htons(sum);
	memcpy(data + CHECKSUM, &sum, sizeof sum);
	data[TTL]++;
}

static int
tun_receive(struct link *link, struct batch *batch)
{
	int got = batch_read(link->fd, batch);

	for (size_t i = 0; i < batch->count; i++)
		give_hop_back(batch->item[i].data, batch->item[i].length);
	return got;
}

static size_t
tun_send(struct link *link, struct packet *const *packets, size_t n)
{
	for (size_t i = 0; i < n; i++)
		give_hop_back(packets[i]->data, packets[i]->length);
	return batch_write(link->fd, packets, n, DROP_LINK_BUSY,
	    DROP_NO_SESSION);
}

static void
close_and_free(struct link *link)
{
	close(link->fd);
	free(link);
}

static const struct link_ops ppp_ops = { link_send_all, ppp_receive,
	close_and_free };
static const struct link_ops socket_ops = { link_send_all, socket_receive,
	close_and_free };
static const struct link_ops tun_ops = { tun_send, tun_receive,
	close_and_free };

static struct link *
link_new(const struct link_ops *ops, int fd, const char *name, uint32_t mtu)
{
	struct link *link = calloc(1, sizeof *link);

	if (link == NULL) {
		close(fd);
		return NULL;
	}
	link->ops = ops;
	link->fd = fd;
	link->mtu = mtu;
	(void)snprintf(link->name, sizeof link->name, "%s", name);
	return link;
}

struct link *
link_open_ppp(int fd, const char *interface, uint32_t mtu, char *error,
    size_t error_size)
{
	struct link *link;

	if (bound_interface(fd) == -1 || fcntl(fd, F_SETFL, O_NONBLOCK) == -1) {
		(void)snprintf(error, error_size,
		    "%s: the descriptor handed over is no packet socket bound "
		    "to an interface", interface);
		close(fd);
		return NULL;
	}
	link = link_new(&ppp_ops, fd, interface, mtu);
	if (link == NULL)
		(void)snprintf(error, error_size, "out of memory");
	return link;
}

struct link *
link_open_socket(int fd, const char *name, uint32_t mtu)
{
	return link_new(&socket_ops, fd, name, mtu);
}

struct link *
link_open_tun(int fd, const char *name, uint32_t mtu)
{
	return link_new(&tun_ops, fd, name, mtu);
}

int
link_receive(struct link *link, struct batch *batch)
{
	return link->ops->receive(link, batch);
}

size_t
link_send(struct link *link, struct packet *const *packets, size_t n)
{
	return link->ops->send(link, packets, n);
}

void
link_close(struct link *link)
{
	if (link != NULL)
		link->ops->close(link);
}
