/*
 * interface.h - the host's interfaces, as the keeper sets them up
 */
#ifndef MASQD_INTERFACE_H
#define MASQD_INTERFACE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Make a TUN interface (or take the one of that name that waits for a
 * program), of that MTU, without IPv6, up, and forwarded to and from.  It
 * lives as long as its descriptor.  Needs CAP_NET_ADMIN.  Returns the
 * descriptor, non-blocking: one IPv4 packet a read() and a write(); or -1 with
 * one sentence in error.
 */
int interface_create_tun(const char *name, uint32_t mtu, char *error,
    size_t error_size);

/* Each returns 0 or an errno. */
int interface_up(const char *name);
/* The address, network order; that it has it already is fine. */
int interface_add_address(const char *name, in_addr_t, unsigned prefix);
/* A route to an address behind the interface, replacing another. */
int interface_route(const char *name, in_addr_t);

/* Set a key of net.ipv4.conf.NAME (FAMILY "ipv4", or "ipv6"), or without a
 * name of net.ipv4, where it has not the value.  Returns false, logged, where
 * that cannot be done. */
bool interface_set(const char *family, const char *name, const char *key,
    int value);
/* The key's value now, 0 where there is none. */
int interface_get(const char *family, const char *name, const char *key);

#endif
