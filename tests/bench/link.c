/*
 * link.c - what the whole daemon adds: a ping and a flood over socket links
 *
 * Starts masqd as it is, without root, between two sockets; a round is an echo
 * request in at the network, out at the uplink, and its reply all the way
 * back; the flood keeps more under way than one call can carry.  Beside it,
 * as the limit, the same octets through two bare socket pairs with a process
 * in between that only copies: all that waits, at most a burst, by two calls,
 * and no call to learn that something waits while something does.  Rounds of
 * both in turn; the best of each is printed.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/daemon.h"
#include "tests/bench/echo.h"

enum {
	TURNS = 5,
	PINGS = 4000, /* a turn */
	FLOOD = 96000,
	BURST = 32,
	UNDER_WAY = 4 * BURST /* less than a socket's queue takes */
};

struct ends { /* of a path: the network's, the uplink's */
	int lab, net;
	double ping, flood; /* the best */
};

struct burst {
	uint8_t packets[BURST][ECHO];
	struct iovec parts[BURST];
	struct mmsghdr messages[BURST];
};


static void
receive(int fd, uint8_t *packet)
{
	if (recv(fd, packet, ECHO, 0) != ECHO)
		die("receive");
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* The median round in microseconds. */
static double
ping(int lab, int net)
{
	static double took[PINGS];

	for (int i = 0; i < PINGS; i++) {
		uint8_t packet[ECHO];
		double start;

		echo_build(packet, 0x0a090005, 7);
		start = now_us();
		if (send(lab, packet, ECHO, 0) != ECHO)
			die("send");
		receive(net, packet);
		echo_turn_round(packet);
		if (send(net, packet, ECHO, 0) != ECHO)
			die("send");
		receive(lab, packet);
		took[i] = now_us() - start;
	}
	qsort(took, PINGS, sizeof took[0], by_value);
	return took[PINGS / 2];
}

static void
burst_init(struct burst *b)
{
	for (int i = 0; i < BURST; i++) {
		b->parts[i] = (struct iovec){ b->packets[i], ECHO };
		b->messages[i].msg_hdr = (struct msghdr){
			.msg_iov = &b->parts[i], .msg_iovlen = 1
		};
	}
}

/* Packets a second from the network to the uplink. */
static double
flood(int lab, int net)
{
	static struct burst out, in;
	double start;
	int sent = 0, seen = 0, n;

	burst_init(&out);
	burst_init(&in);
	for (int i = 0; i < BURST; i++)
		echo_build(out.packets[i], 0x0a090005, 7);
	start = now_us();
	while (seen < FLOOD) {
		while (sent < FLOOD && sent - seen <= UNDER_WAY - BURST) {
			if (sendmmsg(lab, out.messages, BURST, 0) != BURST)
				die("send");
			sent += BURST;
		}
		n = recvmmsg(net, in.messages, BURST, MSG_WAITFORONE, NULL);
		if (n <= 0)
			die("receive");
		seen += n;
	}
	return seen / (now_us() - start) * 1e6;
}

/* False: an end is closed.  *moved grows by what was copied. */
static bool
copy_burst(struct burst *b, int from, int to, int *moved)
{
	int got = recvmmsg(from, b->messages, BURST, MSG_DONTWAIT, NULL);

	if (got == -1)
		return true;
	*moved += got;
	return got > 0 && b->messages[0].msg_len == ECHO &&
	    sendmmsg(to, b->messages, (unsigned)got, 0) == got;
}

static void
copy_for_ever(int a, int b)
{
	static struct burst burst;
	struct pollfd ends[2] = { { a, POLLIN, 0 }, { b, POLLIN, 0 } };
	int moved;

	burst_init(&burst);
	for (;;) {
		moved = 0;
		if (!copy_burst(&burst, a, b, &moved) ||
		    !copy_burst(&burst, b, a, &moved))
			return;
		if (moved == 0 && poll(ends, 2, -1) == -1)
			return;
	}
}

/* It ends with the sockets. */
static void
start_copier(int *lab, int *net)
{
	int a[2], b[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, a) == -1 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET, 0, b) == -1 ||
	    (pid = fork()) == -1)
		die("copier");
	if (pid == 0) {
		close(a[0]);
		close(b[0]);
		copy_for_ever(a[1], b[1]);
		_exit(0);
	}
	close(a[1]);
	close(b[1]);
	*lab = a[0];
	*net = b[0];
}

static pid_t
start_masqd(const char *folder)
{
	char network[256];

	(void)snprintf(network, sizeof network,
	    "network \"lab\" { socket = \"%s/lab\" subnet = \"10.9.0.0/24\" "
	    "gateway = \"10.9.0.1\" }\n", folder);
	return daemon_start(folder, network);
}

static void
take_turn(struct ends *e)
{
	double us = ping(e->lab, e->net), a_second = flood(e->lab, e->net);

	if (e->ping == 0 || us < e->ping)
		e->ping = us;
	if (a_second > e->flood)
		e->flood = a_second;
}

int
main(void)
{
	char folder[] = "/tmp/masqd-bench-XXXXXX";
	struct ends bare = { 0 }, masqd = { 0 };
	int status;
	pid_t pid;

	daemon_folder(folder);
	start_copier(&bare.lab, &bare.net);
	pid = start_masqd(folder);
	masqd.lab = daemon_reach(folder, "lab");
	masqd.net = daemon_reach(folder, "up");
	for (int turn = 0; turn < TURNS; turn++) {
		take_turn(&bare);
		take_turn(&masqd);
	}
	status = daemon_stop(pid);
	printf("link/ping-through-masqd %.1f us\n", masqd.ping);
	printf("link/ping-through-copier %.1f us\n", bare.ping);
	printf("link/ping-added-by-masqd %.1f us\n", masqd.ping - bare.ping);
	printf("link/flood-through-masqd %.0f packets/s\n", masqd.flood);
	printf("link/flood-through-copier %.0f packets/s\n", bare.flood);
	return status;
}
