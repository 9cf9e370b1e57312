/*
 * view.h - what there is in a translation, and what it would do
 *
 * For the console, never on the packet path; nothing here changes anything.
 */
#ifndef MASQD_NAT_VIEW_H
#define MASQD_NAT_VIEW_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "direction.h"
#include "packet.h"

struct nat;

struct nat_mapping_view {
	uint32_t caller;
	uint8_t protocol;
	in_addr_t inside;
	in_port_t inside_port, outside_port;
	uint32_t flows;
	uint64_t expires_ms; /* from `now` on */
};

struct nat_flow_view {
	uint32_t caller;
	uint8_t protocol;
	in_addr_t inside, remote;
	in_port_t inside_port, outside_port, remote_port; /* ICMP: id, id, 0 */
	const char *state;   /* of TCP: "syn-out", "open", ...; otherwise "" */
	uint64_t expires_ms; /* from `now` on */
};

struct nat_usage {
	uint32_t mappings, flows;
};

/* Fill at most n views, starting at *cursor (0 first), and advance it; fewer
 * than n: that was all.  They come in no particular order, which is another
 * after each start; between two calls what stays keeps its turn. */
size_t nat_mappings(const struct nat *, size_t *cursor,
    struct nat_mapping_view *, size_t n, uint64_t now);
size_t nat_flows(const struct nat *, size_t *cursor, struct nat_flow_view *,
    size_t n, uint64_t now);
struct nat_usage nat_usage(const struct nat *);
struct nat_usage nat_caller_usage(const struct nat *, uint32_t caller);

/* What has been found, or would be made, for a packet. */
struct nat_explain {
	enum verdict verdict;
	uint32_t caller;      /* whose it is; valid where inside is not 0 */
	in_addr_t inside;     /* 0: nobody's */
	in_port_t inside_port;
	in_port_t outside_port; /* 0: a new one, chosen at random */
	bool mapping, flow;   /* there is one already */
	bool forward;	      /* by a static mapping */
	bool hairpin;	      /* outbound, and back in by the outside address */
	const char *state;    /* of a TCP flow that there is, or "" */
};

/*
 * What nat_outbound() or nat_inbound() would say of the packet (parsed, whole,
 * no ICMP error).  Outbound its caller is set; PACKET_NO_CALLER stands for one
 * who has nothing yet.  e: what was found on the way, also where it is a drop.
 * REPLY: a ping to the outside address itself.  A drop that is answered (a
 * closed port, a segment of no flow) is told by its name, not as REPLY.
 */
enum verdict nat_explain(const struct nat *, const struct packet *,
    enum direction, struct nat_explain *, uint64_t now);

#endif
