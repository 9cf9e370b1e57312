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
    bool sent)
{
	if (kept->count == UPLINK_KEPT_MOST || !is_of_use(packet))
		return false;
	memcpy(kept->data[kept->count], packet->data, packet->length);
	kept->sent[kept->count] = sent;
	kept->length[kept->count++] = (uint16_t)packet->length;
	return true;
}

bool
uplink_kept_take(struct uplink_kept *kept, struct packet *packet,
    in_addr_t source, bool copies)
{
	while (kept->next < kept->count) {
		uint32_t at = kept->next++;

		if ((kept->sent[at] && !copies) ||
		    packet_parse(packet, kept->data[at], kept->length[at],
			UPLINK_KEPT_SIZE) != PASS)
			continue;
		kept->sent[at] = true;
		packet_set_source(packet, source, packet->source_port);
		return true;
	}
	kept->next = 0;
	return false;
}

void
uplink_kept_clear(struct uplink_kept *kept)
{
	kept->count = kept->next = 0;
}
