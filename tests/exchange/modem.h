/*
 * modem.h - one modem: a tty on one side, a telephone line on the other
 *
 * The computer's side (AT commands, DTR, RTS/CTS, DCD, RI, result codes, the
 * modem's own buffer) is here; the telephone side is what call.c does with
 * modem_ring(), modem_connect() and modem_disconnect().
 */
#ifndef EXCHANGE_MODEM_H
#define EXCHANGE_MODEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "at.h"
#include "trunk.h"

enum {
	MODEM_BUFFER = 4096,  /* CTS is low while more than 3/4 is used */
	MODEM_STORE = 16384   /* for what the computer had under way */
};

/*
 * Beside each mode: what leaves it.
 * COMMAND: ATD (DIALLING), ATA (ANSWERING).  DIALLING and ANSWERING: carrier
 * (DATA), any octet of the computer, ATH or DTR low (COMMAND).  DATA: +++
 * (ESCAPED), the end of the call (COMMAND).  ESCAPED: ATO (DATA), ATH or the
 * end of the call (COMMAND).
 */
enum modem_mode {
	MODEM_COMMAND,
	MODEM_DIALLING,
	MODEM_ANSWERING,
	MODEM_DATA,
	MODEM_ESCAPED
};

enum modem_fault { MODEM_NORMAL, MODEM_SILENT, MODEM_ERROR };

struct modem;

/* What a modem asks of the telephone line. */
struct modem_line {
	enum at_result (*dial)(struct modem *, const char *number);
	enum at_result (*answer)(struct modem *);
	/* End the call; the other end hears of it. */
	void (*hang_up)(struct modem *);
	/* There is something in to_line, or room in to_computer. */
	void (*ready)(struct modem *);
};

struct modem_queue {
	size_t used;
	uint8_t octets[MODEM_STORE];
};

struct modem {
	char name[16], number[16];
	unsigned channel; /* of the trunk */
	struct trunk *trunk;
	const struct modem_line *line;
	struct exchange *exchange; /* call.c's */
	struct call *call;	   /* call.c's, or NULL */
	struct at at;
	enum modem_mode mode;
	enum modem_fault fault;
	bool ringing, cut, held; /* held: CTS is low */
	unsigned computer; /* TRUNK_OPEN, TRUNK_DTR, TRUNK_RTS */
	struct modem_queue to_line, to_computer;
	unsigned plus;	   /* how many of +++ were seen */
	uv_timer_t guard;  /* the silence around +++ */
	bool guarded;	   /* enough silence has passed */
	uint32_t errors;   /* of 2^32 octets so many are hit */
	unsigned long in, out, overruns;
};

void modem_init(struct modem *, uv_loop_t *, struct trunk *,
    const struct modem_line *);

/* From the trunk. */
void modem_computer(struct modem *, unsigned signals);
void modem_octets(struct modem *, const uint8_t *, size_t);
/* Send what waits for the computer, as far as it takes it. */
void modem_flush(struct modem *);

/* From the line. */
void modem_ring(struct modem *, bool high, bool result);
/* Answer without being told to, as S0 wants it. */
void modem_answer(struct modem *);
void modem_information(struct modem *, const char *text);
void modem_connect(struct modem *, const char *text);
/* The call is over (or never came): say why. */
void modem_disconnect(struct modem *, enum at_result);
/* Take from to_line, put to to_computer; both return how many. */
size_t modem_take(struct modem *, uint8_t *, size_t);
size_t modem_put(struct modem *, const uint8_t *, size_t);
/* Room for modem_put(). */
size_t modem_room(const struct modem *);

/* On order. */
void modem_set_fault(struct modem *, enum modem_fault);

/* May a call be offered to it: plugged in, on the hook, DTR high. */
bool modem_ready(const struct modem *);
const char *modem_mode_name(const struct modem *);

#endif
