#include "arrival.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "masqd/nat/octets.h"

enum { IP_HEADER = 20, TCP_HEADER = 20 };

struct segment {
	uint32_t sequence, acknowledged;
	uint32_t payload; /* octets, SYN and FIN not counted */
	uint8_t flags;
	const uint8_t *addresses; /* source, destination */
	uint16_t source, destination; /* network order */
};

/* A TCP segment that is not in fragments. */
static bool
read_segment(const uint8_t *ip, size_t length, struct segment *segment)
{
	size_t header = (size_t)(length > 0 ? ip[0] & 0xf : 0) * 4, data;
	const uint8_t *tcp = ip + header;

	if (header < IP_HEADER || length < header + TCP_HEADER ||
	    ip[0] >> 4 != 4 || ip[9] != IPPROTO_TCP ||
	    ((ip[6] & 0x3f) | ip[7]) != 0)
		return false;
	data = (size_t)(tcp[12] >> 4) * 4;
	if (data < TCP_HEADER || header + data > length)
		return false;
	*segment = (struct segment){
		.sequence = ntohl(octets_get32(tcp + 4)),
		.acknowledged = ntohl(octets_get32(tcp + 8)),
		.payload = (uint32_t)(length - header - data),
		.flags = tcp[13],
		.addresses = ip + 12,
		.source = octets_get16(tcp),
		.destination = octets_get16(tcp + 2),
	};
	return true;
}

/* The same both ways: of the far address, its port and the caller's. */
static uint32_t
flow_of(const uint8_t *far, uint16_t far_port, uint16_t port)
{
	return octets_get32(far) ^ (uint32_t)far_port << 16 ^ port;
}

static bool
is_at_or_behind(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) >= 0;
}

/* Segments sent again say nothing, nor do those beside them. */
static bool
is_repeated(struct arrivals *arrivals, uint32_t flow, uint32_t end)
{
	bool repeated = false;

	for (size_t i = 0; i < ARRIVALS; i++) {
		struct arrival *noted = &arrivals->noted[i];

		if (noted->given == 0 || noted->flow != flow ||
		    !is_at_or_behind(noted->end, end))
			continue;
		noted->given = 0;
		repeated = true;
	}
	return repeated;
}

void
arrivals_given(struct arrivals *arrivals, const uint8_t *ip, size_t length,
    uint64_t now)
{
	struct segment segment;
	uint32_t flow, end;

	if (!read_segment(ip, length, &segment) || segment.payload == 0)
		return;
	flow = flow_of(segment.addresses, segment.source, segment.destination);
	end = segment.sequence + segment.payload;
	if (is_repeated(arrivals, flow, end))
		return;
	/* Other flows have other lengths: the greatest is forgotten slowly. */
	arrivals->longest -= (arrivals->longest + 255) / 256;
	if (length > arrivals->longest)
		arrivals->longest = (uint32_t)length;
	if (length < arrivals->longest / 4 * 3)
		return;
	arrivals->noted[arrivals->next] = (struct arrival){ flow, end, now };
	arrivals->next = (arrivals->next + 1) % ARRIVALS;
}

bool
arrivals_heard(struct arrivals *arrivals, const uint8_t *ip, size_t length,
    uint64_t *given)
{
	struct segment segment;
	uint32_t flow;

	if (!read_segment(ip, length, &segment) || !(segment.flags & TH_ACK))
		return false;
	flow = flow_of(segment.addresses + 4, segment.destination,
	    segment.source);
	*given = 0;
	for (size_t i = 0; i < ARRIVALS; i++) {
		struct arrival *noted = &arrivals->noted[i];

		if (noted->given == 0 || noted->flow != flow ||
		    !is_at_or_behind(segment.acknowledged, noted->end))
			continue;
		if (noted->given > *given)
			*given = noted->given;
		noted->given = 0;
	}
	return *given != 0;
}
