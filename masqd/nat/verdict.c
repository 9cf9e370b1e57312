#include "verdict.h"

#include <assert.h>
#include <netinet/ip_icmp.h>

struct verdict_row {
	const char *name;
	const char *text;
};

static const struct verdict_row rows[] = {
	{ "pass", "passed on" },
	{ "later", "kept until more is known" },
	{ "reply", "answered" },
#define X(id, name, text) { name, text },
	VERDICT_DROPS(X)
#undef X
};
static_assert(sizeof rows / sizeof rows[0] == VERDICT_COUNT,
    "a row for each verdict");

const char *
verdict_name(enum verdict v)
{
	assert(v < VERDICT_COUNT);
	return rows[v].name;
}

const char *
verdict_text(enum verdict v)
{
	assert(v < VERDICT_COUNT);
	return rows[v].text;
}

bool
verdict_answers(enum verdict v, uint8_t *type, uint8_t *code)
{
	*type = ICMP_UNREACH;
	switch (v) {
	case DROP_PRIVATE:
	case DROP_EACH_OTHER:
	case DROP_MAPPINGS_FULL:
	case DROP_FLOWS_FULL:
	case DROP_PORTS_FULL:
	case DROP_CALLER_MAPPINGS:
	case DROP_CALLER_FLOWS:
	case DROP_CALLER_RATE:
		*code = ICMP_UNREACH_FILTER_PROHIB;
		return true;
	case DROP_NO_UPLINK:
		*code = ICMP_UNREACH_NET;
		return true;
	case DROP_TOO_BIG:
		*code = ICMP_UNREACH_NEEDFRAG;
		return true;
	case DROP_TTL:
		*type = ICMP_TIMXCEED;
		*code = ICMP_TIMXCEED_INTRANS;
		return true;
	default:
		return false;
	}
}
