#include "host.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log.h"

/* Sorted, so that a packet costs a binary search. */
struct host {
	int fd;
	bool changed; /* since host_update() was last called */
	bool told;    /* the answer to host_count() has come: */
	struct host_counts counts;
	in_addr_t *address;
	size_t count, room;
};

static size_t
place(const struct host *host, in_addr_t address)
{
	size_t low = 0, high = host->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (host->address[middle] < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool
host_has(const struct host *host, in_addr_t address)
{
	size_t at = place(host, address);

	return at < host->count && host->address[at] == address;
}

static void
add(struct host *host, in_addr_t address)
{
	size_t at = place(host, address);

	if (host_has(host, address))
		return;
	if (host->count == host->room) {
		size_t room = host->room * 2 + 16;
		in_addr_t *more = realloc(host->address, room * sizeof *more);

		if (more == NULL) {
			log_warn("host: cannot remember an address");
			return;
		}
		host->address = more;
		host->room = room;
	}
	memmove(&host->address[at + 1], &host->address[at],
	    (host->count - at) * sizeof *host->address);
	host->address[at] = address;
	host->count++;
}

static void
take_away(struct host *host, in_addr_t address)
{
	size_t at = place(host, address);

	if (!host_has(host, address))
		return;
	host->count--;
	memmove(&host->address[at], &host->address[at + 1],
	    (host->count - at) * sizeof *host->address);
}

/* Of all routes only the default one is of interest. */
static void
take_route(struct host *host, const struct nlmsghdr *message)
{
	const struct rtmsg *body = NLMSG_DATA(message);

	if (body->rtm_family == AF_INET && body->rtm_dst_len == 0 &&
	    body->rtm_table == RT_TABLE_MAIN)
		host->changed = true;
}

static void
take_address(struct host *host, const struct nlmsghdr *message)
{
	const struct ifaddrmsg *body = NLMSG_DATA(message);
	int left = (int)IFA_PAYLOAD(message);

	if (body->ifa_family != AF_INET)
		return;
	host->changed = true;
	for (const struct rtattr *a = IFA_RTA(body); RTA_OK(a, left);
	     a = RTA_NEXT(a, left)) {
		in_addr_t address;

		if (a->rta_type != IFA_LOCAL ||
		    RTA_PAYLOAD(a) != sizeof address)
			continue;
		memcpy(&address, RTA_DATA(a), sizeof address);
		if (message->nlmsg_type == RTM_NEWADDR)
			add(host, address);
		else
			take_away(host, address);
	}
}

static void
take_stats(struct host *host, const struct nlmsghdr *message)
{
	const struct rtattr *a = (const struct rtattr *)(const void *)((
	    const char *)NLMSG_DATA(message) +
	    NLMSG_ALIGN(sizeof(struct if_stats_msg)));
	int left = (int)NLMSG_PAYLOAD(message, sizeof(struct if_stats_msg));
	struct rtnl_link_stats64 stats;

	for (; RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		/* Newer kernels have more at the end. */
		if (a->rta_type != IFLA_STATS_LINK_64 || RTA_PAYLOAD(a) <
			offsetof(struct rtnl_link_stats64, multicast))
			continue;
		memset(&stats, 0, sizeof stats);
		memcpy(&stats, RTA_DATA(a), RTA_PAYLOAD(a) < sizeof stats ?
		    RTA_PAYLOAD(a) : sizeof stats);
		host->counts.dropped = stats.tx_dropped;
		host->counts.received = stats.rx_packets;
		host->told = true;
	}
}

static void
take_message(struct host *host, const struct nlmsghdr *message)
{
	switch (message->nlmsg_type) {
	case RTM_NEWADDR:
	case RTM_DELADDR:
		take_address(host, message);
		break;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		take_route(host, message);
		break;
	case RTM_NEWLINK:
	case RTM_DELLINK:
		host->changed = true;
		break;
	case RTM_NEWSTATS:
		take_stats(host, message);
		break;
	}
}

/* Read one datagram of messages.  1: more may wait, 0: nothing waits or the
 * dump is done, -1: error. */
static int
read_messages(struct host *host, int flags)
{
	static _Alignas(struct nlmsghdr) char buffer[32768];
	ssize_t got = recv(host->fd, buffer, sizeof buffer, flags);
	size_t left;

	if (got < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	left = (size_t)got;
	for (const struct nlmsghdr *m = (const struct nlmsghdr *)buffer;
	     NLMSG_OK(m, left); m = NLMSG_NEXT(m, left)) {
		if (m->nlmsg_type == NLMSG_DONE ||
		    m->nlmsg_type == NLMSG_ERROR)
			return 0;
		take_message(host, m);
	}
	return 1;
}

static int
ask_for_all(const struct host *host)
{
	struct {
		struct nlmsghdr head;
		struct ifaddrmsg body;
	} request = {
		.head = { .nlmsg_len = sizeof request,
		    .nlmsg_type = RTM_GETADDR,
		    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.body = { .ifa_family = AF_INET },
	};

	return send(host->fd, &request, sizeof request, 0) ==
	    sizeof request ? 0 : -1;
}

struct host *
host_create(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_LINK |
		    RTMGRP_IPV4_ROUTE };
	struct host *host = calloc(1, sizeof *host);
	int got;

	if (host == NULL)
		return NULL;
	host->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (host->fd == -1 ||
	    bind(host->fd, (struct sockaddr *)&address, sizeof address) == -1 ||
	    ask_for_all(host) == -1) {
		host_destroy(host);
		return NULL;
	}
	while ((got = read_messages(host, 0)) > 0)
		continue;
	if (got == -1) {
		host_destroy(host);
		return NULL;
	}
	return host;
}

void
host_destroy(struct host *host)
{
	if (host == NULL)
		return;
	if (host->fd != -1)
		close(host->fd);
	free(host->address);
	free(host);
}

int
host_fd(const struct host *host)
{
	return host->fd;
}

static void
read_all(struct host *host)
{
	int got;

	while ((got = read_messages(host, MSG_DONTWAIT)) > 0)
		continue;
	/* Messages were lost: ask anew.  Addresses that went in the meantime
	 * stay blocked until the next start, which is the safe side. */
	if (got == -1 && errno == ENOBUFS) {
		host->changed = true;
		if (ask_for_all(host) == -1)
			log_warn("host: cannot ask for the host's addresses");
	}
}

bool
host_update(struct host *host)
{
	bool changed;

	read_all(host);
	changed = host->changed;
	host->changed = false;
	return changed;
}

/* The kernel has answered before send() returns. */
bool
host_count(struct host *host, uint32_t index, struct host_counts *counts)
{
	struct {
		struct nlmsghdr head;
		struct if_stats_msg body;
	} request = {
		.head = { .nlmsg_len = sizeof request,
		    .nlmsg_type = RTM_GETSTATS,
		    .nlmsg_flags = NLM_F_REQUEST },
		.body = { .ifindex = index, .filter_mask =
		    IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64) },
	};

	host->told = false;
	if (send(host->fd, &request, sizeof request, 0) != sizeof request)
		return false;
	read_all(host);
	*counts = host->counts;
	return host->told;
}
