/* What is cut keeps its place among what is not. */
#include "masqd/gateway/outbox.c"

#include "craft.h"

enum { MTU = 68, SENT = 8 };

static struct craft first, second, third;
static struct vector three = { { &first.p, &second.p, &third.p }, 3 };
static struct { /* in order */
	in_port_t port; /* 0: a later fragment */
	uint32_t length;
} sent[SENT];
static size_t sent_count;

static void
note(struct packet *const *packets, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct craft copy;

		assert_true(sent_count < SENT);
		memcpy(copy.octets, packets[i]->data, packets[i]->length);
		craft_parse(&copy);
		sent[sent_count].port = ntohs(copy.p.source_port);
		sent[sent_count++].length = copy.p.length;
	}
}

static size_t
note_uplink(struct uplink *uplink, struct packet *const *packets, size_t n)
{
	(void)uplink;
	note(packets, n);
	return n;
}

static size_t
note_link(struct link *link, struct packet *const *packets, size_t n)
{
	(void)link;
	note(packets, n);
	return n;
}

/* A short one, a long one, a short one. */
static void
make_three(void)
{
	static const char *const from = "10.64.0.2", *const to = "192.0.2.9";

	craft_udp(&first, from, 1, to, 53, "short");
	craft_udp(&second, from, 2, to, 53, "longer than what one "
	    "piece of this size can hold, by some octets");
	craft_udp(&third, from, 3, to, 53, "short");
	sent_count = 0;
}

static void
check_order(void)
{
	assert_int_equal(sent_count, 4);
	assert_int_equal(sent[0].port, 1);
	assert_int_equal(sent[1].port, 2);
	assert_int_equal(sent[1].length, MTU);
	assert_int_equal(sent[2].port, 0);
	assert_int_equal(sent[3].port, 3);
}

static void
keeps_order_by_the_uplink(void **state)
{
	static const struct uplink_ops ops = { note_uplink };
	struct uplink uplink = { .ops = &ops, .mtu = MTU };

	(void)state;
	make_three();
	outbox_uplink(&uplink, &three);
	check_order();
}

static void
keeps_order_to_a_link(void **state)
{
	static const struct link_ops ops = { note_link, NULL, NULL };
	struct link link = { .ops = &ops, .mtu = MTU };
	struct gateway_link place = { .link = &link };
	struct outbox box = { .to = NULL };

	(void)state;
	make_three();
	for (size_t i = 0; i < three.count; i++)
		outbox_add(&box, &place, three.packet[i]);
	outbox_flush(&box);
	check_order();
	assert_int_equal(place.packets_in, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_order_by_the_uplink),
		cmocka_unit_test(keeps_order_to_a_link),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("outbox", tests, NULL, NULL);
}
