/*
 * follow.h - the uplink under the loop's watch, wherever it goes
 *
 * Receives from the uplink; lets a socket's peers come and go; notices when an
 * interface's address, its state or the default route has changed, has the
 * keeper open it anew, and the holds and the translation follow.
 */
#ifndef MASQD_FOLLOW_H
#define MASQD_FOLLOW_H

#include <stdbool.h>
#include <uv.h>

#include "daemon.h"
#include "masqd/gateway/gateway.h"
#include "hold.h"
#include "masqd/keeper/keeper.h"
#include "masqd/gateway/uplink.h"

struct follow;

/* Make the uplink of the configuration from what main() has opened; ends the
 * process where that fails.  The parts are kept. */
struct follow *follow_create(uv_loop_t *, const struct daemon_parts *);

/* From here on packets are received.  Both are kept. */
void follow_start(struct follow *, struct gateway *, struct hold *);

/* The keeper's KEEPER_UPLINK or KEEPER_UPLINK_SEND; the descriptor, or -1, is
 * owned from now on. */
void follow_answered(struct follow *, const struct keeper_message *,
    int descriptor);

/* Before the loop sleeps, when hold_answered() has seen the answers. */
void follow_turn(struct follow *);

struct uplink *follow_uplink(const struct follow *);
in_addr_t follow_address(const struct follow *); /* 0: there is none now */
/* Is this an address of the host?  A gateway_setup's is_host. */
bool follow_is_host(void *follow, in_addr_t);
/* False: there is no host's address to be kept from. */
bool follow_has_host(const struct follow *);

void follow_destroy(struct follow *);

#endif
