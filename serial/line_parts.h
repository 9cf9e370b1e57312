/*
 * line_parts.h - what the files that are the line have for each other; a part
 * of line_state.h
 */
#ifndef SERIAL_LINE_PARTS_H
#define SERIAL_LINE_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "serial/dialogue.h"
#include "serial/line.h"
#include "serial/modem.h"

/* line_pty.c: ABSENT's late for a pty; who has opened it is no modem if he does
 * not answer, or speaks first: true where that is so now. */
void line_pty_late(struct line *);
bool line_pty_silent(struct line *);
bool line_pty_octets(struct line *, const uint8_t *, size_t);

/* line_out.c: has another program locked the port?  Claim it by all means
 * there are, or let others have it; false: another one has it. */
bool line_is_taken(const struct line *);
bool line_claim(struct line *, bool claim);

/* Write what waits in out_octets, as far as the port takes it. */
void line_flush_out(struct line *);

/* call.c */
void line_call_begin(struct line *, const char *connect);
void line_call_end(struct line *, enum line_cause); /* into HANGUP */
void line_call_move(struct line *); /* the pump may have work */
void line_ppp_stop(struct line *);  /* if there is one */
void line_ppp_remind(struct line *);
/* The call's things are given back: whatever state comes next. */
void line_call_drop(struct line *);
/* False where carrier is lost. */
bool line_has_carrier(struct line *);

/* What a line of the modem's says of who calls; all of it is forgotten where
 * nothing more has been heard for a while. */
void line_note_caller(struct line *, const char *text);
void line_forget_caller(struct line *);

/* call_login.c: first line_login_begin(), then into LOGIN with its event. */
enum dialogue_event line_login_begin(struct line *);
void line_login_event(struct line *, enum dialogue_event);

/* ladder.c: set the modem up, or hang up; line_ladder_done() follows, or
 * line_fail(). The functions are those of a state that has a ladder. */
enum ladder { LADDER_INIT, LADDER_AFTER_CALL, LADDER_HANGUP };
void ladder_start(struct line *, enum ladder);
void ladder_late(struct line *);
void ladder_event(struct line *, const struct modem_event *);
void ladder_silent(struct line *);
void ladder_signals(struct line *);
/* True while what the modem says is the answer to a question: no caller id. */
bool ladder_asks(const struct line *);

/* setup.c: the ladder in use has been climbed. */
void line_ladder_done(struct line *);
/* setup.c: pppd has ended, and HANGUP may have waited for that. */
void line_hangup_ppp_ended(struct line *);

#endif
