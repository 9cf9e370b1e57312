/*
 * callers.h - the callers' network namespace, seen from a pppd
 *
 * masqd's namespace is silent (facts in docs/DESIGN): what is made in there
 * reaches nothing but masqd.  A pppd enters it only for the moments when it
 * makes a channel, a unit or a socket, and otherwise stays in the host's.
 * Functions return 0, or -1 with errno.
 */
#ifndef PPPD_PLUGIN_CALLERS_H
#define PPPD_PLUGIN_CALLERS_H

/*
 * Take over the descriptor of the callers' namespace.
 *
 * EINVAL: it is no network namespace, or the one that pppd runs in.
 */
int callers_take(int descriptor);

/* Enter the callers' namespace, or leave it; nothing where already so. */
int callers_enter(void);
int callers_leave(void);

/*
 * A packet socket for IPv4 on an interface of the callers' namespace, with
 * its filter locked.  The caller closes it.
 */
int callers_socket(const char *interface);

/* In a child of pppd: be in the host's namespace and hold no descriptor. */
void callers_forget(void);

#endif
