/*
 * checks.h - the keeper's children that check passwords, one a check
 *
 * Names and passwords are a caller's octets: only a child that lives for one
 * check looks at them, some at a time and each for CHECKS_MS at most; the
 * others wait.  The answer, KEEPER_CHECKED, goes from the child straight to
 * the gateway, and from here where a child has failed.
 */
#ifndef MASQD_CHECKS_H
#define MASQD_CHECKS_H

#include <stdbool.h>
#include <sys/types.h>
#include <uv.h>

#include "masqd/config/config.h"

struct checks;
struct keeper_message;

/* gateway: the socket to it; it and the configuration are kept.  NULL: out of
 * memory. */
struct checks *checks_create(uv_loop_t *, const struct config *, int gateway);
void checks_destroy(struct checks *);

/* Do a KEEPER_CHECK or a KEEPER_FIND; its line is one of the configuration's.
 * The message is copied, and the copy wiped. */
void checks_ask(struct checks *, const struct keeper_message *);

/* True where that process was one of these children. */
bool checks_child_ended(struct checks *, pid_t, int status);

/* End those that run, forget those that wait; no more are begun. */
void checks_stop(struct checks *);

/* True when none runs. */
bool checks_none(const struct checks *);

#endif
