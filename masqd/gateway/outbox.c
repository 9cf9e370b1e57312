#include "outbox.h"

#include "split.h"

void
outbox_flush(struct outbox *box)
{
	if (box->vector.count > 0)
		link_send(box->to->link, box->vector.packet,
		    box->vector.count);
	box->vector.count = 0;
}

static void
outbox_split(struct outbox *box, struct packet *packet)
{
	static uint8_t buffer[PACKET_MAX];
	struct packet fragment, *one[1] = { &fragment };
	struct split split;

	outbox_flush(box);
	split_begin(&split, packet, box->to->link->mtu);
	while ((packet->verdict == PASS || packet->verdict == LATER) &&
	    split_next(&split, buffer, &fragment)) {
		fragment.verdict = PASS;
		link_send(box->to->link, one, 1);
		packet->verdict = fragment.verdict;
	}
}

void
outbox_add(struct outbox *box, struct gateway_link *to, struct packet *packet)
{
	if (box->to != to)
		outbox_flush(box);
	box->to = to;
	if (to->link == NULL) {
		packet->verdict = DROP_NO_SESSION;
		return;
	}
	to->packets_in++;
	to->bytes_in += packet->length;
	if (packet->length > to->link->mtu)
		outbox_split(box, packet);
	else
		vector_add(&box->vector, packet);
}

static void
uplink_flush(struct uplink *uplink, struct vector *vector)
{
	if (vector->count > 0)
		uplink_send(uplink, vector->packet, vector->count);
	vector->count = 0;
}

static void
uplink_split(struct uplink *uplink, struct packet *packet)
{
	static uint8_t buffer[PACKET_MAX];
	struct packet fragment, *one[1] = { &fragment };
	struct split split;

	split_begin(&split, packet, uplink->mtu);
	while (packet->verdict == PASS &&
	    split_next(&split, buffer, &fragment)) {
		uplink_send(uplink, one, 1);
		packet->verdict = fragment.verdict;
	}
}

void
outbox_uplink(struct uplink *uplink, const struct vector *vector)
{
	struct vector whole = { .count = 0 };

	for (size_t i = 0; i < vector->count; i++) {
		struct packet *packet = vector->packet[i];

		if (packet->length <= uplink->mtu) {
			vector_add(&whole, packet);
			continue;
		}
		uplink_flush(uplink, &whole);
		uplink_split(uplink, packet);
	}
	uplink_flush(uplink, &whole);
}
