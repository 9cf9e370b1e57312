/*
 * packet.h - an IPv4 packet, parsed once at the edge
 *
 * packet_parse() checks everything that later code relies on; after it
 * nobody looks at raw offsets again.  Addresses and ports are kept in network
 * byte order (in_addr_t, in_port_t), lengths in octets and host order.
 * A packet never owns its octets: they belong to whoever received them and
 * stay valid until the batch they came in has been dealt with.
 */
#ifndef MASQD_NAT_PACKET_H
#define MASQD_NAT_PACKET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "direction.h"
#include "verdict.h"

enum {
	PACKET_MAX = 65535,   /* RFC 791: the longest datagram */
	PACKET_NO_CALLER = -1
};

/* How the gateway counts a packet that a link keeps for a while: as sent on in
 * this direction, or not at all, since something else was counted. */
enum packet_tally { TALLY_NONE, TALLY_OUTBOUND, TALLY_INBOUND };

struct packet {
	uint8_t *data;	   /* the IP header's first octet; any alignment */
	uint32_t length;   /* of the datagram: its total length */
	uint32_t capacity; /* room behind data, for answers built in place */
	int32_t caller;	   /* slot; outbound: set by the gateway before
			    * nat_outbound, inbound: found by nat_inbound;
			    * PACKET_NO_CALLER where not known */
	enum verdict verdict;
	enum packet_tally tally; /* the gateway's */

	in_addr_t source, destination;
	/* TCP and UDP: the ports.  ICMP queries: both the identifier.
	 * Everything else and later fragments: 0. */
	in_port_t source_port, destination_port;
	uint16_t transport;	  /* offset of the transport header */
	uint16_t fragment_offset; /* octets */
	uint8_t protocol;	  /* IPPROTO_* */
	uint8_t tcp_flags;	  /* TH_* of TCP, otherwise 0 */
	uint8_t icmp_type, icmp_code;
	uint8_t ttl;
	bool more_fragments;
	bool dont_fragment;
	/* The transport checksum covers the pseudo header only, the rest is
	 * left to hardware (virtio-net F_NEEDS_CSUM): set by the uplink,
	 * completed by packet_complete_checksum() before translation. */
	bool partial_checksum;
};

/*
 * Parse and check the datagram in data[0..length).
 *
 * Octets behind the IP total length are cut off (Ethernet padding).  The IP
 * header checksum is verified (RFC 1812 5.2.2); the transport checksum is
 * not: a wrong one is passed on wrong (RFC 3022 4.1, incremental update).
 * A first fragment or whole datagram holds its complete TCP, UDP or ICMP
 * header, or is refused.  Sets every field but caller, tally and
 * partial_checksum, which become PACKET_NO_CALLER, TALLY_NONE and false.
 *
 * Returns PASS or one of DROP_SHORT, DROP_NOT_IPV4, DROP_HEADER,
 * DROP_IP_CHECKSUM, DROP_SOURCE_ROUTE; the same is left in p->verdict.
 */
enum verdict packet_parse(struct packet *p, uint8_t *data, size_t length,
    size_t capacity);

/* Compute the transport checksum in full; clears partial_checksum. */
void packet_complete_checksum(struct packet *p);

/*
 * Put the endpoint in place of the packet's source or destination, with the
 * IP and transport checksums adjusted (RFC 1624): a wrong checksum stays
 * wrong, UDP's 0 stays 0, a partial one has its pseudo header adjusted.
 * port: TCP, UDP; the identifier of an ICMP query.  Whole datagrams and
 * first fragments only.
 */
void packet_set_source(struct packet *p, in_addr_t address, in_port_t port);
void packet_set_destination(struct packet *p, in_addr_t address,
    in_port_t port);

/* The address alone, for what carries neither ports nor a pseudo header: an
 * ICMP error. */
void packet_set_source_address(struct packet *p, in_addr_t address);
void packet_set_destination_address(struct packet *p, in_addr_t address);

/* True for a fragment, the first or a later one. */
static inline bool
packet_is_fragment(const struct packet *p)
{
	return p->more_fragments || p->fragment_offset != 0;
}

/* True for ICMP echo, timestamp, information and mask messages: those with
 * an identifier (RFC 792, RFC 950). */
bool packet_icmp_is_query(uint8_t type);

enum {
	PACKET_HEADER = 20, /* octets of an IP header without options */
	PACKET_TTL = 64	    /* of our own packets (RFC 1700) */
};

/*
 * Make the packet one of our own: write an IP header without options, its
 * checksum included, over data[0..PACKET_HEADER), and set the fields to
 * match.  length is the datagram's; the transport is the caller's affair.
 * identification, service: network order and the TOS octet.
 */
void packet_write_header(struct packet *p, uint8_t protocol, in_addr_t source,
    in_addr_t destination, uint32_t length, uint16_t identification,
    uint8_t service);

/* Set the identification (network order), the IP checksum with it. */
void packet_set_identification(struct packet *p, uint16_t identification);

/* Allow the packet to be cut, where that was forbidden. */
void packet_clear_df(struct packet *p);

/*
 * Put a later fragment where its first one went: outbound, the source address
 * and the identification; inbound, the destination address.  Only p->data and
 * the one address of the fields are looked at and set.
 */
void packet_move_fragment(struct packet *p, enum direction d,
    in_addr_t address, uint16_t identification);

/* Set the time to live, the IP checksum with it. */
void packet_set_ttl(struct packet *p, uint8_t ttl);

/* Lower the time to live by one, the IP checksum with it (RFC 1624).
 * Returns false, and changes nothing, where it would reach zero. */
bool packet_decrement_ttl(struct packet *p);

#endif
