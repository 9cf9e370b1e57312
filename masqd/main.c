/*
 * main.c - masqd(8)
 *
 * An ordered list: read the configuration, open what needs root, part into
 * keeper and gateway, give up privilege.
 */
#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "masqd/config/config.h"
#include "daemon.h"
#include "masqd/keeper/keeper.h"
#include "masqd/keeper/listen.h"
#include "log.h"
#include "masqd/keeper/namespace.h"
#include "network.h"
#include "privilege.h"
#include "masqd/keeper/pty.h"

enum {
	DESCRIPTORS_BESIDE_HOLDS = 4096, /* links, peers, the rest */
	DESCRIPTORS_OF_A_LINE = 4,	 /* port, pty, pppd's socket, link */
	EXIT_USAGE = 2
};

struct arguments {
	const char *config;
	bool foreground, check;
};

static void
usage(FILE *to)
{
	(void)fprintf(to,
	    "usage: masqd [--config FILE] [--foreground]\n"
	    "       masqd --check FILE\n"
	    "\n"
	    "  -c, --config FILE   read this configuration instead of\n"
	    "                      " CONFIG_FILE "\n"
	    "  -f, --foreground    stay in the foreground, log to standard\n"
	    "                      error\n"
	    "  -k, --check FILE    read and check a configuration, and end\n"
	    "  -V, --version       print the version, and end\n"
	    "  -h, --help          print this, and end\n"
	    "\n"
	    "See masqd(8), masqd.conf(5) and masqctl(8).\n");
}

static struct arguments
read_arguments(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "foreground", no_argument, NULL, 'f' },
		{ "check", required_argument, NULL, 'k' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct arguments a = { .config = CONFIG_FILE };
	int option;

	while ((option = getopt_long(argc, argv, "c:fk:Vh", options, NULL)) !=
	    -1) {
		if (option == 'c' || option == 'k')
			a.config = optarg;
		if (option == 'k')
			a.check = true;
		if (option == 'f')
			a.foreground = true;
		if (option == 'V')
			printf("masqd %s\n", MASQD_VERSION);
		if (option == 'h')
			usage(stdout);
		if (option == 'V' || option == 'h')
			exit(0);
		if (option == '?')
			exit(EXIT_USAGE);
	}
	if (optind < argc) {
		(void)fprintf(stderr, "masqd: what is \"%s\"? See masqd "
				      "--help\n", argv[optind]);
		exit(EXIT_USAGE);
	}
	return a;
}

static int
listen_or_die(const char *path, int type, mode_t mode, gid_t group)
{
	char error[256];
	int fd = listen_at(path, type, mode, group, error, sizeof error);

	if (fd == -1)
		fatalx("%s", error);
	return fd;
}

/* The group whose members may use the control socket; without it, root. */
static gid_t
control_group(const struct config *config)
{
	const struct group *group = getgrnam(config->control.group);

	if (group != NULL)
		return group->gr_gid;
	if (geteuid() == 0)
		log_warnx("there is no group \"%s\": only root may use "
			  "masqctl; make one: groupadd --system %s",
		    config->control.group, config->control.group);
	return (gid_t)-1;
}

static void
open_control(const struct config *config, struct daemon_parts *parts)
{
	mode_t mode = config->control.observe ? 0666 : 0660;

	parts->control_group = control_group(config);
	/* An ordinary user can give a path only to groups of his own. */
	parts->control_listener = listen_or_die(config->control.socket,
	    SOCK_STREAM, mode, geteuid() == 0 ? parts->control_group :
	    (gid_t)-1);
}

/* What serves pppd: only root can, and only root's pppd may come. */
static void
open_ppp(const struct config *config, struct daemon_parts *parts)
{
	char error[256];

	if (geteuid() != 0)
		return;
	parts->netns = namespace_create(error, sizeof error);
	if (parts->netns == -1 && config_needs_root(config))
		fatalx("%s", error);
	if (parts->netns == -1) {
		log_warnx("%s; no pppd is served", error);
		return;
	}
	parts->plugin_listener = listen_or_die(config->plugin_socket,
	    SOCK_SEQPACKET, 0600, (gid_t)-1);
}

/* That there is no uplink yet is no reason to stop: it is looked for. */
static void
open_uplink_interface(const struct config *config, struct daemon_parts *parts)
{
	static struct uplink_range ranges[UPLINK_RANGES];
	size_t count = uplink_ranges(config, ranges);
	char error[256];

	if (uplink_find_interface(&config->uplink, &parts->uplink, error,
		sizeof error) == -1)
		log_warnx("%s; it is used as soon as it is there", error);
	else if (uplink_open_interface(&parts->uplink, ranges, count, error,
		     sizeof error) == -1)
		fatalx("%s", error);
}

static void
open_uplink(const struct config *config, struct daemon_parts *parts)
{
	char error[256];

	if (config->uplink.kind == UPLINK_SOCKET)
		parts->uplink_listener = listen_or_die(config->uplink.socket,
		    SOCK_SEQPACKET, 0600, (gid_t)-1);
	else if (config->uplink.kind == UPLINK_INTERFACE)
		open_uplink_interface(config, parts);
	else if (uplink_open_tun(&config->uplink, &parts->uplink, error,
		     sizeof error) == -1)
		fatalx("%s", error);
}

static int
open_network(const struct config_network *network)
{
	char error[256];
	int fd;

	if (network->tun == NULL)
		return listen_or_die(network->socket, SOCK_SEQPACKET, 0600,
		    (gid_t)-1);
	fd = network_open_tun(network, error, sizeof error);
	if (fd == -1)
		fatalx("network %s: %s", network->name, error);
	return fd;
}

static void
open_networks(const struct config *config, struct daemon_parts *parts)
{
	bool tun = false;
	char error[256];

	parts->networks = calloc(config->network_count + 1, sizeof(int));
	if (parts->networks == NULL)
		fatal("out of memory");
	for (size_t i = 0; i < config->network_count; i++) {
		parts->networks[i] = open_network(&config->networks[i]);
		tun |= config->networks[i].tun != NULL;
	}
	/* Without a TUN network there may be rules of an earlier one. */
	if (geteuid() == 0 &&
	    network_open_rules(config, error, sizeof error) == -1 && tun)
		fatalx("%s", error);
}

static void
open_listeners(const struct config *config, struct daemon_parts *parts)
{
	char error[256];

	parts->listeners = calloc(config->listener_count + 1, sizeof(int));
	if (parts->listeners == NULL)
		fatal("out of memory");
	for (size_t i = 0; i < config->listener_count; i++) {
		parts->listeners[i] = listen_tcp(&config->listeners[i].address,
		    error, sizeof error);
		if (parts->listeners[i] == -1)
			fatalx("line %s: %s", config->listeners[i].name,
			    error);
	}
}

/* Take away every path that was made. */
static void
cleanup(const struct config *config)
{
	(void)unlink(config->control.socket);
	if (geteuid() == 0)
		(void)unlink(config->plugin_socket);
	if (config->uplink.kind == UPLINK_SOCKET)
		(void)unlink(config->uplink.socket);
	for (size_t i = 0; i < config->network_count; i++)
		if (config->networks[i].socket != NULL)
			(void)unlink(config->networks[i].socket);
	for (size_t i = 0; i < config->line_count; i++)
		if (config->lines[i].port_kind == PORT_PTY)
			pty_unlink(config->lines[i].port);
}

/* All but an interface's packet socket, which the keeper makes deaf one day. */
static void
close_in_keeper(const struct config *config, struct daemon_parts *parts)
{
	bool keeps = config->uplink.kind == UPLINK_INTERFACE;
	const int here[] = { parts->uplink.send,
		keeps ? -1 : parts->uplink.receive, parts->uplink_listener,
		parts->control_listener, parts->plugin_listener,
		parts->netns };

	for (size_t i = 0; i < sizeof here / sizeof here[0]; i++)
		if (here[i] != -1)
			(void)close(here[i]);
	for (size_t i = 0; i < config->network_count; i++)
		(void)close(parts->networks[i]);
	for (size_t i = 0; i < config->listener_count; i++)
		(void)close(parts->listeners[i]);
	parts->uplink.send = -1;
	if (!keeps)
		parts->uplink.receive = -1;
}

/* No message is lost where all lines have something to say at once. */
static void
make_room(int socket, const struct config *config)
{
	enum { ROOM = 2048, BESIDE_LINES = 512 }; /* octets; messages */
	int size = (int)(4 * config->line_count + BESIDE_LINES) * ROOM;

	if (setsockopt(socket, SOL_SOCKET, SO_SNDBUFFORCE, &size,
		sizeof size) == -1)
		(void)setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &size,
		    sizeof size);
}

/* In the background the keeper writes the gateway's log to syslog. */
static int
part(const struct config *config, struct daemon_parts *parts, bool foreground)
{
	int type = SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK;
	int pair[2], log[2] = { -1, -1 };
	pid_t gateway;

	if (socketpair(AF_UNIX, type, 0, pair) == -1 ||
	    (!foreground && socketpair(AF_UNIX, type, 0, log) == -1))
		fatal("cannot part into keeper and gateway");
	make_room(pair[0], config);
	make_room(pair[1], config);
	gateway = fork();
	if (gateway == -1)
		fatal("cannot part into keeper and gateway");
	if (gateway == 0) {
		log_part("gateway");
		log_relay(log[1]);
		close(pair[0]);
		if (log[0] != -1)
			close(log[0]);
		parts->keeper = pair[1];
		/* The keeper is told of signals, and tells us. */
		(void)signal(SIGINT, SIG_IGN);
		(void)signal(SIGTERM, SIG_IGN);
		return daemon_run(parts);
	}
	log_part("keeper");
	close(pair[1]);
	if (log[1] != -1)
		close(log[1]);
	close_in_keeper(config, parts);
	privilege_keeper();
	return keeper_run(config, pair[0], log[0], gateway, &parts->uplink,
	    cleanup);
}

/* A hold for each outside port that can be in use, and those of forwards. */
static unsigned long
descriptors_wanted(const struct config *config)
{
	const struct config_uplink *uplink = &config->uplink;
	unsigned long ports = (unsigned long)(uplink->port_high -
	    uplink->port_low) + 1, holds;

	if (uplink->privileged_low != 0)
		ports += (unsigned long)(uplink->privileged_high -
		    uplink->privileged_low) + 1;
	holds = ports < config->nat.max_mappings ? ports :
						   config->nat.max_mappings;
	holds = 2 * holds + CONFIG_ADDED_PORTS; /* TCP and UDP */
	for (size_t i = 0; i < config->forward_count; i++)
		holds += (unsigned long)(config->forwards[i].port_high -
		    config->forwards[i].port_low) + 1;
	return holds + DESCRIPTORS_OF_A_LINE * config->line_count +
	    DESCRIPTORS_BESIDE_HOLDS;
}

int
main(int argc, char **argv)
{
	struct arguments arguments = read_arguments(argc, argv);
	struct daemon_parts parts = { .uplink = { .send = -1, .receive = -1 },
		.uplink_listener = -1, .control_listener = -1,
		.plugin_listener = -1, .netns = -1 };
	struct config *config = config_read(arguments.config, stderr);

	if (config == NULL)
		return 1;
	if (arguments.check) {
		printf("%s: ok\n", arguments.config);
		config_free(config);
		return 0;
	}
	if (config_needs_root(config) && geteuid() != 0)
		fatalx("an uplink on an interface and lines that offer PPP "
		       "need root; an ordinary user can serve socket links, "
		       "and lines whose protocols are slip and login");
	log_open(true, config->log_level);
	(void)signal(SIGPIPE, SIG_IGN);
	parts.config = config;
	privilege_check_user();
	privilege_raise_descriptors(descriptors_wanted(config));
	if (getrandom(parts.key, sizeof parts.key, 0) != sizeof parts.key)
		fatal("no random octets");
	open_uplink(config, &parts);
	open_networks(config, &parts);
	open_listeners(config, &parts);
	open_ppp(config, &parts);
	open_control(config, &parts);
	if (!arguments.foreground && daemon(0, 0) == -1)
		fatal("cannot go to the background");
	log_open(arguments.foreground, config->log_level);
	parts.parent = getpid();
	return part(config, &parts, arguments.foreground);
}
