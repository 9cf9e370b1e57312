/*
 * call.h - the telephone exchange: who rings whom, and the line between them
 */
#ifndef EXCHANGE_CALL_H
#define EXCHANGE_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "cmux.h"
#include "modem.h"
#include "pty.h"
#include "trunk.h"

enum { EXCHANGE_MODEMS = 128, EXCHANGE_TTYS = CMUX_CHANNELS - 2 };

/*
 * Beside each state: what leaves it.
 * FREE: a number is dialled.  BUSY: a moment later (FREE).  RINGING: ATA
 * (TRAINING), nobody answers or the caller hangs up (FREE).  TRAINING: time
 * (UP), a hang-up (FREE).  UP: a hang-up or carrier lost on order (FREE).
 */
enum call_state { CALL_FREE, CALL_BUSY, CALL_RINGING, CALL_TRAINING, CALL_UP };

/* The call that one modem makes; the called one points here as well. */
struct call {
	enum call_state state;
	struct modem *from, *to; /* to: NULL while BUSY */
	struct exchange *exchange;
	unsigned rings;
	bool ring_high;
	uint64_t since; /* ms: ringing since, or paced up to now */
	uint64_t credit[2]; /* thousandths of octets: from -> to, to -> from */
	uv_timer_t timer, pace;
};

struct exchange_options {
	/* How many modems: on ttys of the trunk, on ptys. */
	unsigned bank, subscribers;
	unsigned pty_bank, pty_subscribers;
	const char *pty_bank_paths[EXCHANGE_MODEMS];
	/* The bank's modems have these in turn; none: all are "plain". */
	const struct personality *personalities[EXCHANGE_MODEMS];
	unsigned personality_count;
	const char *number;	    /* of the bank: its idle lines are hunted */
	const char *connect;	    /* text, or NULL: made of the rate */
	uint32_t rate;		    /* bit/s, 0: as fast as it goes */
	uint32_t training_ms, ring_ms, no_answer_ms;
	uint32_t seed; /* of the bit errors */
};

/* The bank's modems, then the subscribers'; of each those on ttys first. */
struct exchange {
	struct exchange_options options;
	char connect[64];
	struct trunk *trunk; /* NULL: all are on ptys */
	uint32_t random;
	unsigned count, bank; /* modems, those of the bank */
	struct modem *on_channel[CMUX_CHANNELS];
	struct pty *ptys[EXCHANGE_MODEMS]; /* of modems[] that have one */
	struct modem modems[EXCHANGE_MODEMS];
	struct call calls[EXCHANGE_MODEMS];
};

/* All modems with their ttys; 0, or -1 with errno and what failed. */
int exchange_open(struct exchange *, uv_loop_t *,
    const struct exchange_options *, const char **error);
void exchange_close(struct exchange *);

struct modem *exchange_modem(struct exchange *, const char *name);
/* Is its wire one that the exchange has made, with a name of its own? */
bool exchange_made_tty(const struct exchange *, const struct modem *);
/* Lose the carrier of the modem's call: both ends say NO CARRIER. */
void exchange_drop(struct modem *);

#endif
