/*
 * cslip.h - one caller's SLIP, headers compressed or not, as he does it
 *
 * Pure.  RFC 1055 and RFC 1144 together: octets in, datagrams out, and the
 * other way.  Nothing is agreed upon between two ends of a SLIP line; so we
 * send plain packets until the caller sends an uncompressed TCP packet, which
 * a plain SLIP never does, and compress from then on.
 */
#ifndef SERIAL_CSLIP_H
#define SERIAL_CSLIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cslip_mode {
	CSLIP_PLAIN,	 /* we never compress; what comes so is understood */
	CSLIP_ADAPTIVE,	 /* we do once the caller has */
	CSLIP_COMPRESSED /* we do from the beginning: he asked for CSLIP */
};

/* What a caller may send: more than the MTU towards him, since nothing tells
 * him ours. */
enum { CSLIP_RECEIVE_MAX = 1500 };

struct cslip;

/* slots: see vj.h, both ways.  NULL: out of memory. */
struct cslip *cslip_create(enum cslip_mode, unsigned slots);
void cslip_destroy(struct cslip *); /* NULL is allowed */

/*
 * Take octets of the caller's, up to the end of a packet.  Returns how many
 * were used; call again for the rest.  *length is the length of the datagram
 * that is then in packet[0..CSLIP_RECEIVE_MAX), 0: there is none (yet).  It
 * begins with an octet 4x, all else is unchecked.
 */
size_t cslip_receive(struct cslip *, const uint8_t *octets, size_t n,
    uint8_t *packet, size_t *length);

/* Write the datagram as octets, at most slip_room(n).  Returns how many.  The
 * datagram's octets are changed. */
size_t cslip_send(struct cslip *, uint8_t *packet, size_t n, uint8_t *octets);

/* Do we compress? */
bool cslip_compresses(const struct cslip *);

struct cslip_counts {
	uint64_t frames;      /* datagrams received */
	uint64_t compressed;  /* of these, compressed TCP */
	uint32_t overlong, bad_escapes;
	uint32_t not_ip;      /* neither IP nor TCP */
	uint32_t tossed;      /* TCP headers that could not be restored */
};
void cslip_counts(const struct cslip *, struct cslip_counts *);

#endif
