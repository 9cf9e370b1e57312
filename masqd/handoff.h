/*
 * handoff.h - what masq.so and masqd say to each other
 *
 * One SOCK_SEQPACKET socket a pppd, opened when its options have been read
 * and kept for the life of the link: whoever closes it has ended the session.
 * Every message is one struct handoff of fixed size, host byte order (both
 * ends are on one machine) but for addresses, which are in network order.
 * Strings are NUL-terminated inside their arrays; the receiver checks.
 *
 *   masq.so                                masqd
 *   HELLO line caller device pid     ──▶
 *                                    ◀──   WELCOME  + descriptor: namespace
 *   ASK user options wanted          ──▶            (once or again: an address
 *                                    ◀──   LEASE     asked for by the caller)
 *   LINK interface + descriptor      ──▶            packet socket, pppN down
 *                                    ◀──   ACCEPT
 *   UP                               ──▶            IPCP is open
 *                                    ◀──   HANGUP reason        at any time
 *   DOWN reason                      ──▶            then end of file
 *
 * In place of WELCOME, LEASE or ACCEPT masqd may answer REFUSE with a reason.
 * AUTH_FAILED (line, user) is told once per failed password, then pppd ends.
 */
#ifndef MASQD_HANDOFF_H
#define MASQD_HANDOFF_H

#include <assert.h>
#include <netinet/in.h>
#include <stdint.h>

#include "masqd/account_options.h"

enum {
	HANDOFF_VERSION = 2,
	HANDOFF_DNS = 2,
	HANDOFF_METHODS = 4,
	HANDOFF_PATH = 256
};

/* Where masq.so looks when masq-socket is not given. */
#define HANDOFF_SOCKET "/run/masqd/plugin"

enum handoff_kind {
	HANDOFF_HELLO = 1,
	HANDOFF_WELCOME,
	HANDOFF_ASK,
	HANDOFF_LEASE,
	HANDOFF_LINK,
	HANDOFF_ACCEPT,
	HANDOFF_UP,
	HANDOFF_DOWN,
	HANDOFF_REFUSE,
	HANDOFF_HANGUP,
	HANDOFF_AUTH_FAILED
};

enum handoff_auth { /* WELCOME: who checks the caller's password */
	HANDOFF_AUTH_ACCOUNTS = 1, /* masq.so, by the file `path` */
	HANDOFF_AUTH_PPPD,	   /* pppd and its other plugins */
	HANDOFF_AUTH_NONE,	   /* nobody */
	HANDOFF_AUTH_PAM	   /* masq.so, by PAM */
};

enum handoff_method { /* how a caller proves that it knows the password */
	HANDOFF_NO_METHOD,
	HANDOFF_PAP,	  /* RFC 1334 */
	HANDOFF_CHAP,	  /* RFC 1994, with MD5 */
	HANDOFF_MSCHAP,	  /* RFC 2433 */
	HANDOFF_MSCHAPV2  /* RFC 2759 */
};

struct handoff {
	uint32_t version; /* HANDOFF_VERSION */
	uint32_t kind;	  /* enum handoff_kind */
	uint32_t pid;	  /* HELLO: pppd's */
	uint32_t auth;	  /* WELCOME: enum handoff_auth */
	uint32_t unit;	  /* WELCOME: the PPP unit number to ask for */
	uint32_t mtu;	  /* LINK: the interface's */
	uint8_t methods[HANDOFF_METHODS]; /* WELCOME: enum handoff_method, in
			    * the order in which they are offered; 0 ends */
	uint32_t fixed;	   /* ASK: 1: that address and no other */
	struct account_options options; /* ASK */
	in_addr_t address; /* ASK: wanted, or 0.  LEASE: the caller's */
	in_addr_t gateway; /* WELCOME, LEASE: our end of the link */
	in_addr_t dns[HANDOFF_DNS]; /* LEASE; 0: none */
	char line[64];	   /* HELLO: masq-line, or "" */
	char caller[64];   /* HELLO: masq-caller, or "" */
	char device[64];   /* HELLO: pppd's tty */
	char user[128];	   /* HELLO: masq-user or ""; ASK, AUTH_FAILED */
	char interface[16];/* LINK */
	char path[HANDOFF_PATH]; /* WELCOME: the accounts file */
	char reason[192];  /* REFUSE, HANGUP, DOWN: one sentence */
};
static_assert(sizeof(struct handoff) == 860, "the same in both programs");

#endif
