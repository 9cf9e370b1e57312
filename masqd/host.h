/*
 * host.h - the host's own IPv4 addresses, as they are now, and word of what
 * concerns the uplink
 *
 * A packet for one of them must never reach the raw socket: the kernel would
 * deliver it to the gateway's own services.  The set follows the kernel's
 * routing messages (rtnetlink(7)).
 */
#ifndef MASQD_HOST_H
#define MASQD_HOST_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

struct host;

/* Open the routing socket and read all addresses; waits for the kernel's
 * answer, so it belongs before the loop.  NULL with errno. */
struct host *host_create(void);
void host_destroy(struct host *);

/* To be watched for input, then host_update() called: it reads what waits.
 * True: an address, an interface or the default route has changed. */
int host_fd(const struct host *);
bool host_update(struct host *);

/* Of an interface, ever: packets to be sent that it has dropped, and frames it
 * has received.  What else waits is read by the way: host_update() is to be
 * called next.  False: not known. */
struct host_counts {
	uint64_t dropped, received;
};
bool host_count(struct host *, uint32_t index, struct host_counts *);

/* Is the address (network order) one of the host's, now? */
bool host_has(const struct host *, in_addr_t);

#endif
