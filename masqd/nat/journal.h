/*
 * journal.h - which mappings have begun and ended, for whoever keeps a log
 *
 * Written on the packet path, read off it: a ring.  What was not read before
 * the ring came round is lost, and counted.
 */
#ifndef MASQD_NAT_JOURNAL_H
#define MASQD_NAT_JOURNAL_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nat_event {
	in_addr_t inside;
	in_port_t inside_port, outside_port; /* ICMP: identifiers */
	uint32_t caller; /* its slot, perhaps somebody else's by now */
	uint8_t protocol;
	bool begins; /* or ends */
};

enum { JOURNAL_EVENTS = 1024 };

struct journal {
	uint64_t written, read;
	struct nat_event events[JOURNAL_EVENTS];
};

static inline void
journal_write(struct journal *journal, const struct nat_event *event)
{
	journal->events[journal->written++ % JOURNAL_EVENTS] = *event;
}

/* Take at most n events, the oldest first.  *lost: how many were lost before
 * them.  Returns how many were taken. */
static inline size_t
journal_read(struct journal *journal, struct nat_event *events, size_t n,
    uint64_t *lost)
{
	uint64_t waiting = journal->written - journal->read;
	size_t taken = 0;

	*lost = waiting > JOURNAL_EVENTS ? waiting - JOURNAL_EVENTS : 0;
	journal->read += *lost;
	while (taken < n && journal->read < journal->written)
		events[taken++] =
		    journal->events[journal->read++ % JOURNAL_EVENTS];
	return taken;
}

#endif
