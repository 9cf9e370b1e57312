/*
 * pace.h - how many octets still lie below us on the way to the caller
 *
 * Below whoever sends there are octets that can be counted (in pppd's pty, in
 * the pump, in the port) and octets that cannot: a modem takes 1 to 8 kB into
 * a buffer of its own before it lowers CTS.  These are reckoned: what has left
 * the port, less what the line can have carried since.  What a line carries is
 * known only roughly from CONNECT (V.42 frames and V.42bis, which changes with
 * what is sent), and so it is learned during the call: from CTS, and from how
 * late the caller acknowledges what he was sent.  Pure: no clock, no port.
 */
#ifndef SERIAL_PACE_H
#define SERIAL_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Rates in here are octets a millisecond, times are milliseconds. */
struct pace {
	double rate;	/* what the line is believed to carry now; 0: not
			 * known, nothing is reckoned */
	double nominal; /* what CONNECT makes us believe at first */
	bool fixed;	/* that is the rate wanted, not learned */
	double level;	/* octets in the modem, reckoned */
	uint64_t at;	/* time of `level` and of the figures below */
	uint64_t written, unsent; /* octets written to the port, and of these
				   * still in it */
	uint64_t transit, transit_at; /* given to pppd, not yet seen again */
	/* CTS: */
	bool stalled;		  /* it is low */
	uint64_t progress_at;	  /* when an octet left the port last */
	uint64_t known_at, known; /* when the level was known, and how many */
	double known_level;	  /* octets had left the port then; it */
	/* Acknowledgements: */
	uint64_t window_at, samples;
	bool hungry; /* the line had nothing to do at times in this window */
	uint64_t least, base; /* time of the window, of the call */
	uint64_t last, recent; /* the last; the less of the last two */
	bool based;	      /* there is a base */
	double judged;	      /* `recent` when it was looked at before */
	uint64_t judged_at;
	unsigned treated;     /* how often in a row a delay was taken for
			       * octets in the modem, and which it was: */
	double late, untreated; /* the rate before the first */
	double step;		   /* the next raise, a share */
	double ceiling;		   /* too high it was; until: */
	uint64_t ceiling_until, hold;
	uint64_t sample_at; /* of the last acknowledgement */
	double length;	    /* of the longest packet */
};

/*
 * What a call carries as far as the modem tells, octets a second.  bits: bit/s
 * towards the caller.  A modem with error control (corrected) sends eight bits
 * an octet in frames of its own (V.42), one without sends the start and stop
 * bits as well.
 */
uint32_t pace_nominal(bool corrected, uint32_t bits);

/* Begin a call.  rate: octets a second, 0: not known.  fixed: exactly that
 * rate is wanted. */
void pace_start(struct pace *, uint32_t rate, bool fixed, uint64_t now);

/* Look: octets written to the port since the beginning, and of these how many
 * are still in it (or wait because it takes none), at most all; a port that
 * counts too many at times is believed no further than it can be. */
void pace_measure(struct pace *, uint64_t written, uint64_t unsent,
    uint64_t now);

/* pppd has given so many octets back to us, encoded. */
void pace_seen(struct pace *, uint64_t octets);

/* A packet of so many octets has been given to what is above the port.
 * backlogged: more packets wait behind it. */
void pace_given(struct pace *, uint64_t octets, bool backlogged,
    uint64_t now);

/* A packet of about the greatest length, given then, is acknowledged now. */
void pace_arrived(struct pace *, uint64_t given, uint64_t now);

/* Octets below us; waiting: those counted above the port. */
uint64_t pace_below(const struct pace *, uint64_t waiting);

/* Octets a second that the line is believed to carry; 0: not known. */
uint32_t pace_rate(const struct pace *);

#endif
