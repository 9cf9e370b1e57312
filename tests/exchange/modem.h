/*
 * modem.h - one modem: a wire on one side, a telephone line on the other
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
#include "wire.h"

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

/* What a modem does wrong, ored. */
enum modem_fault {
	FAULT_SILENT = 1 << 0,
	FAULT_ERROR = 1 << 1,	   /* to every command */
	FAULT_GARBAGE = 1 << 2,	   /* instead of whatever it has to say */
	FAULT_STUCK_DCD = 1 << 3,  /* high, whatever there is */
	FAULT_RING_STORM = 1 << 4, /* RING without end and without a call */
	FAULT_SPEED = 1 << 5, /* after ATZ at another speed until it has heard
			       * one AT more, which it does not answer */
	FAULT_ECHO = 1 << 6,	   /* E0 does nothing */
	FAULT_LATE_OK = 1 << 7,	   /* an OK 400 ms after the rise of DTR */
	FAULT_SHORT_LINE = 1 << 8, /* more than 12 octets of a line are lost */
	FAULT_WEDGED = 1 << 9,	   /* silent until DTR falls */
	FAULT_FAX = 1 << 10	   /* silent until DLE ETX */
};

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
	struct wire wire; /* to its computer */
	const struct modem_line *line;
	struct exchange *exchange; /* call.c's */
	struct call *call;	   /* call.c's, or NULL */
	struct at at;
	enum modem_mode mode;
	unsigned faults;
	bool wrong_speed;  /* FAULT_SPEED, and nobody has said AT yet */
	uint8_t before;	   /* the octet before, of FAULT_FAX */
	uv_timer_t fault_timer;
	bool ringing, cut, held; /* held: CTS is low */
	bool off_hook;	   /* by ATH1, without a call */
	unsigned computer; /* WIRE_OPEN, WIRE_DTR, WIRE_RTS */
	struct modem_queue to_line, to_computer;
	unsigned plus;	   /* how many of +++ were seen */
	uv_timer_t guard;  /* the silence around +++ */
	bool guarded;	   /* enough silence has passed */
	uint32_t errors;   /* of 2^32 octets so many are hit */
	unsigned long in, out, overruns;
};

void modem_init(struct modem *, uv_loop_t *, const struct wire *,
    const struct modem_line *);

/* From the wire. */
void modem_computer(struct modem *, unsigned signals);
void modem_octets(struct modem *, const uint8_t *, size_t);
/* Send what waits for the computer, as far as it takes it. */
void modem_flush(struct modem *);

/* From the line. */
void modem_ring(struct modem *, bool high, bool result);
/* Answer without being told to, as S0 wants it. */
void modem_answer(struct modem *);
/* The caller's number, as the personality tells it. */
void modem_caller(struct modem *, const char *number);
/* text: of CONNECT, if the personality has none; rate: bit/s of the line. */
void modem_connect(struct modem *, const char *text, uint32_t rate);
/* The call is over (or never came): say why. */
void modem_disconnect(struct modem *, enum at_result);
/* Take from to_line, put to to_computer; both return how many. */
size_t modem_take(struct modem *, uint8_t *, size_t);
size_t modem_put(struct modem *, const uint8_t *, size_t);
/* Room for modem_put(). */
size_t modem_room(const struct modem *);

/* On order. */
void modem_set_faults(struct modem *, unsigned faults);

/* May a call be offered to it: plugged in, on the hook, DTR high. */
bool modem_ready(const struct modem *);
const char *modem_mode_name(const struct modem *);

#endif
