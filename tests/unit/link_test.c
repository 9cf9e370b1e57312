/* A socket pair that keeps messages apart stands for the TUN interface. */
#include "masqd/gateway/link.c"

#include "craft.h"

static struct link *
open_tun(int *far)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0,
	    pair), 0);
	*far = pair[1];
	return link_open_tun(pair[0], "masqlan", 1500);
}

static void
the_hosts_hop_is_given_back_both_ways(void **state)
{
	struct packet *one[1];
	struct batch batch;
	struct craft c;
	struct link *link;
	uint8_t got[100];
	int far;

	(void)state;
	link = open_tun(&far);
	for (unsigned ttl = 0; ttl < 256; ttl++) {
		(void)craft_udp(&c, "10.65.0.9", 5000, "203.0.113.80", 53,
		    "x");
		c.octets[8] = (uint8_t)ttl;
		one[0] = craft_done(&c);
		assert_int_equal(send(far, c.octets, 29, 0), 29);
		assert_int_equal(link_receive(link, &batch), 1);
		assert_int_equal(batch.count, 1);
		assert_int_equal(batch.item[0].data[8],
		    ttl == 255 ? 255 : ttl + 1);
		assert_true(craft_sums_right(batch.item[0].data));
		assert_int_equal(link_send(link, one, 1), 1);
		assert_int_equal(recv(far, got, sizeof got, 0), 29);
		assert_int_equal(got[8], ttl == 255 ? 255 : ttl + 1);
		assert_true(craft_sums_right(got));
	}
	link_close(link);
	close(far);
}

/* Whatever the sum was: a change of the identification makes it take on all
 * values. */
static void
the_sum_is_right_for_every_value(void **state)
{
	struct craft c;

	(void)state;
	(void)craft_udp(&c, "10.65.0.9", 5000, "203.0.113.80", 53, "x");
	for (unsigned id = 0; id < 65536; id++) {
		c.octets[8] = 63;
		craft_put(c.octets + 4, id);
		craft_close(c.octets);
		give_hop_back(c.octets, 29);
		assert_int_equal(craft_sum(0, c.octets, 20), 0);
	}
}

static void
a_batch_is_read_to_its_end_and_short_ones_are_left_alone(void **state)
{
	struct batch batch;
	struct link *link;
	int far;

	(void)state;
	link = open_tun(&far);
	assert_int_equal(link_receive(link, &batch), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(send(far, "short", 5, 0), 5);
	assert_int_equal(link_receive(link, &batch), 1);
	assert_int_equal(batch.count, 3);
	assert_memory_equal(batch.item[2].data, "short", 5);
	close(far);
	assert_int_equal(link_receive(link, &batch), -1);
	link_close(link);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_hosts_hop_is_given_back_both_ways),
		cmocka_unit_test(the_sum_is_right_for_every_value),
		cmocka_unit_test(
		    a_batch_is_read_to_its_end_and_short_ones_are_left_alone),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
