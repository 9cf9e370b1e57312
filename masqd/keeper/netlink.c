#include "netlink.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

enum { ANSWER_ROOM = 32768 };

int
netlink_open(void)
{
	return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
}

void
netlink_begin(struct netlink_request *request, uint16_t type, uint16_t flags,
    const void *body, size_t size)
{
	assert(NLMSG_LENGTH(size) <= sizeof *request);
	memset(request, 0, sizeof *request);
	request->head.nlmsg_len = NLMSG_LENGTH((uint32_t)size);
	request->head.nlmsg_type = type;
	request->head.nlmsg_flags = NLM_F_REQUEST | flags;
	memcpy(NLMSG_DATA(&request->head), body, size);
}

void
netlink_add(struct netlink_request *request, uint16_t type, const void *data,
    size_t size)
{
	size_t at = NLMSG_ALIGN(request->head.nlmsg_len);
	struct rtattr attribute = { .rta_len = (uint16_t)RTA_LENGTH(size),
		.rta_type = type };
	char *to = (char *)request + at;

	assert(at + RTA_SPACE(size) <= sizeof *request);
	memcpy(to, &attribute, sizeof attribute);
	memcpy(to + RTA_LENGTH(0), data, size);
	request->head.nlmsg_len = (uint32_t)(at + RTA_LENGTH(size));
}

void
netlink_add_text(struct netlink_request *request, uint16_t type,
    const char *text)
{
	netlink_add(request, type, text, strlen(text) + 1);
}

void
netlink_add_number(struct netlink_request *request, uint16_t type,
    uint32_t number)
{
	netlink_add(request, type, &number, sizeof number);
}

/* Read one datagram of answers.  1: more will come, 0: all was said, else an
 * errno, negative. */
static int
read_answers(int socket, void (*take)(void *, const struct nlmsghdr *),
    void *context)
{
	static _Alignas(struct nlmsghdr) char buffer[ANSWER_ROOM];
	ssize_t got = recv(socket, buffer, sizeof buffer, 0);
	size_t left;

	if (got < 0)
		return errno == EINTR ? 1 : -errno;
	left = (size_t)got;
	for (const struct nlmsghdr *m = (const struct nlmsghdr *)buffer;
	     NLMSG_OK(m, left); m = NLMSG_NEXT(m, left)) {
		struct nlmsgerr error;

		if (m->nlmsg_type == NLMSG_DONE)
			return 0;
		if (m->nlmsg_type == NLMSG_ERROR) {
			memcpy(&error, NLMSG_DATA(m), sizeof error);
			return error.error;
		}
		if (take != NULL)
			take(context, m);
	}
	return 1;
}

static int
ask(int socket, struct netlink_request *request,
    void (*take)(void *, const struct nlmsghdr *), void *context)
{
	int got;

	if (send(socket, request, request->head.nlmsg_len, 0) == -1)
		return errno;
	while ((got = read_answers(socket, take, context)) > 0)
		continue;
	return -got;
}

int
netlink_do(int socket, struct netlink_request *request)
{
	request->head.nlmsg_flags |= NLM_F_ACK;
	return ask(socket, request, NULL, NULL);
}

int
netlink_dump(int socket, struct netlink_request *request,
    void (*take)(void *, const struct nlmsghdr *), void *context)
{
	request->head.nlmsg_flags |= NLM_F_DUMP;
	return ask(socket, request, take, context);
}
