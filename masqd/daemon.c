/*
 * daemon.c - the gateway process
 *
 * daemon_run() is an ordered list: build, give up privilege, run, take down.
 * Told to stop, the gateway hangs up all calls and waits until lines and
 * sessions are gone, at most STOP_MS; when the keeper is gone it ends at once,
 * since every call ends with it.
 */
#include "daemon.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "masqd/console/console.h"
#include "follow.h"
#include "forward.h"
#include "masqd/gateway/gateway.h"
#include "hold.h"
#include "house.h"
#include "masqd/keeper/keeper.h"
#include "log.h"
#include "mapping_log.h"
#include "message.h"
#include "network.h"
#include "privilege.h"
#include "session.h"

enum {
	STOP_MS = 2000,
	EXPIRE_LEAST_MS = 20, /* between two rounds of timers */
	EXPIRE_MOST_MS = 500,
	FORWARDS_MS = 10 * 1000 /* between two looks at the forwards */
};

struct daemon {
	const struct daemon_parts *parts;
	const struct config *config;
	uv_loop_t loop;
	uv_poll_t keeper;
	uv_timer_t expire, stop;
	uv_prepare_t prepare;
	struct follow *follow;
	struct gateway *gateway;
	struct hold *hold;
	struct sessions *sessions;
	struct mapping_log mapping_log;
	struct forwards *forwards;
	uint64_t forwards_ms; /* when they are looked at next */
	struct network **networks;
	struct house *house;
	struct control *control;
	struct console console;
	bool ready, stopping;
};

static void
update_forwards(void *context)
{
	struct daemon *d = context;

	forwards_update(d->forwards, uv_now(&d->loop));
	d->forwards_ms = uv_now(&d->loop) + FORWARDS_MS;
}

static void
expire(uv_timer_t *timer)
{
	struct daemon *d = timer->data;
	uint64_t next = gateway_expire(d->gateway, uv_now(&d->loop));

	if (next < EXPIRE_LEAST_MS)
		next = EXPIRE_LEAST_MS;
	if (next > EXPIRE_MOST_MS)
		next = EXPIRE_MOST_MS;
	if (uv_now(&d->loop) >= d->forwards_ms)
		update_forwards(d);
	uv_timer_start(timer, expire, next, 0);
}

static void
say_ready(struct daemon *d)
{
	d->ready = true;
	log_info("ready: uplink %s, %zu lines, %zu networks",
	    follow_uplink(d->follow)->name,
	    d->config->line_count, d->config->network_count);
}

/* Before the loop sleeps: what was used on the packet path is replaced. */
static void
before_sleep(uv_prepare_t *handle)
{
	struct daemon *d = handle->data;

	hold_fill(d->hold, uv_now(&d->loop));
	follow_turn(d->follow);
	d->console.address = follow_address(d->follow);
	mapping_log_turn(&d->mapping_log, d->gateway, d->console.address,
	    uv_now(&d->loop));
	if (!d->ready && hold_is_settled(d->hold))
		say_ready(d);
	if (d->stopping && house_is_empty(d->house) &&
	    (d->sessions == NULL || sessions_none(d->sessions)))
		uv_stop(&d->loop);
}

static void
out_of_patience(uv_timer_t *timer)
{
	struct daemon *d = timer->data;

	log_warnx("not all calls have ended in time");
	uv_stop(&d->loop);
}

static void
stop(struct daemon *d)
{
	if (d->stopping)
		return;
	d->stopping = true;
	if (d->sessions != NULL)
		sessions_hangup_all(d->sessions, "masqd stops");
	house_close(d->house);
	uv_timer_start(&d->stop, out_of_patience, STOP_MS, 0);
}

static void
keeper_said(uv_poll_t *handle, int status, int events)
{
	struct daemon *d = handle->data;
	struct keeper_message message;
	enum message got;
	int descriptor;

	(void)status;
	(void)events;
	got = message_receive(d->parts->keeper, &message, sizeof message,
	    &descriptor);
	if (got == MESSAGE_NONE)
		return;
	if (got == MESSAGE_END) {
		log_warnx("the keeper is gone; all calls are hung up");
		exit(1);
	}
	if (got == MESSAGE_LOST)
		message.status = EMFILE;
	if (message.op == KEEPER_SHUTDOWN)
		stop(d);
	else if (message.op == KEEPER_HELD)
		hold_answered(d->hold, (uint8_t)message.protocol, message.port,
		    descriptor, message.status, uv_now(&d->loop));
	else if (message.op == KEEPER_UPLINK ||
	    message.op == KEEPER_UPLINK_SEND)
		follow_answered(d->follow, &message, descriptor);
	else if (!house_answered(d->house, &message, descriptor) &&
	    descriptor != -1)
		close(descriptor);
}

static void
watch(struct daemon *d, uv_poll_t *poll, int fd, uv_poll_cb came)
{
	uv_poll_init(&d->loop, poll, fd);
	poll->data = d;
	uv_poll_start(poll, UV_READABLE, came);
}

static bool
ask_hold(void *context, uint8_t protocol, in_port_t port)
{
	struct daemon *d = context;
	struct keeper_message message = { .op = KEEPER_HOLD,
		.protocol = protocol, .port = port };

	return message_send(d->parts->keeper, &message, sizeof message, -1) ==
	    0;
}

static void
let_go(void *context, uint8_t protocol, in_port_t port)
{
	struct daemon *d = context;
	struct keeper_message message = { .op = KEEPER_UNHOLD,
		.protocol = protocol, .port = port };

	(void)message_send(d->parts->keeper, &message, sizeof message, -1);
}

/* A forward's port is held, or it is not, or no longer. */
static void
claimed(void *context, uint8_t protocol, in_port_t port, int error)
{
	struct daemon *d = context;

	if (d->forwards != NULL)
		forwards_held(d->forwards, protocol, port, error);
}

static void
build_hold(struct daemon *d)
{
	const struct config_uplink *uplink = &d->config->uplink;
	struct hold_setup setup = { .low = uplink->port_low,
		.high = uplink->port_high,
		.privileged_low = uplink->privileged_low,
		.privileged_high = uplink->privileged_high,
		.key = d->parts->key,
		.ask = uplink->kind == UPLINK_INTERFACE ? ask_hold : NULL,
		.let_go = let_go, .claimed = claimed, .context = d };

	d->hold = hold_create(&setup);
	if (d->hold == NULL)
		fatalx("gateway: out of memory");
}

static void
build_gateway(struct daemon *d)
{
	struct gateway_setup setup = { .config = d->config,
		.uplink = follow_uplink(d->follow),
		.address = follow_address(d->follow),
		.key = d->parts->key,
		.ops = { .port_free = hold_port_free, .context = d->hold },
		.is_host = follow_has_host(d->follow) ? follow_is_host : NULL,
		.host_context = d->follow };

	d->gateway = gateway_create(&setup);
	if (d->gateway == NULL)
		fatalx("gateway: no memory for tables of %u mappings and %u "
		       "flows", d->config->nat.max_mappings,
		    d->config->nat.max_flows);
	hold_start(d->hold, gateway_nat(d->gateway));
	follow_start(d->follow, d->gateway, d->hold);
}

static void
build_networks(struct daemon *d)
{
	d->networks = calloc(d->config->network_count + 1,
	    sizeof(struct network *));
	if (d->networks == NULL)
		fatalx("gateway: out of memory");
	for (size_t i = 0; i < d->config->network_count; i++) {
		d->networks[i] = network_create(&d->loop, d->gateway,
		    &d->config->networks[i], d->parts->networks[i]);
		if (d->networks[i] == NULL)
			fatalx("gateway: no memory for network %s",
			    d->config->networks[i].name);
	}
}

static void
build_forwards(struct daemon *d)
{
	struct forward_setup setup = { .config = d->config,
		.gateway = d->gateway, .hold = d->hold };

	d->forwards = forwards_create(&setup, uv_now(&d->loop));
	if (d->forwards == NULL)
		fatalx("gateway: no memory for the forwards");
	d->forwards_ms = uv_now(&d->loop) + FORWARDS_MS;
	if (d->sessions != NULL)
		sessions_watch(d->sessions, update_forwards, d);
}

static void
build_house(struct daemon *d)
{
	struct house_setup setup = { .loop = &d->loop, .config = d->config,
		.gateway = d->gateway, .sessions = d->sessions,
		.key = d->parts->key,
		.keeper = d->parts->keeper,
		.listeners = d->parts->listeners };

	d->house = house_create(&setup);
	if (d->house == NULL)
		fatalx("gateway: no memory for %zu lines",
		    d->config->line_count);
}

static void
build_console(struct daemon *d)
{
	d->console.loop = &d->loop;
	d->console.config = d->config;
	d->console.gateway = d->gateway;
	d->console.uplink = follow_uplink(d->follow);
	d->console.sessions = d->sessions;
	d->console.networks = d->networks;
	d->console.lines = house_lines(d->house);
	d->console.forwards = d->forwards;
	d->console.started_ms = uv_now(&d->loop);
	if (d->parts->control_listener == -1)
		return;
	d->control = control_create(&d->loop, d->parts->control_listener,
	    d->parts->control_group, d->config->control.observe,
	    console_verbs, &d->console);
	if (d->control == NULL)
		fatalx("gateway: no memory for the control socket");
}

static void
build(struct daemon *d)
{
	const struct daemon_parts *parts = d->parts;

	watch(d, &d->keeper, parts->keeper, keeper_said);
	d->follow = follow_create(&d->loop, parts);
	build_hold(d);
	build_gateway(d);
	build_networks(d);
	d->sessions = sessions_create(&d->loop, d->config, d->gateway,
	    parts->plugin_listener, parts->netns);
	if (d->sessions == NULL)
		fatalx("gateway: no memory for sessions");
	build_forwards(d);
	build_house(d);
	build_console(d);
	uv_timer_init(&d->loop, &d->expire);
	uv_timer_init(&d->loop, &d->stop);
	uv_prepare_init(&d->loop, &d->prepare);
	d->expire.data = d->stop.data = d->prepare.data = d;
	uv_timer_start(&d->expire, expire, EXPIRE_MOST_MS, 0);
	uv_prepare_start(&d->prepare, before_sleep);
}

/* What masqctl can no longer show. */
static void
log_sums(const struct daemon *d)
{
	uint64_t outbound, inbound;

	gateway_forwarded(d->gateway, &outbound, &inbound);
	log_info("sent on: %" PRIu64 " packets outbound, %" PRIu64 " inbound",
	    outbound, inbound);
	for (int v = LATER + 1; v < VERDICT_COUNT; v++)
		if (gateway_dropped(d->gateway, v) > 0)
			log_info("dropped: %" PRIu64 " %s (%s)",
			    gateway_dropped(d->gateway, v), verdict_name(v),
			    verdict_text(v));
}

/* First what calls into the rest, since the loop turns once more. */
static void
take_down(struct daemon *d)
{
	uv_prepare_stop(&d->prepare);
	uv_timer_stop(&d->expire);
	uv_timer_stop(&d->stop);
	uv_poll_stop(&d->keeper);
	log_sums(d);
	control_destroy(d->control);
	if (d->sessions != NULL)
		sessions_destroy(d->sessions);
	for (size_t i = 0; i < d->config->network_count; i++)
		network_destroy(d->networks[i]);
	follow_destroy(d->follow);
	/* Handles that close themselves do so in the loop's last turn. */
	(void)uv_run(&d->loop, UV_RUN_NOWAIT);
	forwards_destroy(d->forwards);
	gateway_destroy(d->gateway);
	hold_destroy(d->hold);
	free(d->networks);
	house_destroy(d->house);
}

int
daemon_run(const struct daemon_parts *parts)
{
	struct daemon d = { .parts = parts, .config = parts->config };

	privilege_gateway_loop();
	if (uv_loop_init(&d.loop) != 0)
		fatalx("gateway: cannot make its loop");
	build(&d);
	privilege_gateway(parts->parent);
	(void)uv_run(&d.loop, UV_RUN_DEFAULT);
	take_down(&d);
	return 0;
}
