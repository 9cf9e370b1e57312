/*
 * netlink.h - requests to the kernel's routing (rtnetlink(7)), one at a time
 */
#ifndef MASQD_NETLINK_H
#define MASQD_NETLINK_H

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdint.h>

struct netlink_request {
	struct nlmsghdr head;
	_Alignas(NLMSG_ALIGNTO) char rest[256]; /* body and attributes */
};

/* The socket, close-on-exec, or -1 with errno. */
int netlink_open(void);

/* Begin a request with its body; flags beside NLM_F_REQUEST. */
void netlink_begin(struct netlink_request *, uint16_t type, uint16_t flags,
    const void *body, size_t size);
/* Add an attribute. */
void netlink_add(struct netlink_request *, uint16_t type, const void *data,
    size_t size);
void netlink_add_text(struct netlink_request *, uint16_t type,
    const char *text);
void netlink_add_number(struct netlink_request *, uint16_t type, uint32_t);

/* Send it and wait for the kernel's word.  Returns 0 or an errno. */
int netlink_do(int socket, struct netlink_request *);

/* Call take() with each message that answers a dump.  0 or an errno. */
int netlink_dump(int socket, struct netlink_request *,
    void (*take)(void *context, const struct nlmsghdr *), void *context);

#endif
