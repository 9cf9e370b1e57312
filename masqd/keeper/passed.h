/*
 * passed.h - the ports that the uplink's packet filter passes
 *
 * Those of the configuration, always; and those that are held besides, for as
 * long as they are held.  Of each of the latter the keeper has a descriptor of
 * its own, so that nobody else can have the port while the filter passes it,
 * whatever becomes of the gateway's.
 */
#ifndef MASQD_PASSED_H
#define MASQD_PASSED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "masqd/config/config.h"
#include "masqd/gateway/uplink.h"

struct passed_port {
	uint8_t protocol;
	uint16_t port; /* host order */
	int fd;
};

struct passed {
	struct uplink_range ranges[UPLINK_RANGES];
	size_t count;
	size_t configured; /* the first ones, which stay */
	struct passed_port added[CONFIG_ADDED_PORTS];
	size_t added_count;
};

void passed_init(struct passed *, const struct config *);

/* protocol: IPPROTO_TCP or IPPROTO_UDP; port: host order. */
bool passed_has(const struct passed *, uint8_t protocol, uint16_t port);

/* One that is not passed yet: its hold is duplicated.  False, with errno: there
 * is no room, or no descriptor. */
bool passed_add(struct passed *, uint8_t protocol, uint16_t port, int hold);

/* Close the hold, if it was one that passed_add() took; true: it was, and the
 * filter is to pass it no longer. */
bool passed_remove(struct passed *, uint8_t protocol, uint16_t port);

#endif
