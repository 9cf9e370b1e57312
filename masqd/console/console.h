/*
 * console.h - the verbs of the control socket: what masqctl shows and does
 */
#ifndef MASQD_CONSOLE_H
#define MASQD_CONSOLE_H

#include <uv.h>

#include "masqd/config/config.h"
#include "control.h"
#include "masqd/forward.h"
#include "masqd/gateway/gateway.h"
#include "masqd/network.h"
#include "serial/line.h"
#include "masqd/session.h"
#include "masqd/gateway/uplink.h"

/* What the verbs look at; NULL where there is none. */
struct console {
	uv_loop_t *loop;
	const struct config *config;
	struct gateway *gateway;
	struct uplink *uplink;
	in_addr_t address; /* of the uplink */
	struct sessions *sessions;
	struct network **networks; /* as many as configured */
	struct line **lines;	   /* as many as configured */
	struct forwards *forwards;
	uint64_t started_ms;
};

/* Ended by a NULL name; their context is a struct console. */
extern const struct control_verb console_verbs[];

#endif
