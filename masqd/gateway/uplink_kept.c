#include "uplink_kept.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

static bool
is_of_use(const struct packet *packet)
{
	if (packet_is_fragment(packet) || packet->length > UPLINK_KEPT_SIZE)
		return false;
	if (packet->protocol == IPPROTO_TCP)
		return (packet->tcp_flags & (TH_SYN | TH_ACK | TH_RST)) ==
		    TH_SYN;
	return packet->protocol == IPPROTO_UDP ||
	    (packet->protocol == IPPROTO_ICMP &&
		packet_icmp_is_query(packet->icmp_type));
}

bool
uplink_kept_add(struct uplink_kept *kept, const struct packet *packet,
    bool is_copy)
{
	if (kept->count == UPLINK_KEPT_MOST || !is_of_use(packet))
		return false;
	memcpy(kept->data[kept->count], packet->data, packet->length);
	kept->state[kept->count] = is_copy ? KEPT_SENT : KEPT_UNSENT;
	kept->length[kept->count++] = (uint16_t)packet->length;
	return true;
}

/* Not known whether the interface has taken it. */
static bool
is_open(uint8_t state)
{
	return state == KEPT_SENT || state == KEPT_AGAIN;
}

static bool
is_wanted(uint8_t state, enum uplink_kept_why why)
{
	switch (why) {
	case KEPT_GO_ON:
		return state == KEPT_UNSENT;
	case KEPT_MOVED:
		return state <= KEPT_AGAIN;
	case KEPT_DIALLED:
		return state == KEPT_TAKEN;
	case KEPT_DROPPED:
		return is_open(state);
	case KEPT_SILENT:
		return state == KEPT_LATE;
	}
	return false;
}

static uint8_t
sent(uint8_t state, enum uplink_kept_why why)
{
	switch (why) {
	case KEPT_GO_ON:
		return KEPT_SENT;
	case KEPT_MOVED:
	case KEPT_DIALLED:
		return KEPT_AGAIN;
	case KEPT_SILENT:
		return KEPT_DONE;
	default:
		return state;
	}
}

bool
uplink_kept_take(struct uplink_kept *kept, struct packet *packet,
    in_addr_t source, enum uplink_kept_why why)
{
	while (kept->next < kept->count) {
		uint32_t at = kept->next++;

		if (!is_wanted(kept->state[at], why) ||
		    packet_parse(packet, kept->data[at], kept->length[at],
			UPLINK_KEPT_SIZE) != PASS)
			continue;
		kept->state[at] = sent(kept->state[at], why);
		packet_set_source(packet, source, packet->source_port);
		return true;
	}
	kept->next = 0;
	return false;
}

bool
uplink_kept_is_open(const struct uplink_kept *kept)
{
	for (uint32_t i = 0; i < kept->count; i++)
		if (is_open(kept->state[i]))
			return true;
	return false;
}

/* The places are free again when nothing is left that may be sent. */
static void
tidy(struct uplink_kept *kept)
{
	for (uint32_t i = 0; i < kept->count; i++)
		if (kept->state[i] != KEPT_DONE)
			return;
	uplink_kept_clear(kept);
}

void
uplink_kept_taken(struct uplink_kept *kept)
{
	for (uint32_t i = 0; i < kept->count; i++)
		if (is_open(kept->state[i]))
			kept->state[i] = kept->state[i] == KEPT_SENT ?
			    KEPT_TAKEN : KEPT_CARRIED;
}

void
uplink_kept_wait(struct uplink_kept *kept)
{
	for (uint32_t i = 0; i < kept->count; i++)
		if (kept->state[i] == KEPT_CARRIED)
			kept->state[i] = KEPT_LATE;
	tidy(kept);
}

void
uplink_kept_forget(struct uplink_kept *kept, bool gone)
{
	for (uint32_t i = 0; i < kept->count; i++)
		if (kept->state[i] != KEPT_UNSENT &&
		    (gone || !is_open(kept->state[i])))
			kept->state[i] = KEPT_DONE;
	tidy(kept);
}

void
uplink_kept_clear(struct uplink_kept *kept)
{
	kept->count = kept->next = 0;
}
