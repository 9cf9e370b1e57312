#include "claim.h"

#include <arpa/inet.h>
#include <stdlib.h>

struct claim {
	uint32_t first, last; /* host byte order */
	unsigned line;
	char what[128];
};

static void
add(struct claims *claims, const char *what, uint32_t first, uint32_t last,
    unsigned line)
{
	struct in_addr from = { htonl(first) }, to = { htonl(last) };
	char a[INET_ADDRSTRLEN], b[INET_ADDRSTRLEN];
	struct claim *more, *claim;

	more = reallocarray(claims->list, claims->count + 1, sizeof *more);
	if (more == NULL)
		return;
	claims->list = more;
	claim = &more[claims->count++];
	*claim = (struct claim){ .first = first, .last = last, .line = line };
	(void)inet_ntop(AF_INET, &from, a, sizeof a);
	(void)inet_ntop(AF_INET, &to, b, sizeof b);
	(void)snprintf(claim->what, sizeof claim->what, "%.80s %s%s%s", what,
	    a, first == last ? "" : "-", first == last ? "" : b);
}

void
claim_host(struct claims *claims, const char *what, in_addr_t address,
    unsigned line)
{
	if (address != 0)
		add(claims, what, ntohl(address), ntohl(address), line);
}

void
claim_range(struct claims *claims, const char *what,
    const struct config_range *range, unsigned line)
{
	add(claims, what, range->first, range->last, line);
}

void
claim_network(struct claims *claims, const struct config_network *network,
    unsigned line)
{
	char what[96];

	(void)snprintf(what, sizeof what, "network \"%.63s\"", network->name);
	if (network->subnet != 0)
		add(claims, what, ntohl(network->subnet),
		    ntohl(network->subnet | ~network->netmask), line);
}

void
claim_line(struct claims *claims, const struct config_line *line,
    unsigned at)
{
	char what[96];

	(void)snprintf(what, sizeof what, "line \"%.63s\"", line->name);
	claim_host(claims, what, line->address, at);
}

/* The error belongs to the line of the file that comes later. */
static void
complain(const struct claims *claims, const struct claim *a,
    const struct claim *b)
{
	const struct claim *late = a->line > b->line ? a : b;
	const struct claim *early = late == a ? b : a;
	char where[32] = "the default";

	if (early->line != 0)
		(void)snprintf(where, sizeof where, "line %u", early->line);
	problem_error(claims->problems, late->line,
	    "%s and %s (%s) overlap; give each addresses of its own",
	    late->what, early->what, where);
}

void
claims_settle(struct claims *claims)
{
	for (size_t i = 1; i < claims->count; i++)
		for (size_t j = 0; j < i; j++)
			if (claims->list[i].first <= claims->list[j].last &&
			    claims->list[j].first <= claims->list[i].last)
				complain(claims, &claims->list[i],
				    &claims->list[j]);
	free(claims->list);
	*claims = (struct claims){ .list = NULL };
}
