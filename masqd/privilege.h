/*
 * privilege.h - giving up rights, in named stages
 *
 * Stage 1: main() opens what needs root.  Stage 2: the gateway becomes the
 * user masqd without any capability and behind a system-call filter.  Stage 3:
 * the keeper stays uid 0 and gives up its own capabilities too; its bounding
 * set is what pppd needs, and nothing started later can have more.
 *
 * Each function ends the process when a right cannot be given up.
 */
#ifndef MASQD_PRIVILEGE_H
#define MASQD_PRIVILEGE_H

#include <sys/types.h>

#define PRIVILEGE_USER "masqd"

/* Fail early, with a sentence that says how to make the user. */
void privilege_check_user(void);

/* Allow as many descriptors as holds and sessions may need. */
void privilege_raise_descriptors(unsigned long wanted);

/* Before stage 2, in the gateway, before it makes its loop: no io_uring. */
void privilege_gateway_loop(void);

/* Stage 2, in the gateway: user and groups of masqd (where this is root),
 * no capability, none to be gained (no_new_privs), to be killed when the
 * keeper, the parent process, ends; then the filter. */
void privilege_gateway(pid_t keeper);

/* The group masqd, where this is root; otherwise (gid_t)-1. */
gid_t privilege_group(void);

/* Stage 3, in the keeper. */
void privilege_keeper(void);

#endif
