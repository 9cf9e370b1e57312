#include "network.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel.h"
#include "log.h"

struct network {
	uv_loop_t *loop;
	uv_poll_t poll; /* of the listener */
	struct gateway *gateway;
	const struct config_network *config;
	struct gateway_link *place;
	struct channel *channel; /* NULL: nobody there */
	uint64_t since_ms;
	int listener; /* -1: a TUN network */
};

static void
peer_gone(void *context)
{
	struct network *network = context;

	log_info("network %s: the peer has gone", network->config->name);
	channel_close(network->channel);
	network->channel = NULL;
}

static void
peer_came(uv_poll_t *handle, int status, int events)
{
	struct network *network = handle->data;
	const struct config_network *config = network->config;
	int fd = accept4(network->listener, NULL, NULL,
	    SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct link *link;

	(void)status;
	(void)events;
	if (fd == -1)
		return;
	if (network->channel != NULL) {
		log_warnx("network %s: a second peer was turned away",
		    config->name);
		close(fd);
		return;
	}
	link = link_open_socket(fd, config->name, config->mtu);
	if (link != NULL)
		network->channel = channel_open(handle->loop, network->gateway,
		    network->place, link, peer_gone, network);
	if (network->channel == NULL)
		log_warnx("network %s: out of memory", config->name);
	else
		log_info("network %s: a peer is there", config->name);
	network->since_ms = uv_now(handle->loop);
}

/* The interface has been taken away; the host's rules stay. */
static void
tun_gone(void *context)
{
	struct network *network = context;

	log_warnx("network %s: the interface %s has gone; restart masqd",
	    network->config->name, network->config->tun);
	channel_close(network->channel);
	network->channel = NULL;
}

static bool
serve(uv_loop_t *loop, struct network *network, int descriptor)
{
	const struct config_network *config = network->config;
	struct link *link;

	if (config->tun == NULL) {
		network->listener = descriptor;
		uv_poll_init(loop, &network->poll, descriptor);
		network->poll.data = network;
		uv_poll_start(&network->poll, UV_READABLE, peer_came);
		return true;
	}
	network->since_ms = uv_now(loop);
	link = link_open_tun(descriptor, config->tun, config->mtu);
	if (link != NULL)
		network->channel = channel_open(loop, network->gateway,
		    network->place, link, tun_gone, network);
	return network->channel != NULL;
}

struct network *
network_create(uv_loop_t *loop, struct gateway *gateway,
    const struct config_network *config, int descriptor)
{
	struct network *network = calloc(1, sizeof *network);
	uint32_t subnet = ntohl(config->subnet), hosts =
	    ~ntohl(config->netmask);

	if (network == NULL)
		return NULL;
	network->loop = loop;
	network->gateway = gateway;
	network->config = config;
	network->listener = -1;
	/* Neither the network's own address nor its broadcast address. */
	network->place = gateway_link_add(gateway, NULL, config->gateway,
	    subnet + 1, subnet + hosts - 1, config->name, uv_now(loop));
	if (network->place != NULL)
		gateway_caller_options(network->place, config->clear_df,
		    (uint8_t)config->ttl_floor);
	if (network->place != NULL && serve(loop, network, descriptor))
		return network;
	if (network->place != NULL)
		gateway_link_remove(gateway, network->place, uv_now(loop));
	free(network);
	return NULL;
}

static void
closed(uv_handle_t *handle)
{
	free(handle->data);
}

void
network_destroy(struct network *network)
{
	channel_close(network->channel);
	gateway_link_remove(network->gateway, network->place,
	    uv_now(network->loop));
	if (network->listener == -1) {
		free(network);
		return;
	}
	uv_poll_stop(&network->poll);
	close(network->listener);
	uv_close((uv_handle_t *)&network->poll, closed);
}

void
network_view(const struct network *network, struct network_view *view)
{
	*view = (struct network_view){ .name = network->config->name,
		.path = network->config->tun != NULL ? network->config->tun :
		    network->config->socket, .place = network->place,
		.peer = network->channel != NULL,
		.since_ms = network->since_ms };
}
