/*
 * main.c - a telephone exchange with its modems, for tests and the demo
 *
 *	exchange [OPTIONS]			until SIGTERM or SIGINT
 *	exchange order SOCKET ORDER...		see order.h
 *
 * A modem's computer is behind a real tty of the kernel's (N_GSM, see
 * trunk.h) or behind a pty (pty.h).  DIR/bank1, DIR/sub1 and so on are
 * symbolic links to the ttys; they exist as soon as the exchange is ready.
 * --pty-bank can be given several times: each PATH is, or will be, the slave
 * of a pty that another program makes, and the modem there gets the bank's
 * next name but no link.
 */
#include <err.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "call.h"
#include "order.h"

static const char usage[] =
    "usage: exchange [--bank N] [--subscribers N] [--pty-bank PATH]...\n"
    "	[--pty-subscribers N] [--number DIGITS]\n"
    "	[--rate BITS] [--connect TEXT] [--training MS] [--ring MS]\n"
    "	[--no-answer MS] [--seed N] [--links DIR] [--control SOCKET]\n"
    "	[--personality NAME[,NAME]...]\n"
    "   or: exchange order SOCKET ORDER...\n";

enum {
	BANK = 1, SUBSCRIBERS, NUMBER, RATE, CONNECT, TRAINING, RING,
	NO_ANSWER, SEED, LINKS, CONTROL, PTY_BANK, PTY_SUBSCRIBERS,
	PERSONALITY
};

static const struct option names[] = {
	{ "bank", required_argument, NULL, BANK },
	{ "subscribers", required_argument, NULL, SUBSCRIBERS },
	{ "number", required_argument, NULL, NUMBER },
	{ "rate", required_argument, NULL, RATE },
	{ "connect", required_argument, NULL, CONNECT },
	{ "training", required_argument, NULL, TRAINING },
	{ "ring", required_argument, NULL, RING },
	{ "no-answer", required_argument, NULL, NO_ANSWER },
	{ "seed", required_argument, NULL, SEED },
	{ "links", required_argument, NULL, LINKS },
	{ "control", required_argument, NULL, CONTROL },
	{ "pty-bank", required_argument, NULL, PTY_BANK },
	{ "pty-subscribers", required_argument, NULL, PTY_SUBSCRIBERS },
	{ "personality", required_argument, NULL, PERSONALITY },
	{ NULL, 0, NULL, 0 }
};

struct settings {
	struct exchange_options exchange;
	const char *links, *control;
};

struct ready {
	const struct exchange *exchange;
	const char *links;
};

static uint32_t
number(const char *name, const char *text, uint32_t highest)
{
	char *end;
	const unsigned long value = strtoul(text, &end, 10);

	if (!*text || *end || value > highest)
		errx(2, "--%s %s: a number from 0 to %u", name, text, highest);
	return (uint32_t)value;
}

static void
set_personalities(struct exchange_options *exchange, char *list)
{
	char *rest = NULL;

	for (char *name = strtok_r(list, ",", &rest); name;
	     name = strtok_r(NULL, ",", &rest)) {
		const struct personality *who = personality_find(name);

		if (!who || exchange->personality_count == EXCHANGE_MODEMS)
			errx(2, "--personality: there is no %s", name);
		exchange->personalities[exchange->personality_count++] = who;
	}
}

static void
set(struct settings *settings, int option, const char *name)
{
	struct exchange_options *exchange = &settings->exchange;
	uint32_t *const numbers[] = {
		[BANK] = &exchange->bank,
		[SUBSCRIBERS] = &exchange->subscribers,
		[RATE] = &exchange->rate,
		[TRAINING] = &exchange->training_ms,
		[RING] = &exchange->ring_ms,
		[NO_ANSWER] = &exchange->no_answer_ms,
		[SEED] = &exchange->seed,
		[PTY_SUBSCRIBERS] = &exchange->pty_subscribers,
	};
	const char **const texts[] = {
		[NUMBER] = &exchange->number,
		[CONNECT] = &exchange->connect,
		[LINKS] = &settings->links,
		[CONTROL] = &settings->control,
	};

	if (option == PTY_BANK) {
		if (exchange->pty_bank == EXCHANGE_MODEMS)
			errx(2, "--pty-bank: too many");
		exchange->pty_bank_paths[exchange->pty_bank++] = optarg;
	} else if (option == PERSONALITY) {
		set_personalities(exchange, optarg);
	} else if ((size_t)option < sizeof(texts) / sizeof(*texts) && texts[option])
		*texts[option] = optarg;
	else
		*numbers[option] = number(name, optarg, 10000000);
}

static void
read_arguments(struct settings *settings, int argc, char **argv)
{
	int option, which = 0;

	while ((option = getopt_long(argc, argv, "", names, &which)) != -1) {
		if (option == '?') {
			fputs(usage, stderr);
			exit(2);
		}
		set(settings, option, names[which].name);
	}
	const struct exchange_options *exchange = &settings->exchange;
	const uint64_t ttys = (uint64_t)exchange->bank + exchange->subscribers;
	const uint64_t all = ttys + exchange->pty_bank +
	    exchange->pty_subscribers;

	if (optind < argc || all < 1 || all > EXCHANGE_MODEMS ||
	    ttys > EXCHANGE_TTYS) {
		fprintf(stderr, "%s1 to %d modems, %d of them on ttys\n",
		    usage, EXCHANGE_MODEMS, EXCHANGE_TTYS);
		exit(2);
	}
}

/* The names of the ttys; a link that is there already is replaced. */
static void
link_names(const struct exchange *exchange, const char *directory)
{
	char path[512], tty[WIRE_PATH];

	if (mkdir(directory, 0755) < 0 && access(directory, W_OK) < 0)
		err(1, "%s", directory);
	for (unsigned i = 0; i < exchange->count; i++) {
		const struct modem *modem = &exchange->modems[i];

		if (!exchange_made_tty(exchange, modem))
			continue;
		snprintf(path, sizeof(path), "%s/%s", directory, modem->name);
		modem->wire.ops->tty(modem->wire.end, modem->wire.channel,
		    tty);
		unlink(path);
		if (symlink(tty, path) < 0)
			err(1, "%s", path);
	}
}

/* The names are given when the ttys can be used. */
static void
on_attempt(uv_timer_t *timer)
{
	const struct ready *ready = timer->data;

	if (ready->exchange->trunk && !trunk_ready(ready->exchange->trunk))
		return;
	uv_timer_stop(timer);
	link_names(ready->exchange, ready->links);
}

static void
on_signal(uv_signal_t *handle, int number_of_signal)
{
	(void)number_of_signal;
	uv_stop(handle->loop);
}

int
main(int argc, char **argv)
{
	static struct exchange exchange;
	struct settings settings = {
		.exchange = { .bank = 2, .subscribers = 2,
		    .number = "5550100", .rate = 33600, .training_ms = 300,
		    .ring_ms = 3000, .no_answer_ms = 60000, .seed = 1 },
		.links = "/run/exchange",
		.control = "/run/exchange.control",
	};
	uv_loop_t *loop = uv_default_loop();
	uv_signal_t terminate, interrupt;
	uv_timer_t attempt;
	const char *error = "";

	if (argc >= 4 && strcmp(argv[1], "order") == 0)
		return order_give(argv[2], argc - 3, argv + 3);
	read_arguments(&settings, argc, argv);
	signal(SIGPIPE, SIG_IGN);
	/* A modem does not answer late because the computer is busy; where
	 * this is not permitted it has to do without. */
	(void)setpriority(PRIO_PROCESS, 0, -10);
	if (exchange_open(&exchange, loop, &settings.exchange, &error) < 0)
		err(1, "%s", error);
	struct order *order = order_listen(loop, settings.control, &exchange);

	if (!order)
		err(1, "%s", settings.control);
	uv_signal_init(loop, &terminate);
	uv_signal_init(loop, &interrupt);
	uv_signal_start(&terminate, on_signal, SIGTERM);
	uv_signal_start(&interrupt, on_signal, SIGINT);
	struct ready ready = { &exchange, settings.links };

	uv_timer_init(loop, &attempt);
	attempt.data = &ready;
	uv_timer_start(&attempt, on_attempt, 0, 50);
	uv_run(loop, UV_RUN_DEFAULT);
	order_close(order);
	exchange_close(&exchange);
	return 0;
}
