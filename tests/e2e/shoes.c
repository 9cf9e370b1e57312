/*
 * shoes.c - in the gateway's shoes: what could it do if it were taken over?
 *
 *   shoes INTERFACE      as root; prints TAP
 *
 * Opens the uplink as the keeper does, gives up privilege as the gateway does,
 * by the very same functions, then tries what it must not be able to do.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <poll.h>
#include <pty.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "masqd/hold.h"
#include "masqd/privilege.h"
#include "masqd/gateway/uplink.h"

static struct uplink_parts uplink, replaced;
static int outside; /* a TCP socket */
static int hold;    /* of a UDP port, on another interface than lo */
static int service; /* of the host, on lo: a UDP socket */
static struct sockaddr_in served;
static int count, bad;

/* result: what the call returned; it must have been refused. */
static void
must_fail(const char *sentence, long result)
{
	int error = errno;
	bool refused = result == -1 && (error == EPERM || error == EACCES ||
	    error == ENOSYS);

	bad += !refused;
	printf("%s %d - cannot %s (%s)\n", refused ? "ok" : "not ok", ++count,
	    sentence, result == -1 ? strerror(error) : "it could");
}

static void
try_packet_filter(void)
{
	struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, UINT32_MAX);
	struct sock_fprog program = { 1, &all };

	must_fail("replace the packet filter", setsockopt(uplink.receive,
	    SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program));
	must_fail("take the packet filter away", setsockopt(uplink.receive,
	    SOL_SOCKET, SO_DETACH_FILTER, &program, sizeof program));
	must_fail("bind the raw socket to another device", setsockopt(
	    uplink.send, SOL_SOCKET, SO_BINDTODEVICE, "dummy0", 7));
	must_fail("unbind the raw socket from its device", setsockopt(
	    uplink.send, SOL_SOCKET, SO_BINDTODEVICE, "", 0));
}

static void
try_files(void)
{
	must_fail("make a file", open("/tmp/shoes", O_CREAT | O_WRONLY, 0600));
	must_fail("make a file without a name",
	    open("/tmp", O_TMPFILE | O_RDWR, 0600));
	must_fail("empty a file that everybody may write",
	    open("/tmp/everybody", O_WRONLY | O_TRUNC));
	must_fail("write a file of the system",
	    open("/etc/passwd", O_WRONLY));
	must_fail("take a file away", unlink("/etc/passwd"));
	must_fail("read the accounts", open("/etc/shadow", O_RDONLY));
}

static void
try_network(void)
{
	struct sockaddr_in there = { .sin_family = AF_INET,
		.sin_port = htons(9), .sin_addr.s_addr = htonl(0x7f000001) };

	must_fail("connect out", connect(outside, (struct sockaddr *)&there,
	    sizeof there));
	must_fail("connect out by sending", sendto(outside, "x", 1, MSG_FASTOPEN,
	    (struct sockaddr *)&there, sizeof there));
	must_fail("bind a socket", bind(outside, (struct sockaddr *)&there,
	    sizeof there));
	must_fail("open a TCP socket", socket(AF_INET, SOCK_STREAM, 0));
	must_fail("open a UDP socket", socket(AF_INET, SOCK_DGRAM, 0));
	must_fail("open a packet socket", socket(AF_PACKET, SOCK_RAW, 0));
	must_fail("open a raw socket", socket(AF_INET, SOCK_RAW, 255));
	must_fail("open a Unix socket", socket(AF_UNIX, SOCK_STREAM, 0));
	must_fail("open a routing socket", socket(AF_NETLINK, SOCK_RAW, 0));
}

/* The one that masqd was started from may be root's shell's. */
static void
try_terminal(int terminal)
{
	must_fail("type into a terminal", ioctl(terminal, TIOCSTI, "x"));
	must_fail("take a terminal", ioctl(terminal, TIOCSCTTY, 0));
	must_fail("open the terminal it was started from",
	    open("/dev/tty", O_RDWR) == -1 ? (errno = EPERM, -1) : 0);
}

/* What the present packet socket hears, the one before it does not. */
static void
try_replaced(void)
{
	struct sockaddr_in port = served;
	struct pollfd present = { uplink.receive, POLLIN, 0 };
	char octets[200];
	bool heard;

	port.sin_port = htons(61500);
	(void)sendto(service, "x", 1, 0, (struct sockaddr *)&port,
	    sizeof port);
	heard = poll(&present, 1, 5000) == 1 &&
	    recv(replaced.receive, octets, sizeof octets, MSG_DONTWAIT) == -1;
	errno = EPERM;
	must_fail("hear by a packet socket that was replaced",
	    heard ? -1 : 0);
}

/* A hold can send, by its interface and nowhere else. */
static void
try_hold(void)
{
	char octet;
	bool arrived;

	(void)sendto(hold, "x", 1, 0, (struct sockaddr *)&served,
	    sizeof served);
	arrived = recv(service, &octet, 1, MSG_DONTWAIT) == 1;
	errno = EPERM;
	must_fail("reach a service of the host by a hold", arrived ? 0 : -1);
}

static void
try_self(void)
{
	char *const arguments[] = { "/bin/sh", NULL };

	must_fail("make an io_uring, whose calls no filter sees",
	    syscall(SYS_io_uring_setup, 8, calloc(1, 256)));
	must_fail("run a program", execv("/bin/sh", arguments));
	must_fail("start a process", fork());
	must_fail("become root", setuid(0));
	must_fail("look into the keeper",
	    ptrace(PTRACE_ATTACH, getppid(), 0, 0));
	must_fail("enter another namespace", setns(uplink.receive, 0));
	must_fail("make code", mmap(NULL, 4096, PROT_READ | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0);
}

int
main(int argc, char **argv)
{
	struct config_uplink config = {
		.interface = argc > 1 ? argv[1] : "lo" };
	const struct uplink_range ports = { .low = 61000, .high = 65095 };
	char error[256];
	pid_t self = getpid();
	int status = 1, master, terminal;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (uplink_find_interface(&config, &uplink, error, sizeof error) ==
		-1 || uplink_open_interface(&uplink, &ports, 1, error,
		sizeof error) == -1) {
		printf("not ok 1 - the uplink opens: %s\n", error);
		return 1;
	}
	replaced = uplink;
	if (uplink_open_interface(&uplink, &ports, 1, error, sizeof error) ==
	    -1) {
		printf("not ok 1 - the uplink opens again: %s\n", error);
		return 1;
	}
	uplink_deafen(replaced.receive);
	outside = socket(AF_INET, SOCK_STREAM, 0);
	service = socket(AF_INET, SOCK_DGRAM, 0);
	served = (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_port = htons(9999),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	hold = hold_open(served.sin_addr.s_addr, "dummy0", IPPROTO_UDP,
	    htons(61001));
	if (hold == -1 || bind(service, (struct sockaddr *)&served,
		sizeof served) == -1) {
		printf("not ok 1 - a hold and a service: %s\n",
		    strerror(errno));
		return 1;
	}
	/* A terminal of ours, as the shell's is. */
	if (setsid() == -1 || openpty(&master, &terminal, NULL, NULL, NULL) ==
		-1 || ioctl(terminal, TIOCSCTTY, 0) == -1) {
		printf("not ok 1 - a terminal: %s\n", strerror(errno));
		return 1;
	}
	close(creat("/tmp/everybody", 0666));
	(void)chmod("/tmp/everybody", 0666);
	if (fork() == 0) {
		privilege_gateway_loop();
		privilege_gateway(self);
		try_packet_filter();
		try_files();
		try_terminal(terminal);
		try_network();
		try_hold();
		try_replaced();
		try_self();
		return bad > 0;
	}
	(void)wait(&status);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
