#include "segment.h"

#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <string.h>

#include "masqd/nat/checksum.h"
#include "masqd/nat/packet.h"

enum {
	IP_OFFSET_TOTAL = 2,
	IP_OFFSET_ID = 4,
	IP_OFFSET_SUM = 10,
	TCP_OFFSET_SEQ = 4,
	TCP_OFFSET_DATA = 12,
	TCP_OFFSET_FLAGS = 13,
	UDP_OFFSET_LENGTH = 4,
	UDP_HEADER = 8,
	TCP_CWR = 0x80
};

static uint16_t
get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static void
put16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void
add32(uint8_t *at, size_t value)
{
	uint32_t sum = ((uint32_t)get16(at) << 16 | get16(at + 2)) +
	    (uint32_t)value;

	put16(at, sum >> 16);
	put16(at + 2, sum & 0xffff);
}

bool
segment_begin(struct segment *s, const uint8_t *data, size_t length,
    size_t size, bool tcp)
{
	size_t ip, transport;

	if (length < sizeof(struct iphdr) || data[0] >> 4 != 4 || size == 0 ||
	    data[9] != (tcp ? IPPROTO_TCP : IPPROTO_UDP))
		return false;
	ip = (size_t)(data[0] & 0xf) * 4;
	if (ip < sizeof(struct iphdr) ||
	    length < ip + (tcp ? sizeof(struct tcphdr) : UDP_HEADER))
		return false;
	transport = UDP_HEADER;
	if (tcp)
		transport = (size_t)(data[ip + TCP_OFFSET_DATA] >> 4) * 4;
	if (tcp && transport < sizeof(struct tcphdr))
		return false;
	if (length <= ip + transport)
		return false;
	*s = (struct segment){ .data = data, .length = length,
		.header = ip + transport, .size = size, .tcp = tcp };
	return true;
}

static void
fit_headers(const struct segment *s, uint8_t *out, size_t payload, bool last)
{
	size_t ip = (size_t)(out[0] & 0xf) * 4;
	uint8_t *transport = out + ip;

	put16(out + IP_OFFSET_TOTAL, s->header + payload);
	put16(out + IP_OFFSET_ID, (size_t)get16(out + IP_OFFSET_ID) + s->count);
	put16(out + IP_OFFSET_SUM, 0);
	octets_put16(out + IP_OFFSET_SUM, checksum_of(out, ip));
	if (!s->tcp) {
		put16(transport + UDP_OFFSET_LENGTH, UDP_HEADER + payload);
		return;
	}
	add32(transport + TCP_OFFSET_SEQ, s->done);
	if (!last)
		transport[TCP_OFFSET_FLAGS] &= (uint8_t)~(TH_FIN | TH_PUSH);
	if (s->count > 0)
		transport[TCP_OFFSET_FLAGS] &= (uint8_t)~TCP_CWR;
}

size_t
segment_next(struct segment *s, uint8_t *out, size_t capacity)
{
	size_t left = s->length - s->header - s->done;
	size_t payload = left < s->size ? left : s->size;
	struct packet packet;

	if (payload == 0 || s->header + payload > capacity)
		return 0;
	memcpy(out, s->data, s->header);
	memcpy(out + s->header, s->data + s->header + s->done, payload);
	fit_headers(s, out, payload, payload == left);
	if (packet_parse(&packet, out, s->header + payload, capacity) != PASS)
		return 0;
	packet_complete_checksum(&packet);
	s->done += payload;
	s->count++;
	return s->header + payload;
}
