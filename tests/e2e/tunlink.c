/*
 * tunlink.c - a TUN interface in this network namespace that is the other end
 * of a socket link, or of the socket uplink, of masqd
 *
 * Usage: tunlink INTERFACE SOCKET [MTU].  One packet a message, both ways; it
 * prints `ready` when both are there and ends with either of them.  A packet
 * that the other side does not take at once waits in the interface's queue.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PACKET_MOST = 65536, TRIES = 500, PAUSE_US = 10000 };

static void __attribute__((noreturn))
die(const char *what)
{
	perror(what);
	exit(1);
}

static int
open_tun(const char *name, const char *mtu)
{
	struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
	if (tun == -1 || any == -1 || ioctl(tun, TUNSETIFF, &request) == -1)
		die(name);
	request.ifr_mtu = (int)strtol(mtu, NULL, 10);
	if (ioctl(any, SIOCSIFMTU, &request) == -1)
		die(name);
	close(any);
	return tun;
}

/* masqd may not be there yet. */
static int
reach(const char *path)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };

	(void)snprintf(name.sun_path, sizeof name.sun_path, "%s", path);
	for (int i = 0; i < TRIES; i++) {
		int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

		if (connect(fd, (struct sockaddr *)&name, sizeof name) == 0)
			return fd;
		close(fd);
		(void)usleep(PAUSE_US);
	}
	die(path);
}

static bool
pass(int from, int to)
{
	static char packet[PACKET_MOST];
	ssize_t got = read(from, packet, sizeof packet);

	if (got <= 0)
		return false;
	/* IPv6's router solicitations and the like stay here. */
	if ((packet[0] & 0xf0) != 0x40)
		return true;
	/* An interface that is down loses packets, as a wire does. */
	return write(to, packet, (size_t)got) == got || errno == EIO ||
	    errno == EINVAL;
}

int
main(int argc, char **argv)
{
	struct pollfd ends[2] = { { .events = POLLIN }, { .events = POLLIN } };

	if (argc < 3 || argc > 4) {
		fprintf(stderr, "usage: tunlink INTERFACE SOCKET [MTU]\n");
		return 2;
	}
	ends[0].fd = open_tun(argv[1], argc > 3 ? argv[3] : "1500");
	ends[1].fd = reach(argv[2]);
	printf("ready\n");
	(void)fflush(stdout);
	for (;;) {
		if (poll(ends, 2, -1) == -1)
			die("poll");
		for (int i = 0; i < 2; i++)
			if (ends[i].revents != 0 &&
			    !pass(ends[i].fd, ends[1 - i].fd))
				return 0;
	}
}
