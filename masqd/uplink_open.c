/*
 * uplink_open.c - the keeper's part of the uplink: sockets that need
 * CAP_NET_RAW, tamed before the gateway gets them.
 */
#include "uplink.h"

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

/*
 * Pass what concerns masqd: to its address, and there TCP and UDP to its
 * ports, their later fragments, and ICMP.  Offsets from the network header,
 * so that the filter fits every kind of interface.
 */
static int
attach_filter(int fd, in_addr_t address, uint16_t low, uint16_t high)
{
	enum { NET = SKF_NET_OFF };
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(NET + 16)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ntohl(address), 0, 14),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)(NET + 9)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMP, 11, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_TCP, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 10),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, (uint32_t)(NET + 6)),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x1fff, 7, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)NET),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xf),
		BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 2),
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, (uint32_t)(NET + 2)),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, low, 0, 2),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, high, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = { sizeof code / sizeof code[0], code };
	int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
		sizeof program) == -1)
		return -1;
	return setsockopt(fd, SOL_SOCKET, SO_LOCK_FILTER, &on, sizeof on);
}

/* Nothing is received before the filter stands: the socket is made deaf
 * (protocol 0) and bound last. */
static int
open_receive(const struct uplink_parts *parts, uint16_t low, uint16_t high)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1, buffer = RECEIVE_BUFFER;
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IP),
		.sll_ifindex = (int)if_nametoindex(parts->interface) };

	if (fd == -1)
		return -1;
	/* More than the system's limit where allowed; less does no harm. */
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer,
	    sizeof buffer);
	if (setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on) == -1 ||
	    attach_filter(fd, parts->address, low, high) == -1 ||
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

/* Address and MTU as the interface has them now. */
static bool
ask_interface(struct uplink_parts *parts)
{
	struct ifreq request = { 0 };
	struct sockaddr_in address;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool ok = false;

	if (fd == -1)
		return false;
	memcpy(request.ifr_name, parts->interface, IFNAMSIZ);
	if (ioctl(fd, SIOCGIFADDR, &request) == 0) {
		memcpy(&address, &request.ifr_addr, sizeof address);
		parts->address = address.sin_addr.s_addr;
		ok = ioctl(fd, SIOCGIFMTU, &request) == 0;
		parts->mtu = (uint32_t)request.ifr_mtu;
	}
	close(fd);
	return ok;
}

int
uplink_open_interface(const struct config_uplink *config,
    struct uplink_parts *parts, char *error, size_t error_size)
{
	*parts = (struct uplink_parts){ .send = -1, .receive = -1 };
	if (strcmp(config->interface, "auto") != 0) {
		(void)snprintf(parts->interface, IFNAMSIZ, "%s",
		    config->interface);
	} else if (!default_interface(parts->interface)) {
		(void)snprintf(error, error_size,
		    "uplink \"auto\": there is no default route; name the "
		    "interface in uplink { interface = ... }");
		return -1;
	}
	if (!ask_interface(parts)) {
		(void)snprintf(error, error_size,
		    "uplink %s: no such interface, or it has no IPv4 address "
		    "yet: %s", parts->interface, strerror(errno));
		return -1;
	}
	if (config->mtu != 0 && config->mtu < parts->mtu)
		parts->mtu = config->mtu;
	parts->receive = open_receive(parts, config->port_low,
	    config->port_high);
	parts->send = open_send(parts);
	if (parts->receive == -1 || parts->send == -1) {
		(void)snprintf(error, error_size,
		    "uplink %s: cannot open its sockets: %s",
		    parts->interface, strerror(errno));
		close(parts->receive);
		close(parts->send);
		return -1;
	}
	return 0;
}
