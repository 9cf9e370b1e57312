/*
 * talk.c - masq.so's side of the socket to masqd
 *
 * Life: talk_open, then questions and answers one at a time, then watched
 * until talk_close.  A watched socket is asynchronous: whatever arrives
 * raises SIGTERM, because nothing that masqd says outside an answer lets the
 * link go on (HANGUP, or its end).  pppd 2.4.9 and 2.5.2 have no other way to
 * let a plugin wait for a descriptor.
 *
 * What must never happen: an answer that arrives while the socket is
 * asynchronous, for it would end the call.  So a question turns that off, and
 * looks again once it is back on.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "pppd-plugin/talk.h"

static int masqd = -1;
static pid_t watcher; /* 0: not watched */
static char reason[256];

__attribute__((format(printf, 1, 2))) static int
fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reason, sizeof(reason), format, arguments);
	va_end(arguments);
	return -1;
}

const char *
talk_reason(void)
{
	return reason;
}

struct handoff
talk_message(enum handoff_kind kind)
{
	struct handoff message = { .version = HANDOFF_VERSION, .kind = kind };

	return message;
}

int
talk_string(char *array, size_t size, const char *string)
{
	size_t length = strlen(string);

	if (length >= size)
		return -1;
	memcpy(array, string, length + 1);
	return 0;
}

int
talk_open(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval patience = { .tv_sec = TALK_PATIENCE / 1000 };

	if (talk_string(address.sun_path, sizeof(address.sun_path), path) < 0)
		return fail("the name of masqd's socket is too long: %s", path);
	masqd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (masqd < 0)
		return fail("no socket to masqd: %s", strerror(errno));
	/* Bounds connect() as well, where masqd's backlog is full. */
	if (setsockopt(masqd, SOL_SOCKET, SO_SNDTIMEO, &patience,
		sizeof(patience)) < 0 ||
	    connect(masqd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		fail("masqd is not there (%s: %s)", path, strerror(errno));
		talk_close();
		return -1;
	}
	return 0;
}

void
talk_close(void)
{
	if (masqd >= 0)
		close(masqd);
	masqd = -1;
	watcher = 0;
}

static int
terminated(const char *array, size_t size)
{
	return memchr(array, '\0', size) != NULL;
}

static int
well_formed(const struct handoff *message, ssize_t length)
{
	return length == sizeof(*message) &&
	    message->version == HANDOFF_VERSION && message->kind != 0 &&
	    terminated(message->line, sizeof(message->line)) &&
	    terminated(message->caller, sizeof(message->caller)) &&
	    terminated(message->device, sizeof(message->device)) &&
	    terminated(message->user, sizeof(message->user)) &&
	    terminated(message->interface, sizeof(message->interface)) &&
	    terminated(message->path, sizeof(message->path)) &&
	    terminated(message->reason, sizeof(message->reason));
}

/* The descriptor that came along, or -1. */
static int
attached(struct msghdr *header)
{
	struct cmsghdr *control = CMSG_FIRSTHDR(header);
	int descriptor = -1;

	if (control && control->cmsg_level == SOL_SOCKET &&
	    control->cmsg_type == SCM_RIGHTS &&
	    control->cmsg_len == CMSG_LEN(sizeof(descriptor)))
		memcpy(&descriptor, CMSG_DATA(control), sizeof(descriptor));
	return descriptor;
}

/*
 * Take one message, without waiting.  1; 0: none is there; -1: masqd is gone
 * or makes no sense.
 */
static int
receive(struct handoff *message, int *descriptor)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec data = { message, sizeof(*message) };
	struct msghdr header = { .msg_iov = &data, .msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes) };
	ssize_t length = recvmsg(masqd, &header,
	    MSG_DONTWAIT | MSG_CMSG_CLOEXEC | MSG_TRUNC);

	*descriptor = -1;
	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (length < 0 && errno != ECONNRESET)
		return fail("masqd cannot be heard: %s", strerror(errno));
	if (length <= 0)
		return fail("masqd is gone");
	*descriptor = attached(&header);
	if (!well_formed(message, length)) {
		if (*descriptor >= 0)
			close(*descriptor);
		*descriptor = -1;
		return fail("masqd speaks another version than masq.so;"
			    " install both from one package");
	}
	return 1;
}

static int
send_message(const struct handoff *message, int descriptor, int flags)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .bytes = { 0 } };
	struct iovec data = { (void *)(uintptr_t)message, sizeof(*message) };
	struct msghdr header = { .msg_iov = &data, .msg_iovlen = 1 };

	if (descriptor >= 0) {
		header.msg_control = control.bytes;
		header.msg_controllen = sizeof(control.bytes);
		CMSG_FIRSTHDR(&header)->cmsg_level = SOL_SOCKET;
		CMSG_FIRSTHDR(&header)->cmsg_type = SCM_RIGHTS;
		CMSG_FIRSTHDR(&header)->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&header)), &descriptor,
		    sizeof(descriptor));
	}
	return sendmsg(masqd, &header, MSG_NOSIGNAL | flags) < 0 ? -1 : 0;
}

static int64_t
milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Wait for one message: 0, or -1. */
static int
wait_for(struct handoff *message, int *descriptor)
{
	int64_t deadline = milliseconds() + TALK_PATIENCE;
	struct pollfd ready = { .fd = masqd, .events = POLLIN };

	for (;;) {
		int64_t left = deadline - milliseconds();
		int got = receive(message, descriptor);

		if (got != 0)
			return got < 0 ? -1 : 0;
		if (left <= 0)
			return fail("masqd did not answer within %d seconds",
			    TALK_PATIENCE / 1000);
		/* Interrupted by a signal: the deadline still holds. */
		poll(&ready, 1, (int)left);
	}
}

static void
asynchronous(int on)
{
	int flags = fcntl(masqd, F_GETFL);

	if (flags >= 0)
		fcntl(masqd, F_SETFL, on ? flags | O_ASYNC : flags & ~O_ASYNC);
}

static int
answer_fits(const struct handoff *answer, enum handoff_kind kind)
{
	if (answer->kind == kind)
		return 0;
	if (answer->kind == HANDOFF_REFUSE)
		return fail("masqd refuses: %s", answer->reason);
	if (answer->kind == HANDOFF_HANGUP)
		return fail("masqd hangs up: %s", answer->reason);
	return fail("masqd answered with message %u in place of %u",
	    (unsigned)answer->kind, (unsigned)kind);
}

static int
ask(const struct handoff *question, int descriptor, enum handoff_kind kind,
    struct handoff *answer, int *received)
{
	if (send_message(question, descriptor, 0) < 0)
		return fail("masqd is gone (%s)", strerror(errno));
	if (wait_for(answer, received) < 0)
		return -1;
	return answer_fits(answer, kind);
}

int
talk_ask(const struct handoff *question, int descriptor,
    enum handoff_kind kind, struct handoff *answer, int *received)
{
	int got = -1, result;

	if (masqd < 0)
		return fail("masqd was left");
	if (watcher)
		asynchronous(0);
	result = ask(question, descriptor, kind, answer, &got);
	if (watcher)
		talk_watch(watcher);
	if (received && result == 0)
		*received = got;
	else if (got >= 0)
		close(got);
	return result;
}

void
talk_say(const struct handoff *message)
{
	/* Where masqd is gone or stuck, its end of file says it anyway. */
	if (masqd >= 0)
		(void)send_message(message, -1, MSG_DONTWAIT);
}

void
talk_watch(pid_t pid)
{
	struct pollfd ready = { .fd = masqd, .events = POLLIN };

	if (masqd < 0)
		return;
	watcher = pid;
	fcntl(masqd, F_SETOWN, pid);
	fcntl(masqd, F_SETSIG, SIGTERM);
	asynchronous(1);
	/* What came before the line above raises no signal. */
	if (poll(&ready, 1, 0) == 1)
		kill(pid, SIGTERM);
}

int
talk_over(void)
{
	struct handoff message;
	int descriptor;

	if (masqd < 0)
		return 0;
	switch (receive(&message, &descriptor)) {
	case 0:
		return 0;
	case 1:
		if (descriptor >= 0)
			close(descriptor);
		/* Anything but a HANGUP is out of turn, and ends it too. */
		answer_fits(&message, 0);
	}
	return 1;
}
