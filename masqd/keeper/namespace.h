/*
 * namespace.h - the callers' network namespace
 *
 * The PPP interfaces of all callers live here.  Its one routing rule is a
 * blackhole before all tables, the local one included, so that the kernel
 * answers nothing and forwards nothing, whatever else is set by mistake:
 * packets are there for masqd's packet sockets only.
 */
#ifndef MASQD_NAMESPACE_H
#define MASQD_NAMESPACE_H

/* Make and silence it.  Needs CAP_SYS_ADMIN and CAP_NET_ADMIN.  Returns its
 * descriptor, close-on-exec: the namespace lives as long as somebody holds
 * one, or -1 with one sentence in error. */
int namespace_create(char *error, unsigned long error_size);

#endif
