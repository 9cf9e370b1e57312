/*
 * call.c - the telephone exchange
 *
 * Each modem has one struct call for the call it makes.  A call rings, trains
 * and then carries octets at the line's rate in both directions, from the one
 * modem's buffer to the other's; a full buffer holds the far end back.
 *
 * What must never happen: one end hears CONNECT and the other does not, or a
 * modem points to a call that is FREE.
 */
#include <stdio.h>
#include <string.h>

#include "call.h"

enum {
	TICK_MS = 10,
	BURST_MS = 50, /* of credit that a line may save up */
	BUSY_MS = 200
};

static void
set_free(struct call *call)
{
	if (call->from)
		call->from->call = NULL;
	if (call->to)
		call->to->call = NULL;
	call->from = call->to = NULL;
	call->state = CALL_FREE;
	uv_timer_stop(&call->timer);
	uv_timer_stop(&call->pace);
}

/* End the call; `silent` knows already and needs no result code. */
static void
end(struct call *call, const struct modem *silent, enum at_result result)
{
	struct modem *const from = call->from, *const to = call->to;

	set_free(call);
	if (from != silent)
		modem_disconnect(from, result);
	if (to && to != silent)
		modem_disconnect(to, AT_NO_CARRIER);
}

/* Bit errors: without V.42 they reach the computer. */
static void
damage(struct exchange *exchange, uint32_t errors, uint8_t *octets,
    size_t count)
{
	for (size_t i = 0; i < count && errors; i++) {
		uint32_t *const random = &exchange->random;

		/* xorshift32, G. Marsaglia, 2003 */
		*random ^= *random << 13;
		*random ^= *random >> 17;
		*random ^= *random << 5;
		if (*random < errors)
			octets[i] ^= (uint8_t)(1U << (*random & 7));
	}
}

static void
carry(struct exchange *exchange, struct modem *from, struct modem *to,
    uint64_t *credit)
{
	uint8_t octets[MODEM_BUFFER];
	size_t count = modem_room(to);

	if (exchange->options.rate && count > *credit / 1000)
		count = (size_t)(*credit / 1000);
	count = modem_take(from, octets, count);
	if (exchange->options.rate)
		*credit -= count * 1000ULL;
	damage(exchange, from->errors, octets, count);
	damage(exchange, to->errors, octets, count);
	if (count)
		modem_put(to, octets, count);
}

static void
on_pace(uv_timer_t *timer)
{
	struct call *call = timer->data;
	struct exchange *exchange = call->exchange;
	struct modem *const from = call->from, *const to = call->to;
	/* bit/s for ms is eighths of thousandths of octets. */
	const uint64_t rate = exchange->options.rate;
	const uint64_t now = uv_now(timer->loop);
	const uint64_t earned = rate * (now - call->since) / 8;

	call->since = now;
	for (int i = 0; i < 2; i++) {
		call->credit[i] += earned;
		if (call->credit[i] > rate * BURST_MS / 8)
			call->credit[i] = rate * BURST_MS / 8;
	}
	carry(exchange, from, to, &call->credit[0]);
	carry(exchange, to, from, &call->credit[1]);
	if (!from->to_line.used && !to->to_line.used)
		uv_timer_stop(&call->pace);
}

/* Not from here: what calls us may be in the middle of a buffer. */
static void
line_ready(struct modem *modem)
{
	struct call *call = modem->call;

	if (!call || call->state != CALL_UP ||
	    uv_is_active((uv_handle_t *)&call->pace))
		return;
	uv_timer_start(&call->pace, on_pace,
	    call->exchange->options.rate ? TICK_MS : 0, TICK_MS);
}

static void
on_trained(uv_timer_t *timer)
{
	struct call *call = timer->data;
	const struct exchange *exchange = call->exchange;
	const uint32_t rate = exchange->options.rate ?
	    exchange->options.rate : 115200;

	call->state = CALL_UP;
	call->since = uv_now(timer->loop);
	call->credit[0] = call->credit[1] = 0;
	modem_connect(call->to, exchange->connect, rate);
	modem_connect(call->from, exchange->connect, rate);
}

static void
tell_caller_id(const struct call *call)
{
	if (call->to->at.caller_id && call->rings == 1)
		modem_caller(call->to, call->from->number);
}

/* A third of the cadence rings, two thirds are silent. */
static void
on_cadence(uv_timer_t *timer)
{
	struct call *call = timer->data;
	const struct exchange_options *options = &call->exchange->options;
	const uint64_t rung = uv_now(timer->loop) - call->since;
	const uint64_t patience = call->from->at.s[7] * 1000ULL;

	if (rung >= options->no_answer_ms || rung >= patience) {
		end(call, NULL, AT_NO_ANSWER);
		return;
	}
	call->ring_high = !call->ring_high;
	modem_ring(call->to, call->ring_high, call->ring_high);
	if (call->ring_high)
		call->rings++;
	else
		tell_caller_id(call);
	uv_timer_start(timer, on_cadence,
	    options->ring_ms / 3 * (call->ring_high ? 1 : 2), 0);
	if (call->to->at.s[0] && call->rings >= call->to->at.s[0])
		modem_answer(call->to);
}

static void
on_busy(uv_timer_t *timer)
{
	end(timer->data, NULL, AT_BUSY);
}

/* The modem that the number rings; *known: there is such a number. */
static struct modem *
hunt(struct exchange *exchange, const struct modem *caller,
    const char *number, bool *known)
{
	const bool bank = strcmp(number, exchange->options.number) == 0;

	*known = bank;
	for (unsigned i = 0; i < exchange->count; i++) {
		struct modem *modem = &exchange->modems[i];

		if (strcmp(number, modem->number) == 0)
			*known = true;
		else if (!bank || i >= exchange->bank)
			continue;
		if (modem != caller && modem_ready(modem))
			return modem;
	}
	return NULL;
}

static enum at_result
line_dial(struct modem *modem, const char *number)
{
	struct exchange *exchange = modem->exchange;
	struct call *call = &exchange->calls[modem - exchange->modems];
	bool known;

	if (modem->cut)
		return AT_NO_DIALTONE;
	/* Somebody rings here: the line is not free. */
	if (modem->call)
		return AT_NO_CARRIER;
	struct modem *to = hunt(exchange, modem, number, &known);

	if (!known)
		return AT_NO_CARRIER;
	printf("%s rings %s\n", modem->name, to ? to->name : "nobody");
	fflush(stdout);
	modem->call = call;
	call->from = modem;
	call->to = to;
	call->rings = 0;
	call->ring_high = false;
	call->since = uv_now(call->timer.loop);
	if (to) {
		to->call = call;
		call->state = CALL_RINGING;
	} else {
		call->state = CALL_BUSY;
	}
	uv_timer_start(&call->timer, to ? on_cadence : on_busy, BUSY_MS, 0);
	return AT_NOTHING;
}

static enum at_result
line_answer(struct modem *modem)
{
	struct call *call = modem->call;

	if (!call || call->to != modem || call->state != CALL_RINGING)
		return AT_NO_CARRIER;
	call->state = CALL_TRAINING;
	modem_ring(modem, false, false);
	uv_timer_start(&call->timer, on_trained,
	    call->exchange->options.training_ms, 0);
	return AT_NOTHING;
}

static void
line_hang_up(struct modem *modem)
{
	if (modem->call)
		end(modem->call, modem, AT_NO_CARRIER);
}

static const struct modem_line line = {
	.dial = line_dial,
	.answer = line_answer,
	.hang_up = line_hang_up,
	.ready = line_ready,
};

void
exchange_drop(struct modem *modem)
{
	if (modem->call)
		end(modem->call, NULL, AT_NO_CARRIER);
}

struct modem *
exchange_modem(struct exchange *exchange, const char *name)
{
	for (unsigned i = 0; i < exchange->count; i++)
		if (strcmp(exchange->modems[i].name, name) == 0)
			return &exchange->modems[i];
	return NULL;
}

static void
on_computer(void *context, unsigned channel, unsigned signals)
{
	struct exchange *exchange = context;

	modem_computer(exchange->on_channel[channel], signals);
}

static void
on_octets(void *context, unsigned channel, const uint8_t *octets,
    size_t count)
{
	struct exchange *exchange = context;

	modem_octets(exchange->on_channel[channel], octets, count);
}

static void
on_room(void *context)
{
	struct exchange *exchange = context;

	for (unsigned i = 0; i < exchange->count; i++)
		modem_flush(&exchange->modems[i]);
}

static void
on_pty_computer(void *context, unsigned signals)
{
	modem_computer(context, signals);
}

static void
on_pty_octets(void *context, const uint8_t *octets, size_t count)
{
	modem_octets(context, octets, count);
}

static void
on_pty_room(void *context)
{
	modem_flush(context);
}

/* Is the nth modem of the bank or of the subscribers (from 0) on a pty? */
static bool
on_pty(const struct exchange_options *options, bool bank, unsigned nth)
{
	return nth >= (bank ? options->bank : options->subscribers);
}

bool
exchange_made_tty(const struct exchange *exchange, const struct modem *modem)
{
	const unsigned i = (unsigned)(modem - exchange->modems);

	return i >= exchange->options.bank + exchange->options.pty_bank ||
	    i < exchange->options.bank;
}

/* The wire of the modem; 0, or -1 with errno. */
static int
connect_computer(struct exchange *exchange, struct modem *modem,
    unsigned *channel, uv_loop_t *loop, struct wire *wire)
{
	const struct exchange_options *options = &exchange->options;
	const unsigned i = (unsigned)(modem - exchange->modems);
	const bool bank = i < exchange->bank;
	const unsigned nth = bank ? i : i - exchange->bank;
	const struct pty_house house = { on_pty_computer, on_pty_octets,
		on_pty_room, modem };

	if (!on_pty(options, bank, nth)) {
		exchange->on_channel[*channel] = modem;
		*wire = (struct wire){ &trunk_wire, exchange->trunk,
			(*channel)++ };
		return 0;
	}
	exchange->ptys[i] = pty_create(loop, bank ?
	    options->pty_bank_paths[nth - options->bank] : NULL, &house);
	*wire = (struct wire){ &pty_wire, exchange->ptys[i], 0 };
	return exchange->ptys[i] ? 0 : -1;
}

/* bank1 has the bank's number plus 1, sub1 plus 101. */
static void
plug_in(struct exchange *exchange, unsigned i, uv_loop_t *loop,
    const struct wire *wire)
{
	const bool bank = i < exchange->bank;
	const unsigned nth = bank ? i + 1 : i - exchange->bank + 1;
	struct modem *modem = &exchange->modems[i];
	struct call *call = &exchange->calls[i];
	unsigned long number = 0;

	sscanf(exchange->options.number, "%9lu", &number);
	snprintf(modem->name, sizeof(modem->name), "%s%u",
	    bank ? "bank" : "sub", nth);
	snprintf(modem->number, sizeof(modem->number), "%lu",
	    number + nth + (bank ? 0 : 100));
	modem->exchange = exchange;
	modem_init(modem, loop, wire, &line);
	if (bank && exchange->options.personality_count)
		modem->at.personality = exchange->options.personalities[
		    i % exchange->options.personality_count];
	call->exchange = exchange;
	call->timer.data = call->pace.data = call;
	uv_timer_init(loop, &call->timer);
	uv_timer_init(loop, &call->pace);
}

static void
name_connect(struct exchange *exchange)
{
	const struct exchange_options *options = &exchange->options;

	if (options->connect)
		snprintf(exchange->connect, sizeof(exchange->connect), "%s",
		    options->connect);
	else
		snprintf(exchange->connect, sizeof(exchange->connect),
		    "CONNECT %u/ARQ/V34/LAPM/V42BIS",
		    options->rate ? options->rate : 115200);
}

int
exchange_open(struct exchange *exchange, uv_loop_t *loop,
    const struct exchange_options *options, const char **error)
{
	const struct trunk_house house = { on_computer, on_octets, on_room,
		exchange };
	const unsigned ttys = options->bank + options->subscribers;
	unsigned channel = 1;
	struct wire wire;

	memset(exchange, 0, sizeof(*exchange));
	exchange->options = *options;
	exchange->random = options->seed ? options->seed : 1;
	name_connect(exchange);
	exchange->bank = options->bank + options->pty_bank;
	exchange->count = ttys + options->pty_bank + options->pty_subscribers;
	exchange->trunk = ttys ?
	    trunk_create(loop, ttys, &house, error) : NULL;
	if (ttys && !exchange->trunk)
		return -1;
	*error = "pty";
	for (unsigned i = 0; i < exchange->count; i++) {
		if (connect_computer(exchange, &exchange->modems[i], &channel,
		    loop, &wire) < 0)
			return -1;
		plug_in(exchange, i, loop, &wire);
	}
	return 0;
}

void
exchange_close(struct exchange *exchange)
{
	for (unsigned i = 0; i < exchange->count; i++) {
		uv_close((uv_handle_t *)&exchange->modems[i].guard, NULL);
		uv_close((uv_handle_t *)&exchange->modems[i].fault_timer,
		    NULL);
		uv_close((uv_handle_t *)&exchange->calls[i].timer, NULL);
		uv_close((uv_handle_t *)&exchange->calls[i].pace, NULL);
		if (exchange->ptys[i])
			pty_destroy(exchange->ptys[i]);
	}
	if (exchange->trunk)
		trunk_destroy(exchange->trunk);
}
