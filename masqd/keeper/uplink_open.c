/*
 * uplink_open.c - the keeper's part of the uplink: sockets that need
 * CAP_NET_RAW, tamed before the gateway gets them.
 */
#include "masqd/gateway/uplink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "interface.h"

enum { RECEIVE_BUFFER = 4 << 20 };

/* The interface of the IPv4 default route with the lowest metric. */
static bool
default_interface(char name[IFNAMSIZ])
{
	FILE *file = fopen("/proc/net/route", "re");
	unsigned best = UINT32_MAX;
	char row[256];
	bool found = false;

	if (file == NULL)
		return false;
	while (fgets(row, sizeof row, file) != NULL) {
		char interface[IFNAMSIZ];
		unsigned destination, mask, metric;

		if (sscanf(row, "%15s %x %*x %*x %*u %*u %u %x", interface,
			&destination, &metric, &mask) != 4 ||
		    destination != 0 || mask != 0 || metric >= best)
			continue;
		best = metric;
		found = true;
		memcpy(name, interface, IFNAMSIZ);
	}
	(void)fclose(file);
	return found;
}

/* A classic packet filter under construction. */
struct filter {
	struct sock_filter code[2 * 3 * UPLINK_RANGES + 32];
	unsigned short length;
};

static void
statement(struct filter *filter, unsigned short code, uint32_t k)
{
	filter->code[filter->length++] = (struct sock_filter)BPF_STMT(code, k);
}

static void
jump(struct filter *filter, unsigned short code, uint32_t k, uint8_t yes,
    uint8_t no)
{
	filter->code[filter->length++] = (struct sock_filter)BPF_JUMP(
	    (unsigned short)(BPF_JMP | code | BPF_K), k, yes, no);
}

/* It returns at once: a jump to a common end reaches 255 statements only. */
static void
pass_range(struct filter *filter, uint8_t protocol,
    const struct uplink_range *range)
{
	uint32_t base = (uint32_t)protocol << 16;

	jump(filter, BPF_JGE, base + range->low, 0, 2);
	jump(filter, BPF_JGT, base + range->high, 1, 0);
	statement(filter, BPF_RET | BPF_K, UINT32_MAX);
}

static void
pass_ranges(struct filter *filter, const struct uplink_range *ranges,
    size_t count)
{
	static const uint8_t protocols[] = { IPPROTO_TCP, IPPROTO_UDP };

	for (size_t i = 0; i < count; i++)
		for (size_t p = 0; p < sizeof protocols; p++)
			if (ranges[i].protocol == 0 ||
			    ranges[i].protocol == protocols[p])
				pass_range(filter, protocols[p], &ranges[i]);
}

/*
 * Pass what concerns masqd: to its address, and there TCP and UDP to its
 * ports, their later fragments, and ICMP.  Offsets from the network header,
 * so that the filter fits every kind of interface.  What is compared with the
 * ranges is protocol * 65536 + port.
 */
static void
build_filter(struct filter *filter, in_addr_t address,
    const struct uplink_range *ranges, size_t count)
{
	enum { NET = SKF_NET_OFF };

	filter->length = 0;
	statement(filter, BPF_LD | BPF_W | BPF_ABS, (uint32_t)(NET + 16));
	jump(filter, BPF_JEQ, ntohl(address), 1, 0);
	statement(filter, BPF_RET | BPF_K, 0);
	statement(filter, BPF_LD | BPF_B | BPF_ABS, (uint32_t)(NET + 9));
	jump(filter, BPF_JEQ, IPPROTO_ICMP, 2, 0);
	jump(filter, BPF_JEQ, IPPROTO_TCP, 2, 0);
	jump(filter, BPF_JEQ, IPPROTO_UDP, 1, 2);
	statement(filter, BPF_RET | BPF_K, UINT32_MAX);
	jump(filter, BPF_JA, 1, 0, 0);
	statement(filter, BPF_RET | BPF_K, 0);
	statement(filter, BPF_ALU | BPF_LSH | BPF_K, 16);
	statement(filter, BPF_ST, 0);
	statement(filter, BPF_LD | BPF_H | BPF_ABS, (uint32_t)(NET + 6));
	jump(filter, BPF_JSET, 0x1fff, 0, 1);
	statement(filter, BPF_RET | BPF_K, UINT32_MAX);
	statement(filter, BPF_LD | BPF_B | BPF_ABS, (uint32_t)NET);
	statement(filter, BPF_ALU | BPF_AND | BPF_K, 0xf);
	statement(filter, BPF_ALU | BPF_LSH | BPF_K, 2);
	statement(filter, BPF_MISC | BPF_TAX, 0);
	statement(filter, BPF_LD | BPF_H | BPF_IND, (uint32_t)(NET + 2));
	statement(filter, BPF_LDX | BPF_MEM, 0);
	statement(filter, BPF_ALU | BPF_ADD | BPF_X, 0);
	pass_ranges(filter, ranges, count);
	statement(filter, BPF_RET | BPF_K, 0);
}

static int
attach_filter(int fd, in_addr_t address, const struct uplink_range *ranges,
    size_t count)
{
	static struct filter filter;
	struct sock_fprog program = { .filter = filter.code };
	int on = 1;

	build_filter(&filter, address, ranges, count);
	program.len = filter.length;
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
		sizeof program) == -1)
		return -1;
	return setsockopt(fd, SOL_SOCKET, SO_LOCK_FILTER, &on, sizeof on);
}

/* Nothing is received before the filter stands: the socket is made deaf
 * (protocol 0) and bound last. */
static int
open_receive(const struct uplink_parts *parts,
    const struct uplink_range *ranges, size_t range_count)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1, buffer = RECEIVE_BUFFER;
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IP),
		.sll_ifindex = (int)parts->index };

	if (fd == -1)
		return -1;
	/* More than the system's limit where allowed; less does no harm. */
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer,
	    sizeof buffer);
	if (setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on) == -1 ||
	    attach_filter(fd, parts->address, ranges, range_count) == -1 ||
	    bind(fd, (struct sockaddr *)&address, sizeof address) == -1) {
		close(fd);
		return -1;
	}
	return fd;
}

static int
open_send(const struct uplink_parts *parts)
{
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    IPPROTO_RAW);

	if (fd == -1)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, parts->interface,
		(socklen_t)strlen(parts->interface) + 1) == -1) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Address and MTU as the interface has them now.  0, or an errno. */
static int
ask_interface(struct uplink_parts *parts)
{
	struct ifreq request = { .ifr_flags = 0 };
	struct sockaddr_in address;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), error = 0;

	if (fd == -1)
		return errno;
	memcpy(request.ifr_name, parts->interface, IFNAMSIZ);
	parts->index = if_nametoindex(parts->interface);
	if (ioctl(fd, SIOCGIFFLAGS, &request) == -1)
		error = errno;
	else if ((request.ifr_flags & IFF_UP) == 0 ||
	    (request.ifr_flags & IFF_RUNNING) == 0)
		error = ENETDOWN;
	parts->dials = (request.ifr_flags & IFF_POINTOPOINT) != 0;
	if (error == 0 && ioctl(fd, SIOCGIFMTU, &request) == -1)
		error = errno;
	else if (error == 0)
		parts->mtu = (uint32_t)request.ifr_mtu;
	if (error == 0 && ioctl(fd, SIOCGIFADDR, &request) == -1)
		error = errno;
	if (error == 0) {
		memcpy(&address, &request.ifr_addr, sizeof address);
		parts->address = address.sin_addr.s_addr;
	}
	if (error == 0 && ioctl(fd, SIOCGIFNETMASK, &request) == 0) {
		memcpy(&address, &request.ifr_netmask, sizeof address);
		parts->netmask = address.sin_addr.s_addr;
	}
	close(fd);
	return error;
}

int
uplink_find_interface(const struct config_uplink *config,
    struct uplink_parts *parts, char *error, size_t error_size)
{
	int failure;

	*parts = (struct uplink_parts){ .send = -1, .receive = -1 };
	if (strcmp(config->interface, "auto") != 0) {
		(void)snprintf(parts->interface, IFNAMSIZ, "%s",
		    config->interface);
	} else if (!default_interface(parts->interface)) {
		(void)snprintf(parts->interface, IFNAMSIZ, "auto");
		(void)snprintf(error, error_size,
		    "uplink \"auto\": there is no default route");
		return -1;
	}
	failure = ask_interface(parts);
	if (failure != 0) {
		parts->address = 0;
		(void)snprintf(error, error_size, "uplink %s: %s",
		    parts->interface, failure == EADDRNOTAVAIL ?
		    "it has no IPv4 address" : failure == ENODEV ?
		    "there is no such interface" : strerror(failure));
		return -1;
	}
	if (config->mtu != 0 && config->mtu < parts->mtu)
		parts->mtu = config->mtu;
	return 0;
}

size_t
uplink_ranges(const struct config *config,
    struct uplink_range ranges[UPLINK_RANGES])
{
	const struct config_uplink *uplink = &config->uplink;
	size_t n = 0;

	ranges[n++] = (struct uplink_range){ .low = uplink->port_low,
		.high = uplink->port_high };
	if (uplink->privileged_low != 0)
		ranges[n++] = (struct uplink_range){
			.low = uplink->privileged_low,
			.high = uplink->privileged_high };
	for (size_t i = 0; i < config->forward_count; i++)
		ranges[n++] = (struct uplink_range){
			.protocol = config->forwards[i].protocol,
			.low = config->forwards[i].port_low,
			.high = config->forwards[i].port_high };
	return n;
}

int
uplink_open_interface(struct uplink_parts *parts,
    const struct uplink_range *ranges, size_t range_count, char *error,
    size_t error_size)
{
	parts->receive = open_receive(parts, ranges, range_count);
	parts->send = open_send(parts);
	if (parts->receive != -1 && parts->send != -1)
		return 0;
	(void)snprintf(error, error_size,
	    "uplink %s: cannot open its sockets: %s", parts->interface,
	    strerror(errno));
	if (parts->receive != -1)
		close(parts->receive);
	if (parts->send != -1)
		close(parts->send);
	parts->receive = parts->send = -1;
	return -1;
}

/* A bind() to protocol 0 would keep the protocol: to one that nobody speaks, on
 * the interface where nobody could. */
void
uplink_deafen(int receive)
{
	const struct sockaddr_ll nothing = { .sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_LOOPBACK),
		.sll_ifindex = (int)if_nametoindex("lo") };

	(void)bind(receive, (const struct sockaddr *)&nothing, sizeof nothing);
}

int
uplink_open_tun(const struct config_uplink *config,
    struct uplink_parts *parts, char *error, size_t error_size)
{
	int failure;

	*parts = (struct uplink_parts){ .send = -1, .receive = -1,
		.address = config->address,
		.mtu = config->mtu == 0 ? 1500 : config->mtu };
	(void)snprintf(parts->interface, IFNAMSIZ, "%s", config->tun);
	parts->receive = interface_create_tun(config->tun, parts->mtu, error,
	    error_size);
	if (parts->receive == -1)
		return -1;
	failure = interface_route(config->tun, config->address);
	if (failure == 0)
		return 0;
	(void)snprintf(error, error_size, "uplink %s: cannot route its "
	    "address there: %s", config->tun, strerror(failure));
	close(parts->receive);
	parts->receive = -1;
	return -1;
}
