/*
 * talk.h - masq.so's side of the socket to masqd (masqd/handoff.h)
 *
 * A pppd has one such socket, so the functions keep it to themselves.  They
 * know nothing of pppd.  Where one of them fails, talk_reason() holds a
 * sentence that says why; it never ends in a full stop.
 */
#ifndef PPPD_PLUGIN_TALK_H
#define PPPD_PLUGIN_TALK_H

#include <sys/types.h>

#include "masqd/handoff.h"

enum {
	TALK_PATIENCE = 5000 /* milliseconds that masqd may take to answer */
};

/* Open the socket at path.  0, or -1. */
int talk_open(const char *path);

/* A new message of this kind, everything else zero. */
struct handoff talk_message(enum handoff_kind kind);

/*
 * Put a string into one of a message's arrays.
 *
 * 0, or -1 where it does not fit; nothing is cut.
 */
int talk_string(char *array, size_t size, const char *string);

/*
 * Ask, and wait for the answer of that kind.
 *
 * descriptor is sent along, or -1; it stays the caller's.  The answer's own
 * descriptor goes to *received (close-on-exec, the caller's; -1: none came),
 * or is closed where received is NULL.  -1: masqd refused, hung up, is gone,
 * said something else or took longer than TALK_PATIENCE.
 */
int talk_ask(const struct handoff *question, int descriptor,
    enum handoff_kind kind, struct handoff *answer, int *received);

/* Tell masqd something that it does not answer; never blocks. */
void talk_say(const struct handoff *message);

/*
 * From now on a message or masqd's end sends SIGTERM to the process pid
 * (except within talk_ask); at once where something waits already.
 */
void talk_watch(pid_t pid);

/* Has masqd hung up, or gone?  1, and talk_reason() has its words; or 0. */
int talk_over(void);

/* Close the socket, which ends masqd's session.  Again: nothing happens. */
void talk_close(void);

const char *talk_reason(void);

#endif
