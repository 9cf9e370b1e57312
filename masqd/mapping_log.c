#include "mapping_log.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>

#include "log.h"

enum { EVENTS = 64, LINES_A_SECOND = 200 };

static const char *
name_of(uint8_t protocol)
{
	return protocol == IPPROTO_TCP ? "tcp" :
	    protocol == IPPROTO_UDP ? "udp" : "icmp";
}

/* A slot that has gone to somebody else does not tell whose it was. */
static void
log_event(const struct gateway *gateway, in_addr_t address,
    const struct nat_event *event)
{
	char inside[INET_ADDRSTRLEN], outside[INET_ADDRSTRLEN];
	in_addr_t now_has;
	const char *user = gateway_caller(gateway, event->caller, &now_has);

	log_info("mapping %s: user %s: %s %s:%u is %s:%u outside",
	    event->begins ? "begins" : "ends",
	    now_has == event->inside && *user != '\0' ? user : "-",
	    name_of(event->protocol),
	    inet_ntop(AF_INET, &event->inside, inside, sizeof inside),
	    ntohs(event->inside_port),
	    inet_ntop(AF_INET, &address, outside, sizeof outside),
	    ntohs(event->outside_port));
}

static void
sum_up(struct mapping_log *log, uint64_t now)
{
	if (log->unsaid == 0 || !allowance_take(&log->summaries, 1, now))
		return;
	log_warnx("mappings: %" PRIu64 " that began or ended were not logged,"
	    " they were too many", log->unsaid);
	log->unsaid = 0;
}

void
mapping_log_turn(struct mapping_log *log, struct gateway *gateway,
    in_addr_t address, uint64_t now)
{
	struct nat_event events[EVENTS];
	uint64_t lost;
	size_t n;

	do {
		n = nat_events(gateway_nat(gateway), events, EVENTS, &lost);
		log->unsaid += lost;
		for (size_t i = 0; i < n; i++)
			if (allowance_take(&log->lines, LINES_A_SECOND, now))
				log_event(gateway, address, &events[i]);
			else
				log->unsaid++;
	} while (n == EVENTS);
	sum_up(log, now);
}
