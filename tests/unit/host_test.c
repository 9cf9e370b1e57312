/*
 * The kernel's end of the routing socket is a queue of datagrams.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int fake_socket(int domain, int type, int protocol);
static int fake_bind(int fd, const struct sockaddr *, socklen_t);
static ssize_t fake_send(int fd, const void *, size_t, int flags);
static ssize_t fake_recv(int fd, void *, size_t, int flags);

#define socket fake_socket
#define bind fake_bind
#define send fake_send
#define recv fake_recv
#include "masqd/host.c"
#undef socket
#undef bind
#undef send
#undef recv

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdarg.h>
#include <cmocka.h>

#define ONE "192.0.2.1"
#define TWO "192.0.2.2"

/* A datagram that waits, or an errno instead. */
struct waiting {
	_Alignas(struct nlmsghdr) char octets[512];
	size_t length;
	int error;
};
static struct waiting queue[16];
static size_t queued, taken;

static struct nlmsghdr requested; /* the last one's head */
static unsigned requests;
static int bind_error;
static uint64_t drops; /* the interface's, asked for */
static bool is_interface_there;

static struct nlmsghdr *
add_message(uint16_t type, const void *body, size_t size)
{
	struct waiting *w = &queue[queued++];
	struct nlmsghdr *m = (struct nlmsghdr *)w->octets;

	memset(w, 0, sizeof *w);
	*m = (struct nlmsghdr){ .nlmsg_type = type,
		.nlmsg_len = NLMSG_LENGTH((uint32_t)size) };
	memcpy(NLMSG_DATA(m), body, size);
	w->length = m->nlmsg_len;
	return m;
}

static void
add_attribute(struct nlmsghdr *m, uint16_t type, const void *data,
    size_t size)
{
	size_t at = NLMSG_ALIGN(m->nlmsg_len);
	struct rtattr attribute = { .rta_type = type,
		.rta_len = (uint16_t)RTA_LENGTH(size) };

	memcpy((char *)m + at, &attribute, sizeof attribute);
	memcpy((char *)m + at + RTA_LENGTH(0), data, size);
	m->nlmsg_len = (uint32_t)(at + RTA_LENGTH(size));
	queue[queued - 1].length = m->nlmsg_len;
}

static void
say_address(uint16_t type, const char *text)
{
	struct ifaddrmsg body = { .ifa_family = AF_INET };
	in_addr_t address = inet_addr(text), peer = inet_addr("10.0.0.1");
	struct nlmsghdr *m = add_message(type, &body, sizeof body);

	add_attribute(m, IFA_ADDRESS, &peer, sizeof peer);
	add_attribute(m, IFA_LOCAL, &address, sizeof address);
}

static void
say_route(uint8_t bits, uint8_t table)
{
	struct rtmsg body = { .rtm_family = AF_INET, .rtm_dst_len = bits,
		.rtm_table = table };

	(void)add_message(RTM_NEWROUTE, &body, sizeof body);
}

static void
say_link(uint16_t type)
{
	struct ifinfomsg body = { .ifi_family = AF_UNSPEC };

	(void)add_message(type, &body, sizeof body);
}

static void
say_done(void)
{
	int zero = 0;

	(void)add_message(NLMSG_DONE, &zero, sizeof zero);
}

static void
say_lost(void)
{
	queue[queued++] = (struct waiting){ .error = ENOBUFS };
}

static int
fake_socket(int domain, int type, int protocol)
{
	assert_int_equal(domain, AF_NETLINK);
	assert_true((type & SOCK_CLOEXEC) != 0);
	assert_int_equal(protocol, NETLINK_ROUTE);
	return dup(0);
}

static int
fake_bind(int fd, const struct sockaddr *address, socklen_t size)
{
	(void)fd;
	(void)address;
	(void)size;
	errno = bind_error;
	return bind_error == 0 ? 0 : -1;
}

static void
say_drops(uint32_t index)
{
	struct if_stats_msg body = { .ifindex = index };
	struct rtnl_link_stats64 stats = { .rx_packets = 55, .tx_packets = 99,
		.tx_dropped = drops };

	add_attribute(add_message(RTM_NEWSTATS, &body, sizeof body),
	    IFLA_STATS_LINK_64, &stats, sizeof stats);
}

static ssize_t
fake_send(int fd, const void *data, size_t size, int flags)
{
	struct if_stats_msg asked;
	struct nlmsgerr refused = { .error = -ENODEV };

	(void)fd;
	(void)flags;
	memcpy(&requested, data, sizeof requested);
	requests++;
	if (requested.nlmsg_type != RTM_GETSTATS)
		return (ssize_t)size;
	memcpy(&asked, (const char *)data + NLMSG_HDRLEN, sizeof asked);
	if (is_interface_there)
		say_drops(asked.ifindex);
	else
		(void)add_message(NLMSG_ERROR, &refused, sizeof refused);
	return (ssize_t)size;
}

static ssize_t
fake_recv(int fd, void *data, size_t size, int flags)
{
	const struct waiting *w = &queue[taken];

	(void)fd;
	(void)flags;
	if (taken == queued || w->error != 0) {
		errno = taken == queued ? EAGAIN : w->error;
		taken += taken < queued;
		return -1;
	}
	assert_true(w->length <= size);
	memcpy(data, w->octets, w->length);
	taken++;
	return (ssize_t)w->length;
}

static int
reset(void **state)
{
	(void)state;
	queued = taken = requests = 0;
	bind_error = 0;
	is_interface_there = true;
	return 0;
}

/* A host with the first address. */
static struct host *
start(void)
{
	struct host *host;

	say_address(RTM_NEWADDR, ONE);
	say_done();
	host = host_create();
	assert_non_null(host);
	assert_int_equal(requested.nlmsg_type, RTM_GETADDR);
	(void)host_update(host);
	return host;
}

static void
it_knows_the_addresses_that_are_there(void **state)
{
	struct host *host = start();

	(void)state;
	assert_true(host_has(host, inet_addr(ONE)));
	assert_false(host_has(host, inet_addr(TWO)));
	assert_false(host_has(host, inet_addr("10.0.0.1"))); /* the peer's */
	host_destroy(host);
}

static void
it_follows_them(void **state)
{
	struct host *host = start();

	(void)state;
	assert_false(host_update(host));
	say_address(RTM_NEWADDR, TWO);
	say_address(RTM_NEWADDR, TWO);
	assert_true(host_update(host));
	assert_false(host_update(host));
	assert_true(host_has(host, inet_addr(TWO)));
	say_address(RTM_DELADDR, TWO);
	say_address(RTM_DELADDR, "192.0.2.3");
	assert_true(host_update(host));
	assert_false(host_has(host, inet_addr(TWO)));
	assert_true(host_has(host, inet_addr(ONE)));
	host_destroy(host);
}

static void
it_has_room_for_many(void **state)
{
	struct host *host = start();
	char text[16];

	(void)state;
	for (unsigned i = 200; i > 0; i--) {
		(void)snprintf(text, sizeof text, "203.0.113.%u", i);
		queued = taken = 0;
		say_address(RTM_NEWADDR, text);
		assert_true(host_update(host));
	}
	for (unsigned i = 1; i <= 200; i++) {
		(void)snprintf(text, sizeof text, "203.0.113.%u", i);
		assert_true(host_has(host, inet_addr(text)));
	}
	assert_false(host_has(host, inet_addr("203.0.113.201")));
	host_destroy(host);
}

static void
of_routes_only_the_default_one_matters(void **state)
{
	struct host *host = start();

	(void)state;
	say_route(24, RT_TABLE_MAIN);
	say_route(0, RT_TABLE_LOCAL);
	assert_false(host_update(host));
	say_route(0, RT_TABLE_MAIN);
	assert_true(host_update(host));
	say_link(RTM_NEWLINK);
	assert_true(host_update(host));
	say_link(RTM_DELLINK);
	assert_true(host_update(host));
	host_destroy(host);
}

static void
after_a_loss_it_asks_anew(void **state)
{
	struct host *host = start();

	(void)state;
	requests = 0;
	say_lost();
	assert_true(host_update(host));
	assert_int_equal(requests, 1);
	assert_int_equal(requested.nlmsg_type, RTM_GETADDR);
	say_address(RTM_NEWADDR, TWO);
	say_done();
	assert_true(host_update(host));
	assert_true(host_has(host, inet_addr(TWO)));
	assert_true(host_has(host, inet_addr(ONE)));
	host_destroy(host);
}

static void
it_tells_what_an_interface_has_counted(void **state)
{
	struct host *host = start();
	struct host_counts counts = { 0, 0 };

	(void)state;
	drops = 7;
	assert_true(host_count(host, 3, &counts));
	assert_int_equal(counts.dropped, 7);
	assert_int_equal(counts.received, 55);
	assert_false(host_update(host));
	is_interface_there = false;
	assert_false(host_count(host, 3, &counts));
	host_destroy(host);
}

static void
what_is_said_meanwhile_is_not_lost(void **state)
{
	struct host *host = start();
	struct host_counts counts;

	(void)state;
	say_address(RTM_NEWADDR, TWO);
	assert_true(host_count(host, 3, &counts));
	assert_true(host_has(host, inet_addr(TWO)));
	assert_true(host_update(host));
	host_destroy(host);
}

static void
without_the_socket_there_is_no_host(void **state)
{
	(void)state;
	bind_error = EPERM;
	assert_null(host_create());
	bind_error = 0;
	say_lost();
	assert_null(host_create());
}

#define TEST(f) cmocka_unit_test_setup(f, reset)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_knows_the_addresses_that_are_there),
		TEST(it_follows_them),
		TEST(it_has_room_for_many),
		TEST(of_routes_only_the_default_one_matters),
		TEST(after_a_loss_it_asks_anew),
		TEST(it_tells_what_an_interface_has_counted),
		TEST(what_is_said_meanwhile_is_not_lost),
		TEST(without_the_socket_there_is_no_host),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
