/*
 * trunk.c - the modem's end of the multiplexer 3GPP TS 27.010
 *
 * The kernel is the initiator: it opens channel 0 when the line discipline is
 * configured, and channel n when somebody opens /dev/gsmttyN; we say UA.  But
 * to channel 0 we say DM, as modems do that know no control channel in the
 * sense of the standard: after N2 attempts the kernel uses it all the same
 * and does not insist on answers.
 *
 * Signals go before the octets of each frame, or in one of their own
 * (convergence layer type 2, 27.010 5.5.2); ours for each channel after every
 * SABM (an earlier one is lost, because the kernel knows no channel whose tty
 * is closed), after each change, and again every AGAIN_MS: Linux 6.1 forgets
 * the signals when an open tty is opened once more, as pppd does under mgetty.
 * Modem Status Commands on channel 0, the other way, do not do: the kernel
 * waits for the answer, T2 long, with each open() in the very worker that has
 * to read it; and TIOCMSET fails with ETIMEDOUT where another tty is opened at
 * that time, or we are late.
 *
 * What must never happen: octets of a closed channel are sent (the kernel
 * would answer DM), or the queue grows without bound (room()).
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/gsmmux.h>
#include <linux/tty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "cmux.h"
#include "trunk.h"

enum {
	QUEUE = 65536,
	QUEUE_ROOM = 16384, /* of the queue for octets; MSCs may use all */
	FRAME_INFORMATION = 256,
	AGAIN_MS = 250,
	N2_FIRST = 100,
	N2 = 250 /* the kernel takes 255 */
};

/* Signals of V.24 as 27.010 codes them, figure 9. */
enum {
	EA = 0x01,
	V24_FC = 0x02, V24_RTC = 0x04, V24_RTR = 0x08, V24_IC = 0x40,
	V24_DV = 0x80
};

/* Types of message on channel 0, with EA, as a command (C/R set). */
enum {
	MESSAGE_RESPONSE_MASK = 0xfd,
	MESSAGE_MSC = 0xe3,
	MESSAGE_TEST = 0x23,
	MESSAGE_FCON = 0xa3,
	MESSAGE_FCOFF = 0x63,
	MESSAGE_CLOSE = 0xc3,
	MESSAGE_NSC_RESPONSE = 0x11
};

struct trunk {
	struct trunk_house house;
	unsigned channels, first;
	int master, slave;
	uv_poll_t *poll; /* freed by its close callback, as is this one: */
	uv_timer_t *again;
	struct cmux_reader reader;
	uint8_t computer[CMUX_CHANNELS], modem[CMUX_CHANNELS];
	uint8_t queue[QUEUE];
	size_t queued;
	bool full; /* the house was told that there is no room */
};

static void watch(struct trunk *);

static size_t
room(const struct trunk *trunk)
{
	return trunk->queued < QUEUE_ROOM ? QUEUE_ROOM - trunk->queued : 0;
}

static void
queue_frame(struct trunk *trunk, const struct cmux_frame *frame)
{
	if (trunk->queued + CMUX_FRAME > QUEUE)
		errx(1, "the kernel does not read its trunk");
	trunk->queued += cmux_write(trunk->queue + trunk->queued, frame);
	watch(trunk);
}

/* A message on channel 0: one length octet suffices for all we send. */
static void
queue_message(struct trunk *trunk, uint8_t type, const uint8_t *value,
    size_t length)
{
	uint8_t information[2 + 64];

	if (length > sizeof(information) - 2)
		length = sizeof(information) - 2;
	information[0] = type;
	information[1] = (uint8_t)(length << 1 | EA);
	memcpy(information + 2, value, length);
	queue_frame(trunk, &(struct cmux_frame){ .channel = 0,
	    .kind = CMUX_UIH, .information = information,
	    .length = length + 2 });
}

/* The signals as they stand before the octets of each frame. */
static uint8_t
signal_octet(const struct trunk *trunk, unsigned channel)
{
	const unsigned signals = trunk->modem[channel];

	return (uint8_t)(EA | V24_RTC | (signals & WIRE_CTS ? V24_RTR : 0) |
	    (signals & WIRE_DCD ? V24_DV : 0) |
	    (signals & WIRE_RI ? V24_IC : 0));
}

/* A frame of octets, or of the signals alone. */
static void
queue_octets(struct trunk *trunk, unsigned channel, const uint8_t *octets,
    size_t count)
{
	uint8_t information[FRAME_INFORMATION];

	information[0] = signal_octet(trunk, channel);
	memcpy(information + 1, octets, count);
	queue_frame(trunk, &(struct cmux_frame){ .channel = (uint8_t)channel,
	    .kind = CMUX_UIH, .information = information,
	    .length = count + 1 });
}

static void
queue_signals(struct trunk *trunk, unsigned channel)
{
	queue_octets(trunk, channel, (const uint8_t *)"", 0);
}

static void
computer_changed(struct trunk *trunk, unsigned channel, unsigned signals)
{
	if (trunk->computer[channel] == signals)
		return;
	trunk->computer[channel] = (uint8_t)signals;
	trunk->house.computer(trunk->house.context, channel, signals);
}

/* Its signals, then its octets. */
static void
on_octets(struct trunk *trunk, unsigned channel, const uint8_t *octets,
    size_t count)
{
	unsigned signals = WIRE_OPEN;
	size_t first = 0;

	if (count == 0 || !(trunk->computer[channel] & WIRE_OPEN))
		return;
	/* More than one: a break is there, too. */
	while (first + 1 < count && !(octets[first] & EA))
		first++;
	if (octets[0] & V24_RTC)
		signals |= WIRE_DTR;
	if ((octets[0] & V24_RTR) && !(octets[0] & V24_FC))
		signals |= WIRE_RTS;
	computer_changed(trunk, channel, signals);
	if (first + 1 < count)
		trunk->house.octets(trunk->house.context, channel,
		    octets + first + 1, count - first - 1);
}

static void
on_message(struct trunk *trunk, const uint8_t *message, size_t length)
{
	/* All that the kernel sends is shorter than 128 octets. */
	if (length < 2 || !(message[1] & EA) ||
	    (size_t)(message[1] >> 1) > length - 2)
		return;
	const uint8_t type = message[0], *value = message + 2;
	const size_t size = message[1] >> 1;

	switch (type) {
	case MESSAGE_MSC:
	case MESSAGE_TEST:
	case MESSAGE_FCON:
	case MESSAGE_FCOFF:
	case MESSAGE_CLOSE:
		queue_message(trunk, type & MESSAGE_RESPONSE_MASK, value, size);
		break;
	default:
		/* A command we do not know; responses need no answer. */
		if (type & 0x02)
			queue_message(trunk, MESSAGE_NSC_RESPONSE, &type, 1);
	}
}

/* Commands of the initiator and answers to it both have C/R set. */
static void
answer(struct trunk *trunk, unsigned channel, enum cmux_kind kind)
{
	queue_frame(trunk, &(struct cmux_frame){ .channel = (uint8_t)channel,
	    .cr = true, .final = true, .kind = kind });
}

static void
on_frame(void *context, const struct cmux_frame *frame)
{
	struct trunk *trunk = context;
	const unsigned channel = frame->channel;

	if (channel > trunk->channels) {
		answer(trunk, channel, CMUX_DM);
		return;
	}
	switch (frame->kind) {
	case CMUX_SABM:
		answer(trunk, channel, channel ? CMUX_UA : CMUX_DM);
		if (channel == 0)
			break;
		queue_signals(trunk, channel);
		computer_changed(trunk, channel,
		    WIRE_OPEN | trunk->computer[channel]);
		break;
	case CMUX_DISC:
		answer(trunk, channel, CMUX_UA);
		computer_changed(trunk, channel, 0);
		break;
	case CMUX_UIH:
		if (channel == 0)
			on_message(trunk, frame->information, frame->length);
		else
			on_octets(trunk, channel, frame->information,
			    frame->length);
		break;
	case CMUX_UA:
	case CMUX_DM:
		break;
	}
}

static void
flush(struct trunk *trunk)
{
	const ssize_t sent = write(trunk->master, trunk->queue, trunk->queued);

	if (sent < 0) {
		if (errno == EAGAIN || errno == EINTR)
			return;
		err(1, "the trunk's pty");
	}
	trunk->queued -= (size_t)sent;
	memmove(trunk->queue, trunk->queue + sent, trunk->queued);
	if (trunk->full && room(trunk) > 0) {
		trunk->full = false;
		trunk->house.room(trunk->house.context);
	}
}

static void
on_poll(uv_poll_t *poll, int status, int events)
{
	struct trunk *trunk = poll->data;
	uint8_t octets[16384];

	if (status < 0)
		errx(1, "the trunk's pty: %s", uv_strerror(status));
	if (events & UV_READABLE) {
		const ssize_t got = read(trunk->master, octets, sizeof(octets));

		if (got > 0)
			cmux_read(&trunk->reader, octets, (size_t)got);
		else if (got == 0 || (errno != EAGAIN && errno != EINTR))
			err(1, "the trunk's pty");
	}
	if (trunk->queued)
		flush(trunk);
	watch(trunk);
}

static void
on_again(uv_timer_t *timer)
{
	struct trunk *trunk = timer->data;

	for (unsigned channel = 1; channel <= trunk->channels; channel++)
		if (trunk->computer[channel] & WIRE_OPEN)
			queue_signals(trunk, channel);
}

static void
watch(struct trunk *trunk)
{
	if (trunk->poll)
		uv_poll_start(trunk->poll, UV_READABLE |
		    (trunk->queued ? UV_WRITABLE : 0), on_poll);
}

static int
raw(int tty)
{
	struct termios settings;

	if (tcgetattr(tty, &settings) < 0)
		return -1;
	cfmakeraw(&settings);
	settings.c_cflag |= CLOCAL;
	return tcsetattr(tty, TCSANOW, &settings);
}

static int
open_pty(struct trunk *trunk)
{
	const char *name;

	trunk->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
	if (trunk->master < 0 || grantpt(trunk->master) < 0 ||
	    unlockpt(trunk->master) < 0 || !(name = ptsname(trunk->master)))
		return -1;
	trunk->slave = open(name, O_RDWR | O_NOCTTY | O_NONBLOCK);
	if (trunk->slave < 0)
		return -1;
	return raw(trunk->slave);
}

/*
 * T1 is short and N2 great: what a tty holds in its own buffer beyond the
 * first 2 kB is only sent 10 * T1 after the last frame of any kind, which has
 * to be below AGAIN_MS.
 */
static int
configure(struct trunk *trunk)
{
	const int discipline = N_GSM0710;
	struct gsm_config config;
	uint32_t first;

	if (ioctl(trunk->slave, TIOCSETD, &discipline) < 0 ||
	    ioctl(trunk->slave, GSMIOC_GETCONF, &config) < 0)
		return -1;
	config.initiator = 1;
	config.adaption = 2;
	config.encapsulation = 0;
	config.mru = FRAME_INFORMATION;
	config.mtu = FRAME_INFORMATION;
	config.t1 = 1;
	config.t2 = 1;
	/* Channel 0 is usable after so many; trunk_ready() makes it more. */
	config.n2 = N2_FIRST;
	if (ioctl(trunk->slave, GSMIOC_SETCONF, &config) < 0 ||
	    ioctl(trunk->slave, GSMIOC_GETFIRST, &first) < 0)
		return -1;
	trunk->first = first;
	return 0;
}

struct trunk *
trunk_create(uv_loop_t *loop, unsigned channels,
    const struct trunk_house *house, const char **error)
{
	struct trunk *trunk = calloc(1, sizeof(*trunk));

	*error = "memory";
	if (!trunk)
		return NULL;
	trunk->house = *house;
	trunk->channels = channels;
	trunk->master = trunk->slave = -1;
	memset(trunk->modem, WIRE_CTS, sizeof(trunk->modem));
	cmux_reader_init(&trunk->reader, on_frame, trunk);
	trunk->poll = calloc(1, sizeof(*trunk->poll));
	trunk->again = calloc(1, sizeof(*trunk->again));
	if (!trunk->poll || !trunk->again)
		goto fail;
	if (open_pty(trunk) < 0) {
		*error = "pty";
		goto fail;
	}
	if (configure(trunk) < 0) {
		*error = "line discipline N_GSM (modprobe n_gsm)";
		goto fail;
	}
	if (uv_poll_init(loop, trunk->poll, trunk->master) < 0) {
		*error = "poll";
		goto fail;
	}
	trunk->poll->data = trunk->again->data = trunk;
	watch(trunk);
	uv_timer_init(loop, trunk->again);
	uv_timer_start(trunk->again, on_again, AGAIN_MS, AGAIN_MS);
	return trunk;
fail:
	close(trunk->slave);
	close(trunk->master);
	free(trunk->again);
	free(trunk->poll);
	free(trunk);
	return NULL;
}

static void
on_closed(uv_handle_t *handle)
{
	free(handle);
}

void
trunk_destroy(struct trunk *trunk)
{
	uv_poll_stop(trunk->poll);
	uv_close((uv_handle_t *)trunk->poll, on_closed);
	uv_close((uv_handle_t *)trunk->again, on_closed);
	close(trunk->slave);
	close(trunk->master);
	free(trunk);
}

/* The first minor is that of channel 1 (channel 0 has no tty). */
static void
wire_tty(const void *end, unsigned channel, char path[WIRE_PATH])
{
	const struct trunk *trunk = end;

	snprintf(path, WIRE_PATH, "/dev/gsmtty%u",
	    trunk->first + channel - 1);
}

/* 2.5 s in all: on a busy machine we must not look dead. */
static void
be_patient(const struct trunk *trunk)
{
	struct gsm_config config;

	if (ioctl(trunk->slave, GSMIOC_GETCONF, &config) < 0)
		return;
	config.n2 = N2;
	if (ioctl(trunk->slave, GSMIOC_SETCONF, &config) < 0)
		warn("the trunk's patience");
}

bool
trunk_ready(const struct trunk *trunk)
{
	char path[WIRE_PATH];

	wire_tty(trunk, 1, path);
	const int tty = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK);

	if (tty < 0)
		return false;
	close(tty);
	be_patient(trunk);
	return true;
}

static void
wire_signals(void *end, unsigned channel, unsigned signals)
{
	struct trunk *trunk = end;

	if (trunk->modem[channel] == signals)
		return;
	trunk->modem[channel] = (uint8_t)signals;
	if (trunk->computer[channel] & WIRE_OPEN)
		queue_signals(trunk, channel);
}

static size_t
wire_room(const void *end, unsigned channel)
{
	(void)channel;
	return room(end);
}

static void
wire_send(void *end, unsigned channel, const uint8_t *octets, size_t count)
{
	struct trunk *trunk = end;

	while (count && (trunk->computer[channel] & WIRE_OPEN)) {
		const size_t most = FRAME_INFORMATION - 1;
		const size_t part = count < most ? count : most;

		queue_octets(trunk, channel, octets, part);
		octets += part;
		count -= part;
	}
	if (room(trunk) == 0)
		trunk->full = true;
}

const struct wire_ops trunk_wire = { wire_signals, wire_room, wire_send,
	wire_tty };
