/*
 * An interface's uplink: what becomes of the datagram that makes it dial.  The
 * sockets are functions that count.
 */
#include "masqd/gateway/uplink.c"

#include <fcntl.h>

#include "craft.h"

#define OLD "10.64.64.64"
#define NEW "198.51.100.1"
#define SERVER "203.0.113.80"

static struct uplink *uplink;
static struct craft c;
static unsigned sent;
static in_addr_t sent_from;
static int send_error;

size_t
batch_send(int fd, struct packet *const *packets, size_t n,
    bool to_destination, enum verdict busy, enum verdict failed)
{
	(void)to_destination;
	(void)busy;
	assert_int_not_equal(fd, -1);
	if (send_error != 0) {
		packets[0]->verdict = failed;
		errno = send_error;
		return 0;
	}
	sent += (unsigned)n;
	sent_from = packets[0]->source;
	assert_true(craft_sums_right(packets[0]->data));
	return n;
}

size_t
batch_write(int fd, struct packet *const *packets, size_t n, enum verdict busy,
    enum verdict failed)
{
	return batch_send(fd, packets, n, false, busy, failed);
}

/* Something too short to be delivered. */
int
batch_receive(int fd, struct batch *batch)
{
	static uint8_t octets[sizeof(struct virtio_net_hdr)];

	(void)fd;
	batch->count = 1;
	batch->item[0].data = octets;
	batch->item[0].length = batch->item[0].capacity = sizeof octets;
	batch->item[0].hardware = 0;
	return 1;
}

int
batch_read(int fd, struct batch *batch)
{
	return batch_receive(fd, batch);
}

static void
deliver_none(void *context, struct packet *packets, size_t n)
{
	(void)context;
	(void)packets;
	(void)n;
	fail();
}

static int
begin(void **state)
{
	struct uplink_parts parts = { .send = open("/dev/null", O_RDONLY),
		.receive = open("/dev/null", O_RDONLY), .dials = true,
		.address = craft_address(OLD), .mtu = 1500,
		.interface = "ppp0" };

	(void)state;
	uplink = uplink_create_interface(&parts);
	sent = 0;
	send_error = 0;
	return 0;
}

static int
end(void **state)
{
	(void)state;
	uplink_close(uplink);
	return 0;
}

/* A datagram; how many go out with it. */
static unsigned
datagram(void)
{
	struct packet *p = craft_udp(&c, OLD, 61000, SERVER, 53, "x");

	sent = 0;
	(void)uplink_send(uplink, &p, 1);
	return sent;
}

/* How many go out at a look. */
static unsigned
look(uint64_t dropped, uint64_t received)
{
	sent = 0;
	uplink_counted(uplink, dropped, received);
	return sent;
}

static unsigned
move(const char *address)
{
	sent = 0;
	uplink_keep(uplink);
	uplink_go_on(uplink, craft_address(address));
	return sent;
}

static unsigned
silence(void)
{
	sent = 0;
	uplink_doubt(uplink);
	return sent;
}

static void
it_is_sent_from_the_new_address_until_it_is_taken(void **state)
{
	(void)state;
	assert_int_equal(datagram(), 1);
	assert_true(uplink_is_unsure(uplink));
	assert_int_equal(look(0, 0), 0);
	assert_false(uplink_is_unsure(uplink));
	assert_int_equal(move(NEW), 1);
	assert_int_equal(sent_from, craft_address(NEW));
	for (uint64_t drops = 1; drops < 5; drops++)
		assert_int_equal(look(drops, 4), 1);
	assert_int_equal(look(4, 4), 0);
	assert_false(uplink_is_unsure(uplink));
	assert_int_equal(silence(), 0);
	assert_int_equal(silence(), 1); /* the provider was not up */
	assert_int_equal(silence(), 0);
	assert_int_equal(move(OLD), 0);
}

static void
what_comes_meanwhile_does_not_lose_it(void **state)
{
	(void)state;
	assert_int_equal(datagram(), 1);
	assert_int_equal(look(0, 0), 0);
	assert_int_equal(move(NEW), 1);
	assert_int_equal(uplink_receive(uplink, deliver_none, NULL), 1);
	assert_int_equal(look(1, 5), 1);
	assert_int_equal(look(1, 6), 0);
	assert_int_equal(look(2, 7), 0); /* not ours */
	assert_int_equal(silence() + silence(), 0);
}

static void
a_call_to_the_same_address_shows_in_what_is_received(void **state)
{
	(void)state;
	assert_int_equal(datagram(), 1);
	assert_int_equal(look(0, 0), 0);
	assert_int_equal(look(0, 0), 0);
	assert_int_equal(look(0, 4), 1);
	assert_int_equal(look(1, 5), 1);
	assert_int_equal(look(1, 6), 0);
	assert_int_equal(look(1, 7), 0);
}

static void
what_does_not_dial_carries_once(void **state)
{
	(void)state;
	((struct interface_uplink *)uplink)->dials = false;
	assert_int_equal(datagram(), 1);
	assert_int_equal(look(0, 0), 0);
	assert_int_equal(look(0, 9), 0);
	assert_int_equal(silence() + silence() + silence(), 0);
}

static void
once_something_has_come_nothing_is_copied(void **state)
{
	(void)state;
	assert_int_equal(uplink_receive(uplink, deliver_none, NULL), 1);
	assert_int_equal(datagram(), 1);
	assert_false(uplink_is_unsure(uplink));
	assert_int_equal(move(NEW), 0);
}

static void
what_cannot_be_sent_waits(void **state)
{
	(void)state;
	send_error = ENETDOWN;
	assert_int_equal(datagram(), 0);
	assert_int_equal(c.p.verdict, PASS);
	send_error = 0;
	uplink_gone(uplink);
	assert_int_equal(move(OLD), 1);
}

static void
with_the_interface_goes_what_it_was_given(void **state)
{
	(void)state;
	assert_int_equal(datagram(), 1);
	uplink_gone(uplink);
	assert_int_equal(move(NEW), 0);
	assert_int_equal(datagram(), 1);
	for (int i = 0; i < DOUBTS_MOST; i++)
		(void)silence();
	assert_int_equal(move(OLD), 0); /* too old */
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_is_sent_from_the_new_address_until_it_is_taken),
		TEST(what_comes_meanwhile_does_not_lose_it),
		TEST(a_call_to_the_same_address_shows_in_what_is_received),
		TEST(what_does_not_dial_carries_once),
		TEST(once_something_has_come_nothing_is_copied),
		TEST(what_cannot_be_sent_waits),
		TEST(with_the_interface_goes_what_it_was_given),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
