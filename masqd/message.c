#include "message.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

union control {
	struct cmsghdr align;
	char room[CMSG_SPACE(sizeof(int))];
};

int
message_send(int socket, const void *data, size_t size, int descriptor)
{
	struct iovec part = { (void *)(size_t)data, size };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	union control control;

	if (descriptor != -1) {
		struct cmsghdr *head;

		memset(&control, 0, sizeof control);
		message.msg_control = &control;
		message.msg_controllen = sizeof control;
		head = CMSG_FIRSTHDR(&message);
		head->cmsg_level = SOL_SOCKET;
		head->cmsg_type = SCM_RIGHTS;
		head->cmsg_len = CMSG_LEN(sizeof descriptor);
		memcpy(CMSG_DATA(head), &descriptor, sizeof descriptor);
	}
	return sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) ==
		(ssize_t)size ? 0 : -1;
}

/* The kernel fits at most one descriptor into the room; it closes others. */
static int
descriptor_of(struct msghdr *message)
{
	struct cmsghdr *head = CMSG_FIRSTHDR(message);
	int descriptor;

	if (head == NULL || head->cmsg_level != SOL_SOCKET ||
	    head->cmsg_type != SCM_RIGHTS ||
	    head->cmsg_len != CMSG_LEN(sizeof descriptor))
		return -1;
	memcpy(&descriptor, CMSG_DATA(head), sizeof descriptor);
	return descriptor;
}

enum message
message_receive(int socket, void *data, size_t size, int *descriptor)
{
	struct iovec part = { data, size };
	union control control;
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof control };
	ssize_t got;

	*descriptor = -1;
	got = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (got < 0)
		return errno == EAGAIN || errno == EINTR ? MESSAGE_NONE :
		    MESSAGE_END;
	*descriptor = descriptor_of(&message);
	if (got == (ssize_t)size && !(message.msg_flags & MSG_TRUNC))
		return *descriptor == -1 && (message.msg_flags & MSG_CTRUNC) ?
		    MESSAGE_LOST : MESSAGE_WHOLE;
	if (*descriptor != -1)
		close(*descriptor);
	*descriptor = -1;
	errno = got == 0 ? 0 : EBADMSG;
	return MESSAGE_END;
}
