/* An ICMP error of any octets: what it quotes is found or refused, and can be
 * rewritten with every checksum as right or wrong as it was. */
#include <stdlib.h>
#include <string.h>

#include "masqd/nat/checksum.h"
#include "masqd/nat/quote.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
must(bool true_or_bug)
{
	if (!true_or_bug)
		abort();
}

static void
rewrite(struct packet *error, unsigned how)
{
	struct quote quote;
	size_t header;

	if (quote_parse(error, &quote) != PASS)
		return;
	header = (size_t)(quote.ip[0] & 0xf) * 4;
	must(quote.ip + header == quote.transport);
	must(quote.transport + quote.length <= error->data + error->length);
	if (how & 1)
		quote_set_source(&quote, 0x0200400a, 0x8813);
	else
		quote_set_destination(&quote, 0x0200400a, 0x8813);
	quote_close(error);
	must(checksum_of(quote.ip, header) == 0);
	must(checksum_of(error->data + error->transport,
		 error->length - error->transport) == 0);
	must(quote_parse(error, &quote) == PASS);
	must((how & 1 ? quote.source : quote.destination) == 0x0200400a);
}

/* The quote's own header is right or it goes no further. */
static void
put_right(uint8_t *data, size_t n)
{
	size_t header = (size_t)(data[0] & 0xf) * 4;
	size_t quoted = (size_t)(data[28] & 0xf) * 4;

	data[0] = 0x45;
	data[9] = IPPROTO_ICMP;
	octets_put16(data + 2, htons((uint16_t)n));
	if (header != PACKET_HEADER || 28 + quoted > n ||
	    quoted < PACKET_HEADER)
		return;
	memset(data + 38, 0, 2);
	octets_put16(data + 38, checksum_of(data + 28, quoted));
	memset(data + 22, 0, 2);
	octets_put16(data + 22, checksum_of(data + 20, n - 20));
	memset(data + 10, 0, 2);
	octets_put16(data + 10, checksum_of(data, 20));
}

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t n)
{
	struct packet error;
	uint8_t *data;

	if (n < 1 || n > 4000)
		return 0;
	data = malloc(n);
	memcpy(data, input + 1, n - 1);
	if (input[0] & 2 && n - 1 >= 48)
		put_right(data, n - 1);
	if (packet_parse(&error, data, n - 1, n - 1) == PASS &&
	    error.protocol == IPPROTO_ICMP && !packet_is_fragment(&error) &&
	    quote_is_carried_by(error.icmp_type))
		rewrite(&error, input[0]);
	free(data);
	return 0;
}
