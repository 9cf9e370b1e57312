/*
 * masq.h - what the parts of masq.so know of the call
 *
 * masq.c has the call's life, password.c the user, network.c address and
 * interface.
 */
#ifndef PPPD_PLUGIN_MASQ_H
#define PPPD_PLUGIN_MASQ_H

#include "masqd/handoff.h"

/* What a log line calls this call: masqd's name of the line, or the tty. */
const char *masq_line(void);

/* Refuse to start, while options are checked: does not return. */
__attribute__((noreturn)) void masq_refuse(const char *why);

/* Log `what: why`, unless a reason was logged before; pppd then ends. */
void masq_end(const char *what, const char *why);

/* Is the call to end?  Then nothing more is granted. */
int masq_ending(void);

/* Enter or leave the callers' namespace; where that fails, pppd dies. */
void masq_enter(void);
void masq_leave(void);

/*
 * Who checks passwords, once masqd has said so and before pppd checks its own
 * authentication options.  name: who has logged in already, or NULL.
 */
void password_begin(const struct handoff *welcome, const char *name);

/* The user, or "" where nobody asked. */
const char *password_user(void);

/* The fixed address of the user's account, or 0. */
in_addr_t password_address(void);

/* Stand between pppd and its IPCP; when the plugin is loaded. */
void network_take(void);

/* Our end of the link; no default route, no proxy ARP, no IPv6. */
void network_begin(const struct handoff *welcome);

/* The user is known: get a lease. */
void network_ask(void);

/* Has masqd accepted the link? */
int network_linked(void);

#endif
