/*
 * masq.h - what the parts of masq.so know of the call
 *
 * masq.c has the call's life, password.c the user, method.c the way in which
 * a password is proved, network.c address and interface, presence.c
 * whether the caller is still there.
 */
#ifndef PPPD_PLUGIN_MASQ_H
#define PPPD_PLUGIN_MASQ_H

#include "masqd/account.h"
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

/* The user's account: from PHASE_NETWORK on whoever has checked; empty where
 * there is none. */
const struct account *password_account(void);

/* The methods of WELCOME for CHAP, as pppd's bits, and whether there is PAP. */
int method_types(const struct handoff *welcome, int *pap);

/* From now on the methods of WELCOME are offered in their order. */
void method_begin(const struct handoff *welcome);

/* Stand between pppd and its LCP; when the plugin is loaded. */
void presence_take(void);

/* Has the caller ended the link, by a Terminate-Request? */
int presence_ended(void);

/* Stand between pppd and its IPCP; when the plugin is loaded. */
void network_take(void);

/* Our end of the link; no default route, no proxy ARP, no IPv6. */
void network_begin(const struct handoff *welcome);

/* The user is known: get a lease. */
void network_ask(void);

/* Has masqd accepted the link? */
int network_linked(void);

#endif
