#include "interface.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "masqd/log.h"
#include "netlink.h"

static int
key_open(const char *family, const char *name, const char *key, int flags)
{
	char path[128];

	(void)snprintf(path, sizeof path, "/proc/sys/net/%s/%s%s%s%s", family,
	    name == NULL ? "" : "conf/", name == NULL ? "" : name,
	    name == NULL ? "" : "/", key);
	return open(path, flags | O_CLOEXEC);
}

int
interface_get(const char *family, const char *name, const char *key)
{
	char text[16] = "";
	int fd = key_open(family, name, key, O_RDONLY);

	if (fd == -1)
		return 0;
	if (read(fd, text, sizeof text - 1) == -1)
		text[0] = '\0';
	close(fd);
	return atoi(text);
}

bool
interface_set(const char *family, const char *name, const char *key,
    int value)
{
	char text[16];
	int fd, length = snprintf(text, sizeof text, "%d\n", value);
	bool ok;

	if (interface_get(family, name, key) == value)
		return true;
	fd = key_open(family, name, key, O_WRONLY);
	ok = fd != -1 && write(fd, text, (size_t)length) == length;
	/* A kernel without IPv6 has nothing to be set there. */
	if (!ok && !(errno == ENOENT && strcmp(family, "ipv6") == 0))
		log_warn("%s: cannot set net.%s %s to %d",
		    name == NULL ? "the host" : name, family, key, value);
	if (fd != -1)
		close(fd);
	return ok;
}

static int
control(const char *name, unsigned long operation, struct ifreq *request)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), error = 0;

	if (fd == -1)
		return errno;
	(void)snprintf(request->ifr_name, IFNAMSIZ, "%s", name);
	if (ioctl(fd, operation, request) == -1)
		error = errno;
	close(fd);
	return error;
}

int
interface_up(const char *name)
{
	struct ifreq request = { .ifr_flags = 0 };
	int error = control(name, SIOCGIFFLAGS, &request);

	if (error != 0 || (request.ifr_flags & IFF_UP) != 0)
		return error;
	request.ifr_flags |= IFF_UP;
	return control(name, SIOCSIFFLAGS, &request);
}

static int
once(struct netlink_request *request)
{
	int fd = netlink_open(), error;

	if (fd == -1)
		return errno;
	error = netlink_do(fd, request);
	close(fd);
	return error;
}

int
interface_add_address(const char *name, in_addr_t address, unsigned prefix)
{
	struct netlink_request request;
	struct ifaddrmsg body = { .ifa_family = AF_INET,
		.ifa_prefixlen = (uint8_t)prefix,
		.ifa_index = if_nametoindex(name) };
	in_addr_t broadcast = address | htonl((uint32_t)(UINT64_C(0xffffffff)
	    >> prefix));
	int error;

	if (body.ifa_index == 0)
		return ENODEV;
	netlink_begin(&request, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &body,
	    sizeof body);
	netlink_add(&request, IFA_LOCAL, &address, sizeof address);
	netlink_add(&request, IFA_ADDRESS, &address, sizeof address);
	netlink_add(&request, IFA_BROADCAST, &broadcast, sizeof broadcast);
	error = once(&request);
	return error == EEXIST ? 0 : error;
}

int
interface_route(const char *name, in_addr_t to)
{
	struct netlink_request request;
	struct rtmsg body = { .rtm_family = AF_INET, .rtm_dst_len = 32,
		.rtm_table = RT_TABLE_MAIN, .rtm_protocol = RTPROT_STATIC,
		.rtm_scope = RT_SCOPE_LINK, .rtm_type = RTN_UNICAST };

	netlink_begin(&request, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE,
	    &body, sizeof body);
	netlink_add(&request, RTA_DST, &to, sizeof to);
	netlink_add_number(&request, RTA_OIF, if_nametoindex(name));
	return once(&request);
}

/* Up last: nothing is forwarded, and no IPv6 is spoken, before all is set. */
static int
prepare_tun(const char *name, uint32_t mtu)
{
	struct ifreq request = { .ifr_mtu = (int)mtu };
	int error = control(name, SIOCSIFMTU, &request);

	if (error != 0)
		return error;
	(void)interface_set("ipv6", name, "disable_ipv6", 1);
	/* Packets of the whole Internet come out of it: the way back to their
	 * source leads elsewhere. */
	(void)interface_set("ipv4", name, "rp_filter", 2);
	(void)interface_set("ipv4", name, "forwarding", 1);
	return interface_up(name);
}

int
interface_create_tun(const char *name, uint32_t mtu, char *error,
    size_t error_size)
{
	struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	int failure = 0;

	if (fd == -1) {
		(void)snprintf(error, error_size, "interface %s: cannot open "
		    "/dev/net/tun: %s; load the module tun", name,
		    strerror(errno));
		return -1;
	}
	(void)snprintf(request.ifr_name, IFNAMSIZ, "%s", name);
	if (ioctl(fd, TUNSETIFF, &request) == -1)
		failure = errno;
	if (failure == 0)
		failure = prepare_tun(name, mtu);
	if (failure == 0)
		return fd;
	(void)snprintf(error, error_size, "interface %s: cannot make it a TUN "
	    "interface of masqd: %s%s", name, strerror(failure),
	    failure == EBUSY || failure == EINVAL ?
	    "; another program has that name" : "");
	close(fd);
	return -1;
}
