/*
 * follow.c - the uplink under the loop's watch, wherever it goes
 *
 * Of an interface:
 *
 *	STEADY --rtnetlink--> ASKED --as before, or none--> STEADY
 *	                        `--new address--> MOVING --holds--> STEADY
 *
 * The keeper is asked one question at a time; what changes meanwhile is asked
 * about next.  While the address is in doubt, and until the ports in use are
 * held on the new one, packets to be sent are kept by the uplink.  The
 * translation hears of the new address last: what must never happen is that a
 * port is used that the host would answer on.
 *
 * An interface that dials drops in silence what it is given meanwhile; pppd lets
 * nothing through for a second after it has set the new address.  So while the
 * uplink is unsure of what it has sent, the kernel's count of drops is looked
 * at, and what was dropped is sent again.  That a call is made to the address
 * there was, shows in the frames that the interface has received.
 */
#include "follow.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host.h"
#include "log.h"
#include "message.h"

enum {
	AGAIN_MS = 2000, /* the keeper's answer is lost, or could not come */
	GONE_MS = 200,	 /* an address that goes may only make way for another */
	SET_MS = 2000,	 /* which is certain where the interface stays up */
	DOUBT_MS = 2000, /* without a packet: does the uplink carry any? */
	LOOK_MS = 250	 /* between two looks at what it has dropped */
};

enum state {
	STEADY,
	ASKED,
	MOVING
};

struct follow {
	uv_loop_t *loop;
	const struct daemon_parts *parts;
	struct uplink *uplink;
	struct gateway *gateway;
	struct hold *hold;
	struct host *host; /* NULL: a socket uplink */
	uv_poll_t listener, host_poll;
	uv_timer_t again, doubt, look;
	uv_poll_t *poll; /* on the uplink's descriptor; NULL: nobody there */
	enum state state;
	bool changed;  /* while the keeper was being asked */
	bool going;    /* there was no address when it was last looked at */
	bool received; /* since the doubt timer ran */
	in_addr_t address; /* the translation's */
	uint32_t index;	   /* of the interface */
	struct keeper_message next; /* MOVING */
	bool lost; /* descriptors of the keeper's answer */
	int send; /* came before the answer it belongs to, or -1 */
	unsigned handles; /* not yet closed, at the end */
};

static bool
is_interface(const struct follow *follow)
{
	return follow->parts->config->uplink.kind == UPLINK_INTERFACE;
}

static void
from_uplink(void *context, struct packet *packets, size_t n)
{
	struct follow *follow = context;

	follow->received = true;
	gateway_from_uplink(follow->gateway, packets, n,
	    uv_now(follow->loop));
}

static void
poll_closed(uv_handle_t *handle)
{
	free(handle);
}

/* To be done before the descriptor is closed. */
static void
unwatch(struct follow *follow)
{
	if (follow->poll == NULL)
		return;
	uv_poll_stop(follow->poll);
	uv_close((uv_handle_t *)follow->poll, poll_closed);
	follow->poll = NULL;
}

static void
readable(uv_poll_t *handle, int status, int events)
{
	struct follow *follow = handle->data;
	struct uplink *uplink = follow->uplink;
	int got = uplink_receive(uplink, from_uplink, follow);

	(void)events;
	if (got != -1 && status >= 0)
		return;
	switch (follow->parts->config->uplink.kind) {
	case UPLINK_SOCKET:
		log_info("uplink %s: the peer has gone", uplink->name);
		unwatch(follow);
		uplink_set_peer(uplink, -1);
		break;
	case UPLINK_TUN:
		log_warnx("uplink %s: the interface has gone; restart masqd",
		    uplink->name);
		unwatch(follow);
		break;
	case UPLINK_INTERFACE:
		/* The loop lets go of a descriptor that has an error, now
		 * read: the interface is down, or was. */
		log_debug("uplink %s: cannot receive", uplink->name);
		uv_poll_start(handle, UV_READABLE, readable);
		break;
	}
}

static void
watch_uplink(struct follow *follow)
{
	if (follow->uplink->fd == -1)
		return;
	follow->poll = calloc(1, sizeof *follow->poll);
	if (follow->poll == NULL ||
	    uv_poll_init(follow->loop, follow->poll, follow->uplink->fd) !=
		0) {
		log_warnx("uplink %s: out of memory", follow->uplink->name);
		free(follow->poll);
		follow->poll = NULL;
		return;
	}
	follow->poll->data = follow;
	uv_poll_start(follow->poll, UV_READABLE, readable);
}

static void
peer_came(uv_poll_t *handle, int status, int events)
{
	struct follow *follow = handle->data;
	int fd = accept4(follow->parts->uplink_listener, NULL, NULL,
	    SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)status;
	(void)events;
	if (fd == -1)
		return;
	if (follow->uplink->fd != -1) {
		log_warnx("uplink %s: a second peer was turned away",
		    follow->uplink->name);
		close(fd);
		return;
	}
	log_info("uplink %s: a peer is there", follow->uplink->name);
	uplink_set_peer(follow->uplink, fd);
	watch_uplink(follow);
}

static void again(uv_timer_t *timer);

static void
ask(struct follow *follow)
{
	struct keeper_message message = { .op = KEEPER_UPLINK,
		.status = follow->lost };

	if (follow->state != STEADY) {
		follow->changed = true;
		return;
	}
	follow->changed = false;
	uv_timer_start(&follow->again, again, AGAIN_MS, 0);
	if (message_send(follow->parts->keeper, &message, sizeof message,
		-1) == 0) {
		follow->state = ASKED;
		follow->lost = false;
	}
}

static void
again(uv_timer_t *timer)
{
	struct follow *follow = timer->data;

	if (follow->state == ASKED)
		follow->state = STEADY;
	ask(follow);
}

/* What rtnetlink has said. */
static void
heed(struct follow *follow)
{
	if (!host_update(follow->host) || !is_interface(follow))
		return;
	if (follow->address != 0 && !host_has(follow->host, follow->address))
		uplink_keep(follow->uplink);
	ask(follow);
}

static void
host_readable(uv_poll_t *handle, int status, int events)
{
	(void)status;
	(void)events;
	heed(handle->data);
}

/* What the interface has dropped and received. */
static void
look(uv_timer_t *timer)
{
	struct follow *follow = timer->data;
	struct host_counts counts;

	if (host_count(follow->host, follow->index, &counts))
		uplink_counted(follow->uplink, counts.dropped,
		    counts.received);
	heed(follow);
}

static void
doubt(uv_timer_t *timer)
{
	struct follow *follow = timer->data;

	if (!follow->received) {
		uplink_doubt(follow->uplink);
		look(&follow->look);
	}
	follow->received = false;
}

static void
settle(struct follow *follow)
{
	follow->state = STEADY;
	if (follow->changed)
		ask(follow);
}

static void
log_address(const char *interface, in_addr_t address)
{
	char text[INET_ADDRSTRLEN];

	if (address == 0)
		log_info("uplink %s: gone", interface);
	else
		log_info("uplink %s: address %s", interface,
		    inet_ntop(AF_INET, &address, text, sizeof text));
}

/* What the keeper said is in force: the last step. */
static void
arrive(struct follow *follow)
{
	const struct keeper_message *next = &follow->next;
	uint64_t now = uv_now(follow->loop);

	if (follow->address != next->address)
		log_address(next->interface, next->address);
	follow->address = next->address;
	if (next->address != 0)
		look(&follow->look); /* before more is sent */
	gateway_set_netmask(follow->gateway, next->netmask);
	gateway_set_address(follow->gateway, next->address, next->mtu, now);
	/* An address may be away for long while it is being set. */
	if (next->address == 0 && next->index == 0)
		uplink_gone(follow->uplink);
	uplink_go_on(follow->uplink, next->address);
	settle(follow);
}

/* New sockets, or none. */
static void
replace(struct follow *follow, int receive)
{
	const struct keeper_message *next = &follow->next;
	struct uplink_parts parts = { .send = follow->send,
		.receive = receive, .mtu = next->mtu,
		.dials = next->dials != 0 };

	if (parts.mtu == 0)
		parts.mtu = follow->uplink->mtu;
	memcpy(parts.interface, next->interface, IFNAMSIZ);
	unwatch(follow);
	uplink_set_parts(follow->uplink, &parts);
	follow->index = next->index;
	follow->send = -1;
	watch_uplink(follow);
}

void
follow_answered(struct follow *follow, const struct keeper_message *message,
    int descriptor)
{
	bool elsewhere = message->address != 0 &&
	    (message->address != follow->address ||
		message->index != follow->index);

	/* Both sockets or none; again() asks. */
	if (message->status != 0 || follow->lost) {
		if (!follow->lost)
			log_warnx("uplink: its new sockets are lost: %s; they"
			    " are asked for again", strerror(message->status));
		follow->lost = true;
		if (descriptor != -1)
			close(descriptor);
		return;
	}
	if (message->op == KEEPER_UPLINK_SEND) {
		if (follow->send != -1)
			close(follow->send);
		follow->send = descriptor;
		return;
	}
	uv_timer_stop(&follow->again);
	if (message->address == 0 && follow->address != 0 && !follow->going) {
		follow->going = true;
		uplink_keep(follow->uplink);
		follow->state = STEADY;
		uv_timer_start(&follow->again, again, message->mtu == 0 ?
			GONE_MS : SET_MS, 0);
		return;
	}
	follow->going = false;
	follow->next = *message;
	follow->next.interface[IFNAMSIZ - 1] = '\0';
	if (descriptor != -1 || message->address == 0)
		replace(follow, descriptor);
	hold_follow(follow->hold, message->address, message->index,
	    uv_now(follow->loop));
	if (elsewhere) {
		uplink_keep(follow->uplink);
		follow->state = MOVING;
		hold_fill(follow->hold, uv_now(follow->loop));
	} else {
		arrive(follow);
	}
}

void
follow_turn(struct follow *follow)
{
	if (follow->state == MOVING && hold_is_settled(follow->hold))
		arrive(follow);
	if (uplink_is_unsure(follow->uplink) &&
	    !uv_is_active((uv_handle_t *)&follow->look))
		uv_timer_start(&follow->look, look, LOOK_MS, 0);
}

static void
watch(struct follow *follow, uv_poll_t *poll, int fd, uv_poll_cb came)
{
	uv_poll_init(follow->loop, poll, fd);
	poll->data = follow;
	uv_poll_start(poll, UV_READABLE, came);
}

struct follow *
follow_create(uv_loop_t *loop, const struct daemon_parts *parts)
{
	const struct config_uplink *config = &parts->config->uplink;
	struct follow *follow = calloc(1, sizeof *follow);

	if (follow == NULL)
		fatalx("gateway: out of memory");
	follow->loop = loop;
	follow->parts = parts;
	follow->send = -1;
	follow->address = config->kind == UPLINK_SOCKET ? config->address :
	    parts->uplink.address;
	follow->index = parts->uplink.index;
	if (config->kind == UPLINK_SOCKET)
		follow->uplink = uplink_create_socket(config->socket,
		    config->mtu == 0 ? 1500 : config->mtu);
	else if (config->kind == UPLINK_TUN)
		follow->uplink = uplink_create_tun(&parts->uplink);
	else
		follow->uplink = uplink_create_interface(&parts->uplink);
	if (follow->uplink == NULL)
		fatalx("gateway: out of memory");
	if (config->kind == UPLINK_SOCKET)
		return follow;
	follow->host = host_create();
	if (follow->host == NULL)
		fatal("gateway: cannot follow the host's addresses");
	return follow;
}

void
follow_start(struct follow *follow, struct gateway *gateway,
    struct hold *hold)
{
	follow->gateway = gateway;
	follow->hold = hold;
	uv_timer_init(follow->loop, &follow->again);
	uv_timer_init(follow->loop, &follow->doubt);
	uv_timer_init(follow->loop, &follow->look);
	follow->again.data = follow->doubt.data = follow->look.data = follow;
	gateway_set_netmask(gateway, follow->parts->uplink.netmask);
	hold_follow(hold, follow->address, follow->index,
	    uv_now(follow->loop));
	if (follow->host != NULL)
		watch(follow, &follow->host_poll, host_fd(follow->host),
		    host_readable);
	else
		watch(follow, &follow->listener,
		    follow->parts->uplink_listener, peer_came);
	watch_uplink(follow);
	/* What has changed since main() looked. */
	if (!is_interface(follow))
		return;
	uv_timer_start(&follow->doubt, doubt, DOUBT_MS, DOUBT_MS);
	ask(follow);
}

struct uplink *
follow_uplink(const struct follow *follow)
{
	return follow->uplink;
}

in_addr_t
follow_address(const struct follow *follow)
{
	return follow->address;
}

bool
follow_is_host(void *context, in_addr_t address)
{
	return host_has(((struct follow *)context)->host, address);
}

bool
follow_has_host(const struct follow *follow)
{
	return follow->host != NULL;
}

static void
closed(uv_handle_t *handle)
{
	struct follow *follow = handle->data;

	if (--follow->handles > 0)
		return;
	host_destroy(follow->host);
	free(follow);
}

void
follow_destroy(struct follow *follow)
{
	uv_handle_t *handles[] = { (uv_handle_t *)&follow->again,
		(uv_handle_t *)&follow->doubt, (uv_handle_t *)&follow->look,
		follow->host != NULL ? (uv_handle_t *)&follow->host_poll :
				       (uv_handle_t *)&follow->listener };

	unwatch(follow);
	uplink_close(follow->uplink);
	if (follow->send != -1)
		close(follow->send);
	follow->handles = sizeof handles / sizeof handles[0];
	for (size_t i = 0; i < sizeof handles / sizeof handles[0]; i++)
		uv_close(handles[i], closed);
}
