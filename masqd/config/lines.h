/*
 * lines.h - TCP lines: where they listen, and a line for each call
 */
#ifndef MASQD_CONFIG_LINES_H
#define MASQD_CONFIG_LINES_H

#include <netinet/in.h>
#include <stdbool.h>

#include "config.h"

/* Read "192.0.2.1:2323", "[2001:db8::1]:2323" or "*:2323" (any address of
 * either family).  False where it is none of these. */
bool config_line_address(const char *text, struct sockaddr_storage *);

/* Is it this host's alone?  Is it one that the Internet does not reach:
 * loopback, RFC 1918, link-local, RFC 4193? */
bool config_address_is_loopback(const struct sockaddr_storage *);
bool config_address_is_private(const struct sockaddr_storage *);

void config_line_free(struct config_line *); /* what is in it */

/* Put `calls` lines in the place of each TCP line, fill in the listeners and
 * the list of fixed addresses.  False: out of memory. */
bool config_lines_expand(struct config *);

#endif
