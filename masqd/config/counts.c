/*
 * counts.c - how many of each there may be: tables are sized at start
 */
#include <confuse.h>
#include <inttypes.h>

#include "check.h"
#include "parse.h"

enum { POOL_MOST = 65536 };

static unsigned
line_of(struct cfg_t *root, const char *section, size_t index, const char *key)
{
	return index < cfg_size(root, section) ? config_line_of(
	    cfg_getnsec(root, section, (unsigned)index), key, 0) : 0;
}

static void
check_pool_size(const struct config *config, struct cfg_t *root,
    struct problems *problems)
{
	const struct config_callers *callers = &config->callers;
	unsigned line = line_of(root, "callers", 0, "pool");
	uint64_t size = 0;

	for (size_t i = 0; i < callers->pool_count; i++)
		size += (uint64_t)callers->pool[i].last -
		    callers->pool[i].first + 1;
	if (size > POOL_MOST)
		problem_error(problems, line,
		    "the pool has %" PRIu64 " addresses; at most %d are "
		    "served", size, POOL_MOST);
	if (size == 0 && config->line_count > 0)
		problem_error(problems, line,
		    "the pool is empty and there are lines; give pool = "
		    "\"10.64.0.2-10.64.0.250\" or the like");
}

void
config_check_counts(const struct config *config, struct cfg_t *root,
    struct problems *problems)
{
	size_t tuns = 0;

	check_pool_size(config, root, problems);
	for (size_t i = 0; i < config->network_count; i++)
		if (config->networks[i].tun != NULL &&
		    ++tuns == CONFIG_TUN_NETWORKS + 1)
			problem_error(problems, line_of(root, "network", i,
			    "tun"), "at most %d networks with tun are served; "
			    "give neighbouring subnets one network",
			    CONFIG_TUN_NETWORKS);
	if (config->forward_count > CONFIG_FORWARDS)
		problem_error(problems, line_of(root, "forward",
		    CONFIG_FORWARDS, "port"), "at most %d forwards are served; "
		    "write neighbouring ports as a range, port = "
		    "\"8080-8089\" or the like", CONFIG_FORWARDS);
}
