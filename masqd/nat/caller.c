#include "caller.h"

#include "memory.h"

enum { ONE = 1000, BURST_SECONDS = 2 };

bool
callers_init(struct callers *callers, uint32_t count)
{
	callers->count = count;
	callers->slots = memory_take(count, sizeof *callers->slots);
	if (callers->slots == NULL)
		return false;
	for (uint32_t i = 0; i < count; i++)
		caller_reset(callers, &callers->slots[i]);
	return true;
}

void
callers_free(struct callers *callers)
{
	memory_give(callers->slots);
	callers->slots = NULL;
}

static uint64_t
full(const struct caller *caller)
{
	uint64_t most = (uint64_t)caller->limits.new_flows * ONE *
	    BURST_SECONDS;

	return most > UINT32_MAX ? UINT32_MAX : most;
}

void
caller_limit(struct caller *caller, const struct caller_limits *limits)
{
	caller->limits = *limits;
	for (int d = 0; d < DIRECTIONS; d++) {
		caller->allowance[d] = (uint32_t)full(caller);
		caller->filled[d] = 0;
	}
}

void
caller_reset(struct callers *callers, struct caller *caller)
{
	caller->group = 0;
	caller_limit(caller, &callers->usual);
}

/* A token bucket: new_flows a second, at most BURST_SECONDS of them. */
static void
fill(struct caller *caller, enum direction d, uint64_t now)
{
	uint64_t most = full(caller), ms = now - caller->filled[d];

	/* A bucket is full after BURST_SECONDS: no product can overflow. */
	if (ms >= BURST_SECONDS * 1000)
		caller->allowance[d] = (uint32_t)most;
	else if (caller->allowance[d] + ms * caller->limits.new_flows < most)
		caller->allowance[d] +=
		    (uint32_t)(ms * caller->limits.new_flows);
	else
		caller->allowance[d] = (uint32_t)most;
	caller->filled[d] = now;
}

enum verdict
caller_admit(struct caller *caller, enum direction d, uint64_t now)
{
	const struct caller_limits *limits = &caller->limits;

	if (limits->flows != 0 && caller->flows >= limits->flows)
		return DROP_CALLER_FLOWS;
	if (limits->new_flows == 0)
		return PASS;
	fill(caller, d, now);
	if (caller->allowance[d] < ONE)
		return DROP_CALLER_RATE;
	caller->allowance[d] -= ONE;
	return PASS;
}
