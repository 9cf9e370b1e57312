/*
 * uplink_kept.h - the few packets that may be sent again from another address
 *
 * An uplink that dials on demand changes its address because of the first
 * packet that is sent, which is lost by that; it should not be.  Kept are
 * packets that could not be sent because the address is changing, and copies
 * of those sent while nothing has shown that the uplink carries them.  Of use
 * from another address are UDP, ICMP queries, and TCP segments that open a
 * flow; whole datagrams only.
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

struct uplink_kept { /* all 0 at first */
	uint32_t count, next;
	uint16_t length[UPLINK_KEPT_MOST];
	bool sent[UPLINK_KEPT_MOST]; /* it is a copy */
	uint8_t data[UPLINK_KEPT_MOST][UPLINK_KEPT_SIZE];
};

/* Copy the packet, translated already.  sent: it has been sent, too.  False:
 * it is not to be kept, or there is no room. */
bool uplink_kept_add(struct uplink_kept *, const struct packet *, bool sent);

/*
 * The next one in order, its source changed to the address; it is valid until
 * the next uplink_kept_add().  copies: those too that have been sent.  False:
 * there is none, and the next call would begin anew.
 */
bool uplink_kept_take(struct uplink_kept *, struct packet *, in_addr_t source,
    bool copies);

void uplink_kept_clear(struct uplink_kept *);

#endif
