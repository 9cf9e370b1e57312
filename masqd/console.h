/*
 * console.h - the verbs of the control socket: what masqctl shows and does
 */
#ifndef MASQD_CONSOLE_H
#define MASQD_CONSOLE_H

#include <uv.h>

#include "config.h"
#include "control.h"
#include "forward.h"
#include "gateway.h"
#include "network.h"
#include "serial/line.h"
#include "session.h"
#include "uplink.h"

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
