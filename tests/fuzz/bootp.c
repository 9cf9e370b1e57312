/* A datagram from a SLIP caller: a request for an address, or not. */
#include <stdlib.h>
#include <string.h>

#include "masqd/bootp.h"
#include "masqd/nat/checksum.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Else nothing gets past the checksums: IP's right, UDP's none. */
static void
mend(uint8_t *data, size_t n)
{
	if (n < PACKET_HEADER + 8 || data[0] != 0x45)
		return;
	octets_put16(data + 10, 0);
	octets_put16(data + 10, checksum_of(data, PACKET_HEADER));
	octets_put16(data + PACKET_HEADER + 6, 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t n)
{
	static const in_addr_t dns[] = { 0x01020304, 0x05060708 };
	const struct bootp_lease lease = { .address = htonl(0x0a400007),
		.gateway = htonl(0x0a400001), .netmask = htonl(0xffffff00),
		.dns = dns, .dns_count = n % 30 < 2 ? n % 30 : 2 };
	/* Of the heap, so that no octet behind it is ours. */
	uint8_t *data = malloc(n + 1), *reply = malloc(BOOTP_REPLY);
	struct packet request, parsed;
	size_t length;

	if (data == NULL || reply == NULL)
		abort();
	memcpy(data, input, n);
	mend(data, n);
	if (packet_parse(&request, data, n, n) == PASS) {
		length = bootp_answer(&request, &lease, reply);
		if (length != 0 && (length != BOOTP_REPLY ||
		    packet_parse(&parsed, reply, length, length) != PASS ||
		    parsed.source != lease.gateway ||
		    parsed.destination_port != htons(68)))
			abort();
	}
	free(data);
	free(reply);
	return 0;
}
