/*
 * channel.h - a link under the loop's watch: what it receives goes through
 * the gateway at once
 */
#ifndef MASQD_CHANNEL_H
#define MASQD_CHANNEL_H

#include <uv.h>

#include "masqd/gateway/gateway.h"

struct channel;

/*
 * Watch the link, which is owned from now on, and give what it receives to
 * the gateway as coming from `place`; place->link is set.  ended is called
 * once, from the loop, when the link's other end is gone; the channel is then
 * still to be closed.  NULL: out of memory, the link is closed.
 */
struct channel *channel_open(uv_loop_t *, struct gateway *,
    struct gateway_link *place, struct link *, void (*ended)(void *context),
    void *context);

/* Stop watching, close the link, clear place->link.  NULL is allowed. */
void channel_close(struct channel *);

#endif
