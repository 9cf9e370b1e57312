/*
 * policy.h - which destinations and sources are no business of the callers
 */
#ifndef MASQD_POLICY_H
#define MASQD_POLICY_H

#include "masqd/config/config.h"
#include "masqd/nat/packet.h"

/* PASS, or DROP_MARTIAN for an address no unicast packet is sent to: 0/8,
 * 127/8, 224/4, 240/4 and the limited broadcast (RFC 1812 5.3.7). */
enum verdict policy_martian(in_addr_t address);

/* Where the uplink is. */
struct policy_uplink {
	in_addr_t address; /* network order, as the netmask */
	in_addr_t netmask; /* of its own subnet; 0: not known */
};

/* From the uplink: a source that cannot be answered, is our own, or a caller's
 * by the configuration, is a martian.  The accounts' own addresses are not
 * known here: those of callers who are there are the roster's business. */
enum verdict policy_inbound(const struct config *,
    const struct policy_uplink *, in_addr_t source);

/*
 * May a caller send this packet to the Internet?  The callers' pools and
 * networks and the lines' own addresses are DROP_EACH_OTHER; private networks
 * (RFC 1918, RFC 3927), and shared address space (RFC 6598) where the uplink is
 * in it, are DROP_PRIVATE unless allowed.  Of these, port 53 of the DNS servers
 * that callers were given is always allowed, and later fragments to them, which
 * go only where a first one went.  The broadcast addresses of a network and of
 * the uplink's subnet are martians: nobody is told (RFC 1812 4.3.2.7).
 */
enum verdict policy_outbound(const struct config *,
    const struct policy_uplink *, const struct packet *);

#endif
