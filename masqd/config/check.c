#include "check.h"

#include <arpa/inet.h>
#include <confuse.h>
#include <ifaddrs.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "claim.h"
#include "lines.h"
#include "parse.h"
#include "resolver.h"

struct check {
	const struct config *config;
	cfg_t *root;
	struct problems *problems;
};

/* The index-th section of that name, NULL where there is none. */
static cfg_t *
section_at(const struct check *check, const char *name, size_t index)
{
	return index < cfg_size(check->root, name) ?
	    cfg_getnsec(check->root, name, (unsigned)index) : NULL;
}

static unsigned
line_of(const struct check *check, const char *section, const char *key)
{
	return config_line_of(section_at(check, section, 0), key, 0);
}

static void
check_uplink_kind(const struct check *check)
{
	const struct config_uplink *uplink = &check->config->uplink;
	int given = (uplink->interface != NULL) + (uplink->tun != NULL) +
	    (uplink->socket != NULL);
	unsigned address = line_of(check, "uplink", "address");

	if (given > 1)
		problem_error(check->problems,
		    line_of(check, "uplink", "socket"),
		    "uplink is more than one of interface, tun and socket; "
		    "keep one");
	if (uplink->kind == UPLINK_INTERFACE && uplink->address != 0)
		problem_error(check->problems, address,
		    "uplink: an interface has its own address; take `address` "
		    "away");
	if (uplink->kind != UPLINK_INTERFACE && uplink->address == 0 &&
	    !config_given(section_at(check, "uplink", 0), "address"))
		problem_error(check->problems, address,
		    "uplink: %s needs an address of its own; give address = "
		    "\"192.0.2.1\" or the like",
		    uplink->kind == UPLINK_TUN ? "tun" : "socket");
}

/* The holds make it safe: the kernel gives a held port to nobody else. */
static void
check_local_ports(const struct check *check, const char *path)
{
	const struct config_uplink *uplink = &check->config->uplink;
	FILE *file = fopen(path, "re");
	unsigned low, high;

	if (file == NULL)
		return;
	if (uplink->kind == UPLINK_INTERFACE &&
	    fscanf(file, "%u %u", &low, &high) == 2 &&
	    uplink->port_low <= high && uplink->port_high >= low)
		problem_warning(check->problems,
		    line_of(check, "uplink", "ports"),
		    "ports \"%u-%u\" overlap the host's own, %u-%u "
		    "(ip_local_port_range): this is safe, but the two take "
		    "ports from each other; 61000-65095 is usually free",
		    uplink->port_low, uplink->port_high, low, high);
	(void)fclose(file);
}

static void
check_dns(const struct check *check)
{
	if (check->config->callers.dns_count == 0 &&
	    check->config->line_count > 0)
		problem_warning(check->problems,
		    line_of(check, "callers", "dns"),
		    "this host names no DNS server that callers could reach, "
		    "so they get none; give dns = { \"192.0.2.53\" } or the "
		    "like");
	for (size_t i = 0; i < check->config->callers.dns_count; i++)
		if (resolver_is_here(check->config->callers.dns[i]))
			problem_warning(check->problems, config_line_of(
			    section_at(check, "callers", 0), "dns", i),
			    "dns: this is an address of this host, where no "
			    "caller reaches a server; give one beyond the "
			    "uplink");
}

static void
check_timers(const struct check *check)
{
	const struct config_nat *nat = &check->config->nat;
	const struct {
		const char *key, *source;
		uint32_t value, least;
	} timers[] = {
		{ "udp", "RFC 4787 REQ-5", nat->udp, 120 },
		{ "icmp", "RFC 5508 REQ-2", nat->icmp, 60 },
		{ "tcp-established", "RFC 5382 REQ-5", nat->tcp_established,
		    7440 },
		{ "tcp-transitory", "RFC 5382 REQ-5", nat->tcp_transitory,
		    240 },
	};

	for (size_t i = 0; i < sizeof timers / sizeof timers[0]; i++)
		if (timers[i].value != 0 && timers[i].value < timers[i].least)
			problem_warning(check->problems,
			    line_of(check, "nat", timers[i].key),
			    "%s = %" PRIu32 " is below the %" PRIu32
			    " seconds of %s: flows will be cut", timers[i].key,
			    timers[i].value, timers[i].least,
			    timers[i].source);
}

/* Keys that say nothing on a port of this kind. */
static void
check_line_keys(const struct check *check, const struct config_line *line,
    cfg_t *section)
{
	static const struct {
		const char *key;
		bool tcp; /* for TCP ports only; otherwise for all others */
	} keys[] = { { "calls", true }, { "rate", true }, { "telnet", true },
		{ "calls-each", true }, { "new-calls-each", true },
		{ "speed", false }, { "modem", false }, { "init", false },
		{ "rings", false }, { "ring", false } };

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		if (keys[i].tcp != (line->port_kind == PORT_TCP) &&
		    config_given(section, keys[i].key))
			problem_error(check->problems,
			    config_line_of(section, keys[i].key, 0),
			    "line \"%s\": %s is %s tcp ports; take it away",
			    line->name, keys[i].key,
			    keys[i].tcp ? "for" : "not for");
}

/* Nobody shall come in from the Internet without a password. */
static void
check_line_tcp(const struct check *check, const struct config_line *line,
    cfg_t *section)
{
	bool private = config_address_is_private(&line->listen);
	unsigned at = config_line_of(section, "port", 0);

	if (check->config->auth == AUTH_NONE && !private)
		problem_error(check->problems, at,
		    "line \"%s\": with auth = \"none\" the whole world could "
		    "come in; use \"accounts\", or listen at a private address",
		    line->name);
	if (line->user != NULL && !private)
		problem_error(check->problems,
		    config_line_of(section, "user", 0),
		    "line \"%s\": the whole world could come in as %s; take "
		    "`user` away, or listen at a private address", line->name,
		    line->user);
	if (line->address != 0 && line->calls > 1)
		problem_error(check->problems,
		    config_line_of(section, "address", 0),
		    "line \"%s\": one address cannot serve %u calls; take "
		    "`address` or `calls` away", line->name, line->calls);
}

static void
check_line_preset(const struct check *check, const struct config_line *line,
    cfg_t *section)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof path, "%s/%s", check->config->presets,
	    line->preset);
	if (config_given(section, "preset") && access(path, R_OK) == -1)
		problem_error(check->problems,
		    config_line_of(section, "preset", 0),
		    "line \"%s\": there is no %s; `ls %s` shows the presets "
		    "that there are", line->name, path,
		    check->config->presets);
}

static void
check_line_port(const struct check *check, size_t index)
{
	const struct config_line *line = &check->config->lines[index];
	cfg_t *section = section_at(check, "line", index);

	if (!config_given(section, "port")) {
		problem_error(check->problems, line->source_line,
		    "line \"%s\" has no port; give port = \"serial:\" and "
		    "the path of its serial port", line->name);
		return;
	}
	check_line_preset(check, line, section);
	if (line->port == NULL)
		return;
	check_line_keys(check, line, section);
	if (line->port_kind == PORT_TCP)
		check_line_tcp(check, line, section);
	if (line->protocols == PROTOCOL_SLIP && line->user == NULL)
		problem_error(check->problems,
		    config_line_of(section, "protocols", 0),
		    "line \"%s\": SLIP does not say who calls; give user = "
		    "\"somebody\", or add \"login\" to protocols",
		    line->name);
}

static void
check_line_device(const struct check *check, size_t index)
{
	const struct config_line *line = &check->config->lines[index];
	char ours[PATH_MAX], theirs[PATH_MAX];

	if (line->port == NULL)
		return;
	if (realpath(line->port, ours) == NULL)
		(void)snprintf(ours, sizeof ours, "%s", line->port);
	for (size_t i = 0; i < index; i++) {
		const struct config_line *other = &check->config->lines[i];

		if (other->port == NULL || other->port_kind != line->port_kind)
			continue;
		if (realpath(other->port, theirs) == NULL)
			(void)snprintf(theirs, sizeof theirs, "%s",
			    other->port);
		if (strcmp(ours, theirs) == 0)
			problem_error(check->problems,
			    config_line_of(section_at(check, "line", index),
				"port", 0), "lines \"%s\" and \"%s\" are "
			    "on one device, %s; give each its own",
			    other->name, line->name, ours);
	}
}

/* PAM has no passwords in clear, which CHAP needs. */
static void
check_methods(const struct check *check)
{
	const struct config *config = check->config;

	for (size_t i = 0; i < config->ppp_auth_count; i++)
		if (config->auth != AUTH_PAM ||
		    config->ppp_auth[i] == METHOD_PAP)
			return;
	problem_error(check->problems, config_line_of(check->root,
	    "ppp-auth", 0), "with auth = \"pam\" callers can use PAP only; "
	    "add \"pap\" to ppp-auth");
}

static void
check_lines(const struct check *check)
{
	const struct config *config = check->config;

	for (size_t i = 0; i < config->line_count; i++) {
		check_line_port(check, i);
		check_line_device(check, i);
	}
}

static void
check_network_kind(const struct check *check,
    const struct config_network *network, cfg_t *section)
{
	if (network->tun != NULL && network->socket != NULL)
		problem_error(check->problems,
		    config_line_of(section, "socket", 0),
		    "network \"%s\" is both tun and socket; keep one",
		    network->name);
	else if (!config_given(section, "socket") &&
	    !config_given(section, "tun"))
		problem_error(check->problems, network->source_line,
		    "network \"%s\" has neither tun nor socket; give tun = a "
		    "name for an interface of masqd's and from = the one its "
		    "computers are behind, or socket = the path masqd is to "
		    "listen on", network->name);
	if (network->from != NULL && network->tun == NULL)
		problem_error(check->problems,
		    config_line_of(section, "from", 0),
		    "network \"%s\": `from` is for tun networks; take it "
		    "away", network->name);
	if (network->tun != NULL && !config_given(section, "from"))
		problem_error(check->problems,
		    config_line_of(section, "tun", 0),
		    "network \"%s\" does not say where its computers are; "
		    "give from = \"eth1\" or the like", network->name);
}

static void
check_network(const struct check *check, size_t index)
{
	const struct config_network *network =
	    &check->config->networks[index];
	cfg_t *section = section_at(check, "network", index);
	uint32_t host = ntohl(network->gateway & ~network->netmask);

	check_network_kind(check, network, section);
	if (!config_given(section, "subnet"))
		problem_error(check->problems, network->source_line,
		    "network \"%s\" has no subnet; give subnet = "
		    "\"10.9.0.0/24\" or the like", network->name);
	if (!config_given(section, "gateway"))
		problem_error(check->problems, network->source_line,
		    "network \"%s\" has no gateway; give the address in its "
		    "subnet at which masqd answers", network->name);
	if (network->subnet == 0 || network->gateway == 0)
		return;
	if ((network->gateway & network->netmask) != network->subnet ||
	    host == 0 || host == ~ntohl(network->netmask))
		problem_error(check->problems,
		    config_line_of(section, "gateway", 0),
		    "network \"%s\": the gateway must be a host's address in "
		    "the network's subnet", network->name);
}

/* Is there a caller who can have that address? */
bool
config_is_inside(const struct config *config, in_addr_t address)
{
	uint32_t host = ntohl(address);

	for (size_t i = 0; i < config->callers.pool_count; i++)
		if (host >= config->callers.pool[i].first &&
		    host <= config->callers.pool[i].last)
			return true;
	for (size_t i = 0; i < config->network_count; i++)
		if ((address & config->networks[i].netmask) ==
			config->networks[i].subnet &&
		    address != config->networks[i].gateway)
			return true;
	for (size_t i = 0; i < config->line_count; i++)
		if (address == config->lines[i].address)
			return true;
	return false;
}

static void
check_targets(const struct check *check, size_t index)
{
	const struct config_forward *forward =
	    &check->config->forwards[index];

	for (size_t i = 0; i < forward->target_count; i++) {
		const struct config_target *target = &forward->targets[i];
		unsigned at = config_line_of(section_at(check, "forward",
		    index), "to", i);

		if (target->address != 0 &&
		    !config_is_inside(check->config, target->address))
			problem_error(check->problems, at,
			    "forward \"%s\": the address is in no pool and no "
			    "network; give a caller's address or a user",
			    forward->name);
		if (target->port + (forward->port_high - forward->port_low) >
		    UINT16_MAX)
			problem_error(check->problems, at,
			    "forward \"%s\": the ports would go beyond 65535; "
			    "begin lower", forward->name);
	}
}

static void
check_forward(const struct check *check, size_t index)
{
	const struct config_forward *forward =
	    &check->config->forwards[index];
	static const char *const needed[] = { "protocol", "port", "to" };
	cfg_t *section = section_at(check, "forward", index);

	for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
		if (!config_given(section, needed[i]))
			problem_error(check->problems, forward->source_line,
			    "forward \"%s\" has no %s; give protocol = "
			    "\"tcp\" port = 8080 to = \"alice:80\" or the "
			    "like", forward->name, needed[i]);
	check_targets(check, index);
	for (size_t i = 0; i < index; i++) {
		const struct config_forward *other =
		    &check->config->forwards[i];

		if (forward->protocol == other->protocol &&
		    forward->port_low != 0 && other->port_low != 0 &&
		    forward->port_low <= other->port_high &&
		    forward->port_high >= other->port_low)
			problem_error(check->problems,
			    config_line_of(section, "port", 0),
			    "forward \"%s\" and forward \"%s\" share a port; "
			    "give each its own", other->name, forward->name);
	}
}

/* TUN interfaces are masqd's own: none is used twice. */
static void
check_tuns(const struct check *check)
{
	const struct config *config = check->config;
	const char *uplink = config->uplink.tun != NULL ?
	    config->uplink.tun : config->uplink.interface;

	for (size_t i = 0; i < config->network_count; i++) {
		const char *tun = config->networks[i].tun;
		bool twice = tun != NULL && uplink != NULL &&
		    strcmp(tun, uplink) == 0;

		for (size_t j = 0; tun != NULL && j < config->network_count;
		     j++) {
			const struct config_network *other =
			    &config->networks[j];

			twice |= (j < i && other->tun != NULL &&
			    strcmp(tun, other->tun) == 0) ||
			    (other->from != NULL &&
				strcmp(tun, other->from) == 0);
		}
		if (twice)
			problem_error(check->problems,
			    config_line_of(section_at(check, "network", i),
				"tun", 0), "network \"%s\": the interface %s "
			    "is used elsewhere; give each its own",
			    config->networks[i].name, tun);
	}
}

/* All paths that masqd listens on. */
static void
check_sockets(const struct check *check)
{
	const struct config *config = check->config;
	size_t count = 3 + config->network_count;
	struct {
		const char *path;
		unsigned line;
	} *all = calloc(count, sizeof *all);

	if (all == NULL)
		return;
	all[0].path = config->plugin_socket;
	all[0].line = config_line_of(check->root, "plugin-socket", 0);
	all[1].path = config->control.socket;
	all[1].line = line_of(check, "control", "socket");
	all[2].path = config->uplink.socket;
	all[2].line = line_of(check, "uplink", "socket");
	for (size_t i = 0; i < config->network_count; i++) {
		all[3 + i].path = config->networks[i].socket;
		all[3 + i].line = config_line_of(section_at(check, "network",
		    i), "socket", 0);
	}
	for (size_t i = 1; i < count; i++)
		for (size_t j = 0; j < i && all[i].path != NULL; j++)
			if (all[j].path != NULL &&
			    strcmp(all[i].path, all[j].path) == 0)
				problem_error(check->problems, all[i].line,
				    "socket \"%s\" is used twice; give each "
				    "its own path", all[i].path);
	free(all);
}

/* The address from which this host speaks to the world, or 0.  To connect a
 * datagram socket chooses a route and sends nothing; the address is one of
 * those set apart for documentation, RFC 5737. */
static in_addr_t
default_address(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_port = htons(9), .sin_addr = { htonl(0xc0000201) } };
	socklen_t size = sizeof address;
	in_addr_t found = 0;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd == -1)
		return 0;
	if (connect(fd, (struct sockaddr *)&address, size) == 0 &&
	    getsockname(fd, (struct sockaddr *)&address, &size) == 0)
		found = address.sin_addr.s_addr;
	close(fd);
	return found;
}

static in_addr_t
interface_address(const char *name)
{
	struct ifaddrs *all;
	in_addr_t found = 0;

	if (getifaddrs(&all) == -1)
		return 0;
	for (struct ifaddrs *one = all; one != NULL; one = one->ifa_next) {
		struct sockaddr_in address;

		if (one->ifa_addr == NULL ||
		    one->ifa_addr->sa_family != AF_INET ||
		    strcmp(one->ifa_name, name) != 0)
			continue;
		memcpy(&address, one->ifa_addr, sizeof address);
		found = address.sin_addr.s_addr;
		break;
	}
	freeifaddrs(all);
	return found;
}

static in_addr_t
uplink_address(const struct config_uplink *uplink)
{
	if (uplink->kind != UPLINK_INTERFACE || uplink->interface == NULL)
		return uplink->address;
	if (strcmp(uplink->interface, "auto") == 0)
		return default_address();
	return interface_address(uplink->interface);
}

/* Everything that has addresses of its own: no two may share one. */
static void
check_addresses(const struct check *check)
{
	const struct config *config = check->config;
	cfg_t *callers = section_at(check, "callers", 0);
	struct claims claims = { .problems = check->problems };

	claim_host(&claims, "the uplink's address",
	    uplink_address(&config->uplink), line_of(check, "uplink",
		config->uplink.address != 0 ? "address" : "interface"));
	if (config->callers.pool_count > 0)
		claim_host(&claims, "the callers' gateway",
		    config->callers.gateway,
		    config_line_of(callers, "gateway", 0));
	for (size_t i = 0; i < config->callers.pool_count; i++)
		claim_range(&claims, "the pool", &config->callers.pool[i],
		    config_line_of(callers, "pool", i));
	for (size_t i = 0; i < config->network_count; i++)
		claim_network(&claims, &config->networks[i],
		    config_line_of(section_at(check, "network", i), "subnet",
			0));
	for (size_t i = 0; i < config->line_count; i++)
		claim_line(&claims, &config->lines[i],
		    config_line_of(section_at(check, "line", i), "address",
			0));
	claims_settle(&claims);
}

void
config_check(const struct config *config, struct cfg_t *root,
    struct problems *problems)
{
	const struct check check = { config, root, problems };

	check_uplink_kind(&check);
	check_local_ports(&check, "/proc/sys/net/ipv4/ip_local_port_range");
	config_check_counts(config, root, problems);
	check_dns(&check);
	check_timers(&check);
	check_methods(&check);
	check_lines(&check);
	for (size_t i = 0; i < config->network_count; i++)
		check_network(&check, i);
	for (size_t i = 0; i < config->forward_count; i++)
		check_forward(&check, i);
	config_check_login(config, root, problems);
	check_sockets(&check);
	check_tuns(&check);
	check_addresses(&check);
}
