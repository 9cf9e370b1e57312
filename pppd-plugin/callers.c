/*
 * callers.c - the callers' network namespace, seen from a pppd
 *
 * Two descriptors, the host's namespace and the callers', and the knowledge
 * which of them the process is in.  What must never happen: that a script or
 * another plugin of pppd runs in the callers' namespace, where it would reach
 * nothing; or that a PPP unit is made in the host's.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/nsfs.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pppd-plugin/callers.h"

static int host = -1;
static int callers = -1;
static int inside;

int
callers_take(int descriptor)
{
	struct stat ours, theirs;

	if (ioctl(descriptor, NS_GET_NSTYPE) != CLONE_NEWNET) {
		errno = EINVAL;
		return -1;
	}
	host = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (host < 0 || fstat(host, &ours) < 0 ||
	    fstat(descriptor, &theirs) < 0)
		return -1;
	if (ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino) {
		errno = EINVAL;
		return -1;
	}
	callers = descriptor;
	return 0;
}

int
callers_enter(void)
{
	if (inside)
		return 0;
	if (setns(callers, CLONE_NEWNET) < 0)
		return -1;
	inside = 1;
	return 0;
}

int
callers_leave(void)
{
	if (!inside)
		return 0;
	if (setns(host, CLONE_NEWNET) < 0)
		return -1;
	inside = 0;
	return 0;
}

int
callers_socket(const char *interface)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IP) };
	int lock = 1, saved;
	/* Protocol 0: deaf until it is bound to the one interface. */
	int packets = socket(AF_PACKET,
	    SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (packets < 0)
		return -1;
	address.sll_ifindex = (int)if_nametoindex(interface);
	if (address.sll_ifindex != 0 &&
	    bind(packets, (struct sockaddr *)&address, sizeof(address)) == 0 &&
	    setsockopt(packets, SOL_SOCKET, SO_LOCK_FILTER, &lock,
		sizeof(lock)) == 0)
		return packets;
	saved = errno;
	close(packets);
	errno = saved;
	return -1;
}

void
callers_forget(void)
{
	if (callers_leave() < 0)
		_exit(99);
	close(host);
	close(callers);
	host = callers = -1;
}
