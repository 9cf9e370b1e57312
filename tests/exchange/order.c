/*
 * order.c - orders to the exchange
 *
 * Each peer sends one line and reads its answer; a line that is too long
 * ends the talk.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "order.h"

enum { LINE = 256, WORDS = 4 };

struct order {
	uv_pipe_t listener;
	struct exchange *exchange;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
};

struct peer {
	uv_pipe_t pipe;
	uv_write_t write;
	struct exchange *exchange;
	size_t have;
	char line[LINE];
	char answer[ORDER_ANSWER];
};

/* Who is ordered: words[1]. */
static const char *
do_drop(struct modem *modem, char **words)
{
	(void)words;
	if (!modem->call)
		return "there is no call";
	exchange_drop(modem);
	return NULL;
}

static const struct {
	const char *name;
	unsigned fault;
} faults[] = {
	{ "normal", 0 },
	{ "silent", FAULT_SILENT },
	{ "error", FAULT_ERROR },
	{ "garbage", FAULT_GARBAGE },
	{ "stuck-dcd", FAULT_STUCK_DCD },
	{ "ring-storm", FAULT_RING_STORM },
	{ "speed", FAULT_SPEED },
	{ "echo", FAULT_ECHO },
	{ "late-ok", FAULT_LATE_OK },
	{ "short-line", FAULT_SHORT_LINE },
	{ "wedged", FAULT_WEDGED },
	{ "fax", FAULT_FAX },
};
enum { FAULTS = sizeof(faults) / sizeof(*faults) };

static const char *
do_fault(struct modem *modem, char **words)
{
	for (size_t i = 0; i < FAULTS; i++)
		if (strcmp(faults[i].name, words[0]) == 0)
			modem_set_faults(modem, faults[i].fault == 0 ? 0 :
			    modem->faults | faults[i].fault);
	return NULL;
}

static const char *
do_personality(struct modem *modem, char **words)
{
	const struct personality *who = words[2] ?
	    personality_find(words[2]) : NULL;

	if (!who)
		return "personality NAME WHICH: there is none of that name";
	modem->at.personality = who;
	return NULL;
}

static const char *
do_cut(struct modem *modem, char **words)
{
	modem->cut = words[0][0] == 'c';
	if (modem->cut)
		exchange_drop(modem);
	return NULL;
}

static const char *
do_errors(struct modem *modem, char **words)
{
	char *end = NULL;
	const double share = words[2] ? strtod(words[2], &end) : -1;

	if (!end || *end || !(share >= 0 && share <= 0.1))
		return "errors NAME RATE: a rate from 0 to 0.1";
	/* Eight bits an octet, of which one is hit. */
	modem->errors = (uint32_t)(share * 8 * 4294967295.0);
	return NULL;
}

static const struct {
	const char *name;
	const char *(*run)(struct modem *, char **words);
} verbs[] = {
	{ "drop", do_drop },
	{ "cut", do_cut },
	{ "mend", do_cut },
	{ "errors", do_errors },
	{ "personality", do_personality },
};

static void
state(const struct exchange *exchange, char answer[ORDER_ANSWER])
{
	size_t size = 0;

	for (unsigned i = 0; i < exchange->count; i++) {
		const struct modem *modem = &exchange->modems[i];
		const struct call *call = modem->call;
		const struct modem *peer = !call ? NULL :
		    call->from == modem ? call->to : call->from;
		char tty[WIRE_PATH];

		modem->wire.ops->tty(modem->wire.end, modem->wire.channel,
		    tty);
		size += (size_t)snprintf(answer + size, ORDER_ANSWER - size,
		    "%s %s %s %s %s %s in=%lu out=%lu lost=%lu %s\n",
		    modem->name, modem->number, tty,
		    modem_mode_name(modem),
		    modem->computer & WIRE_DTR ? "DTR" : "dtr",
		    peer ? peer->name : "-", modem->in, modem->out,
		    modem->overruns, modem->at.personality ?
		    modem->at.personality->name : "plain");
	}
}

static const char *
set_rate(struct exchange *exchange, const char *word)
{
	char *end = NULL;
	const unsigned long rate = word ? strtoul(word, &end, 10) : 0;

	if (!end || *end || rate > 10000000)
		return "rate BITS: from 0 to 10000000";
	exchange->options.rate = (uint32_t)rate;
	return NULL;
}

static const char *
run_words(struct exchange *exchange, char **words, char answer[ORDER_ANSWER])
{
	if (!words[0])
		return "what?";
	if (strcmp(words[0], "state") == 0) {
		state(exchange, answer);
		return NULL;
	}
	if (strcmp(words[0], "rate") == 0)
		return set_rate(exchange, words[1]);
	struct modem *modem = words[1] ? exchange_modem(exchange, words[1]) :
	    NULL;

	for (size_t i = 0; i < FAULTS; i++)
		if (strcmp(words[0], faults[i].name) == 0)
			return modem ? do_fault(modem, words) :
			    "no such modem";
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (strcmp(words[0], verbs[i].name) == 0)
			return modem ? verbs[i].run(modem, words) :
			    "no such modem";
	return "no such order: state, drop, cut, mend, errors, personality, "
	       "rate, normal, or a fault";
}

void
order_run(struct exchange *exchange, char *line, char answer[ORDER_ANSWER])
{
	char *words[WORDS + 1] = { NULL }, *rest = NULL;

	for (int i = 0; i < WORDS; i++)
		if (!(words[i] = strtok_r(i ? NULL : line, " \t\r", &rest)))
			break;
	snprintf(answer, ORDER_ANSWER, "ok\n");
	const char *error = run_words(exchange, words, answer);

	if (error)
		snprintf(answer, ORDER_ANSWER, "error: %s\n", error);
}

static void
on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void
on_written(uv_write_t *write, int status)
{
	(void)status;
	uv_close((uv_handle_t *)write->handle, on_closed);
}

static void
on_alloc(uv_handle_t *handle, size_t wanted, uv_buf_t *buffer)
{
	struct peer *peer = handle->data;

	(void)wanted;
	*buffer = uv_buf_init(peer->line + peer->have,
	    (unsigned)(LINE - 1 - peer->have));
}

static void
on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buffer)
{
	struct peer *peer = stream->data;
	char *end;

	(void)buffer;
	if (got < 0) {
		uv_close((uv_handle_t *)stream, on_closed);
		return;
	}
	peer->have += (size_t)got;
	peer->line[peer->have] = '\0';
	if (!(end = strchr(peer->line, '\n')))
		return;
	*end = '\0';
	uv_read_stop(stream);
	order_run(peer->exchange, peer->line, peer->answer);
	const uv_buf_t answer =
	    uv_buf_init(peer->answer, (unsigned)strlen(peer->answer));

	if (uv_write(&peer->write, stream, &answer, 1, on_written) < 0)
		uv_close((uv_handle_t *)stream, on_closed);
}

static void
on_connection(uv_stream_t *listener, int status)
{
	struct order *order = listener->data;
	struct peer *peer = status < 0 ? NULL : calloc(1, sizeof(*peer));

	if (!peer)
		return;
	peer->exchange = order->exchange;
	peer->pipe.data = peer;
	uv_pipe_init(listener->loop, &peer->pipe, 0);
	if (uv_accept(listener, (uv_stream_t *)&peer->pipe) < 0 ||
	    uv_read_start((uv_stream_t *)&peer->pipe, on_alloc, on_read) < 0)
		uv_close((uv_handle_t *)&peer->pipe, on_closed);
}

struct order *
order_listen(uv_loop_t *loop, const char *path, struct exchange *exchange)
{
	struct order *order = calloc(1, sizeof(*order));

	if (!order)
		return NULL;
	order->exchange = exchange;
	order->listener.data = order;
	snprintf(order->path, sizeof(order->path), "%s", path);
	unlink(path);
	uv_pipe_init(loop, &order->listener, 0);
	if (uv_pipe_bind(&order->listener, path) < 0 ||
	    uv_listen((uv_stream_t *)&order->listener, 8, on_connection) < 0) {
		uv_close((uv_handle_t *)&order->listener, on_closed);
		return NULL;
	}
	return order;
}

void
order_close(struct order *order)
{
	unlink(order->path);
	uv_close((uv_handle_t *)&order->listener, on_closed);
}

int
order_give(const char *path, int count, char *const words[])
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int peer = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char answer[ORDER_ANSWER];
	bool failed = true, first = true;
	ssize_t got;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (peer < 0 ||
	    connect(peer, (struct sockaddr *)&address, sizeof(address)) < 0)
		err(1, "no exchange at %s", path);
	for (int i = 0; i < count; i++)
		dprintf(peer, "%s%c", words[i], i + 1 < count ? ' ' : '\n');
	while ((got = read(peer, answer, sizeof(answer))) > 0) {
		if (first)
			failed = got >= 6 && strncmp(answer, "error:", 6) == 0;
		first = false;
		fwrite(answer, 1, (size_t)got, failed ? stderr : stdout);
	}
	close(peer);
	return failed;
}
