/*
 * verdict.h - what a checking step says of a packet
 *
 * Every step of the packet path returns PASS, REPLY or a named drop.  The
 * gateway alone counts and logs them, so that `masqctl drops` can explain
 * every packet that did not arrive.  A new drop is one line in VERDICT_DROPS.
 */
#ifndef MASQD_NAT_VERDICT_H
#define MASQD_NAT_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

/* X(enumerator, name on the console, the sentence that explains it) */
#define VERDICT_DROPS(X)                                                       \
	X(DROP_SHORT, "short", "shorter than its headers say")                 \
	X(DROP_NOT_IPV4, "not-ipv4", "not an IPv4 packet")                     \
	X(DROP_HEADER, "bad-header", "IP header length or total length wrong") \
	X(DROP_IP_CHECKSUM, "ip-checksum", "IP header checksum wrong")         \
	X(DROP_SOURCE_ROUTE, "source-route", "carries a source-route option")  \
	X(DROP_MARTIAN, "martian", "source or destination cannot be routed")   \
	X(DROP_SPOOFED, "spoofed", "source is not the caller's own address")   \
	X(DROP_HOST_ADDRESS, "host-address", "for an address of the gateway")  \
	X(DROP_PRIVATE, "private-network", "for a private network, not allowed")\
	X(DROP_EACH_OTHER, "each-other", "for another caller, not allowed")    \
	X(DROP_PROTOCOL, "protocol", "a protocol that is not translated")      \
	X(DROP_ICMP_TYPE, "icmp-type", "an ICMP type that is not translated")  \
	X(DROP_ICMP_CHECKSUM, "icmp-checksum", "ICMP checksum wrong")          \
	X(DROP_ICMP_QUOTE, "icmp-quote", "ICMP error quotes no known flow")    \
	X(DROP_NO_MAPPING, "no-mapping", "from outside, to no mapping")        \
	X(DROP_NO_TARGET, "no-target", "to a forward whose user is absent")    \
	X(DROP_FILTERED, "filtered", "from a stranger to a mapping")           \
	X(DROP_CALLERS_FULL, "callers-full", "no room for another caller")     \
	X(DROP_NO_SESSION, "no-session", "the caller's session has ended")     \
	X(DROP_TTL, "ttl", "time to live expired")                             \
	X(DROP_TOO_BIG, "too-big", "longer than the next link's MTU")          \
	X(DROP_FRAGMENT, "fragment", "a fragment that cannot be followed")     \
	X(DROP_FRAGMENT_LIMIT, "fragment-limit", "too many fragments waiting") \
	X(DROP_FRAGMENT_OVERLAP, "fragment-overlap", "overlaps another fragment")\
	X(DROP_FRAGMENT_TWICE, "fragment-twice", "a fragment that came already")\
	X(DROP_FRAGMENT_TIME, "fragment-time", "its first fragment never came")\
	X(DROP_MAPPINGS_FULL, "mappings-full", "no room for another mapping")  \
	X(DROP_FLOWS_FULL, "flows-full", "no room for another flow")           \
	X(DROP_PORTS_FULL, "ports-full", "no outside port is free")            \
	X(DROP_CALLER_MAPPINGS, "caller-mappings", "caller's mapping limit")   \
	X(DROP_CALLER_FLOWS, "caller-flows", "caller's flow limit")            \
	X(DROP_CALLER_RATE, "caller-rate", "caller's limit of new flows a second")\
	X(DROP_CLASH, "clash", "the two talk by another outside port already") \
	X(DROP_TCP_STATE, "tcp-state", "TCP segment that cannot open a flow")  \
	X(DROP_ICMP_RATE, "icmp-rate", "an ICMP answer to it would be too many")\
	X(DROP_NO_UPLINK, "no-uplink", "the uplink is down")                   \
	X(DROP_UPLINK_BUSY, "uplink-busy", "the uplink takes no packet now")   \
	X(DROP_LINK_BUSY, "link-busy", "the caller's link takes no packet now") \
	X(DROP_QUEUE, "queue", "more for the caller than the line carries")

enum verdict {
	PASS,  /* go on */
	LATER, /* kept until nat_release(), or the link that keeps it, tells
		* what became of it */
	REPLY, /* the packet now holds an answer for its sender */
#define X(id, name, text) id,
	VERDICT_DROPS(X)
#undef X
	VERDICT_COUNT
};

/* The verdict's name for console and log, "pass" and "reply" included. */
const char *verdict_name(enum verdict);

/*
 * Whether the sender of an outbound packet is told of the drop by an ICMP
 * error (icmp_error() in icmp.h), and of which kind: limits and exhaustion
 * (RFC 5508 REQ-8, RFC 6888 REQ-11), what is not allowed, no uplink, TTL and
 * MTU.  For DROP_TOO_BIG the MTU is the gateway's to add.  All other drops
 * are silent.
 */
bool verdict_answers(enum verdict, uint8_t *type, uint8_t *code);

/* One sentence, without a full stop, that says why a packet was dropped. */
const char *verdict_text(enum verdict);

#endif
