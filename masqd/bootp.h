/*
 * bootp.h - a caller on a SLIP line asks for his address (RFC 951, RFC 1542)
 *
 * Pure: a request goes in, the reply comes out.  SLIP has no way of its own
 * to tell a caller his address; callers ask by BOOTP once the line is up, or
 * read it from the text before.
 */
#ifndef MASQD_BOOTP_H
#define MASQD_BOOTP_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#include "masqd/nat/packet.h"

enum { BOOTP_REPLY = 20 + 8 + 300 }; /* octets: IP, UDP, RFC 951 */

struct bootp_lease { /* network order */
	in_addr_t address, gateway, netmask;
	const in_addr_t *dns;
	size_t dns_count; /* those that there is room for are told */
};

/*
 * If the packet, parsed, is a BOOTREQUEST, write the reply as a datagram into
 * reply[0..BOOTP_REPLY) and return its length; otherwise return 0.
 *
 * Taken are requests of any hardware type, of 236 octets or more, with or
 * without a vendor area, to any destination: there is nobody else on the
 * line.  Those of DHCP are taken if they are a DISCOVER (RFC 1534).  The reply
 * goes to 255.255.255.255, which a caller without an address accepts; its
 * vendor area (RFC 1497, RFC 2132) is filled whatever the request's holds,
 * since KA9Q leaves that empty and reads the reply's.
 */
size_t bootp_answer(const struct packet *request, const struct bootp_lease *,
    uint8_t *reply);

#endif
