#include "namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fib_rules.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct rule_request {
	struct nlmsghdr head;
	struct fib_rule_hdr body;
	struct rtattr priority_head;
	uint32_t priority;
};

/* Returns 0 or an errno. */
static int
rule_change(int fd, uint16_t type, unsigned char family, uint8_t action,
    uint8_t table)
{
	struct rule_request request = {
		.head = { .nlmsg_len = sizeof request, .nlmsg_type = type,
		    .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK |
			(type == RTM_NEWRULE ? NLM_F_CREATE : 0) },
		.body = { .family = family, .action = action,
		    .table = table },
		.priority_head = { RTA_LENGTH(sizeof(uint32_t)),
		    FRA_PRIORITY },
		.priority = 0,
	};
	struct {
		struct nlmsghdr head;
		struct nlmsgerr body;
		char rest[512];
	} answer;

	if (send(fd, &request, sizeof request, 0) != sizeof request ||
	    recv(fd, &answer, sizeof answer, 0) <
		(ssize_t)(sizeof answer.head + sizeof answer.body) ||
	    answer.head.nlmsg_type != NLMSG_ERROR)
		return EPROTO;
	return -answer.body.error;
}

static int
silence(unsigned char family)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int error;

	if (fd == -1)
		return errno;
	error = rule_change(fd, RTM_NEWRULE, family, FR_ACT_BLACKHOLE, 0);
	if (error == 0)
		error = rule_change(fd, RTM_DELRULE, family, FR_ACT_TO_TBL,
		    RT_TABLE_LOCAL);
	close(fd);
	/* A kernel without IPv6 is silent in it already. */
	if (family == AF_INET6 && error == EAFNOSUPPORT)
		error = 0;
	return error;
}

static int
make_namespace(void)
{
	int error;

	if (unshare(CLONE_NEWNET) == -1)
		return errno;
	error = silence(AF_INET);
	return error != 0 ? error : silence(AF_INET6);
}

/* In a child, so that this process never leaves the host's namespace; the
 * child waits until its namespace has been opened. */
int
namespace_create(char *error, unsigned long error_size)
{
	int ready[2], leave[2], result = EPIPE, fd = -1;
	char path[64];
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC) == -1 || pipe2(leave, O_CLOEXEC) == -1 ||
	    (pid = fork()) == -1) {
		(void)snprintf(error, error_size,
		    "cannot make the callers' namespace: %s", strerror(errno));
		return -1;
	}
	if (pid == 0) {
		char end;

		close(leave[1]);
		result = make_namespace();
		if (write(ready[1], &result, sizeof result) == sizeof result)
			(void)!read(leave[0], &end, 1);
		_exit(0);
	}
	close(ready[1]);
	close(leave[0]);
	if (read(ready[0], &result, sizeof result) != sizeof result)
		result = EPIPE;
	(void)snprintf(path, sizeof path, "/proc/%d/ns/net", (int)pid);
	if (result == 0 && (fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		result = errno;
	close(leave[1]);
	close(ready[0]);
	(void)waitpid(pid, NULL, 0);
	if (result != 0)
		(void)snprintf(error, error_size,
		    "cannot make the callers' silent namespace: %s",
		    strerror(result));
	return fd;
}
