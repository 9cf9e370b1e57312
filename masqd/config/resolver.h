/*
 * resolver.h - the host's own DNS servers, as callers can use them
 */
#ifndef MASQD_RESOLVER_H
#define MASQD_RESOLVER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

/* Is it an address of this host?  No caller reaches a server there.  address:
 * network byte order. */
bool resolver_is_here(in_addr_t address);

/*
 * Read the IPv4 name servers of a resolv.conf(5).
 *
 * path: the file, or NULL for /etc/resolv.conf.  A stub resolver on this host
 * (systemd-resolved, dnsmasq, NetworkManager, resolvconf) is no use to a
 * caller: then the servers behind it are taken from the files in which these
 * programs keep them.  servers: room for max
 * addresses in network byte order.
 *
 * Returns how many were found: none is an address of this host or the
 * unspecified one, none is there twice.
 */
size_t resolver_find(const char *path, in_addr_t *servers, size_t max);

#endif
