/*
 * Holds are real sockets on loopback; the keeper is a function that opens them
 * at once, nat is a counter.  A filter on a TCP socket wants CAP_NET_ADMIN:
 * without it those tests are skipped.
 */
#include "masqd/hold.c"
#include "masqd/keeper/hold_open.c"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>

static int
kind_of(uint8_t protocol)
{
	return protocol == IPPROTO_TCP ? TCP : UDP;
}

static const uint8_t key[8] = { 3, 1, 4, 1, 5, 9, 2, 6 };

/* nat: the ports offered. */
static bool offered[KINDS][65536];
static size_t spare[KINDS];

bool
nat_port_offer(struct nat *nat, uint8_t protocol, in_port_t port)
{
	(void)nat;
	if (protocol == IPPROTO_ICMP ||
	    offered[kind_of(protocol)][ntohs(port)])
		return false;
	offered[kind_of(protocol)][ntohs(port)] = true;
	spare[kind_of(protocol)]++;
	return true;
}

size_t
nat_ports_spare(const struct nat *nat, uint8_t protocol)
{
	(void)nat;
	return spare[kind_of(protocol)];
}

static size_t withdrawn;

void
nat_port_withdraw(struct nat *nat, uint8_t protocol, in_port_t port,
    uint64_t now)
{
	bool *there = &offered[protocol == IPPROTO_TCP ? TCP : UDP]
			      [ntohs(port)];

	(void)nat;
	(void)now;
	assert_true(*there);
	*there = false;
	withdrawn++;
}

/* One mapping: who has it is asked for first. */
static struct nat_mapping_view used;

size_t
nat_mappings(const struct nat *nat, size_t *cursor,
    struct nat_mapping_view *views, size_t n, uint64_t now)
{
	(void)nat;
	(void)n;
	(void)now;
	if (used.outside_port == 0 || *cursor > 0)
		return 0;
	*cursor = 1;
	views[0] = used;
	return 1;
}

/* The keeper: remembers what it was asked for. */
struct asked {
	uint8_t protocol;
	in_port_t port;
};
static struct asked asked[4096];
static size_t asked_count;

static bool
ask_keeper(void *context, uint8_t protocol, in_port_t port)
{
	(void)context;
	asked[asked_count++] = (struct asked){ protocol, port };
	return true;
}

/* The forwards: how it went, for the last of so many. */
static size_t claims;
static int claim_error;

static void
claimed(void *context, uint8_t protocol, in_port_t port, int error)
{
	(void)context;
	(void)protocol;
	(void)port;
	claims++;
	claim_error = error;
}

/* Ports held no longer: how many, and the last. */
static size_t gone;
static in_port_t gone_port;

static void
went(void *context, uint8_t protocol, in_port_t port)
{
	(void)context;
	(void)protocol;
	gone++;
	gone_port = port;
}

static int
reset(void **state)
{
	(void)state;
	memset(offered, 0, sizeof offered);
	memset(spare, 0, sizeof spare);
	asked_count = withdrawn = claims = gone = 0;
	used.outside_port = 0;
	return 0;
}

static struct sockaddr_in
at(in_port_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = port,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static bool
can_bind(int type, in_port_t port)
{
	struct sockaddr_in address = at(port);
	int fd = socket(AF_INET, type, 0);
	bool ok = bind(fd, (struct sockaddr *)&address, sizeof address) == 0;

	close(fd);
	return ok;
}

static int
open_or_skip(uint8_t protocol, uint16_t port)
{
	int fd = hold_open(htonl(INADDR_LOOPBACK), "lo", protocol,
	    htons(port));

	if (fd == -1 && errno == EPERM)
		skip();
	assert_int_not_equal(fd, -1);
	return fd;
}

static void
a_held_port_is_closed_to_programs(void **state)
{
	int udp = open_or_skip(IPPROTO_UDP, 64001);
	int tcp = open_or_skip(IPPROTO_TCP, 64001);

	(void)state;
	assert_false(can_bind(SOCK_STREAM, htons(64001)));
	assert_false(can_bind(SOCK_DGRAM, htons(64001)));
	close(tcp);
	close(udp);
	assert_true(can_bind(SOCK_STREAM, htons(64001)));
}

static void
the_host_answers_nothing_on_a_held_port(void **state)
{
	int holds[2] = { open_or_skip(IPPROTO_UDP, 64002),
		open_or_skip(IPPROTO_TCP, 64002) };
	struct sockaddr_in there = at(htons(64002));
	int stream = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	int datagram = socket(AF_INET, SOCK_DGRAM, 0);
	struct pollfd answer = { stream, POLLOUT | POLLIN, 0 };

	(void)state;
	/* An open port would be ready at once, a closed one refused. */
	assert_int_equal(connect(stream, (struct sockaddr *)&there,
	    sizeof there), -1);
	assert_int_equal(errno, EINPROGRESS);
	assert_int_equal(poll(&answer, 1, 300), 0);
	assert_int_equal(connect(datagram, (struct sockaddr *)&there,
	    sizeof there), 0);
	assert_int_equal(send(datagram, "x", 1, 0), 1);
	answer = (struct pollfd){ datagram, POLLIN, 0 };
	assert_int_equal(poll(&answer, 1, 100), 0);
	close(stream);
	close(datagram);
	close(holds[0]);
	close(holds[1]);
}

enum { FIRST = 0x0101, SECOND = 0x0202 };

static struct hold *
start(uint16_t low, uint16_t high)
{
	struct hold_setup setup = { .low = low, .high = high, .key = key,
		.ask = ask_keeper, .claimed = claimed, .let_go = went };
	struct hold *hold = hold_create(&setup);

	hold_start(hold, NULL);
	hold_follow(hold, FIRST, 1, 0);
	return hold;
}

static void
the_stock_is_filled_within_bounds(void **state)
{
	struct hold *hold = start(61000, 65095);
	size_t answered = 0;

	(void)state;
	hold_fill(hold, 0);
	assert_int_equal(asked_count, 2 * ASKED_MOST);
	assert_false(hold_is_settled(hold));
	while (answered < asked_count) {
		struct asked a = asked[answered++];

		hold_answered(hold, a.protocol, a.port,
		    open("/dev/null", O_RDONLY), 0, 0);
		hold_fill(hold, 0);
	}
	assert_int_equal(answered, 2 * SPARE);
	assert_int_equal(spare[TCP], SPARE);
	assert_true(hold_is_settled(hold));
	hold_destroy(hold);
}

static void
ports_of_programs_are_passed_over_and_tried_again(void **state)
{
	struct hold *hold = start(61000, 61003);

	(void)state;
	hold_fill(hold, 0);
	assert_int_equal(asked_count, 8);
	for (size_t i = 0; i < 8; i++)
		hold_answered(hold, asked[i].protocol, asked[i].port, -1,
		    EADDRINUSE, 0);
	assert_int_equal(spare[TCP] + spare[UDP], 0);
	/* None is free: the busy ones are, a while later. */
	hold_fill(hold, 1);
	hold_fill(hold, 2);
	assert_int_equal(asked_count, 8);
	hold_fill(hold, RETRY_MS);
	hold_fill(hold, RETRY_MS);
	assert_int_equal(asked_count, 16);
	hold_destroy(hold);
}

static void
an_answer_to_no_question_is_closed(void **state)
{
	struct hold *hold = start(61000, 61003);
	int fd = open("/dev/null", O_RDONLY);

	(void)state;
	hold_answered(hold, IPPROTO_TCP, htons(61001), fd, 0, 0);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	fd = open("/dev/null", O_RDONLY);
	hold_answered(hold, IPPROTO_TCP, htons(80), fd, 0, 0);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	assert_int_equal(spare[TCP], 0);
	hold_destroy(hold);
}

static void
a_socket_uplink_needs_no_holds(void **state)
{
	struct hold_setup setup = { .low = 61000, .high = 61009, .key = key };
	struct hold *hold = hold_create(&setup);

	(void)state;
	hold_start(hold, NULL);
	assert_int_equal(spare[TCP], 10);
	assert_int_equal(spare[UDP], 10);
	hold_fill(hold, 0);
	assert_true(hold_is_settled(hold));
	hold_destroy(hold);
}

/* The keeper answers all that was asked, from here on. */
static void
answer(struct hold *hold, size_t *answered, int error)
{
	while (*answered < asked_count) {
		struct asked a = asked[(*answered)++];

		hold_answered(hold, a.protocol, a.port, error != 0 ? -1 :
		    open("/dev/null", O_RDONLY), error, 0);
		hold_fill(hold, 0);
	}
}

static void
without_an_uplink_nothing_is_asked_for(void **state)
{
	struct hold *hold = start(61000, 61003);

	(void)state;
	hold_follow(hold, 0, 1, 0);
	hold_fill(hold, 0);
	assert_int_equal(asked_count, 0);
	assert_true(hold_is_settled(hold));
	hold_follow(hold, FIRST, 1, 0);
	hold_fill(hold, 0);
	assert_int_equal(asked_count, 8);
	hold_destroy(hold);
}

static void
at_a_new_address_all_is_held_anew_and_what_is_used_first(void **state)
{
	struct hold *hold = start(61000, 61003);
	size_t answered = 0;

	(void)state;
	hold_fill(hold, 0);
	answer(hold, &answered, 0);
	assert_int_equal(answered, 8);
	used = (struct nat_mapping_view){ .protocol = IPPROTO_UDP,
		.outside_port = htons(61003) };
	hold_follow(hold, FIRST, 1, 0); /* the same: nothing to do */
	assert_true(hold_is_settled(hold));
	hold_follow(hold, SECOND, 1, 0);
	assert_false(hold_is_settled(hold));
	hold_fill(hold, 0);
	answer(hold, &answered, 0);
	assert_int_equal(answered, 16);
	assert_int_equal(withdrawn, 0);
	/* UDP's first question was for the port in use. */
	for (size_t i = 8; i < 16; i++)
		if (asked[i].protocol == IPPROTO_UDP) {
			assert_int_equal(ntohs(asked[i].port), 61003);
			break;
		}
	assert_true(hold_is_settled(hold));
	/* The same address on an interface that was made anew. */
	hold_follow(hold, SECOND, 2, 0);
	assert_false(hold_is_settled(hold));
	hold_fill(hold, 0);
	answer(hold, &answered, 0);
	assert_int_equal(answered, 24);
	assert_int_equal(withdrawn, 0);
	hold_destroy(hold);
}

static void
what_a_program_has_at_the_new_address_is_withdrawn(void **state)
{
	struct hold *hold = start(61000, 61003);
	size_t answered = 0;

	(void)state;
	hold_fill(hold, 0);
	answer(hold, &answered, 0);
	hold_follow(hold, SECOND, 1, 0);
	hold_fill(hold, 0);
	answer(hold, &answered, EADDRINUSE);
	assert_int_equal(withdrawn, 8);
	hold_destroy(hold);
}

static void
privileged_ports_are_all_held_and_do_not_count_as_stock(void **state)
{
	struct hold_setup setup = { .low = 61000, .high = 65095, .key = key,
		.privileged_low = 600, .privileged_high = 649, .ask = ask_keeper,
		.claimed = claimed };
	struct hold *hold = hold_create(&setup);
	size_t answered = 0, low = 0;

	(void)state;
	hold_start(hold, NULL);
	hold_follow(hold, FIRST, 1, 0);
	hold_fill(hold, 0);
	answer(hold, &answered, 0);
	for (size_t port = 600; port < 650; port++)
		low += offered[TCP][port] + offered[UDP][port];
	assert_int_equal(low, 100);
	assert_int_equal(spare[TCP], SPARE + 50);
	hold_destroy(hold);
}

static void
a_forward_claims_a_port_inside_or_outside_of_the_stock(void **state)
{
	struct hold *hold = start(61000, 61003);
	size_t answered = 0;

	(void)state;
	assert_false(hold_claim(hold, IPPROTO_TCP, htons(80)));
	hold_fill(hold, 0);
	assert_int_equal(ntohs(asked[0].port), 80);
	answer(hold, &answered, 0);
	assert_int_equal(claims, 1);
	assert_int_equal(claim_error, 0);
	assert_false(offered[TCP][80]);
	assert_true(hold_claim(hold, IPPROTO_TCP, htons(80)));
	assert_true(hold_claim(hold, IPPROTO_UDP, htons(61001)));
	/* Its last flow has ended, the port goes back. */
	hold_release(hold, IPPROTO_TCP, htons(80));
	hold_port_free(hold, IPPROTO_TCP, htons(80));
	assert_false(offered[TCP][80]);
	assert_false(hold_claim(hold, IPPROTO_TCP, htons(80)));
	hold_fill(hold, 0);
	answer(hold, &answered, EACCES);
	assert_int_equal(claims, 2);
	assert_int_equal(claim_error, EACCES);
	hold_destroy(hold);
}

static void
the_keeper_hears_of_ports_that_are_let_go(void **state)
{
	struct hold *hold = start(61000, 61003);
	size_t answered = 0;

	(void)state;
	(void)hold_claim(hold, IPPROTO_TCP, htons(80));
	(void)hold_claim(hold, IPPROTO_UDP, htons(61001));
	hold_fill(hold, 0);
	answer(hold, &answered, 0);
	assert_int_equal(gone, 0);
	hold_release(hold, IPPROTO_TCP, htons(80));
	hold_port_free(hold, IPPROTO_TCP, htons(80));
	assert_int_equal(gone, 1);
	assert_int_equal(ntohs(gone_port), 80);
	/* One of the stock is the stock's again. */
	hold_release(hold, IPPROTO_UDP, htons(61001));
	hold_port_free(hold, IPPROTO_UDP, htons(61001));
	assert_int_equal(gone, 1);
	/* Released before the keeper has answered. */
	(void)hold_claim(hold, IPPROTO_TCP, htons(81));
	hold_fill(hold, 0);
	hold_release(hold, IPPROTO_TCP, htons(81));
	answer(hold, &answered, 0);
	assert_int_equal(gone, 2);
	/* A program has it, perhaps since the address changed. */
	(void)hold_claim(hold, IPPROTO_TCP, htons(82));
	hold_fill(hold, 0);
	answer(hold, &answered, EADDRINUSE);
	assert_int_equal(gone, 3);
	assert_int_equal(ntohs(gone_port), 82);
	hold_destroy(hold);
}

#define TEST(f) cmocka_unit_test_setup(f, reset)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_held_port_is_closed_to_programs),
		TEST(the_host_answers_nothing_on_a_held_port),
		TEST(the_stock_is_filled_within_bounds),
		TEST(ports_of_programs_are_passed_over_and_tried_again),
		TEST(an_answer_to_no_question_is_closed),
		TEST(a_socket_uplink_needs_no_holds),
		TEST(without_an_uplink_nothing_is_asked_for),
		TEST(at_a_new_address_all_is_held_anew_and_what_is_used_first),
		TEST(what_a_program_has_at_the_new_address_is_withdrawn),
		TEST(privileged_ports_are_all_held_and_do_not_count_as_stock),
		TEST(a_forward_claims_a_port_inside_or_outside_of_the_stock),
		TEST(the_keeper_hears_of_ports_that_are_let_go),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
