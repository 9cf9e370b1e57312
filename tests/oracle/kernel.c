/*
 * kernel.c - the world of the packet tables, with the kernel as its gateway
 *
 * What tests/scenario/world.c is for masqd, this is for the kernel's own
 * masquerade: each world is a network namespace of its own whose interfaces
 * are TUNs that end here.  Linked with scenario.c it runs the same tables.
 * Time is the real one: what would take long is not tried, and what the
 * kernel has no word for is not set; both end a scenario with `cannot`.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/scenario/text.h"
#include "tests/scenario/world.h"

enum { PLACES = 4, NET = 3, TAKE_MS = 150, QUIET_MS = 12, PATIENCE_MS = 9000 };

struct world {
	int tun[PLACES];
	uint32_t mtu[PLACES];
	uint64_t now_ms;
	bool is_open, is_tired;
	char taken[TEXT_LINE_ROOM + 16];
};

static const char *const names[PLACES] = { "lab", "alice", "bob", "net" };

static const char setting[] =
    "link set lo up\n"
    "addr add " WORLD_UPLINK "/32 dev net\n"
    "link set net up\n"
    "route add default dev net\n"
    "addr add 10.9.0.1/24 dev lab\n"
    "link set lab up\n"
    "addr add 10.64.0.1 peer 10.64.0.2/32 dev alice\n"
    "link set alice up\n"
    "addr add 10.64.0.1 peer 10.64.0.3/32 dev bob\n"
    "link set bob up\n";

/* Everything that is not masquerading is made as open as masqd's is. */
static const struct {
	const char *path, *value;
} switches[] = {
	{ "/proc/sys/net/ipv4/ip_forward", "1" },
	{ "/proc/sys/net/ipv4/conf/all/rp_filter", "0" },
	{ "/proc/sys/net/ipv4/conf/default/rp_filter", "0" },
	{ "/proc/sys/net/ipv4/icmp_ratelimit", "0" },
	{ "/proc/sys/net/ipv6/conf/default/disable_ipv6", "1" },
};

static void __attribute__((noreturn))
die(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

static int
open_tun(const char *name, uint32_t mtu)
{
	struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
	if (tun == -1 || any == -1 || ioctl(tun, TUNSETIFF, &request) == -1)
		die("/dev/net/tun");
	request.ifr_mtu = (int)mtu;
	if (ioctl(any, SIOCSIFMTU, &request) == -1)
		die(name);
	close(any);
	return tun;
}

static void
write_switches(void)
{
	for (size_t i = 0; i < sizeof switches / sizeof switches[0]; i++) {
		FILE *file = fopen(switches[i].path, "we");

		if (file == NULL)
			continue; /* no IPv6, say */
		(void)fputs(switches[i].value, file);
		(void)fclose(file);
	}
}

/* A rule of the table nat. */
static bool
add_rule(const char *rule)
{
	const char *program = getenv("IPTABLES");
	char command[512];

	(void)snprintf(command, sizeof command, "%s -t nat -A %s",
	    program == NULL ? "iptables" : program, rule);
	return system(command) == 0;
}

static void
open_world(struct world *world)
{
	FILE *batch;

	if (world->is_open)
		return;
	world->is_open = true;
	if (unshare(CLONE_NEWNET) == -1)
		die("a network namespace");
	write_switches();
	for (int i = 0; i < PLACES; i++)
		world->tun[i] = open_tun(names[i], world->mtu[i]);
	batch = popen("ip -batch -", "we");
	if (batch == NULL)
		die("ip");
	(void)fputs(setting, batch);
	if (pclose(batch) != 0)
		die("ip");
	if (!add_rule("POSTROUTING -o net -j MASQUERADE"))
		die("the program that $IPTABLES names");
}

struct world *
world_create(void)
{
	struct world *world = calloc(1, sizeof *world);

	if (world == NULL)
		die("memory");
	for (int i = 0; i < PLACES; i++) {
		world->tun[i] = -1;
		world->mtu[i] = 1500;
	}
	return world;
}

void
world_destroy(struct world *world)
{
	for (int i = 0; i < PLACES; i++)
		if (world->tun[i] != -1)
			close(world->tun[i]);
	free(world);
}

static int
place_of(const char *where)
{
	for (int i = 0; i < PLACES; i++)
		if (strcmp(names[i], where) == 0)
			return i;
	return -1;
}

/* The kernel has MTUs, and lets callers reach each other and private
 * networks; nothing else is told to it. */
bool
world_set(struct world *world, const char *key, const char *value)
{
	static const char *const mtus[PLACES] = { "lab-mtu", "alice-mtu",
		"bob-mtu", "uplink-mtu" };

	for (int i = 0; i < PLACES; i++)
		if (strcmp(key, mtus[i]) == 0) {
			world->mtu[i] = (uint32_t)strtoul(value, NULL, 10);
			return true;
		}
	return (strcmp(key, "each-other") == 0 ||
	    strcmp(key, "private-networks") == 0) && strcmp(value, "yes") == 0;
}

void
world_time(struct world *world, uint64_t ms)
{
	uint64_t step = ms > world->now_ms ? ms - world->now_ms : 0;

	world->now_ms = ms;
	open_world(world);
	if (step > PATIENCE_MS)
		world->is_tired = true;
	else
		(void)usleep((unsigned)step * 1000);
}

bool
world_inject(struct world *world, const char *where, const uint8_t *packet,
    size_t length)
{
	int place = place_of(where);

	open_world(world);
	if (place == -1 || world->is_tired || world->tun[place] == -1)
		return false;
	/* What TUN itself refuses is a drop, too. */
	(void)!write(world->tun[place], packet, length);
	return true;
}

/* A packet that has come out there, described, or NULL. */
static const char *
take(struct world *world, int place, int patience_ms)
{
	static uint8_t packet[TEXT_PACKET_ROOM];
	struct pollfd end = { .fd = world->tun[place], .events = POLLIN };
	ssize_t got;

	while (end.fd != -1 && poll(&end, 1, patience_ms) == 1) {
		got = read(end.fd, packet, sizeof packet);
		if (got < 20)
			return NULL;
		if (packet[0] >> 4 != 4)
			continue;
		text_describe(packet, (size_t)got, world->taken);
		return world->taken;
	}
	return NULL;
}

const char *
world_take(struct world *world, const char *where)
{
	int place = place_of(where);

	open_world(world);
	return place == -1 ? NULL : take(world, place, TAKE_MS);
}

const char *
world_unexpected(struct world *world)
{
	static char text[sizeof world->taken + 16];

	if (!world->is_open)
		return NULL;
	(void)usleep(QUIET_MS * 1000);
	for (int i = 0; i < PLACES; i++) {
		if (take(world, i, 0) == NULL)
			continue;
		(void)snprintf(text, sizeof text, "%s: %s", names[i],
		    world->taken);
		return text;
	}
	return NULL;
}

/* The kernel names no drops: that nothing comes out is all there is. */
bool
world_dropped(const struct world *world, const char *name)
{
	(void)world;
	(void)name;
	return true;
}

const char *
world_last_verdict(const struct world *world)
{
	return world->is_tired ? "cannot wait so long" : "";
}

void
world_end(struct world *world, const char *who)
{
	int place = place_of(who);

	open_world(world);
	if (place == -1 || place == NET || world->tun[place] == -1)
		return;
	close(world->tun[place]);
	world->tun[place] = -1;
}

/* What follows has no counterpart here: the scenario ends with the next
 * packet. */
void
world_begin(struct world *world, const char *who)
{
	(void)who;
	world->is_tired = true;
}

void
world_unforward(struct world *world, const char *protocol, unsigned port)
{
	(void)protocol;
	(void)port;
	world->is_tired = true;
}

void
world_withdraw(struct world *world, const char *protocol, unsigned port)
{
	(void)protocol;
	(void)port;
	world->is_tired = true;
}

void
world_address(struct world *world, const char *address)
{
	(void)address;
	world->is_tired = true;
}

/* To one target by DNAT, as people do it; nobody there: no rule. */
bool
world_forward(struct world *world, const char *protocol, unsigned port,
    const char *targets)
{
	char who[16], more[16], rule[256];
	unsigned inside;
	int found = sscanf(targets, " %15[a-z]:%u %15s", who, &inside, more);

	open_world(world);
	if (found < 2)
		return found < 1;
	if (found > 2)
		return false;
	(void)snprintf(rule, sizeof rule, "PREROUTING -d " WORLD_UPLINK
	    " -p %s --dport %u -j DNAT --to-destination %s:%u", protocol,
	    port, strcmp(who, "alice") == 0 ? "10.64.0.2" : "10.64.0.3",
	    inside);
	return add_rule(rule);
}
