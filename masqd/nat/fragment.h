/*
 * fragment.h - datagrams that come in pieces, one way
 *
 * A later fragment has no ports: it goes where its first one went.  Where the
 * first has been translated, the others are translated as they come, without
 * reassembly; those that come before it are kept, within bounds (RFC 4787
 * REQ-14).  One that overlaps another ends its datagram (RFC 1858, RFC 5722).
 */
#ifndef MASQD_NAT_FRAGMENT_H
#define MASQD_NAT_FRAGMENT_H

#include "caller.h"
#include "hash.h"
#include "index.h"
#include "kept.h"
#include "packet.h"
#include "pieces.h"

enum {
	FRAGMENT_BLOCKS = 4 /* of kept.h, for each datagram there may be */
};

enum datagram_state {
	DATAGRAM_FREE,
	DATAGRAM_WAITING, /* for its first fragment; left by that, or time */
	DATAGRAM_KNOWN,	  /* first one translated; left when all has come */
	DATAGRAM_REFUSED, /* what comes is dropped; left by time */
	DATAGRAM_DONE	  /* all has come: doubles are still known for some
			   * seconds; left by time, or when room is needed */
};

struct datagram {
	in_addr_t source, destination; /* as they came */
	in_addr_t address;	       /* KNOWN: source or destination now */
	uint16_t identification, sent_identification;
	uint8_t protocol;
	uint8_t state;	/* enum datagram_state */
	int32_t caller; /* or PACKET_NO_CALLER */
	enum verdict why; /* REFUSED */
	uint32_t kept;	  /* list of the fragments kept, or 0 */
	uint32_t kept_blocks;
	uint32_t until;	  /* tick */
	uint32_t next, previous; /* in its queue; next also of free ones */
};

struct queue {
	uint32_t first, last, count;
};

enum { QUEUE_OPEN, QUEUE_KNOWN, QUEUE_DONE, QUEUES };

struct fragments {
	enum direction direction;
	struct datagram *datagrams; /* [1 .. size] */
	struct pieces *pieces;	    /* of each */
	uint32_t size, fresh, free;
	struct kept kept;
	struct queue queues[QUEUES];
	struct index index; /* by what a fragment says of its datagram */
	struct index sent;  /* outbound: by what it says once sent */
	struct hash_key key;
	struct callers *callers;
	uint32_t caller_max; /* datagrams; blocks: FRAGMENT_BLOCKS times */
	uint32_t ticks, done_ticks;
};

struct fragments_config {
	enum direction direction;
	uint32_t size, caller_max, seconds;
	struct hash_key key;
	struct callers *callers;
};

bool fragments_init(struct fragments *, const struct fragments_config *);
void fragments_free(struct fragments *);

/*
 * A fragment has come.  PASS: *number is its datagram, and the fragment is
 * noted: a first one is to be translated and told of by fragments_first(), a
 * later one goes to fragments_later().  A drop otherwise.  Outbound, the
 * caller is known.
 */
enum verdict fragments_enter(struct fragments *, const struct packet *,
    uint32_t now, uint32_t *number);

/* What became of the first one, PASS: translated; what was kept is ready now.
 * address: the source (outbound) or destination it has; identification: the
 * one it is sent with, network order; caller: whose it is.  Returns verdict,
 * or DROP_FRAGMENT_LIMIT: too many of the caller's. */
enum verdict fragments_first(struct fragments *, uint32_t number,
    enum verdict verdict, in_addr_t address, uint16_t identification,
    int32_t caller, uint32_t now);

/* PASS: translated as its first one was, p->caller is set; LATER: kept; or a
 * drop. */
enum verdict fragments_later(struct fragments *, uint32_t number,
    struct packet *, uint32_t now);

/* What was kept is then taken by kept_take() of `kept`. */

/* Outbound: the datagram that was sent with this identification, or NULL.
 * Inbound: the one that came with it. */
const struct datagram *fragments_find(const struct fragments *,
    uint8_t protocol, in_addr_t source, in_addr_t destination,
    uint16_t identification);

/* Some of those whose time is over end: false when there are no more. */
bool fragments_expire(struct fragments *, uint32_t now);
uint32_t fragments_next(const struct fragments *, uint32_t now); /* ticks */

/* All of the caller's end, or of everybody (PACKET_NO_CALLER). */
void fragments_end(struct fragments *, int32_t caller);

#endif
