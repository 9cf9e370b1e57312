/*
 * rungs.c - the ladders: what is done to a modem, one step after the other
 *
 * Why in this order is said at the head of ladder.c.
 */
#include "serial/line_state.h"
#include "serial/rungs.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* 1 s: S25 of some modems asks for more than the 50 ms of the factory. */
static const struct step pulse[] = {
	{ STEP_DTR_LOW, NULL, 1000, 1, STEP_ANY, false },
	{ STEP_DTR_HIGH, NULL, 300, 1, STEP_ANY, false },
	{ STEP_FLUSH, NULL, 0, 1, STEP_ANY, false },
};

/* AT is repeated so that the modem finds out the speed.  A late OK to the
 * rise of DTR must not answer the next command. */
static const struct step wake[] = {
	{ STEP_COMMAND, "AT", 400, 4, STEP_NEEDED, false },
	{ STEP_PAUSE, NULL, 100, 1, STEP_ANY, false },
	{ STEP_FLUSH, NULL, 0, 1, STEP_ANY, false },
};

/* ATZ may bring a stored speed back, and RING would come at that one: a plain
 * AT trains it again. */
static const struct step reset[] = {
	{ STEP_COMMAND, "ATZ", 3000, 1, STEP_WISHED, false },
	{ STEP_COMMAND, "AT", 500, 4, STEP_NEEDED, false },
	{ STEP_COMMAND, "ATE0V1Q0", 1000, 2, STEP_NEEDED, false },
};

/* For one that was told to say nothing (Q1), or digits. */
static const struct step speak[] = {
	{ STEP_COMMAND, "ATQ0V1", 400, 1, STEP_ANY, false },
};

/* In-band, with the guard time of S12 on both sides, for a modem that does
 * not look at DTR, or is still on line. */
static const struct step escape[] = {
	{ STEP_DTR_HIGH, NULL, 1200, 1, STEP_ANY, false },
	{ STEP_RAW, "+++", 0, 1, STEP_ANY, false },
	{ STEP_PAUSE, NULL, 1200, 1, STEP_ANY, false },
	{ STEP_COMMAND, "ATH0", 2000, 1, STEP_ANY, false },
};

static const struct step zap[] = {
	{ STEP_COMMAND, "ATZ", 1000, 1, STEP_ANY, false },
};

/* DLE ETX ends a class 1 fax or a voice transfer, ITU-T T.31, V.253. */
static const struct step leave_fax[] = {
	{ STEP_RAW, "\x10\x03", 0, 1, STEP_ANY, false },
	{ STEP_PAUSE, NULL, 500, 1, STEP_ANY, false },
	{ STEP_FLUSH, NULL, 0, 1, STEP_ANY, false },
};

static const struct step find_speed[] = {
	{ STEP_SPEED, "AT", 300, 2, STEP_NEEDED, false },
};

static const struct step reopen[] = {
	{ STEP_REOPEN, NULL, 2000, 1, STEP_NEEDED, false },
};

static const struct step hold[] = {
	{ STEP_HOLD, "AT", 300, 1, STEP_ANY, false },
};

static const struct step no_carrier[] = {
	{ STEP_CARRIER_LOW, NULL, 2000, 1, STEP_NEEDED, false },
};

static const struct step drop[] = {
	{ STEP_DTR_LOW, NULL, 400, 1, STEP_ANY, false },
	{ STEP_CARRIER_LOW, NULL, 5000, 1, STEP_NEEDED, false },
	{ STEP_DTR_HIGH, NULL, 200, 1, STEP_ANY, false },
	{ STEP_FLUSH, NULL, 0, 1, STEP_ANY, false },
};

static const struct step cable_drop[] = {
	{ STEP_DTR_LOW, NULL, 500, 1, STEP_ANY, false },
	{ STEP_FLUSH, NULL, 0, 1, STEP_ANY, false },
	{ STEP_DTR_HIGH, NULL, 0, 1, STEP_ANY, false },
};

/* What was written is to arrive: the caller has a second to end his side. */
static const struct step tcp_drop[] = {
	{ STEP_DTR_LOW, NULL, 0, 1, STEP_ANY, false },
	{ STEP_CARRIER_LOW, NULL, 1000, 1, STEP_ANY, false },
};

/* Where no DCD tells: a modem that answers AT is off line. */
static const struct step blind_drop[] = {
	{ STEP_COMMAND, "AT", 300, 1, STEP_NEEDED, false },
	{ STEP_COMMAND, "ATH0", 2000, 1, STEP_ANY, false },
};

static const struct step blind_escape[] = {
	{ STEP_PAUSE, NULL, 1200, 1, STEP_ANY, false },
	{ STEP_RAW, "+++", 0, 1, STEP_ANY, false },
	{ STEP_PAUSE, NULL, 1200, 1, STEP_ANY, false },
	{ STEP_COMMAND, "ATH0", 2000, 2, STEP_NEEDED, false },
};

#define STEPS(steps) { PIECE_STEPS, steps, COUNT(steps) }
#define SET_UP                                                                \
	STEPS(wake), STEPS(reset), { PIECE_PROBE, NULL, 0 },                  \
	{ PIECE_PROFILE, NULL, 0 }, { PIECE_USER, NULL, 0 }, STEPS(hold),     \
	STEPS(no_carrier)

static const struct rung init_ladder[] = {
	{ true, { STEPS(wake), { PIECE_DIAGNOSIS, NULL, 0 },
	    { PIECE_PROFILE, NULL, 0 }, { PIECE_USER, NULL, 0 },
	    STEPS(no_carrier) } },
	{ false, { STEPS(pulse), SET_UP } },
	{ false, { STEPS(escape), STEPS(zap), STEPS(speak), SET_UP } },
	{ false, { STEPS(leave_fax), STEPS(find_speed), SET_UP } },
	{ false, { STEPS(reopen), STEPS(pulse), SET_UP } },
};

static const struct rung hangup_ladder[] = {
	{ false, { STEPS(drop) } },
	{ false, { STEPS(escape), STEPS(pulse), STEPS(no_carrier) } },
	{ false, { STEPS(escape), STEPS(zap), STEPS(no_carrier) } },
	{ false, { STEPS(reopen), STEPS(pulse), STEPS(no_carrier) } },
};

static const struct rung cable_init_ladder[] = {
	{ false, { { PIECE_END, NULL, 0 } } },
	{ false, { STEPS(cable_drop) } },
};

static const struct rung cable_hangup_ladder[] = {
	{ false, { STEPS(cable_drop) } },
};

static const struct rung tcp_hangup_ladder[] = {
	{ false, { STEPS(tcp_drop) } },
};

/* A pty has no DTR, either. */
static const struct rung pty_hangup_ladder[] = {
	{ false, { STEPS(blind_drop) } },
	{ false, { STEPS(blind_escape) } },
	{ false, { STEPS(reopen) } },
};

static const struct rung strapped_hangup_ladder[] = {
	{ false, { STEPS(pulse), STEPS(blind_drop) } },
	{ false, { STEPS(blind_escape) } },
	{ false, { STEPS(reopen) } },
};

#define LADDER(ladder) (*count = COUNT(ladder), ladder)

const struct rung *
rungs_for(const struct line *line, enum ladder which, size_t *count)
{
	if (which != LADDER_HANGUP)
		return line->cable ? LADDER(cable_init_ladder) :
				     LADDER(init_ladder);
	if (line->config.kind == LINE_TCP)
		return LADDER(tcp_hangup_ladder);
	if (line->cable)
		return LADDER(cable_hangup_ladder);
	if (line->config.kind == LINE_PTY)
		return LADDER(pty_hangup_ladder);
	if (line->strapped)
		return LADDER(strapped_hangup_ladder);
	return LADDER(hangup_ladder);
}
