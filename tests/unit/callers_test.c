/*
 * callers_test.c - how callers' own scripts get in, style by style
 *
 * Each caller is a list of steps, as its script has them, played against
 * telnet.c (TCP) and dialogue.c; the test is the house, which knows alice,
 * password secret, and bob, who gets SLIP unasked.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "serial/banner.h"
#include "serial/dialogue.h"
#include "serial/telnet.h"

enum step_kind {
	DONE,
	WAIT,	 /* until the text came, behind what was waited for before */
	SEND,	 /* octets */
	QUIET,	 /* nothing at all came so far */
	GOT,	 /* just this came since the last step that looked */
	ADDRESS, /* the first dotted quad of all that came is the caller's */
	SECOND,	 /* and the second is the gateway's */
	PPP,	 /* it has begun, for this user */
	SLIP,
	CSLIP,
	KEPT,	 /* and these octets wait for pppd or the decoder */
	OVER	 /* masqd hangs up */
};

struct step {
	enum step_kind kind;
	const char *text;
	size_t length;
};

#define STEP(kind, text) { kind, text, sizeof(text) - 1 }
#define SAME(kind) { kind, NULL, 0 }
#define LCP "\x7e\xff\x7d\x23\xc0\x21\x7d\x21\x7d\x21\x7d\x20\x7d\x24\xd1\xb5\x7e"
#define BOOTP "\xc0\x45\x00\x01\x48\x00\x01\x00\x00\x40\x11"

static const struct caller {
	const char *name;
	enum telnet_setting telnet;
	bool tcp;
	const char *user; /* the line's own */
	struct step steps[24];
} callers[] = {
	{ .name = "Windows 95 dial-up networking, Dreamcast: LCP at once",
	    .steps = { STEP(SEND, LCP), SAME(QUIET), STEP(PPP, ""),
		STEP(KEPT, LCP) } },
	{ .name = "the same behind two seconds of silence",
	    .steps = { STEP(WAIT, "login: "), STEP(SEND, LCP), STEP(PPP, ""),
		STEP(KEPT, LCP) } },
	{ .name = "Trumpet Winsock login.cmd, SLIP",
	    .steps = { STEP(SEND, "\r"), STEP(WAIT, "ogin:"),
		STEP(SEND, "alice\r"), STEP(WAIT, "assword:"),
		STEP(SEND, "secret\r"), STEP(WAIT, "rotocol:"),
		STEP(SEND, "slip\r"), STEP(WAIT, "address is "),
		SAME(ADDRESS), STEP(SLIP, "alice") } },
	{ .name = "Trumpet Winsock login.cmd, PPP",
	    .steps = { STEP(WAIT, "ogin:"), STEP(SEND, "alice\r"),
		STEP(WAIT, "assword:"), STEP(SEND, "secret\r"),
		STEP(WAIT, "rotocol:"), STEP(SEND, "ppp\r" LCP),
		STEP(PPP, "alice"), STEP(KEPT, LCP) } },
	{ .name = "Windows .scp: set ipaddr getip",
	    .steps = { STEP(WAIT, "ogin:"), STEP(SEND, "alice"),
		STEP(SEND, "\r"), STEP(WAIT, "assword:"),
		STEP(SEND, "secret"), STEP(SEND, "\r"),
		STEP(WAIT, "rotocol:"), STEP(SEND, "cslip\r"),
		STEP(WAIT, "IP address is "), SAME(ADDRESS), SAME(SECOND),
		STEP(CSLIP, "alice") } },
	{ .name = "Windows 95 by a null-modem cable",
	    .steps = { STEP(SEND, "CLIENT"), STEP(GOT, "CLIENTSERVER"),
		STEP(SEND, LCP), STEP(PPP, ""), STEP(KEPT, LCP) } },
	{ .name = "Windows NT by a null-modem cable, late",
	    .steps = { STEP(WAIT, "login: "), STEP(SEND, "CLI"),
		STEP(SEND, "ENT"), STEP(WAIT, "SERVER"), STEP(SEND, LCP),
		STEP(PPP, ""), STEP(KEPT, LCP) } },
	{ .name = "dip, by a user who gets SLIP unasked",
	    .steps = { STEP(SEND, "\r\n"), STEP(WAIT, "ogin:"),
		STEP(SEND, "bob\n"), STEP(WAIT, "ssword:"),
		STEP(SEND, "secret\n" BOOTP), STEP(WAIT, "IP address is "),
		SAME(ADDRESS), STEP(SLIP, "bob"), STEP(KEPT, BOOTP) } },
	{ .name = "OS/2 annex.cmd",
	    .steps = { STEP(SEND, "\r"), STEP(WAIT, "ogin:"),
		STEP(SEND, "alice\r"), STEP(WAIT, "word:"),
		STEP(SEND, "secret\r"), STEP(WAIT, "Protocol:"),
		STEP(SEND, "slip\r"), STEP(WAIT, "Your IP address is"),
		SAME(ADDRESS), SAME(SECOND), STEP(SLIP, "alice") } },
	{ .name = "Miami on an Amiga, SLIP with BOOTP",
	    .steps = { STEP(WAIT, "login:"), STEP(SEND, "alice\r"),
		STEP(WAIT, "assword:"), STEP(SEND, "secret\r"),
		STEP(WAIT, "Protocol:"), STEP(SEND, "slip\r" BOOTP),
		STEP(SLIP, "alice"), STEP(KEPT, BOOTP) } },
	{ .name = "InterSLIP on a Macintosh",
	    .steps = { STEP(SEND, "\r"), STEP(WAIT, "ogin:"),
		STEP(SEND, "alice\r"), STEP(WAIT, "assword:"),
		STEP(SEND, "secret\r"), STEP(WAIT, "rotocol:"),
		STEP(SEND, "slip\r"), STEP(WAIT, "IP address is"),
		SAME(ADDRESS), STEP(SLIP, "alice") } },
	{ .name = "KA9Q's empty Configure-Request",
	    .steps = { STEP(SEND, "\x7e\xff\x7d\x23\xc0\x21\x7d\x21\x7d\x21"
				  "\x7d\x20\x7d\x24\xd1\xb5\x7e"),
		STEP(PPP, "") } },
	{ .name = "BOOTP on a line with a user of its own",
	    .user = "cable",
	    .steps = { STEP(SEND, BOOTP), STEP(SLIP, "cable"),
		STEP(KEPT, BOOTP) } },
	{ .name = "a person at a terminal of seven bits, even parity",
	    .steps = { STEP(SEND, "\x8d"),
		STEP(WAIT, "\x6c\x6f\xe7\x69\xee\x3a\xa0"),
		STEP(SEND, "\xe1\x6c\x69\x63\x65\x8d"),
		STEP(WAIT, "\xf3\xf3\x77\x6f\x72\xe4\x3a\xa0"), /* ssword: */
		STEP(SEND, "\xf3\x65\x63\x72\x65\x74\x8d"),
		STEP(WAIT, "\x50\x72\x6f\x74\x6f\x63\x6f\x6c\x3a\xa0"),
		STEP(SEND, "\x71\xf5\x69\x74\x8d"), SAME(OVER) } },
	{ .name = "a person who mistypes and asks for help",
	    .steps = { STEP(SEND, "\r\r\r"), STEP(WAIT, "login: "),
		STEP(SEND, "alcie\x15" "alice\r"), STEP(WAIT, "Password: "),
		STEP(SEND, "wrong\r"), STEP(WAIT, "Login incorrect"),
		STEP(WAIT, "login: "), STEP(SEND, "alice\r"),
		STEP(WAIT, "Password: "), STEP(SEND, "secret\r"),
		STEP(WAIT, "Protocol: "), STEP(SEND, "help\r"),
		STEP(WAIT, "cslip"), STEP(WAIT, "Protocol: "),
		STEP(SEND, "quit\r"), SAME(OVER) } },
	{ .name = "a Fido mailer",
	    .steps = { STEP(WAIT, "login: "), STEP(SEND, "**EMSI_INQC816\r"),
		STEP(SEND, "**EMSI_INQC816\r"), SAME(OVER) } },
	{ .name = "nobody", .steps = { SAME(OVER) } },

	{ .name = "tcpser, then Trumpet", .tcp = true,
	    .steps = { STEP(SEND, "\xff\xfb\x01\xff\xfb\x00\xff\xfd\x00"),
		SAME(QUIET), STEP(WAIT, "ogin:"), STEP(SEND, "alice\r"),
		STEP(WAIT, "assword:"), STEP(SEND, "secret\r"),
		STEP(WAIT, "rotocol:"), STEP(SEND, "slip\r"),
		STEP(WAIT, "address is "), SAME(ADDRESS),
		STEP(SEND, "\xc0\x45\xff\xff\xff\xfb\x01\xc0"),
		STEP(SLIP, "alice"),
		STEP(KEPT, "\xc0\x45\xff\xff\xff\xfb\x01\xc0") } },
	{ .name = "tcpser, then LCP", .tcp = true,
	    .steps = { STEP(SEND, "\xff\xfb\x01\xff\xfb\x00\xff\xfd\x00" LCP),
		SAME(QUIET), STEP(PPP, ""), STEP(KEPT, LCP) } },
	{ .name = "DOSBox in telnet mode, LCP", .tcp = true,
	    .steps = { STEP(SEND, LCP "\xff\xff\xff\xfb\x01"), SAME(QUIET),
		STEP(PPP, ""), STEP(KEPT, LCP "\xff\xff\xff\xfb\x01") } },
	{ .name = "DOSBox in telnet mode, on a line that speaks telnet",
	    .tcp = true, .telnet = TELNET_YES,
	    .steps = { STEP(SEND, "\r"),
		STEP(WAIT, "\xff\xfb\x01\xff\xfb\x03\xff\xfb\x00\xff\xfd\x00"),
		STEP(SEND, "\xff\xfb\x00"), STEP(WAIT, "ogin:"),
		STEP(SEND, LCP "\xff\xff\xff\xfd\x05"), STEP(PPP, ""),
		STEP(KEPT, LCP "\xff\xff\xff\xfd\x05") } },
	{ .name = "QEMU's telnet port, LCP", .tcp = true,
	    .steps = { STEP(SEND, "\xff\xfb\x01\xff\xfb\x03\xff\xfb\x00"
				  "\xff\xfd\x00"),
		STEP(WAIT, "\xff\xfb\x00"), STEP(WAIT, "login: "),
		STEP(SEND, LCP "\xff\xff\xff\xfb\x03"), STEP(PPP, ""),
		STEP(KEPT, LCP "\xff\xff\xff\xfb\x03") } },
	{ .name = "netcat, a person", .tcp = true,
	    .steps = { SAME(QUIET), STEP(WAIT, "login: "),
		STEP(SEND, "alice\n"), STEP(WAIT, "Password: "),
		STEP(SEND, "secret\n"), STEP(WAIT, "Protocol: "),
		STEP(SEND, "bye\n"), SAME(OVER) } },
	{ .name = "PuTTY's telnet, a person", .tcp = true,
	    .steps = { STEP(SEND, "\xff\xfb\x1f\xff\xfb\x20\xff\xfb\x18"
				  "\xff\xfb\x27\xff\xfd\x01\xff\xfb\x03"
				  "\xff\xfd\x03"),
		STEP(WAIT, "\xff\xfe\x1f"), STEP(WAIT, "\xff\xfd\x03"),
		STEP(WAIT, "login: "), STEP(SEND, "alice\r\0"),
		STEP(WAIT, "Password: "), STEP(SEND, "secret\r\n"),
		STEP(WAIT, "Protocol: "), STEP(SEND, "\xff\xf4\xff\xfd\x06"),
		STEP(WAIT, "\xff\xfc\x06"), STEP(WAIT, "Protocol: "),
		STEP(SEND, "slip\r\0"), STEP(WAIT, "address is "),
		SAME(ADDRESS), STEP(SLIP, "alice") } },
};

/* One caller and one line. */
struct world {
	const struct caller *caller;
	const struct step *step;
	struct dialogue dialogue;
	struct telnet telnet;
	enum dialogue_event last; /* START or END */
	uint64_t now;
	char heard[16385]; /* by the caller, from CONNECT on */
	size_t heard_count, read;
};

static const struct dialogue_options options = { .issue = "The %line bank",
	.banner = BANNER_DEFAULT, .timeout_ms = 60000, .idle_ms = 30000,
	.tries = 3, .delay_ms = 2000, .menu = true };

static void
wrong(const struct world *world, const char *what)
{
	fail_msg("%s, step %td: %s; the caller has heard:\n%.*s",
	    world->caller->name, world->step - world->caller->steps, what,
	    (int)world->heard_count, world->heard);
}

static void
hear(struct world *world, const uint8_t *octets, size_t count)
{
	if (count >= sizeof(world->heard) - world->heard_count)
		wrong(world, "too much came");
	memcpy(world->heard + world->heard_count, octets, count);
	world->heard_count += count;
}

static void
send_output(struct world *world)
{
	uint8_t out[TELNET_OUT_ROOM(DIALOGUE_OUTPUT)];
	size_t count, out_count;
	const uint8_t *octets = dialogue_output(&world->dialogue, &count);

	if (world->caller->tcp)
		telnet_out(&world->telnet, octets, count, out, &out_count);
	else
		memcpy(out, octets, out_count = count);
	hear(world, out, out_count);
	dialogue_sent(&world->dialogue, count);
}

static void
say_banner(struct world *world)
{
	const struct banner_values values = { .line = "s1",
		.peer = "10.64.0.7", .gate = "10.64.0.1", .mtu = 1006,
		.encap = world->dialogue.protocol == DIALOGUE_CSLIP ?
			"CSLIP" : "SLIP" };
	char text[BANNER_SIZE];

	banner_expand(options.banner, &values, text, sizeof(text));
	dialogue_say(&world->dialogue, text);
	dialogue_say(&world->dialogue, "\n");
}

static void
happen(struct world *world, enum dialogue_event event)
{
	const char *user = world->dialogue.user;
	struct dialogue_user known = { 0 };

	if (event == DIALOGUE_CHECK) {
		bool right = strcmp(world->dialogue.password, "secret") == 0;

		send_output(world);
		if (strcmp(user, "bob") == 0)
			known.protocol = DIALOGUE_SLIP;
		else if (strcmp(user, "alice") != 0)
			right = false;
		event = dialogue_checked(&world->dialogue,
		    right ? &known : NULL, world->now);
	}
	if (event == DIALOGUE_START && world->dialogue.protocol !=
	    DIALOGUE_PPP && world->caller->user == NULL)
		say_banner(world);
	if (event != DIALOGUE_GOES)
		world->last = event;
	send_output(world);
}

static void
send_octets(struct world *world, const struct step *step)
{
	uint8_t data[TELNET_IN_ROOM(256)], reply[TELNET_IN_ROOM(256)];
	const uint8_t *octets = (const uint8_t *)step->text;
	size_t count = step->length, reply_count = 0;

	if (world->caller->tcp) {
		telnet_in(&world->telnet, octets, step->length, data, &count,
		    reply, &reply_count);
		octets = data;
	}
	hear(world, reply, reply_count);
	happen(world, dialogue_feed(&world->dialogue, octets, count,
	    world->now));
}

/* False: nothing more will happen. */
static bool
let_time_pass(struct world *world)
{
	uint64_t at = dialogue_deadline(&world->dialogue);

	if (at == 0)
		return false;
	world->now = at;
	happen(world, dialogue_late(&world->dialogue, at));
	return true;
}

static void
wait_for(struct world *world, const struct step *step)
{
	const char *at;

	while ((at = memmem(world->heard + world->read, world->heard_count -
	    world->read, step->text, step->length)) == NULL)
		if (!let_time_pass(world))
			wrong(world, "what it waits for does not come");
	world->read = (size_t)(at - world->heard) + step->length;
}

/* The number-th dotted quad of all that was heard. */
static void
check_quad(struct world *world, unsigned number, const char *wanted)
{
	unsigned part[4];
	char quad[32] = "";
	int length;

	world->heard[world->heard_count] = '\0';
	for (const char *c = world->heard;
	    c < world->heard + world->heard_count && number > 0; c++)
		if (sscanf(c, "%3u.%3u.%3u.%3u%n", &part[0], &part[1],
			&part[2], &part[3], &length) == 4 && *c > ' ') {
			(void)snprintf(quad, sizeof(quad), "%.*s", length, c);
			c += length - 1;
			number--;
		}
	if (strcmp(quad, wanted) != 0)
		wrong(world, "it reads a wrong address");
}

static void
check_started(struct world *world, const struct step *step)
{
	unsigned protocol = step->kind == PPP ? DIALOGUE_PPP :
	    step->kind == SLIP ? DIALOGUE_SLIP : DIALOGUE_CSLIP;

	if (world->last != DIALOGUE_START ||
	    world->dialogue.protocol != protocol)
		wrong(world, "the protocol has not begun");
	if (strcmp(world->dialogue.user, step->text) != 0)
		wrong(world, "it is taken for somebody else");
}

static void
play(struct world *world, const struct step *step)
{
	switch (step->kind) {
	case WAIT:
		wait_for(world, step);
		break;
	case SEND:
		send_octets(world, step);
		break;
	case QUIET:
		if (world->heard_count > 0)
			wrong(world, "it is not quiet");
		break;
	case GOT:
		if (world->heard_count - world->read != step->length ||
		    memcmp(world->heard + world->read, step->text,
			step->length) != 0)
			wrong(world, "something else came");
		break;
	case ADDRESS:
		check_quad(world, 1, "10.64.0.7");
		break;
	case SECOND:
		check_quad(world, 2, "10.64.0.1");
		break;
	case KEPT:
		if (world->dialogue.login.length != step->length ||
		    memcmp(world->dialogue.login.kept, step->text,
			step->length) != 0)
			wrong(world, "other octets are kept");
		break;
	case OVER:
		while (world->last != DIALOGUE_END)
			if (!let_time_pass(world))
				wrong(world, "it is not hung up");
		break;
	default:
		check_started(world, step);
		break;
	}
}

static void
all_callers(void **state)
{
	static struct world world;

	(void)state;
	for (size_t i = 0; i < sizeof(callers) / sizeof(*callers); i++) {
		struct dialogue_line line = { .name = "s1", .text = true,
			.greets = true,
			.protocols = DIALOGUE_PPP | DIALOGUE_SLIP |
			    DIALOGUE_CSLIP, .quiet_ms = 500,
			.user = callers[i].user ? callers[i].user : "" };

		memset(&world, 0, sizeof(world));
		world.caller = &callers[i];
		world.now = 5000;
		telnet_reset(&world.telnet, callers[i].telnet);
		world.step = callers[i].steps;
		happen(&world, dialogue_begin(&world.dialogue, &options,
		    &line, world.now));
		for (; world.step->kind != DONE; world.step++)
			play(&world, world.step);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_callers),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
