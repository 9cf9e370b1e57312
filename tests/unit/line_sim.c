/*
 * line_sim.c - a line's modem, house, log and time, for its tests
 *
 * Time is a variable: uv_now() and the timers are this file's, so that a
 * retry after five minutes takes no time.  The modem is a socket pair: it
 * answers commands, has DCD, hangs up on DTR, and can be told to misbehave.
 */
#ifndef TESTS_UNIT_LINE_SIM_H
#define TESTS_UNIT_LINE_SIM_H

#include <arpa/inet.h>
#include <fcntl.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "serial/line.c"
#include "serial/line_io.c"
#include "serial/banner.h"

/* Time */

enum { ALARMS = 4 };

static uint64_t now_ms = 1000000;
static struct alarm {
	uv_timer_t *timer;
	uv_timer_cb callback;
	uint64_t due;
} alarms[ALARMS];

uint64_t
uv_now(const uv_loop_t *loop)
{
	(void)loop;
	return now_ms;
}

int
uv_timer_stop(uv_timer_t *timer)
{
	for (size_t i = 0; i < ALARMS; i++)
		if (alarms[i].timer == timer)
			alarms[i].timer = NULL;
	return 0;
}

int
uv_timer_start(uv_timer_t *timer, uv_timer_cb callback, uint64_t after,
    uint64_t repeat)
{
	assert_int_equal(repeat, 0);
	uv_timer_stop(timer);
	for (size_t i = 0; i < ALARMS; i++) {
		if (alarms[i].timer != NULL)
			continue;
		alarms[i] = (struct alarm){ timer, callback, now_ms + after };
		return 0;
	}
	fail_msg("more timers than lines");
	return 0;
}

/* The log, kept. */

static char logged[8192];

static void
keep_log(const char *format, va_list arguments)
{
	size_t length = strlen(logged);

	if (length > sizeof(logged) - 300)
		length = 0;
	vsnprintf(logged + length, sizeof(logged) - length - 1, format,
	    arguments);
	strcat(logged, "\n");
}

#define LOG_FUNCTION(name)                                                     \
	void name(const char *format, ...)                                     \
	{                                                                      \
		va_list arguments;                                             \
		va_start(arguments, format);                                   \
		keep_log(format, arguments);                                   \
		va_end(arguments);                                             \
	}
LOG_FUNCTION(log_info)
LOG_FUNCTION(log_warnx)
LOG_FUNCTION(log_warn)

void
log_debug(const char *format, ...)
{
	(void)format;
}

/* The modem */

struct sim {
	struct port port;
	int end[2]; /* the line's, the modem's */
	unsigned signals;
	bool dtr, open;
	/* what it does wrong */
	bool absent, silent, answers_error, stuck, deaf_to_escape, gone;
	bool cable; /* no modem at all */
	unsigned dtr_fails; /* so many times */
	bool in_use, claimed; /* by another program; by us */
	bool rts, no_cts, ignores_rts, has_rts; /* signals for flow control */
	uint32_t speed, only_speed; /* set; 0 or the one it answers at */
	const char *(*says)(const char *command); /* before its OK, or NULL */
	const char *mute;  /* a command it does not answer */
	const char *wakes; /* what ends its silence */
	const char *refuses; /* a command it answers with ERROR */
	const char *connect; /* what it says to ATA, or NULL: nothing */
	char command[200];
	size_t length;
	char seen[4096]; /* commands, each with a newline */
	unsigned opened;
};

static struct sim sims[2];

static void
sim_say(struct sim *sim, const char *text)
{
	assert_int_equal(write(sim->end[1], text, strlen(text)),
	    strlen(text));
}

static void
sim_command(struct sim *sim)
{
	const char *command = sim->command;
	char *escape = strstr(sim->command, "+++");

	if (escape != NULL)
		command = escape + 3;
	if (strlen(sim->seen) + strlen(command) + 2 > sizeof(sim->seen))
		sim->seen[0] = '\0';
	strcat(strcat(sim->seen, command), "\n");
	if (strcmp(command, "ATH0") == 0 && !sim->deaf_to_escape)
		sim->signals &= ~(unsigned)PORT_DCD;
	if (sim->wakes != NULL && strstr(sim->command, sim->wakes) != NULL)
		sim->silent = false;
	if (sim->mute != NULL && strcmp(command, sim->mute) == 0)
		return;
	if (sim->silent || (sim->has_rts && !sim->rts && !sim->ignores_rts) ||
	    (sim->only_speed != 0 && sim->only_speed != sim->speed))
		return;
	if (sim->says != NULL && sim->says(command) != NULL)
		sim_say(sim, sim->says(command));
	if (strcmp(command, "ATA") == 0) {
		if (sim->connect == NULL)
			return;
		if (strstr(sim->connect, "CONNECT") != NULL)
			sim->signals |= PORT_DCD;
		sim_say(sim, sim->connect);
	} else if (sim->answers_error || (sim->refuses != NULL &&
	    strcmp(command, sim->refuses) == 0)) {
		sim_say(sim, "\r\nERROR\r\n");
	} else {
		sim_say(sim, "\r\nOK\r\n");
	}
}

/* Take what the line sent, as long as no call is up. */
static bool
sim_run(struct sim *sim)
{
	char c;

	if (!sim->open || sim->cable ||
	    ((sim->signals & PORT_DCD) && !sim->stuck) ||
	    read(sim->end[1], &c, 1) != 1)
		return false;
	if (c == '\r') {
		sim->command[sim->length] = '\0';
		sim->length = 0;
		sim_command(sim);
	} else if (sim->length + 1 < sizeof(sim->command)) {
		sim->command[sim->length++] = c;
	}
	return true;
}

static struct sim *
sim_of(const struct port *port)
{
	return (struct sim *)(uintptr_t)port;
}

static void
sim_close(struct port *port)
{
	struct sim *sim = sim_of(port);

	close(sim->end[0]);
	close(sim->end[1]);
	sim->open = sim->dtr = false;
	if (!sim->stuck)
		sim->signals = 0;
}

static int
sim_fd(const struct port *port)
{
	return sim_of(port)->end[0];
}

static bool progress;

static ssize_t
sim_read(struct port *port, void *to, size_t size)
{
	ssize_t count = read(sim_of(port)->end[0], to, size);

	progress |= count > 0;
	return count;
}

static ssize_t
sim_write(struct port *port, const void *from, size_t size)
{
	ssize_t count = write(sim_of(port)->end[0], from, size);

	progress |= count > 0;
	return count;
}

static int
sim_signals(struct port *port, unsigned *signals)
{
	*signals = sim_of(port)->signals |
	    (sim_of(port)->no_cts ? 0u : PORT_CTS);
	errno = EIO;
	return sim_of(port)->gone ? -1 : 0;
}

static int
sim_set_dtr(struct port *port, bool high)
{
	struct sim *sim = sim_of(port);

	if (sim->dtr_fails > 0) {
		sim->dtr_fails--;
		errno = ETIMEDOUT;
		return -1;
	}
	if (!high && sim->dtr) {
		strcat(sim->seen, "DTR low\n");
		if (!sim->stuck && !sim->cable)
			sim->signals &= ~(unsigned)PORT_DCD;
		sim->length = 0;
	}
	sim->dtr = high;
	return 0;
}

static int
sim_flush(struct port *port)
{
	char octets[4096];

	while (read(sim_of(port)->end[0], octets, sizeof(octets)) > 0)
		;
	return 0;
}

static int
sim_unsent(struct port *port, size_t *octets)
{
	(void)port;
	*octets = 0;
	return 0;
}

static int
sim_set_rts(struct port *port, bool high)
{
	sim_of(port)->rts = high;
	errno = ENOTTY;
	return sim_of(port)->has_rts ? 0 : -1;
}

static int
sim_set_speed(struct port *port, uint32_t speed)
{
	sim_of(port)->speed = speed;
	return 0;
}


static void
small_pair(int end[2])
{
	int size = 1; /* the kernel's least */

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
	    end), 0);
	for (int i = 0; i < 2; i++)
		setsockopt(end[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

bool
port_serial_in_use(const char *path)
{
	return sims[path[0] - '0'].in_use;
}

static int
sim_claim(struct port *port, bool claim)
{
	struct sim *sim = sim_of(port);

	errno = EWOULDBLOCK;
	if (claim && sim->in_use)
		return -1;
	sim->claimed = claim;
	return 0;
}

static const struct port_ops sim_ops = { .close = sim_close, .fd = sim_fd,
	.read = sim_read, .write = sim_write, .signals = sim_signals,
	.set_dtr = sim_set_dtr, .flush = sim_flush, .unsent = sim_unsent,
	.claim = sim_claim,
	.set_rts = sim_set_rts, .set_speed = sim_set_speed };

/* The path is the number of the modem. */
struct port *
port_serial_open(const char *path, uint32_t speed, char *error, size_t size)
{
	struct sim *sim = &sims[path[0] - '0'];

	assert_int_equal(speed, 115200);
	if (sim->absent) {
		snprintf(error, size, "cannot find %s", path);
		return NULL;
	}
	sim->port.ops = &sim_ops;
	sim->open = sim->dtr = sim->rts = true;
	sim->speed = speed;
	sim->opened++;
	small_pair(sim->end);
	sim->claimed = true;
	return &sim->port;
}

#include "tests/unit/line_house.c"

static uv_loop_t loop;
static struct line *line;
static struct sim *const sim = &sims[0];
static struct line_config config;
static const struct dialogue_options login_options = { .issue = "",
	.banner = BANNER_DEFAULT, .timeout_ms = 60000, .idle_ms = 30000,
	.tries = 3, .delay_ms = 2000 };
static struct profiles *profiles;
static const struct line_house line_house = { .ppp_start = house_start,
	.ppp_stop = house_stop, .lock = house_lock,
	.pty_open = house_pty_open, .check = house_check,
	.slip_begin = house_slip_begin, .slip_octets = house_slip_octets,
	.slip_end = house_slip_end, .changed = house_changed,
	.context = &house };

/* Let everything happen that happens at this moment. */
static void
settle(void)
{
	for (int quiet = 0; quiet < 3; quiet++) {
		progress = false;
		uv_run(&loop, UV_RUN_NOWAIT);
		for (size_t i = 0; i < 2; i++)
			while (sim_run(&sims[i]))
				progress = true;
		if (progress)
			quiet = -1;
	}
}

static void
pass(uint64_t ms)
{
	uint64_t end = now_ms + ms;

	for (;;) {
		struct alarm *first = NULL, due;

		settle();
		for (size_t i = 0; i < ALARMS; i++)
			if (alarms[i].timer != NULL && (first == NULL ||
			    alarms[i].due < first->due))
				first = &alarms[i];
		if (first == NULL || first->due > end)
			break;
		due = *first;
		first->timer = NULL;
		now_ms = due.due > now_ms ? due.due : now_ms;
		due.callback(due.timer);
	}
	now_ms = end;
}

static struct line_status
status_now(void)
{
	struct line_status status;

	line_status(line, &status);
	return status;
}

/* Wait for a state; returns how long it took, ms. */
static uint64_t
until(enum line_state state, uint64_t limit)
{
	uint64_t begin = now_ms;

	while (status_now().state != state && now_ms - begin < limit)
		pass(10);
	assert_string_equal(line_state_name(status_now().state),
	    line_state_name(state));
	return now_ms - begin;
}

static int
setup(void **state)
{
	(void)state;
	memset(sims, 0, sizeof(sims));
	memset(&house, 0, sizeof(house));
	memset(alarms, 0, sizeof(alarms));
	logged[0] = '\0';
	sim->connect = "\r\nCONNECT 28800/ARQ/V34/LAPM/V42BIS\r\n";
	config = (struct line_config){ .name = "s1", .path = "0",
		.speed = 115200, .modem = "auto", .user = "", .ring = "",
		.protocols = LINE_WITH_PPP, .login = &login_options };
	config.profiles = profiles = profiles_create();
	uv_loop_init(&loop);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	line_destroy(line, house_done, &house);
	settle();
	assert_int_equal(house.done, 1);
	assert_false(sim->open);
	assert_int_equal(uv_loop_close(&loop), 0);
	profiles_free(profiles);
	return 0;
}

static void
begin(void)
{
	line = line_create(&loop, &config, &line_house);
	assert_non_null(line);
}

static void __attribute__((unused))
ring(void)
{
	sim_say(sim, "\r\nRING\r\n");
}

static void __attribute__((unused))
call(void)
{
	ring();
	until(LINE_LOGIN, 5000);
}

static const uint8_t frame[] = { 0x7e, 0xff, 0x7d, 0x23, 0xc0, 0x21, 0x7d,
	0x21, 0x7d, 0x21, 0x7d, 0x20, 0x7d, 0x34, 0x80, 0x00, 0xff, 0x7e };
static int pppd; /* the pty slave's end */

static void
put(int to, const void *octets, size_t count)
{
	assert_int_equal(write(to, octets, count), count);
	settle();
}

static void
expect(int from, const void *octets, size_t count)
{
	uint8_t got[4096];

	assert_int_equal(read(from, got, sizeof(got)), count);
	assert_memory_equal(got, octets, count);
}

static void __attribute__((unused))
ppp(void)
{
	int end[2];

	put(sim->end[1], frame, sizeof(frame));
	assert_int_equal(house.starts, 1);
	small_pair(end);
	pppd = end[1];
	line_ppp_started(line, end[0]);
	assert_int_equal(status_now().state, LINE_PPP);
	put(pppd, "~", 1);
	expect(pppd, frame, sizeof(frame));
	expect(sim->end[1], "~", 1);
}

#endif
