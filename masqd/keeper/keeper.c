/*
 * keeper.c - the root half of masqd
 *
 * Life: READY while the gateway lives; STOPPING once a signal came or the
 * gateway ended.  Stopping, the gateway is told, given GRACE_MS, then left to
 * its parent-death signal; pppd processes get SIGTERM, then SIGKILL.  The loop
 * ends when no child is left.
 *
 * What must never happen: two pppd on one line; a pppd that outlives us.
 */
#include "keeper.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <uv.h>

#include "checks.h"
#include "masqd/hold.h"
#include "masqd/log.h"
#include "masqd/message.h"
#include "masqd/network.h"
#include "passed.h"
#include "pppd.h"
#include "masqd/privilege.h"
#include "pty.h"
#include "serial/lock.h"

enum { GRACE_MS = 2500, KILL_MS = 1000, FILTER_MS = 5 };

/* A line's; pid 0: it has none. */
struct line_pppd {
	pid_t pid;
	bool told; /* to end */
};

struct keeper {
	const struct config *config;
	uv_loop_t loop;
	uv_poll_t requests, lines;
	uv_signal_t signals[4];
	uv_timer_t timer, filter;
	int socket, log;
	pid_t gateway; /* 0: has ended */
	struct uplink_parts uplink; /* as the gateway has it; send is -1 */
	struct passed passed; /* by its filter */
	unsigned froms; /* indices of interfaces that networks are behind */
	struct line_pppd *pppd; /* by line */
	struct checks *checks;
	pid_t locker; /* the gateway, also when it has ended */
	gid_t group; /* of lines' ptys; (gid_t)-1: none */
	bool stopping;
	int status;
};

/* False: the gateway did not get it. */
static bool
answer(struct keeper *keeper, const struct keeper_message *message,
    int descriptor)
{
	if (keeper->gateway == 0)
		return false;
	if (message_send(keeper->socket, message, sizeof *message,
		descriptor) == 0)
		return true;
	log_warn("cannot tell the gateway");
	return false;
}

static void
tell(struct keeper *keeper, enum keeper_op op, uint32_t line, int status,
    int descriptor)
{
	struct keeper_message message = { .op = op, .line = line,
		.status = status };

	(void)answer(keeper, &message, descriptor);
}

static void
ppp_start(struct keeper *keeper, const struct keeper_message *asked)
{
	uint32_t index = asked->line;
	const struct config_line *line = &keeper->config->lines[index];
	int master;
	pid_t pid = -1;

	if (keeper->pppd[index].pid != 0)
		log_warnx("line %s: a pppd is still running", line->name);
	else
		pid = pppd_start(keeper->config, line, asked->caller,
		    asked->user, &master);
	if (pid == -1) {
		tell(keeper, KEEPER_PPP_ENDED, index, -1, -1);
		return;
	}
	keeper->pppd[index] = (struct line_pppd){ .pid = pid };
	tell(keeper, KEEPER_PPP_STARTED, index, 0, master);
	close(master);
}

/* One that hangs would keep its line from the next caller for ever, and so
 * would an end that the gateway was not told of. */
static void
ppp_stop(struct keeper *keeper, uint32_t index)
{
	struct line_pppd *pppd = &keeper->pppd[index];

	if (pppd->pid != 0)
		(void)kill(pppd->pid, pppd->told ? SIGKILL : SIGTERM);
	else
		tell(keeper, KEEPER_PPP_ENDED, index, -1, -1);
	pppd->told = true;
}

/* The gateway has its new packet socket, or none: the old one hears no more. */
static void
take_over(struct keeper *keeper, const struct uplink_parts *found)
{
	int old = keeper->uplink.receive;
	bool same = found->receive == -1 && found->address != 0;

	keeper->uplink = *found;
	if (same) {
		keeper->uplink.receive = old;
	} else if (old != -1) {
		uplink_deafen(old);
		close(old);
	}
}

/* The uplink as it is now.  What the gateway could not be told it will ask for
 * again. */
static void
answer_uplink(struct keeper *keeper, struct uplink_parts *found)
{
	struct keeper_message message = { .op = KEEPER_UPLINK_SEND };
	bool told = found->send == -1 || answer(keeper, &message, found->send);

	message.op = KEEPER_UPLINK;
	message.address = found->address;
	message.netmask = found->netmask;
	message.mtu = found->mtu;
	message.index = found->index;
	message.dials = found->dials;
	memcpy(message.interface, found->interface, IFNAMSIZ);
	told = told && answer(keeper, &message, found->receive);
	if (found->send != -1)
		close(found->send);
	found->send = -1;
	if (told)
		take_over(keeper, found);
	else if (found->receive != -1)
		close(found->receive);
}

/* Look at the uplink, and open it anew where it is another, or the filter must
 * pass more than before. */
static void
look_at_uplink(struct keeper *keeper, bool anew)
{
	const struct config_uplink *config = &keeper->config->uplink;
	const struct uplink_parts *old = &keeper->uplink;
	struct uplink_parts found;
	char error[256];
	bool there = uplink_find_interface(config, &found, error,
	    sizeof error) == 0;

	if (there && (anew || found.address != old->address ||
		found.index != old->index))
		there = uplink_open_interface(&found, keeper->passed.ranges,
		    keeper->passed.count, error, sizeof error) == 0;
	if (!there) {
		if (old->address != 0)
			log_warnx("%s: callers are told that the network is "
				  "unreachable", error);
		found.address = 0;
	}
	answer_uplink(keeper, &found);
}

/* Once for all ports that were asked for, or let go, together. */
static void
filter_due(uv_timer_t *timer)
{
	look_at_uplink(timer->data, true);
}

/* Outside the configured ranges the filter passes what is held, and that
 * only.  A port that is passed already is held at another address now. */
static int
hold_any(struct keeper *keeper, uint8_t protocol, in_port_t port)
{
	struct passed *passed = &keeper->passed;
	uint16_t host = ntohs(port);
	bool was = passed_remove(passed, protocol, host), is = false;
	int fd = hold_open(keeper->uplink.address, keeper->uplink.interface,
	    protocol, port), error = errno;

	if (fd != -1 && !passed_has(passed, protocol, host)) {
		is = passed_add(passed, protocol, host, fd);
		error = errno;
		if (!is)
			close(fd);
		fd = is ? fd : -1;
	}
	if (is != was)
		uv_timer_start(&keeper->filter, filter_due, FILTER_MS, 0);
	errno = error;
	return fd;
}

static bool
is_port(const struct keeper_message *message)
{
	return message->port != 0 && (message->protocol == IPPROTO_TCP ||
	    message->protocol == IPPROTO_UDP);
}

static void
hold_port(struct keeper *keeper, struct keeper_message *message)
{
	int fd;

	if (!is_port(message))
		return;
	fd = hold_any(keeper, (uint8_t)message->protocol, message->port);
	message->op = KEEPER_HELD;
	message->status = fd == -1 ? errno : 0;
	(void)answer(keeper, message, fd);
	if (fd != -1)
		close(fd);
}

/* A program may have it now: it is passed no longer. */
static void
unhold_port(struct keeper *keeper, const struct keeper_message *message)
{
	if (is_port(message) && passed_remove(&keeper->passed,
		(uint8_t)message->protocol, ntohs(message->port)))
		uv_timer_start(&keeper->filter, filter_due, FILTER_MS, 0);
}

/* One number for the interfaces that computers are behind: another one when
 * one has come or gone. */
static unsigned
sum_of_froms(const struct config *config)
{
	unsigned sum = 0;

	for (size_t i = 0; i < config->network_count; i++)
		if (config->networks[i].tun != NULL)
			sum = sum * 31 +
			    if_nametoindex(config->networks[i].from);
	return sum;
}

static void
uplink_asked(struct keeper *keeper, bool anew)
{
	unsigned froms = sum_of_froms(keeper->config);
	char error[256];

	look_at_uplink(keeper, anew);
	if (froms == keeper->froms)
		return;
	keeper->froms = froms;
	if (network_open_rules(keeper->config, error, sizeof error) == -1)
		log_warnx("%s", error);
}

static void
signal_all(struct keeper *keeper, int signal)
{
	for (size_t i = 0; i < keeper->config->line_count; i++)
		if (keeper->pppd[i].pid != 0)
			(void)kill(keeper->pppd[i].pid, signal);
}

static bool
all_gone(const struct keeper *keeper)
{
	for (size_t i = 0; i < keeper->config->line_count; i++)
		if (keeper->pppd[i].pid != 0)
			return false;
	return keeper->gateway == 0 && checks_none(keeper->checks);
}

static void
out_of_patience(uv_timer_t *timer)
{
	struct keeper *keeper = timer->data;

	if (keeper->gateway != 0)
		log_warnx("the gateway does not end; it is killed with us");
	signal_all(keeper, SIGKILL);
	uv_stop(&keeper->loop);
}

static void
stop(struct keeper *keeper, int status)
{
	if (keeper->stopping)
		return;
	keeper->stopping = true;
	keeper->status = status;
	checks_stop(keeper->checks);
	tell(keeper, KEEPER_SHUTDOWN, 0, 0, -1);
	if (keeper->gateway == 0)
		signal_all(keeper, SIGTERM);
	uv_timer_start(&keeper->timer, out_of_patience,
	    keeper->gateway != 0 ? GRACE_MS : KILL_MS, 0);
	if (all_gone(keeper))
		uv_stop(&keeper->loop);
}

static void
gateway_ended(struct keeper *keeper, int status)
{
	keeper->gateway = 0;
	uv_poll_stop(&keeper->requests);
	if (WIFSIGNALED(status))
		log_warnx("the gateway was ended by signal %d (%s); all calls "
			  "are hung up", WTERMSIG(status),
		    strsignal(WTERMSIG(status)));
	else if (!keeper->stopping || WEXITSTATUS(status) != 0)
		log_warnx("the gateway ended with status %d; all calls are "
			  "hung up", WEXITSTATUS(status));
	if (!keeper->stopping) {
		stop(keeper, 1);
		return;
	}
	if (status != 0)
		keeper->status = 1;
	signal_all(keeper, SIGTERM);
	uv_timer_start(&keeper->timer, out_of_patience, KILL_MS, 0);
}

static void
child_ended(struct keeper *keeper, pid_t pid, int status)
{
	if (pid == keeper->gateway) {
		gateway_ended(keeper, status);
		return;
	}
	if (checks_child_ended(keeper->checks, pid, status))
		return;
	for (uint32_t i = 0; i < keeper->config->line_count; i++) {
		if (keeper->pppd[i].pid != pid)
			continue;
		keeper->pppd[i].pid = 0;
		tell(keeper, KEEPER_PPP_ENDED, i, status, -1);
	}
}

static void
signal_came(uv_signal_t *handle, int signal)
{
	struct keeper *keeper = handle->data;
	int status;
	pid_t pid;

	if (signal != SIGCHLD) {
		log_info("stopped by signal %d (%s)", signal,
		    strsignal(signal));
		stop(keeper, 0);
		return;
	}
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		child_ended(keeper, pid, status);
	if (keeper->stopping && all_gone(keeper))
		uv_stop(&keeper->loop);
}

static void
make_pty(struct keeper *keeper, uint32_t index)
{
	const struct config_line *line = &keeper->config->lines[index];
	int master;

	if (line->port_kind != PORT_PTY)
		return;
	master = pty_open_at(line->port, keeper->group);
	tell(keeper, KEEPER_PTY, index, master == -1 ? errno : 0, master);
	if (master != -1)
		close(master);
}

/* For other programs, as far as they look there; flock is the gateway's. */
static void
lock_port(struct keeper *keeper, uint32_t index, bool lock)
{
	const struct config_line *line = &keeper->config->lines[index];

	if (line->port_kind != PORT_SERIAL || line->port == NULL)
		return;
	if (!lock)
		lock_release(line->port, keeper->locker);
	else if (lock_take(line->port, keeper->locker) == -1)
		log_debug("line %s: no lock file: %s", line->name,
		    strerror(errno));
}

static void
line_asked(struct keeper *keeper, const struct keeper_message *message)
{
	if (message->op == KEEPER_PPP_START)
		ppp_start(keeper, message);
	else if (message->op == KEEPER_PPP_STOP)
		ppp_stop(keeper, message->line);
	else if (message->op == KEEPER_CHECK || message->op == KEEPER_FIND)
		checks_ask(keeper->checks, message);
	else if (message->op == KEEPER_LOCK)
		lock_port(keeper, message->line, message->status == 1);
	else if (message->op == KEEPER_PTY)
		make_pty(keeper, message->line);
}

static void
request_came(uv_poll_t *handle, int error, int events)
{
	struct keeper *keeper = handle->data;
	struct keeper_message message;
	enum message got;
	int descriptor;

	(void)error;
	(void)events;
	got = message_receive(keeper->socket, &message, sizeof message,
	    &descriptor);
	if (descriptor != -1)
		close(descriptor);
	if (got == MESSAGE_END)
		uv_poll_stop(handle); /* SIGCHLD says the rest */
	if (got != MESSAGE_WHOLE)
		return;
	message.caller[sizeof message.caller - 1] = '\0';
	message.user[sizeof message.user - 1] = '\0';
	if (message.op == KEEPER_HOLD)
		hold_port(keeper, &message);
	if (message.op == KEEPER_UNHOLD)
		unhold_port(keeper, &message);
	if (message.op == KEEPER_UPLINK &&
	    keeper->config->uplink.kind == UPLINK_INTERFACE)
		uplink_asked(keeper, message.status != 0);
	if (message.line < keeper->config->line_count && !keeper->stopping)
		line_asked(keeper, &message);
	explicit_bzero(message.password, sizeof message.password);
}

/* Lines of the gateway's log, which may not connect to syslog again. */
static void
line_came(uv_poll_t *handle, int error, int events)
{
	struct keeper *keeper = handle->data;
	char octets[LOG_LINE];
	ssize_t n = recv(keeper->log, octets, sizeof octets, MSG_DONTWAIT);

	(void)error;
	(void)events;
	if (n > 0)
		log_relayed("gateway", octets, (size_t)n);
	else if (n == 0 || errno != EAGAIN)
		uv_poll_stop(handle);
}

int
keeper_run(const struct config *config, int socket, int log, pid_t gateway,
    const struct uplink_parts *uplink, void (*cleanup)(const struct config *))
{
	static const int wanted[] = { SIGCHLD, SIGTERM, SIGINT, SIGHUP };
	struct keeper keeper = { .config = config, .socket = socket, .log = log,
		.gateway = gateway, .uplink = *uplink };

	keeper.froms = sum_of_froms(config);
	passed_init(&keeper.passed, config);
	keeper.pppd = calloc(config->line_count + 1, sizeof(*keeper.pppd));
	if (keeper.pppd == NULL || uv_loop_init(&keeper.loop) != 0)
		fatal("keeper: out of memory");
	keeper.locker = gateway;
	keeper.group = privilege_group();
	keeper.checks = checks_create(&keeper.loop, config, socket);
	if (keeper.checks == NULL)
		fatal("keeper: out of memory");
	for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
		uv_signal_init(&keeper.loop, &keeper.signals[i]);
		keeper.signals[i].data = &keeper;
		uv_signal_start(&keeper.signals[i], signal_came, wanted[i]);
	}
	uv_timer_init(&keeper.loop, &keeper.timer);
	uv_timer_init(&keeper.loop, &keeper.filter);
	keeper.timer.data = keeper.filter.data = &keeper;
	uv_poll_init(&keeper.loop, &keeper.requests, socket);
	keeper.requests.data = &keeper;
	uv_poll_start(&keeper.requests, UV_READABLE | UV_DISCONNECT,
	    request_came);
	if (log != -1) {
		uv_poll_init(&keeper.loop, &keeper.lines, log);
		keeper.lines.data = &keeper;
		uv_poll_start(&keeper.lines, UV_READABLE, line_came);
	}
	/* What ended before the handler stood. */
	signal_came(&keeper.signals[0], SIGCHLD);
	uv_run(&keeper.loop, UV_RUN_DEFAULT);
	for (uint32_t i = 0; i < config->line_count; i++)
		lock_port(&keeper, i, false);
	cleanup(config);
	checks_destroy(keeper.checks);
	free(keeper.pppd);
	return keeper.status;
}
