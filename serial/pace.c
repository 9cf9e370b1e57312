/*
 * pace.c - how many octets still lie below us on the way to the caller
 *
 * The modem's level is reckoned: octets that leave the port come in, the rate
 * drains it.  A rate believed too high fills the real buffer unseen, one too
 * low leaves the line idle; both show:
 *
 * CTS low.  The port keeps its octets: the buffer is full to its upper mark.
 * Modems lower CTS at three quarters or so and raise it at a quarter: two
 * thirds of what was there at the fall are carried while CTS is low.  So that
 * time tells how full the buffer was, and with what has left the port since it
 * was last known how full it was, what the line has carried.
 *
 * Acknowledgements.  The least time of a second or so from a packet's start to
 * its acknowledgement is free of the caller's delays.  While it stays what it
 * was the rate is raised, little by little; where it grows, the modem's buffer
 * fills: by how much it grew in what time tells the rate, and how much is now
 * in the buffer.  Where it stays grown although that has been waited for, it
 * is the way back that takes longer (the caller is sending, too).
 *
 * What must never happen: a rate of nearly nothing (the line would seem to
 * hang), a level without bound.
 */
#include "serial/pace.h"

enum {
	STALL_MS = 60,	 /* a port at 38400 bit/s gives every 16 at most */
	LOOK_MS = 60,	 /* looks are nearer than that while we send */
	TRANSIT_MS = 40, /* from a packet socket to pppd's pty at most */
	WINDOW_MS = 1000,
	WINDOW_SAMPLES = 3,
	LATE_MS = 60,	 /* more than that later is no chance */
	EARLY_MS = 25,	 /* so much earlier: the line carries more */
	REFERENCE_MS = 500, /* too short a time to tell a rate by */
	HOLD_FIRST_MS = 10000, /* below the ceiling, doubled each time */
	HOLD_LAST_MS = 40000,
	TREATMENTS = 4,
	SILENT_MS = 10000 /* nobody acknowledges: CTS has to tell */
};

#define STEP_FIRST 0.03
#define STEP_GROWS 1.3
#define STEP_LAST 0.15
#define STEP_DOWN 0.02
#define STEP_BLIND 0.01
#define BELOW_CEILING 0.985
#define LEAST_SHARE 0.25     /* of the rate, in one step down */
#define LEAST_RATE 0.02	     /* 160 bit/s */
#define MOST_OF_NOMINAL 5.0  /* V.42bis: 4 at best, but for blank pages */
#define STALLED_LEVEL 0xffff /* while CTS is low: far too much */

uint32_t
pace_nominal(bool corrected, uint32_t bits)
{
	/* V.42 7.2: an octet in a frame of 128 has 6 of the frame's beside
	 * it, and a bit is stuffed in 63. */
	if (corrected)
		return (uint32_t)((uint64_t)bits * 95 / 800);
	return bits / 10;
}

void
pace_start(struct pace *pace, uint32_t rate, bool fixed, uint64_t now)
{
	*pace = (struct pace){ .rate = rate / 1000.0,
		.nominal = rate / 1000.0, .fixed = fixed, .at = now,
		.progress_at = now, .known_at = now, .window_at = now,
		.sample_at = now, .step = STEP_FIRST,
		.hold = HOLD_FIRST_MS };
}

static uint64_t
left_port(const struct pace *pace)
{
	return pace->written - pace->unsent;
}

static void
set_rate(struct pace *pace, double rate)
{
	if (rate > pace->nominal * MOST_OF_NOMINAL)
		rate = pace->nominal * MOST_OF_NOMINAL;
	if (rate < pace->rate * LEAST_SHARE)
		rate = pace->rate * LEAST_SHARE;
	pace->rate = rate < LEAST_RATE ? LEAST_RATE : rate;
}

/* What comes now was sent before: it tells nothing. */
static void
new_window(struct pace *pace, uint64_t now)
{
	pace->window_at = now;
	pace->samples = 0;
	pace->hungry = false;
}

static void
lower_rate(struct pace *pace, double rate, uint64_t now)
{
	pace->ceiling = rate / BELOW_CEILING;
	pace->ceiling_until = now + pace->hold;
	pace->step = STEP_FIRST;
	set_rate(pace, rate);
}

static void
raise_rate(struct pace *pace, double share, uint64_t now)
{
	double rate = pace->rate * (1 + share);

	if (now < pace->ceiling_until && rate > pace->ceiling * BELOW_CEILING)
		rate = pace->ceiling * BELOW_CEILING;
	if (rate <= pace->rate)
		return;
	set_rate(pace, rate);
	if (pace->step * STEP_GROWS < STEP_LAST)
		pace->step *= STEP_GROWS;
}

/* Now the level is known; `left` octets had left the port. */
static void
level_is_known(struct pace *pace, uint64_t left, bool exactly, uint64_t now)
{
	pace->known_at = now;
	pace->known = left;
	/* Where it was only reckoned a packet more may have been there. */
	pace->known_level = pace->level + (exactly ? 0 : pace->length);
}

/* ---- CTS --------------------------------------------------------------- */

static void
rose(struct pace *pace, uint64_t left, uint64_t now)
{
	double low = (double)(now - pace->progress_at);
	double time = (double)pace->progress_at - (double)pace->known_at;
	double carried = ((double)(left - pace->known) + pace->known_level) /
	    (time + 1.5 * low);

	pace->stalled = false;
	if (time >= REFERENCE_MS && carried < pace->rate * 0.97 &&
	    !pace->fixed) {
		lower_rate(pace, carried, now);
		new_window(pace, now);
	}
	pace->level = low * pace->rate / 2;
	if (time >= REFERENCE_MS)
		level_is_known(pace, left, true, now);
}

void
pace_measure(struct pace *pace, uint64_t written, uint64_t unsent,
    uint64_t now)
{
	uint64_t before = left_port(pace), left = written - unsent;
	uint64_t moved = left > before ? left - before : 0;
	double drained = pace->rate * (double)(now - pace->at);
	bool is_empty = pace->level <= drained && pace->unsent == 0;

	/* A port may count more than was written (cdc-acm: whole buffers):
	 * what has left it once does not come back. */
	pace->written = written;
	pace->unsent = written - (before + moved);
	if (pace->rate == 0) {
		pace->at = now;
		return;
	}
	/* What moved since the last look moved soon after it, if that was not
	 * long ago. */
	if (now - pace->at <= LOOK_MS)
		pace->level += (double)moved;
	pace->level = pace->level > drained ? pace->level - drained : 0;
	if (now - pace->at > LOOK_MS)
		pace->level += (double)moved;
	pace->at = now;
	if (is_empty && moved == 0)
		level_is_known(pace, before, true, now);
	if (moved > 0 && pace->stalled) {
		rose(pace, before, now);
		pace->level += (double)moved;
	}
	if (moved > 0 || pace->unsent == 0)
		pace->progress_at = now;
	else if (now - pace->progress_at >= STALL_MS)
		pace->stalled = true;
}

/* ---- acknowledgements -------------------------------------------------- */

static void
go_on(struct pace *pace, double late, uint64_t now)
{
	pace->treated = 0;
	pace->late = 0;
	level_is_known(pace, left_port(pace), false, now);
	if (late < LATE_MS / 3.0)
		raise_rate(pace, pace->step, now);
	else
		pace->step = STEP_FIRST;
}

/* The buffer fills: by how much, and what the line carries, tells how much
 * later than a window ago the acknowledgements come. */
static void
treat(struct pace *pace, double late, uint64_t now)
{
	double before = pace->rate;
	double growth = late / (double)(now - pace->window_at);

	if (pace->treated == TREATMENTS) {
		pace->based = false;
		pace->treated = 0;
		pace->ceiling_until = 0;
		set_rate(pace, pace->untreated * BELOW_CEILING);
		return;
	}
	if (pace->treated++ == 0) {
		pace->untreated = pace->rate;
		growth = ((double)pace->recent - pace->judged) /
		    (double)(now - pace->judged_at);
		if (pace->hold < HOLD_LAST_MS)
			pace->hold *= 2;
	} else if (growth > STEP_LAST) {
		growth = STEP_LAST;
	}
	if (growth < STEP_DOWN)
		growth = STEP_DOWN;
	if (late > pace->late / 2)
		lower_rate(pace, pace->rate / (1 + growth), now);
	pace->late = late;
	pace->level += late * pace->rate +
	    (before - pace->rate) * (double)pace->recent;
	/* Until it has drained, and what was under way is acknowledged. */
	new_window(pace, now + (uint64_t)late + pace->base);
}

/* The line was busy for a while, and the least delay of it is known. */
static void
judge(struct pace *pace, uint64_t now)
{
	double late;

	if (!pace->based)
		pace->base = pace->least;
	pace->based = true;
	if (pace->least + EARLY_MS < pace->base) {
		pace->ceiling_until = 0;
		pace->step = STEP_LAST;
	}
	if (pace->least < pace->base)
		pace->base = pace->least;
	late = (double)(pace->recent - pace->base);
	if (late < LATE_MS || late < pace->length * 0.3 / pace->rate)
		go_on(pace, late, now);
	else
		treat(pace, late, now);
	pace->judged = (double)pace->recent;
	pace->judged_at = now;
}

static void
end_window(struct pace *pace, uint64_t now)
{
	if (now < pace->window_at + WINDOW_MS)
		return;
	if (pace->hungry || now - pace->sample_at > SILENT_MS) {
		if (!pace->hungry)
			raise_rate(pace, STEP_BLIND, now);
		new_window(pace, now);
	} else if (pace->samples >= WINDOW_SAMPLES) {
		judge(pace, now);
		if (pace->window_at <= now)
			new_window(pace, now);
	}
}

void
pace_arrived(struct pace *pace, uint64_t given, uint64_t now)
{
	uint64_t took = now - given;

	if (pace->rate == 0 || pace->fixed)
		return;
	pace->sample_at = now;
	if (given < pace->window_at)
		return;
	if (pace->samples == 0)
		pace->least = pace->last = took;
	pace->samples++;
	/* One of two: acknowledgements may be delayed, not two in a row. */
	pace->recent = took < pace->last ? took : pace->last;
	pace->last = took;
	if (took < pace->least)
		pace->least = took;
}

/* ---- what is given ----------------------------------------------------- */

void
pace_seen(struct pace *pace, uint64_t octets)
{
	pace->transit -= octets < pace->transit ? octets : pace->transit;
}

void
pace_given(struct pace *pace, uint64_t octets, bool backlogged, uint64_t now)
{
	if (now - pace->transit_at >= TRANSIT_MS)
		pace->transit = 0;
	pace->transit += octets;
	pace->transit_at = now;
	pace->hungry |= !backlogged;
	if ((double)octets > pace->length)
		pace->length = (double)octets;
	if (pace->rate != 0 && !pace->fixed)
		end_window(pace, now);
}

uint64_t
pace_below(const struct pace *pace, uint64_t waiting)
{
	uint64_t transit = pace->at - pace->transit_at < TRANSIT_MS ?
	    pace->transit : 0;

	return (pace->stalled ? STALLED_LEVEL : (uint64_t)pace->level) +
	    pace->unsent + (waiting > transit ? waiting : transit);
}

uint32_t
pace_rate(const struct pace *pace)
{
	return (uint32_t)(pace->rate * 1000);
}
