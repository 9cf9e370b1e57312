/*
 * hold.h - keeping outside ports closed to the host's own stack
 *
 * The uplink's address is shared with the host.  A held port has a socket of
 * its own, bound and with a filter that drops everything: the host answers
 * nothing there, no program can take the port, and masqd sees the packets by
 * its packet socket.  The keeper opens the sockets, because a filter on a TCP
 * socket wants a capability; the gateway keeps them, a stock of spare ones
 * ahead of need, never asked for on the packet path.
 */
#ifndef MASQD_HOLD_H
#define MASQD_HOLD_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hold;
struct nat;

struct hold_setup {
	uint16_t low, high; /* the outside ports, host order, inclusive */
	/* Likewise, for callers' ports below 1024; 0: none.  All are held. */
	uint16_t privileged_low, privileged_high;
	const uint8_t *key; /* 8 secret octets: the order in which ports are
			     * chosen (RFC 6056) */
	/* Ask the keeper for a hold; hold_answered() follows.  False: not now.
	 * NULL: ports need no hold (the address is masqd's own). */
	bool (*ask)(void *context, uint8_t protocol, in_port_t);
	/* A port that is not of the stock is held no longer, or cannot be.
	 * NULL: nobody wants to know. */
	void (*let_go)(void *context, uint8_t protocol, in_port_t);
	/* What hold_claim() wanted is there (error 0), or why not, an errno. */
	void (*claimed)(void *context, uint8_t protocol, in_port_t, int error);
	void *context;
};

/* NULL: out of memory. */
struct hold *hold_create(const struct hold_setup *);
void hold_destroy(struct hold *);

/* Offer to nat (kept) what needs no hold: query identifiers, and without
 * `ask` all ports. */
void hold_start(struct hold *, struct nat *);

/*
 * The uplink's address, network order, and the index of its interface: nothing
 * is asked for before there is one.  0: there is none now, what is held stays.
 * Others than before (a hold is bound to both): everything is asked for anew,
 * what is in use first; a port that cannot be held there is withdrawn from nat.
 */
void hold_follow(struct hold *, in_addr_t address, unsigned index,
    uint64_t now);

/* Ask for what is wanted, and for the stock where spare ports are few. */
void hold_fill(struct hold *, uint64_t now);

/* The keeper's answer: the hold's descriptor, owned from now on, or -1 and
 * why, as an errno.  What was not asked for is closed. */
void hold_answered(struct hold *, uint8_t protocol, in_port_t, int descriptor,
    int error, uint64_t now);

/* Nothing is asked for and not yet answered. */
bool hold_is_settled(const struct hold *);

/* Hold this port, of the stock or not, for a forward.  True: it is held, or
 * needs no hold; false: setup.claimed() will be called.  It is called again
 * for all claims when the address has changed. */
bool hold_claim(struct hold *, uint8_t protocol, in_port_t);
/* The forward is gone: the port goes back when its last flow has ended, see
 * hold_port_free(). */
void hold_release(struct hold *, uint8_t protocol, in_port_t);

/* nat_ops.port_free; the context is the struct hold. */
void hold_port_free(void *hold, uint8_t protocol, in_port_t);

/*
 * The keeper's part: open a hold of a TCP or UDP port, its filter locked.
 * address (0: EADDRNOTAVAIL) and port in network order; interface: the
 * uplink's.  Needs CAP_NET_RAW, CAP_NET_ADMIN for TCP, and CAP_NET_BIND_SERVICE
 * below 1024.  Returns the descriptor, or -1 with errno: EADDRINUSE when a
 * program has the port.
 */
int hold_open(in_addr_t address, const char *interface, uint8_t protocol,
    in_port_t port);

#endif
