/*
 * text.h - a packet as one line of text, and back
 *
 *   udp 10.9.0.5:5000 > 198.51.100.80:53 ttl=64 data=8 id=1 df frag=0+ sum=bad
 *   tcp 10.9.0.5:1025 > 198.51.100.80:80 flags=SA seq=1 ack=2 mss=1460
 *   icmp 10.9.0.5 > 198.51.100.80 type=8/0 query=77 sum=bad
 *   icmp 203.0.113.1 > 192.0.2.1 type=11/0 mtu=0 quote=udp,A:P>B:P
 *   proto47 10.9.0.5 > 198.51.100.80
 *   udp 10.9.0.5 > 198.51.100.80 id=7 frag=552 data=8     a later fragment
 *
 * Written by hand, everything behind the addresses may be left out; `quote`
 * takes the form above and, with commas, any attributes; `quotesum=bad` is a
 * wrong header checksum, `ext` an extension (RFC 4884).  `options` puts a
 * router alert behind the IP header.
 * Described, a packet says all of it, and sum=bad only where that is so.
 */
#ifndef SCENARIO_TEXT_H
#define SCENARIO_TEXT_H

#include <stddef.h>
#include <stdint.h>

enum { TEXT_PACKET_ROOM = 65536, TEXT_LINE_ROOM = 512 };

/* Build the packet that the line describes into out, which has
 * TEXT_PACKET_ROOM octets.  Returns its length, 0 where the line says no
 * packet. */
size_t text_build(const char *line, uint8_t *out);

/* Describe the packet in a line of at most TEXT_LINE_ROOM octets. */
void text_describe(const uint8_t *packet, size_t length, char *line);

#endif
