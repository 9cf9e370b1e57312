/*
 * callers.c - what a caller costs: 1,000 on SLIP over TCP, on one masqd
 *
 * Each calls, asks for his address by BOOTP, and pings a host beyond the
 * uplink, which is this program too.  They call at 100 a second by the clock,
 * whether or not those before have got through; how far this program fell
 * behind its own clock is a figure like the others.  The CPU time is that of
 * masqd's two processes, and so is the memory: what they hold with all calls
 * on the line less what they held before the first.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#include "serial/slip.h"
#include "tests/bench/daemon.h"
#include "tests/bench/echo.h"

enum {
	CALLERS = 1000,
	CALLS_A_SECOND = 100,
	PATIENCE_S = 10, /* then a call has not got through */
	MEASURE_S = 10,
	BOOTP = 328,	 /* octets, headers and all */
	BOOTP_YOURS = 44, /* yiaddr in it, RFC 951 */
	UDP = 17,
	FRAME_MOST = 1006
};

struct caller {
	int fd; /* -1: has not called yet, or was sent away */
	struct slip_decoder decoder;
	uint8_t frame[FRAME_MOST];
	uint32_t address; /* host byte order; 0: not told yet */
	uint16_t query;
	double began;	  /* us */
	unsigned answers; /* to pings */
	bool refused;
};

static struct caller callers[CALLERS];
static struct sockaddr_in bank;
static int events, uplink;
static double slowest, latest; /* us: to a first answer; behind the clock */
static unsigned answers;

/* ---- a caller ------------------------------------------------------------ */

static void
refuse(struct caller *caller)
{
	caller->refused = true;
	close(caller->fd);
	caller->fd = -1;
}

/* So little is on its way that the stream takes all or is broken. */
static void
send_frame(struct caller *caller, const uint8_t *packet, size_t n)
{
	uint8_t octets[2 * FRAME_MOST + 2];
	size_t length = slip_encode(packet, n, octets);

	if (send(caller->fd, octets, length, MSG_NOSIGNAL) != (ssize_t)length)
		refuse(caller);
}

static void
ask_address(struct caller *caller)
{
	uint8_t packet[BOOTP] = { 0x45, 0, BOOTP >> 8, BOOTP & 0xff,
		[8] = 64, UDP, [16] = 255, 255, 255, 255, 0, 68, 0, 67,
		(BOOTP - 20) >> 8, (BOOTP - 20) & 0xff, [28] = 1, 1, 6 };

	octets_put32(packet + 32, htonl(caller->query)); /* xid */
	octets_put16(packet + 10, checksum_of(packet, 20));
	send_frame(caller, packet, sizeof packet);
}

static void
ping(struct caller *caller)
{
	uint8_t packet[ECHO];

	echo_build(packet, caller->address, caller->query);
	send_frame(caller, packet, sizeof packet);
}

static void
call(struct caller *caller)
{
	struct epoll_event want = { .events = EPOLLIN,
		.data.ptr = caller };
	int yes = 1;

	caller->began = now_us();
	caller->query = (uint16_t)(caller - callers + 1);
	slip_decoder_start(&caller->decoder, caller->frame, FRAME_MOST);
	caller->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (caller->fd == -1)
		die("socket");
	/* On this host a listener's backlog answers: nothing waits here. */
	if (connect(caller->fd, (struct sockaddr *)&bank, sizeof bank) == -1 ||
	    setsockopt(caller->fd, IPPROTO_TCP, TCP_NODELAY, &yes,
		sizeof yes) == -1 ||
	    epoll_ctl(events, EPOLL_CTL_ADD, caller->fd, &want) == -1)
		refuse(caller);
	else
		ask_address(caller);
}

static void
take_packet(struct caller *caller, const uint8_t *packet, size_t n)
{
	if (n == BOOTP && packet[9] == UDP && caller->address == 0) {
		memcpy(&caller->address, packet + BOOTP_YOURS, 4);
		caller->address = ntohl(caller->address);
		ping(caller);
	} else if (n == ECHO && packet[20] == 0 &&
	    ntohs(octets_get16(packet + 24)) == caller->query) {
		double took = now_us() - caller->began;

		if (caller->answers++ == 0 && took > slowest)
			slowest = took;
		answers++;
	}
}

/* What is no packet is BUSY, or the end. */
static void
hear(struct caller *caller)
{
	uint8_t octets[4096];
	ssize_t got = recv(caller->fd, octets, sizeof octets, 0);
	enum slip_event event;
	size_t used;

	if (got <= 0) {
		refuse(caller);
		return;
	}
	for (uint8_t *at = octets; got > 0 && caller->fd != -1;
	     at += used, got -= (ssize_t)used) {
		used = slip_decode(&caller->decoder, at, (size_t)got, &event);
		if (event == SLIP_FRAME)
			take_packet(caller, caller->frame,
			    caller->decoder.length);
	}
}

/* The host that everybody pings. */
static void
answer_pings(void)
{
	uint8_t packet[2048];

	while (recv(uplink, packet, sizeof packet, MSG_DONTWAIT) == ECHO) {
		echo_turn_round(packet);
		if (send(uplink, packet, ECHO, 0) != ECHO)
			die("uplink");
	}
}

/* ---- the clock ------------------------------------------------------------ */

static void
serve_until(double time)
{
	struct epoll_event came[64];

	for (double left; (left = time - now_us()) > 0;) {
		const struct timespec most = { (time_t)(left / 1e6),
			(long)(left - 1e6 * (double)(time_t)(left / 1e6)) *
			1000 };
		int n = epoll_pwait2(events, came, 64, &most, NULL);

		for (int i = 0; i < n; i++)
			if (came[i].data.ptr == NULL)
				answer_pings();
			else
				hear(came[i].data.ptr);
	}
}

/* Call do_it() for all, so many a second. */
static void
for_each(double a_second, void (*do_it)(struct caller *))
{
	double start = now_us();

	for (int i = 0; i < CALLERS; i++) {
		double time = start + i * 1e6 / a_second;
		double late;

		serve_until(time);
		late = now_us() - time;
		if (late > latest)
			latest = late;
		do_it(&callers[i]);
	}
	serve_until(start + CALLERS * 1e6 / a_second);
}

static void
ping_if_there(struct caller *caller)
{
	if (caller->fd != -1 && caller->address != 0)
		ping(caller);
}

/* ---- what masqd uses -------------------------------------------------------- */

static pid_t processes[2]; /* keeper, gateway */

static void
find_gateway(pid_t keeper)
{
	char path[64];
	FILE *file;
	int child;

	(void)snprintf(path, sizeof path, "/proc/%d/task/%d/children", keeper,
	    keeper);
	file = fopen(path, "r");
	if (file == NULL || fscanf(file, "%d", &child) != 1)
		die(path);
	(void)fclose(file);
	processes[0] = keeper;
	processes[1] = child;
}

static double
cpu_us(void)
{
	double sum = 0;

	for (int i = 0; i < 2; i++) {
		struct timespec t;
		clockid_t clock;

		if (clock_getcpuclockid(processes[i], &clock) != 0 ||
		    clock_gettime(clock, &t) == -1)
			die("CPU clock");
		sum += (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
	}
	return sum;
}

static double
memory_kb(void)
{
	double sum = 0;

	for (int i = 0; i < 2; i++) {
		char path[64], line[128];
		double kb = -1;
		FILE *file;

		(void)snprintf(path, sizeof path, "/proc/%d/status",
		    processes[i]);
		file = fopen(path, "r");
		while (file != NULL && fgets(line, sizeof line, file) != NULL)
			(void)sscanf(line, "RssAnon: %lf", &kb);
		if (kb < 0)
			die(path);
		(void)fclose(file);
		sum += kb;
	}
	return sum;
}

/* ---- the bank --------------------------------------------------------------- */

static pid_t
start_bank(const char *folder)
{
	socklen_t length = sizeof bank;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct epoll_event want = { .events = EPOLLIN };
	char sections[512];
	pid_t pid;

	/* A port that is free, and stays so for as long as it takes. */
	bank = (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	if (bind(fd, (struct sockaddr *)&bank, length) == -1 ||
	    getsockname(fd, (struct sockaddr *)&bank, &length) == -1)
		die("port");
	close(fd);
	(void)snprintf(sections, sizeof sections,
	    "callers { gateway = \"10.64.0.1\" pool = \"10.64.0.2-10.64.7.250\" }\n"
	    "line \"net\" { port = \"tcp:127.0.0.1:%u\" calls = %d "
	    "calls-each = %d new-calls-each = %d protocols = { \"slip\" } "
	    "user = \"emu\" }\n", ntohs(bank.sin_port), CALLERS, CALLERS,
	    CALLERS);
	pid = daemon_start(folder, sections);
	daemon_wait(folder);
	uplink = daemon_reach(folder, "up");
	events = epoll_create1(EPOLL_CLOEXEC);
	if (events == -1 ||
	    epoll_ctl(events, EPOLL_CTL_ADD, uplink, &want) == -1)
		die("epoll");
	find_gateway(pid);
	return pid;
}

static void
raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		die("descriptors");
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
		die("descriptors");
}

static unsigned
without_answer(void)
{
	unsigned count = 0;

	for (int i = 0; i < CALLERS; i++)
		count += callers[i].refused || callers[i].answers == 0;
	return count;
}

static void
set_up(void)
{
	double end = now_us() + (CALLERS / CALLS_A_SECOND + PATIENCE_S) * 1e6;
	double before = cpu_us();

	for_each(CALLS_A_SECOND, call);
	while (without_answer() > 0 && now_us() < end)
		serve_until(now_us() + 10000);
	printf("callers/refused-of-1000 %u calls\n", without_answer());
	printf("callers/slowest-first-ping %.1f ms\n", slowest / 1000);
	printf("callers/cpu-to-set-up %.0f us\n",
	    (cpu_us() - before) / CALLERS);
}

static void
measure(void)
{
	double before = cpu_us(), start = now_us();

	serve_until(start + MEASURE_S * 1e6);
	printf("callers/cpu-idle %.2f us/s\n",
	    (cpu_us() - before) / (now_us() - start) * 1e6 / CALLERS);
	answers = 0;
	before = cpu_us();
	start = now_us();
	for (int i = 0; i < MEASURE_S; i++)
		for_each(CALLERS, ping_if_there);
	printf("callers/cpu-with-a-ping-each %.2f us/s\n",
	    (cpu_us() - before) / (now_us() - start) * 1e6 / CALLERS);
	serve_until(now_us() + 1e6);
	printf("callers/pings-unanswered %d pings\n",
	    MEASURE_S * CALLERS - (int)answers);
}

int
main(int argc, char **argv)
{
	char folder[] = "/tmp/masqd-bench-XXXXXX";
	double before;
	pid_t pid;

	/* Half a minute, for who asked for something else. */
	if (argc > 1 && strstr("callers/", argv[1]) == NULL &&
	    strncmp(argv[1], "callers/", 8) != 0)
		return 0;
	raise_descriptors();
	daemon_folder(folder);
	pid = start_bank(folder);
	before = memory_kb();
	set_up();
	measure();
	printf("callers/memory %.1f kB\n", (memory_kb() - before) / CALLERS);
	printf("callers/memory-before-calls %.0f kB\n", before);
	printf("callers/driver-behind-clock %.1f ms\n", latest / 1000);
	return daemon_stop(pid);
}
