/*
 * daemon.h - the gateway process: the loop and all that stands on it
 */
#ifndef MASQD_DAEMON_H
#define MASQD_DAEMON_H

#include <stdint.h>

#include "masqd/config/config.h"
#include "masqd/gateway/uplink.h"

/* What main() opened before the processes parted; -1: not there. */
struct daemon_parts {
	const struct config *config;
	struct uplink_parts uplink; /* an interface's */
	int uplink_listener;	    /* or a socket's */
	int control_listener;
	gid_t control_group;
	int plugin_listener;
	int netns; /* the callers' namespace */
	int *networks; /* as many as configured: listeners, TUN interfaces */
	int *listeners; /* of TCP lines, as many as configured */
	int keeper;		/* the socket to the keeper */
	pid_t parent;		/* the keeper's process */
	uint8_t key[16];	/* random */
};

/* Be the gateway until the keeper says otherwise.  Gives up all privilege
 * before the first octet from outside is read.  Returns the exit status. */
int daemon_run(const struct daemon_parts *);

#endif
