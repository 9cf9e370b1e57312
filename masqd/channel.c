#include "channel.h"

#include <errno.h>
#include <stdlib.h>

#include "log.h"

struct channel {
	uv_poll_t poll;
	struct gateway *gateway;
	struct gateway_link *place;
	struct link *link;
	void (*ended)(void *);
	void *context;
};

/* One batch a turn: a busy caller leaves the loop to the others. */
static void
readable(uv_poll_t *handle, int status, int events)
{
	static struct batch batch;
	static struct packet packets[BATCH_MAX];
	struct channel *channel = handle->data;
	int got = link_receive(channel->link, &batch);

	(void)events;
	if (got == -1) {
		if (errno != 0)
			log_debug("link %s: cannot receive", channel->link->name);
		uv_poll_stop(handle);
		channel->ended(channel->context);
		return;
	}
	/* The loop lets go of a descriptor that has an error; a packet socket
	 * handed over before its interface was up has one, now read. */
	if (status < 0)
		uv_poll_start(handle, UV_READABLE, readable);
	for (size_t i = 0; i < batch.count; i++)
		(void)packet_parse(&packets[i], batch.item[i].data,
		    batch.item[i].length, batch.item[i].capacity);
	if (batch.count > 0)
		gateway_from_link(channel->gateway, channel->place, packets,
		    batch.count, uv_now(handle->loop));
}

struct channel *
channel_open(uv_loop_t *loop, struct gateway *gateway,
    struct gateway_link *place, struct link *link, void (*ended)(void *),
    void *context)
{
	struct channel *channel = calloc(1, sizeof *channel);

	if (channel == NULL ||
	    uv_poll_init(loop, &channel->poll, link->fd) != 0) {
		link_close(link);
		free(channel);
		return NULL;
	}
	channel->poll.data = channel;
	channel->gateway = gateway;
	channel->place = place;
	channel->link = link;
	channel->ended = ended;
	channel->context = context;
	place->link = link;
	uv_poll_start(&channel->poll, UV_READABLE, readable);
	return channel;
}

static void
closed(uv_handle_t *handle)
{
	free(handle->data);
}

void
channel_close(struct channel *channel)
{
	if (channel == NULL)
		return;
	channel->place->link = NULL;
	uv_poll_stop(&channel->poll);
	uv_close((uv_handle_t *)&channel->poll, closed);
	link_close(channel->link);
}
