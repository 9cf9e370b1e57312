/*
 * uplink_kept.h - the few packets that may be sent again
 *
 * An uplink that dials on demand does so because of a packet that is sent, and
 * that packet is lost by it: what the interface takes before it is dialled goes
 * out from an address that is no longer ours, or spoilt, and what is sent while
 * it dials it drops in silence, or the peer does, where it is up a little
 * later.  Kept are packets that could not be sent because the address is
 * changing, and copies of those sent while nothing has shown that the uplink
 * carries them.  Of use later, and from another address, are UDP, ICMP queries,
 * and TCP segments that open a flow; whole datagrams only.
 */
#ifndef MASQD_UPLINK_KEPT_H
#define MASQD_UPLINK_KEPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "masqd/nat/packet.h"

enum {
	UPLINK_KEPT_MOST = 32,
	UPLINK_KEPT_SIZE = 1536 /* octets of each; longer ones are not kept */
};

enum uplink_kept_state {
	KEPT_UNSENT,  /* -> SENT, AGAIN */
	KEPT_SENT,    /* from the first address; has the interface taken it? */
	KEPT_TAKEN,   /* it has; moved or dialled, once more -> AGAIN */
	KEPT_AGAIN,   /* sent since then; has the interface taken it? */
	KEPT_CARRIED, /* it has; was the peer up yet? -> LATE */
	KEPT_LATE,    /* nothing has come for a while: once more -> DONE */
	KEPT_DONE     /* never sent again */
};

/* Which ones are to be sent, and why. */
enum uplink_kept_why {
	KEPT_GO_ON,   /* what has not been sent */
	KEPT_MOVED,   /* all, since the address is another */
	KEPT_DIALLED, /* what may have made the interface dial */
	KEPT_DROPPED, /* what the interface may have dropped */
	KEPT_SILENT   /* what the peer may have dropped */
};

struct uplink_kept { /* all 0 at first */
	uint32_t count, next;
	uint16_t length[UPLINK_KEPT_MOST];
	uint8_t state[UPLINK_KEPT_MOST];
	uint8_t data[UPLINK_KEPT_MOST][UPLINK_KEPT_SIZE];
};

/* Copy the packet, translated already.  is_copy: it has been sent, too.  False:
 * it is not to be kept, or there is no room. */
bool uplink_kept_add(struct uplink_kept *, const struct packet *,
    bool is_copy);

/*
 * The next one in order, its source changed to the address; it is valid until
 * the next uplink_kept_add().  False: there is none, and the next call would
 * begin anew.
 */
bool uplink_kept_take(struct uplink_kept *, struct packet *, in_addr_t source,
    enum uplink_kept_why);

/* Is there one of which it is not known whether the interface has taken it? */
bool uplink_kept_is_open(const struct uplink_kept *);
/* All that were sent it has taken. */
void uplink_kept_taken(struct uplink_kept *);
/* A while has passed, and nothing has come from the uplink. */
void uplink_kept_wait(struct uplink_kept *);
/* Something has come from the uplink, or it has gone: what the interface has
 * taken (gone: what was sent at all) is of no use any more. */
void uplink_kept_forget(struct uplink_kept *, bool gone);

void uplink_kept_clear(struct uplink_kept *);

#endif
