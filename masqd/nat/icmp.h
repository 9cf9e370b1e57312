/*
 * icmp.h - ICMP messages: answers built in place, and quoted packets
 */
#ifndef MASQD_NAT_ICMP_H
#define MASQD_NAT_ICMP_H

#include "packet.h"

/*
 * Turn the packet into the ICMP error that answers it, in its own buffer.
 *
 * from: the address the error comes from, network order.  mtu: for type 3
 * code 4 the next link's MTU in octets (RFC 1191), otherwise 0.  Quotes the
 * IP header and as much behind it as fits 576 octets (RFC 1812 4.3.2.3) and
 * p->capacity.  Returns REPLY, or `why` where no error may be sent (RFC 1122
 * 3.2.2: ICMP errors, later fragments, broadcast and multicast, source 0).
 */
enum verdict icmp_error(struct packet *p, in_addr_t from, uint8_t type,
    uint8_t code, uint16_t mtu, enum verdict why);

/* Turn an echo request into its reply (RFC 1122 3.2.2.6).  The ICMP checksum
 * is verified: REPLY, or DROP_ICMP_CHECKSUM. */
enum verdict icmp_echo_reply(struct packet *p);

#endif
