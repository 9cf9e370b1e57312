#include "place.h"

#include "memory.h"

/* Twelve of fourteen places taken on average when all records are in use:
 * few of them then are not in their own group. */
enum { FILL = 12 };

bool
place_init(struct places *x, size_t records)
{
	x->count = (uint32_t)(records / FILL + 2);
	x->groups = memory_take(x->count, sizeof *x->groups);
	return x->groups != NULL;
}

void
place_free(struct places *x)
{
	memory_give(x->groups);
	x->groups = NULL;
}

static uint32_t
next_group(const struct places *x, uint32_t group)
{
	return group + 1 == x->count ? 0 : group + 1;
}

uint32_t
place_take(struct places *x, uint64_t hash)
{
	uint32_t group = place_home(x, hash);
	struct place_group *g = &x->groups[group];
	struct tag_candidates c;
	unsigned slot;

	while (c = tag_candidates(g, PLACE_GROUP, TAG_EMPTY),
	    (slot = tag_next(&c)) == TAG_NONE) {
		if (g->overflow < UINT16_MAX)
			g->overflow++;
		group = next_group(x, group);
		g = &x->groups[group];
	}
	g->tag[slot] = tag_of(hash);
	return group * PLACE_GROUP + slot + 1;
}

void
place_leave(struct places *x, uint64_t hash, uint32_t number)
{
	uint32_t last = (number - 1) / PLACE_GROUP, group;

	for (group = place_home(x, hash); group != last;
	    group = next_group(x, group)) {
		assert(x->groups[group].overflow > 0);
		if (x->groups[group].overflow < UINT16_MAX)
			x->groups[group].overflow--;
	}
	x->groups[group].tag[(number - 1) % PLACE_GROUP] = TAG_EMPTY;
}

uint32_t
place_next(const struct places *x, uint32_t number)
{
	for (; number < place_highest(x); number++)
		if (x->groups[number / PLACE_GROUP].tag[number %
		    PLACE_GROUP] != TAG_EMPTY)
			return number + 1;
	return 0;
}
