/*
 * stranger.h - the six seconds of a stranger's SYN
 *
 * RFC 5382 REQ-4: an unsolicited SYN from outside is dropped in silence, for
 * a SYN of the caller to the same peer may be on its way: a simultaneous
 * open.  If none comes within six seconds, ICMP port unreachable is due.
 */
#ifndef MASQD_NAT_STRANGER_H
#define MASQD_NAT_STRANGER_H

#include "hash.h"
#include "index.h"
#include "packet.h"

enum {
	STRANGERS = 256,     /* at a time; what exceeds them stays silence */
	STRANGER_HEAD = 68   /* the longest IP header, and 8 octets */
};

struct stranger {
	in_addr_t remote;
	in_port_t remote_port, outside_port;
	uint32_t due; /* tick */
	bool is_met;  /* there is a flow now: nothing is to be told */
	uint8_t length;
	uint8_t head[STRANGER_HEAD];
};

struct strangers {
	struct stranger *ring; /* [1 .. STRANGERS] */
	uint32_t first, count;
	struct index index;
	struct hash_key key;
};

bool strangers_init(struct strangers *, const struct hash_key *);
void strangers_free(struct strangers *);

/* Remember a SYN from outside that was dropped. now: tick */
void strangers_note(struct strangers *, const struct packet *, uint32_t now);

/* A flow has begun between the outside port and the remote endpoint, by a SYN
 * of the caller's or by another of the stranger's, who has been let in. */
void strangers_meet(struct strangers *, in_addr_t remote,
    in_port_t remote_port, in_port_t outside_port);

/* The next one whose time is over and whom nobody met, as the head of its
 * packet in room; *p becomes that packet, to be quoted. */
bool strangers_due(struct strangers *, uint32_t now, uint8_t *room,
    struct packet *p);

/* Ticks until one is due, UINT32_MAX for never. */
uint32_t strangers_next(const struct strangers *, uint32_t now);

/* Forget all. */
void strangers_clear(struct strangers *);

#endif
