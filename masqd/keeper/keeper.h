/*
 * keeper.h - the root half of masqd: it starts pppd, holds ports, little else
 *
 * The gateway asks by messages of one fixed size; the keeper parses nothing
 * that came from a caller.  Of a calling number it keeps harmless characters
 * only; a user's name goes to pppd as the argument of masq-user, which takes
 * it as it is.  Passwords are for the keeper's children.
 */
#ifndef MASQD_KEEPER_H
#define MASQD_KEEPER_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdint.h>
#include <sys/types.h>

#include "masqd/account.h"
#include "masqd/config/config.h"
#include "masqd/gateway/uplink.h"

enum keeper_op {
	KEEPER_PPP_START = 1, /* gateway: line, caller; user: who has logged
			       * in and is not asked again, "": nobody */
	KEEPER_PPP_STOP,      /* gateway: line; its pppd gets SIGTERM, or
			       * SIGKILL if it has had that */
	KEEPER_PPP_STARTED,   /* keeper: line, and the pty's master */
	KEEPER_PPP_ENDED,     /* keeper: line, status as of waitpid(2) */
	KEEPER_CHECK,	      /* gateway: line, ticket, user, password; an
			       * earlier one of the same line is given up */
	KEEPER_FIND,	      /* gateway: line, ticket, user: the line's own
			       * user of masqd.conf, who has no password; in
			       * place of a KEEPER_CHECK, and answered so */
	KEEPER_CHECKED,	      /* keeper: line, ticket and user as asked;
			       * status is an enum keeper_check, and where
			       * that is CHECK_RIGHT: address, options */
	KEEPER_HOLD,	      /* gateway: protocol, port */
	KEEPER_HELD,	      /* keeper: the same; a descriptor, or status is
			       * an errno */
	KEEPER_UNHOLD,	      /* gateway: the hold of that port is closed */
	KEEPER_UPLINK,	      /* gateway: look whether it has changed; status
			       * not 0: and open it anew in any case;
			       * keeper: how it is now, see below */
	KEEPER_UPLINK_SEND,   /* keeper: the socket to send by; KEEPER_UPLINK
			       * follows, with the one to receive from */
	KEEPER_LOCK,	      /* gateway: line; status: 1 write its lock
			       * file, 0 take it away */
	KEEPER_PTY,	      /* gateway: make a pty with the line's name;
			       * keeper: its master, or status is an errno */
	KEEPER_SHUTDOWN	      /* keeper: end all sessions, then yourself */
};

enum keeper_check {
	CHECK_RIGHT,
	CHECK_WRONG,  /* the user or the password */
	CHECK_UNABLE  /* nobody can log in that way now; the log says why */
};

enum {
	KEEPER_USER = 128, /* octets, with the NUL at the end */
	KEEPER_PASSWORD = 128
};

/* Whoever sent or got one with a password in it wipes that. */
struct keeper_message {
	uint32_t op;   /* enum keeper_op */
	uint32_t line; /* index into config.lines */
	int32_t status;
	uint32_t ticket; /* any number; an answer of an earlier call's check
			  * has that call's */
	uint32_t protocol; /* IPPROTO_TCP or IPPROTO_UDP */
	in_port_t port;	   /* network order */
	char caller[64];
	char user[KEEPER_USER];
	char password[KEEPER_PASSWORD];
	struct account_options options;
	/* KEEPER_UPLINK.  With a descriptor: all is new; without one: what
	 * there was is as it was, but for the MTU; address 0: none is there,
	 * an MTU says that the interface is up all the same.
	 * KEEPER_CHECKED: the account's fixed address, or 0. */
	in_addr_t address, netmask;
	uint32_t mtu, index, dials;
	char interface[IFNAMSIZ];
};

/*
 * Be the keeper until SIGTERM, SIGINT or the end of the gateway.
 *
 * socket: to the gateway.  log: where its lines come from, see log_relay(), or
 * -1.  gateway: its process.  uplink: as it was opened and handed over; of an
 * interface's, `receive` is the keeper's from now on.  cleanup: called at the
 * end, takes away what has a name in the file system.  Returns the exit
 * status: 0 when told to stop, 1 when the gateway ended by itself.
 */
int keeper_run(const struct config *, int socket, int log, pid_t gateway,
    const struct uplink_parts *uplink, void (*cleanup)(const struct config *));

#endif
