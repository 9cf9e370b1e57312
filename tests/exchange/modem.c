/*
 * modem.c - the computer's side of a modem
 *
 * What must never happen: DCD high without a call (unless AT&C0), octets of
 * one call delivered in another, or a buffer that grows: to_computer fills up
 * to MODEM_BUFFER and then holds the far end back, as V.42 does; to_line is
 * held back by CTS, and what a computer sends in spite of it is lost and
 * counted as an overrun.
 */
#include <string.h>

#include "modem.h"

static void
update_signals(struct modem *modem)
{
	const bool carrier = modem->mode == MODEM_DATA ||
	    modem->mode == MODEM_ESCAPED;
	/* Below a quarter CTS rises again, in between it stays. */
	static const size_t low = MODEM_BUFFER / 4, high = MODEM_BUFFER / 4 * 3;
	unsigned signals = 0;

	if (carrier || modem->at.dcd_always)
		signals |= TRUNK_DCD;
	if (modem->ringing)
		signals |= TRUNK_RI;
	if (modem->to_line.used > high)
		modem->held = true;
	else if (modem->to_line.used < low)
		modem->held = false;
	if (!modem->held)
		signals |= TRUNK_CTS;
	trunk_signals(modem->trunk, modem->channel, signals);
}

static void
store(struct modem_queue *queue, const uint8_t *octets, size_t count)
{
	memcpy(queue->octets + queue->used, octets, count);
	queue->used += count;
}

static void
remove_first(struct modem_queue *queue, size_t count)
{
	queue->used -= count;
	memmove(queue->octets, queue->octets + count, queue->used);
}

void
modem_flush(struct modem *modem)
{
	const size_t room = trunk_room(modem->trunk);
	size_t count = modem->to_computer.used;

	if (!(modem->computer & TRUNK_OPEN)) {
		modem->to_computer.used = 0;
		return;
	}
	if (!(modem->computer & TRUNK_RTS) || !count || !room)
		return;
	if (count > room)
		count = room;
	trunk_send(modem->trunk, modem->channel, modem->to_computer.octets,
	    count);
	remove_first(&modem->to_computer, count);
	modem->line->ready(modem);
}

static void
say(struct modem *modem, const char *text)
{
	const size_t length = strlen(text);

	if (modem->fault == MODEM_SILENT ||
	    modem->to_computer.used + length > MODEM_STORE)
		return;
	store(&modem->to_computer, (const uint8_t *)text, length);
	modem_flush(modem);
}

static void
say_result(struct modem *modem, enum at_result result, const char *connect)
{
	char text[AT_TEXT];

	at_result_text(&modem->at, result, connect, text);
	say(modem, text);
}

static void
enter(struct modem *modem, enum modem_mode mode)
{
	modem->mode = mode;
	modem->plus = 0;
	if (mode == MODEM_COMMAND)
		modem->to_line.used = 0;
	if (mode != MODEM_DATA)
		uv_timer_stop(&modem->guard);
	update_signals(modem);
}

/* End what there is of a call, from this end, without a result code. */
static void
drop(struct modem *modem)
{
	if (modem->mode == MODEM_COMMAND)
		return;
	enter(modem, MODEM_COMMAND);
	modem->line->hang_up(modem);
}

static enum at_result
do_dial(void *context, const char *number)
{
	struct modem *modem = context;

	if (modem->mode != MODEM_COMMAND)
		return AT_ERROR;
	enter(modem, MODEM_DIALLING);
	const enum at_result result = modem->line->dial(modem, number);

	if (result != AT_NOTHING)
		enter(modem, MODEM_COMMAND);
	return result;
}

static enum at_result
do_answer(void *context)
{
	struct modem *modem = context;

	if (modem->mode != MODEM_COMMAND)
		return AT_ERROR;
	enter(modem, MODEM_ANSWERING);
	const enum at_result result = modem->line->answer(modem);

	if (result != AT_NOTHING)
		enter(modem, MODEM_COMMAND);
	return result;
}

static enum at_result
do_hang_up(void *context)
{
	drop(context);
	return AT_OK;
}

static enum at_result
do_online(void *context)
{
	struct modem *modem = context;

	if (modem->mode != MODEM_ESCAPED)
		return AT_NO_CARRIER;
	say_result(modem, AT_CONNECT, "CONNECT");
	enter(modem, MODEM_DATA);
	return AT_NOTHING;
}

static void
do_text(void *context, const char *text)
{
	struct modem *modem = context;
	char out[AT_TEXT];

	at_information_text(&modem->at, text, out);
	say(modem, out);
}

static const struct at_modem actions = {
	.dial = do_dial,
	.answer = do_answer,
	.hang_up = do_hang_up,
	.online = do_online,
	.text = do_text,
	.identity = "Exchange V.34 data modem",
};

static void
command_octet(struct modem *modem, uint8_t octet)
{
	if (modem->at.echo) {
		const char text[2] = { (char)octet, '\0' };

		say(modem, text);
	}
	if (!at_octet(&modem->at, (char)octet))
		return;
	say_result(modem, modem->fault == MODEM_ERROR ? AT_ERROR :
	    at_execute(&modem->at, &actions, modem), "CONNECT");
	update_signals(modem);
}

/* +++ between two silences of S12 fiftieths of a second. */
static void
on_guard(uv_timer_t *timer)
{
	struct modem *modem = timer->data;

	if (modem->plus == 3) {
		enter(modem, MODEM_ESCAPED);
		say_result(modem, AT_OK, "");
		return;
	}
	modem->guarded = true;
}

static void
look_for_escape(struct modem *modem, const uint8_t *octets, size_t count)
{
	bool only = modem->plus + count <= 3 &&
	    (modem->plus > 0 || modem->guarded);

	for (size_t i = 0; i < count && only; i++)
		only = octets[i] == modem->at.s[2];
	modem->plus = only ? modem->plus + (unsigned)count : 0;
	modem->guarded = false;
	uv_timer_start(&modem->guard, on_guard, modem->at.s[12] * 20ULL, 0);
}

static void
data_octets(struct modem *modem, const uint8_t *octets, size_t count)
{
	size_t room = MODEM_STORE - modem->to_line.used;

	look_for_escape(modem, octets, count);
	if (count > room) {
		modem->overruns += count - room;
		count = room;
	}
	store(&modem->to_line, octets, count);
	modem->out += count;
	update_signals(modem);
	modem->line->ready(modem);
}

/* Any octet ends dialling and answering, but for the end of the line that
 * began it. */
static void
abort_by(struct modem *modem, uint8_t octet)
{
	if (octet == '\r' || octet == '\n')
		return;
	drop(modem);
	say_result(modem, AT_NO_CARRIER, "");
}

void
modem_octets(struct modem *modem, const uint8_t *octets, size_t count)
{
	if (modem->fault == MODEM_SILENT)
		return;
	for (size_t i = 0; i < count; i++) {
		switch (modem->mode) {
		case MODEM_COMMAND:
		case MODEM_ESCAPED:
			command_octet(modem, octets[i]);
			break;
		case MODEM_DIALLING:
		case MODEM_ANSWERING:
			abort_by(modem, octets[i]);
			break;
		case MODEM_DATA:
			data_octets(modem, octets + i, count - i);
			return;
		}
	}
}

/* DTR low: &D0 nothing, &D1 as +++, &D2 hang up, &D3 hang up and reset. */
static void
dtr_fell(struct modem *modem)
{
	const unsigned wanted = modem->at.dtr;

	if (wanted == 1 && modem->mode == MODEM_DATA)
		enter(modem, MODEM_ESCAPED);
	if (wanted < 2)
		return;
	if (modem->mode != MODEM_COMMAND) {
		drop(modem);
		say_result(modem, AT_OK, "");
	}
	if (wanted == 3)
		at_reset(&modem->at);
	update_signals(modem);
}

void
modem_computer(struct modem *modem, unsigned signals)
{
	const unsigned before = modem->computer;

	modem->computer = signals;
	if ((before & TRUNK_DTR) && !(signals & TRUNK_DTR))
		dtr_fell(modem);
	modem_flush(modem);
}

void
modem_ring(struct modem *modem, bool high, bool result)
{
	modem->ringing = high;
	if (result)
		say_result(modem, AT_RING, "");
	update_signals(modem);
}

void
modem_answer(struct modem *modem)
{
	say_result(modem, do_answer(modem), "");
}

void
modem_information(struct modem *modem, const char *text)
{
	do_text(modem, text);
}

void
modem_connect(struct modem *modem, const char *text)
{
	modem->ringing = false;
	modem->in = modem->out = 0;
	/* The result code first: a computer that sees DCD may start. */
	say_result(modem, AT_CONNECT, text);
	modem->guarded = false;
	enter(modem, MODEM_DATA);
	uv_timer_start(&modem->guard, on_guard, modem->at.s[12] * 20ULL, 0);
}

void
modem_disconnect(struct modem *modem, enum at_result result)
{
	const bool heard = modem->mode != MODEM_COMMAND;

	modem->ringing = false;
	enter(modem, MODEM_COMMAND);
	if (heard)
		say_result(modem, result, "");
}

size_t
modem_take(struct modem *modem, uint8_t *octets, size_t count)
{
	if (count > modem->to_line.used)
		count = modem->to_line.used;
	memcpy(octets, modem->to_line.octets, count);
	remove_first(&modem->to_line, count);
	update_signals(modem);
	return count;
}

size_t
modem_room(const struct modem *modem)
{
	const size_t used = modem->to_computer.used;

	return used < MODEM_BUFFER ? MODEM_BUFFER - used : 0;
}

size_t
modem_put(struct modem *modem, const uint8_t *octets, size_t count)
{
	const size_t room = modem_room(modem);

	if (count > room)
		count = room;
	if (modem->fault == MODEM_SILENT)
		return count;
	store(&modem->to_computer, octets, count);
	modem->in += count;
	if (modem->mode == MODEM_DATA)
		modem_flush(modem);
	return count;
}

void
modem_set_fault(struct modem *modem, enum modem_fault fault)
{
	modem->fault = fault;
}

bool
modem_ready(const struct modem *modem)
{
	return !modem->cut && !modem->call && modem->mode == MODEM_COMMAND &&
	    (modem->computer & TRUNK_DTR);
}

const char *
modem_mode_name(const struct modem *modem)
{
	static const char *const names[] = { [MODEM_COMMAND] = "idle",
		[MODEM_DIALLING] = "dialling", [MODEM_ANSWERING] = "answering",
		[MODEM_DATA] = "online", [MODEM_ESCAPED] = "escaped" };

	if (modem->mode == MODEM_COMMAND && modem->call)
		return "ringing";
	return names[modem->mode];
}

void
modem_init(struct modem *modem, uv_loop_t *loop, struct trunk *trunk,
    const struct modem_line *line)
{
	modem->trunk = trunk;
	modem->line = line;
	modem->guard.data = modem;
	uv_timer_init(loop, &modem->guard);
	at_reset(&modem->at);
}
