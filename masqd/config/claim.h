/*
 * claim.h - who has which addresses in masqd.conf
 */
#ifndef MASQD_CONFIG_CLAIM_H
#define MASQD_CONFIG_CLAIM_H

#include "config.h"
#include "problem.h"

struct claims {
	struct problems *problems;
	struct claim *list;
	size_t count;
};

/* Claim addresses; line: of the file, 0 for a default.  Nothing is claimed
 * with an address of 0, that is one that was not given or was wrong. */
void claim_host(struct claims *, const char *what, in_addr_t, unsigned line);
void claim_range(struct claims *, const char *what,
    const struct config_range *, unsigned line);
void claim_network(struct claims *, const struct config_network *,
    unsigned line);
void claim_line(struct claims *, const struct config_line *, unsigned line);

/* Add an error for each two claims that overlap, and free the claims. */
void claims_settle(struct claims *);

#endif
