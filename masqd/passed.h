/*
 * passed.h - the ports that the uplink's packet filter passes
 *
 * Those of the configuration, always; and those that are held besides, for as
 * long as they are held: a port of a program of the host is never listened to.
 */
#ifndef MASQD_PASSED_H
#define MASQD_PASSED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "uplink.h"

struct passed {
	struct uplink_range ranges[UPLINK_RANGES];
	size_t count;
	size_t configured; /* the first ones, which stay */
};

void passed_init(struct passed *, const struct config *);

/* protocol: IPPROTO_TCP or IPPROTO_UDP; port: host order. */
bool passed_has(const struct passed *, uint8_t protocol, uint16_t port);
/* False: there is no room for one more range. */
bool passed_has_room(const struct passed *);
/* It is not passed yet, and there is room. */
void passed_add(struct passed *, uint8_t protocol, uint16_t port);
/* True: it was passed, and no longer is.  One in the midst of others stays
 * where there is no room for two ranges. */
bool passed_remove(struct passed *, uint8_t protocol, uint16_t port);

#endif
