/* Any octets: parsed or refused, and what is parsed may be answered. */
#include <stdlib.h>
#include <string.h>

#include "masqd/nat/checksum.h"
#include "masqd/nat/icmp.h"
#include "masqd/nat/packet.h"
#include "masqd/nat/tcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
answer(struct packet *p, unsigned how)
{
	enum verdict v = DROP_TTL;

	if (how == 0)
		v = icmp_error(p, 0x0100400a, 3, 4, 576, DROP_TTL);
	else if (how == 1 && p->protocol == IPPROTO_TCP &&
	    !packet_is_fragment(p))
		v = tcp_reset(p, DROP_TTL);
	else if (how == 2 && p->protocol == IPPROTO_ICMP)
		v = icmp_echo_reply(p);
	if (p->length > p->capacity)
		abort();
	if (v == REPLY && packet_parse(p, p->data, p->length,
	    p->capacity) != PASS)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t n)
{
	struct packet p;
	uint8_t *data;
	size_t capacity, header;

	if (n < 2)
		return 0;
	/* Exactly the capacity, so that the sanitizer sees its end. */
	capacity = n - 2 + input[0];
	data = malloc(capacity + 1);
	memcpy(data, input + 2, n - 2);
	header = n > 2 ? (size_t)(data[0] & 0xf) * 4 : 0;
	if (input[1] & 0x80 && header >= PACKET_HEADER && header <= n - 2) {
		memset(data + 10, 0, 2);
		octets_put16(data + 10, checksum_of(data, header));
	}
	if (packet_parse(&p, data, n - 2, capacity) == PASS) {
		packet_decrement_ttl(&p);
		if (input[1] & 0x40)
			packet_complete_checksum(&p);
		answer(&p, input[1] & 3);
	}
	free(data);
	return 0;
}
