#include "batch.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static uint8_t arena[BATCH_MAX][BATCH_BUFFER];

/* Where the descriptor is a packet socket the address is a sockaddr_ll; its
 * head is the same on all Linux systems (packet(7)). */
struct link_address {
	uint16_t family, protocol;
	int32_t interface;
	uint16_t hardware;
	uint8_t rest[128];
};

int
batch_receive(int fd, struct batch *batch)
{
	static struct mmsghdr messages[BATCH_MAX];
	static struct iovec parts[BATCH_MAX];
	static struct link_address from[BATCH_MAX];
	int got;

	for (size_t i = 0; i < BATCH_MAX; i++) {
		parts[i].iov_base = arena[i];
		parts[i].iov_len = BATCH_BUFFER;
		messages[i].msg_hdr = (struct msghdr){
			.msg_name = &from[i],
			.msg_namelen = sizeof from[i],
			.msg_iov = &parts[i],
			.msg_iovlen = 1,
		};
	}
	batch->count = 0;
	got = recvmmsg(fd, messages, BATCH_MAX, MSG_DONTWAIT, NULL);
	if (got < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	for (int i = 0; i < got; i++) {
		/* A sequenced socket says end of file by an empty message. */
		if (messages[i].msg_len == 0) {
			if (i > 0)
				break;
			errno = 0;
			return -1;
		}
		batch->item[i].data = arena[i];
		batch->item[i].length = messages[i].msg_len;
		batch->item[i].capacity = BATCH_BUFFER;
		batch->item[i].hardware = from[i].hardware;
		batch->count++;
	}
	return 1;
}

int
batch_read(int fd, struct batch *batch)
{
	for (batch->count = 0; batch->count < BATCH_MAX; batch->count++) {
		size_t at = batch->count;
		ssize_t got = read(fd, arena[at], BATCH_BUFFER);

		if (got > 0) {
			batch->item[at].data = arena[at];
			batch->item[at].length = (size_t)got;
			batch->item[at].capacity = BATCH_BUFFER;
			batch->item[at].hardware = 0;
			continue;
		}
		if (at > 0)
			return 1;
		return got < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
	}
	return 1;
}

static enum verdict
send_failure(enum verdict busy, enum verdict failed)
{
	switch (errno) {
	case EAGAIN:
	case ENOBUFS:
	case EINTR:
		return busy;
	case EMSGSIZE:
		return DROP_TOO_BIG;
	default:
		return failed;
	}
}

static void
prepare(struct mmsghdr *message, struct iovec *part, struct sockaddr_in *to,
    const struct packet *packet, bool to_destination)
{
	*part = (struct iovec){ packet->data, packet->length };
	message->msg_hdr = (struct msghdr){ .msg_iov = part, .msg_iovlen = 1 };
	if (!to_destination)
		return;
	*to = (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_addr.s_addr = packet->destination };
	message->msg_hdr.msg_name = to;
	message->msg_hdr.msg_namelen = sizeof *to;
}

size_t
batch_send(int fd, struct packet *const *packets, size_t n,
    bool to_destination, enum verdict busy, enum verdict failed)
{
	static struct mmsghdr messages[BATCH_MAX];
	static struct iovec parts[BATCH_MAX];
	static struct sockaddr_in to[BATCH_MAX];
	size_t done = 0, sent = 0;

	while (done < n) {
		unsigned count = 0;
		int out;

		while (count < BATCH_MAX && done + count < n) {
			prepare(&messages[count], &parts[count], &to[count],
			    packets[done + count], to_destination);
			count++;
		}
		out = sendmmsg(fd, messages, count,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (out > 0) {
			done += (size_t)out;
			sent += (size_t)out;
			continue;
		}
		packets[done]->verdict = send_failure(busy, failed);
		done++;
	}
	return sent;
}

size_t
batch_write(int fd, struct packet *const *packets, size_t n, enum verdict busy,
    enum verdict failed)
{
	size_t sent = 0;

	for (size_t i = 0; i < n; i++) {
		struct packet *packet = packets[i];

		if (write(fd, packet->data, packet->length) >= 0)
			sent++;
		else
			packet->verdict = send_failure(busy, failed);
	}
	return sent;
}
