/*
 * hold_open.c - the keeper's part of a hold
 */
#include "masqd/hold.h"

#include <errno.h>
#include <linux/filter.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int
drop_everything(int fd)
{
	struct sock_filter drop = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog program = { 1, &drop };
	int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
		sizeof program) == -1)
		return -1;
	return setsockopt(fd, SOL_SOCKET, SO_LOCK_FILTER, &on, sizeof on);
}

/* Deaf before it is bound, so that the host never answers on it; and bound to
 * the device, so that whoever has it reaches nothing else by it. */
int
hold_open(in_addr_t address, const char *interface, uint8_t protocol,
    in_port_t port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = port,
		.sin_addr.s_addr = address };
	int type = protocol == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM, saved;
	int fd = -1;

	if (address == 0)
		errno = EADDRNOTAVAIL;
	else
		fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -1;
	if (drop_everything(fd) == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface,
		(socklen_t)strlen(interface) + 1) == 0 &&
	    bind(fd, (struct sockaddr *)&to, sizeof to) == 0 &&
	    (type == SOCK_DGRAM || listen(fd, 1) == 0))
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}
