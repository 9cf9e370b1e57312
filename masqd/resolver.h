/*
 * resolver.h - the host's own DNS servers, as callers can use them
 */
#ifndef MASQD_RESOLVER_H
#define MASQD_RESOLVER_H

#include <netinet/in.h>
#include <stddef.h>

/*
 * Read the IPv4 name servers of a resolv.conf(5).
 *
 * path: the file, or NULL for /etc/resolv.conf.  A stub resolver that listens
 * on the loopback network (systemd-resolved, dnsmasq, NetworkManager,
 * resolvconf) is no use to a caller: then the servers behind it are taken from
 * the files in which these programs keep them.  servers: room for max
 * addresses in network byte order.
 *
 * Returns how many were found: none is a loopback or the unspecified address,
 * none is there twice.
 */
size_t resolver_find(const char *path, in_addr_t *servers, size_t max);

#endif
