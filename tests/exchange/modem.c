/*
 * modem.c - the computer's side of a modem
 *
 * What must never happen: DCD high without a call (unless AT&C0), octets of
 * one call delivered in another, or a buffer that grows: to_computer fills up
 * to MODEM_BUFFER and then holds the far end back, as V.42 does; to_line is
 * held back by CTS, and what a computer sends in spite of it is lost and
 * counted as an overrun.
 */
#include <ctype.h>
#include <stdio.h>
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

	if (carrier || modem->at.dcd_always ||
	    (modem->faults & FAULT_STUCK_DCD))
		signals |= WIRE_DCD;
	if (modem->ringing)
		signals |= WIRE_RI;
	if (modem->to_line.used > high)
		modem->held = true;
	else if (modem->to_line.used < low)
		modem->held = false;
	if (!modem->held)
		signals |= WIRE_CTS;
	modem->wire.ops->signals(modem->wire.end, modem->wire.channel,
	    signals);
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
	const struct wire *const wire = &modem->wire;
	const size_t room = wire->ops->room(wire->end, wire->channel);
	size_t count = modem->to_computer.used;

	if (!(modem->computer & WIRE_OPEN)) {
		modem->to_computer.used = 0;
		return;
	}
	if (!(modem->computer & WIRE_RTS) || !count || !room)
		return;
	if (count > room)
		count = room;
	wire->ops->send(wire->end, wire->channel, modem->to_computer.octets,
	    count);
	remove_first(&modem->to_computer, count);
	modem->line->ready(modem);
}

static void
say(struct modem *modem, const char *text)
{
	const size_t length = strlen(text);
	struct modem_queue *queue = &modem->to_computer;

	if ((modem->faults & (FAULT_SILENT | FAULT_WEDGED | FAULT_FAX)) ||
	    queue->used + length > MODEM_STORE)
		return;
	store(queue, (const uint8_t *)text, length);
	if ((modem->faults & FAULT_GARBAGE) || modem->wrong_speed)
		for (size_t i = queue->used - length; i < queue->used; i++)
			queue->octets[i] = (uint8_t)(queue->octets[i] * 7 ^
			    0x95);
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
	modem->off_hook = false;
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

/* Nobody is reached who calls here now. */
static enum at_result
do_off_hook(void *context)
{
	((struct modem *)context)->off_hook = true;
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

	for (; *text; text += strspn(text, "\n")) {
		at_information_text(&modem->at, text, out);
		say(modem, out);
		text += strcspn(text, "\n");
	}
}

static const struct at_modem actions = {
	.dial = do_dial,
	.answer = do_answer,
	.hang_up = do_hang_up,
	.online = do_online,
	.off_hook = do_off_hook,
	.text = do_text,
	.identity = "Exchange V.34 data modem",
};

/* A whole command line: what comes of it. */
static void
command_line(struct modem *modem)
{
	const bool reset = toupper((unsigned char)modem->at.line[0]) == 'Z';

	if (modem->wrong_speed) {
		modem->wrong_speed = false;
		return;
	}
	say_result(modem, modem->faults & FAULT_ERROR ? AT_ERROR :
	    at_execute(&modem->at, &actions, modem), "CONNECT");
	modem->wrong_speed = reset && (modem->faults & FAULT_SPEED);
	update_signals(modem);
}

static void
command_octet(struct modem *modem, uint8_t octet)
{
	struct at *const at = &modem->at;

	if (at->more) {
		say_result(modem, at_key(at, &actions, modem), "");
		return;
	}
	if (at->echo || (modem->faults & FAULT_ECHO)) {
		const char text[2] = { (char)octet, '\0' };

		say(modem, text);
	}
	if ((modem->faults & FAULT_SHORT_LINE) && at->collecting &&
	    at->length >= 12 && octet != '\r')
		return;
	if (at_octet(at, (char)octet))
		command_line(modem);
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

static void
look_for_end_of_fax(struct modem *modem, const uint8_t *octets, size_t count)
{
	enum { DLE = 0x10, ETX = 0x03 };

	for (size_t i = 0; i < count; i++) {
		if (modem->before == DLE && octets[i] == ETX)
			modem->faults &= ~(unsigned)FAULT_FAX;
		modem->before = octets[i];
	}
}

void
modem_octets(struct modem *modem, const uint8_t *octets, size_t count)
{
	if (modem->faults & (FAULT_SILENT | FAULT_WEDGED | FAULT_FAX)) {
		look_for_end_of_fax(modem, octets, count);
		return;
	}
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

	modem->faults &= ~(unsigned)FAULT_WEDGED;
	if (wanted == 1 && modem->mode == MODEM_DATA)
		enter(modem, MODEM_ESCAPED);
	if (wanted < 2)
		return;
	modem->off_hook = false;
	if (modem->mode != MODEM_COMMAND) {
		drop(modem);
		say_result(modem, AT_OK, "");
	}
	if (wanted == 3)
		at_reset(&modem->at);
	update_signals(modem);
}

static void
on_late_ok(uv_timer_t *timer)
{
	say_result(timer->data, AT_OK, "");
}

void
modem_computer(struct modem *modem, unsigned signals)
{
	const unsigned before = modem->computer;

	modem->computer = signals;
	if ((before & WIRE_DTR) && !(signals & WIRE_DTR))
		dtr_fell(modem);
	else if (!(before & WIRE_DTR) && (signals & WIRE_DTR) &&
	    (modem->faults & FAULT_LATE_OK))
		uv_timer_start(&modem->fault_timer, on_late_ok, 400, 0);
	modem_flush(modem);
}

void
modem_ring(struct modem *modem, bool high, bool result)
{
	modem->ringing = high;
	if (result && modem->at.crc)
		do_text(modem, "+CRING: REL ASYNC");
	else if (result)
		say_result(modem, AT_RING, "");
	update_signals(modem);
}

void
modem_answer(struct modem *modem)
{
	say_result(modem, do_answer(modem), "");
}

void
modem_caller(struct modem *modem, const char *number)
{
	const struct personality *who = modem->at.personality;
	char text[AT_TEXT];

	snprintf(text, sizeof(text), who ? who->caller_id : "NMBR = %s",
	    number);
	do_text(modem, text);
}

/* The lines before CONNECT are information, as it were. */
static void
say_connect(struct modem *modem, const char *text, uint32_t rate)
{
	const struct at *at = &modem->at;
	const struct personality_call call = { rate, 115200, at->x, at->w,
		at->v, at->mr };
	char own[AT_REPORT], *last;

	if (at->personality &&
	    personality_connect(at->personality, &call, own, sizeof(own))) {
		last = strrchr(own, '\n');
		if (last)
			*last = '\0';
		if (last && at->verbose && !at->quiet)
			do_text(modem, own);
		text = last ? last + 1 : own;
	}
	say_result(modem, AT_CONNECT, text);
}

void
modem_connect(struct modem *modem, const char *text, uint32_t rate)
{
	modem->ringing = false;
	modem->in = modem->out = 0;
	/* The result code first: a computer that sees DCD may start. */
	say_connect(modem, text, rate);
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
	if (modem->faults & FAULT_SILENT)
		return count;
	store(&modem->to_computer, octets, count);
	modem->in += count;
	if (modem->mode == MODEM_DATA)
		modem_flush(modem);
	return count;
}

static void
on_storm(uv_timer_t *timer)
{
	say_result(timer->data, AT_RING, "");
}

void
modem_set_faults(struct modem *modem, unsigned faults)
{
	modem->faults = faults;
	modem->wrong_speed = false;
	uv_timer_stop(&modem->fault_timer);
	if (faults & FAULT_RING_STORM)
		uv_timer_start(&modem->fault_timer, on_storm, 0, 300);
	update_signals(modem);
}

bool
modem_ready(const struct modem *modem)
{
	return !modem->cut && !modem->off_hook && !modem->call &&
	    modem->mode == MODEM_COMMAND &&
	    (modem->computer & WIRE_DTR);
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
modem_init(struct modem *modem, uv_loop_t *loop, const struct wire *wire,
    const struct modem_line *line)
{
	modem->wire = *wire;
	modem->line = line;
	modem->guard.data = modem;
	uv_timer_init(loop, &modem->guard);
	modem->fault_timer.data = modem;
	uv_timer_init(loop, &modem->fault_timer);
	at_reset(&modem->at);
}
