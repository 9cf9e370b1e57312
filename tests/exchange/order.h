/*
 * order.h - orders to the exchange, one line each, over a Unix socket
 *
 *	state			a line for each modem
 *	drop NAME		the carrier of its call is lost
 *	silent NAME		the modem is dead to its computer; so for all
 *				faults (modem.h): error, garbage, stuck-dcd,
 *				ring-storm, speed, echo, late-ok, short-line,
 *				wedged, fax; several add up
 *	normal NAME		none of them
 *	personality NAME WHICH	it is of another family (personality.h)
 *	cut NAME, mend NAME	no dial tone, and no calls to it
 *	errors NAME RATE	share of bits that arrive wrong, 0 to 0.1
 *	rate BITS		of all lines from now on, 0: no limit
 *
 * The answer is `ok`, lines of text, or `error: SENTENCE`; then the exchange
 * closes.
 */
#ifndef EXCHANGE_ORDER_H
#define EXCHANGE_ORDER_H

#include <stddef.h>
#include <uv.h>

#include "call.h"

enum { ORDER_ANSWER = 32768 };

struct order;

/* Execute one line (which is changed); the answer ends with a newline. */
void order_run(struct exchange *, char *line, char answer[ORDER_ANSWER]);

/* Listen on the path, which is taken over when stale; NULL with errno. */
struct order *order_listen(uv_loop_t *, const char *path, struct exchange *);
void order_close(struct order *);

/* Give an order to the exchange at path and print its answer; exit status. */
int order_give(const char *path, int count, char *const words[]);

#endif
