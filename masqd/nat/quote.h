/*
 * quote.h - the packet that an ICMP error quotes
 *
 * RFC 5508 section 3.2 and section 4: parsed with suspicion, for it may have
 * been written by anybody, and rewritten as its sender knew it.
 */
#ifndef MASQD_NAT_QUOTE_H
#define MASQD_NAT_QUOTE_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#include "packet.h"

struct quote {
	uint8_t *ip;	   /* the quoted header, in the error's octets */
	uint8_t *transport;/* at least 8 octets are there */
	size_t length;	   /* of the transport part that is there */
	in_addr_t source, destination;
	/* ICMP: the identifier; a later fragment: 0 */
	in_port_t source_port, destination_port;
	uint16_t identification;  /* network order */
	bool is_atomic; /* RFC 6864: never cut, nor to be cut */
	bool is_later;	/* a fragment, not the first */
	uint8_t protocol; /* TCP, UDP or ICMP */
	uint8_t icmp_type;
};

/* True for the types that are translated: unreachable, time exceeded,
 * parameter problem.  Source quench (RFC 6633) and redirect are not. */
bool quote_is_carried_by(uint8_t icmp_type);

/*
 * Check the error's own checksum and find what it quotes: PASS;
 * DROP_ICMP_CHECKSUM (RFC 5508 REQ-3); DROP_ICMP_QUOTE: the quoted header is
 * wrong (REQ-3a), too short, or of nothing that is translated.  Of a later
 * fragment addresses and identification are all there is.  Quoted IP
 * options are skipped (REQ-3b), the quoted transport checksum is not checked
 * (REQ-3c), RFC 4884 extensions are left alone (REQ-3d).
 */
enum verdict quote_parse(const struct packet *error, struct quote *);

/* Put another endpoint into the quote; checksums in the quote follow where
 * they are part of it, wrong ones stay wrong.  quote_close() afterwards
 * writes the checksum of the error itself. */
void quote_set_source(struct quote *, in_addr_t, in_port_t);
void quote_set_destination(struct quote *, in_addr_t, in_port_t);
/* The identification as its sender knew it. */
void quote_set_identification(struct quote *, uint16_t identification);
void quote_close(const struct packet *error);

#endif
