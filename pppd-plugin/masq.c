/*
 * masq.c - pppd's plugin that hands a caller's link to masqd
 *
 * Works under pppd 2.4.9 and 2.5 alike, on a tty or a pty, whoever started
 * that pppd.  Life of a call:
 *
 *   options read     HELLO, WELCOME: namespace, unit, who checks passwords
 *   sys_init         pppd's sockets are made in the callers' namespace
 *   establish_ppp    channel and unit are made there: pppN, down
 *   PAP              checked against the accounts file, where masqd says so
 *   PHASE_NETWORK    ASK, LEASE; again where the caller asks for an address
 *   IPCP opens       LINK with the packet socket, ACCEPT; then pppN goes up
 *   ip-up            UP
 *   the end          DOWN, and the socket is closed
 *
 * Apart from sys_init, establish_ppp and the setting of the address, pppd
 * stays in the host's namespace: its scripts and its other plugins (a RADIUS
 * server's answer) need the host's network.
 *
 * What must never happen: a pppN outside the callers' namespace; one that is
 * up and not masqd's; a second link behind one socket; a password in a log.
 * So whatever masqd does not grant ends the call, and what would make a link
 * by another way (demand, multilink, persist, kernel PPPoE) is refused.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pppd-plugin/api.h"
#include "pppd-plugin/callers.h"
#include "pppd-plugin/masq.h"
#include "pppd-plugin/talk.h"

/* What pppd looks for; all else stays in here. */
__attribute__((visibility("default"))) char pppd_version[] = API_VERSION;
__attribute__((visibility("default"))) void plugin_init(void);

static char *socket_path;
static char *line_name;
static char *user_option;
static char *caller_number;

static option_t options[] = {
	{ "masq-socket", o_string, &socket_path, "masqd's socket",
	    OPT_PRIV, NULL, 0, 0, NULL, 0, 0 },
	{ "masq-line", o_string, &line_name, "masqd's name of the line",
	    OPT_PRIV, NULL, 0, 0, NULL, 0, 0 },
	{ "masq-user", o_string, &user_option, "who has logged in already",
	    OPT_PRIV, NULL, 0, 0, NULL, 0, 0 },
	{ "masq-caller", o_string, &caller_number, "the caller's number",
	    OPT_PRIV, NULL, 0, 0, NULL, 0, 0 },
	{ NULL, o_special_noarg, NULL, NULL, 0, NULL, 0, 0, NULL, 0, 0 }
};

static struct handoff welcome;
static int established; /* a unit was made: there is no second one */
static int running;	/* PHASE_NETWORK is now on the way down */
static int told_up;
static int ending; /* a reason is logged, the rest is only the end */

/* What pppd does, and this plugin does something around it. */
static void (*pppd_process_extra_options)(void);
static void (*pppd_check_options)(void);
static int (*pppd_establish)(int);
static void (*ipcp_check_options)(void);

const char *
masq_line(void)
{
	if (line_name)
		return line_name;
	return *api_device() ? api_device() : "(pty)";
}

/*
 * Do not wait for a caller that may be gone as well: one Terminate-Request,
 * one second, in place of two and three.
 */
static void
end_soon(void)
{
	ending = 1;
	lcp_fsm[0].maxtermtransmits = 1;
	lcp_fsm[0].timeouttime = 1;
}

void
masq_end(const char *what, const char *why)
{
	if (!ending)
		error("masq: line %s: %s: %v", masq_line(), what, why);
	end_soon();
	kill(getpid(), SIGTERM);
}

int
masq_ending(void)
{
	return ending;
}

void
masq_refuse(const char *why)
{
	ppp_option_error("masq: line %s: %v", masq_line(), why);
	talk_close();
	exit(EXIT_OPTION_ERROR);
}

void
masq_enter(void)
{
	if (callers_enter() < 0)
		fatal("masq: line %s: cannot enter the callers' namespace: %m",
		    masq_line());
}

void
masq_leave(void)
{
	if (callers_leave() < 0)
		fatal("masq: line %s: cannot return to the host's namespace:"
		      " %m", masq_line());
}

static void
refuse_options(void)
{
	if (the_channel != &tty_channel)
		masq_refuse("a kernel PPPoE or L2TP channel cannot be kept"
			    " apart; use the user mode of pppoe-server or"
			    " xl2tpd");
	if (demand)
		masq_refuse("the option demand does not go with masq.so:"
			    " it needs an interface that is up at all times");
	if (multilink)
		masq_refuse("the option multilink does not go with masq.so:"
			    " a call is one link");
	if (ppp_persist())
		masq_refuse("the option persist does not go with masq.so:"
			    " a pppd serves one call");
}

static int
fill_hello(struct handoff *hello)
{
	hello->pid = (uint32_t)getpid();
	if (talk_string(hello->device, sizeof(hello->device),
		api_device()) < 0 ||
	    (line_name && talk_string(hello->line, sizeof(hello->line),
		line_name) < 0) ||
	    (user_option && talk_string(hello->user, sizeof(hello->user),
		user_option) < 0) ||
	    (caller_number && talk_string(hello->caller,
		sizeof(hello->caller), caller_number) < 0))
		return -1;
	return 0;
}

/* The first words with masqd. */
static void
greet(void)
{
	struct handoff hello = talk_message(HANDOFF_HELLO);
	int namespace = -1;

	if (fill_hello(&hello) < 0)
		masq_refuse("the name of the device, line, user or caller"
			    " is too long");
	if (talk_open(socket_path ? socket_path : HANDOFF_SOCKET) < 0 ||
	    talk_ask(&hello, -1, HANDOFF_WELCOME, &welcome, &namespace) < 0)
		masq_refuse(talk_reason());
	if (namespace < 0 || callers_take(namespace) < 0)
		masq_refuse("masqd sent no network namespace of its own");
}

/* All options are known, nothing is opened yet: pppd may still say no. */
static void
options_complete(void)
{
	if (pppd_process_extra_options)
		pppd_process_extra_options();
	refuse_options();
	greet();
	password_begin(&welcome, user_option);
	network_begin(&welcome);
	if (welcome.unit > 0)
		req_unit = (int)welcome.unit;
}

/*
 * Every channel comes by here: one that replaced the tty's after this plugin
 * was loaded has not come by options_complete.
 */
static void
check_ipcp_options(void)
{
	refuse_options();
	if (ipcp_check_options)
		ipcp_check_options();
}

/* The last call before sys_init, which makes pppd's sockets for ioctl(). */
static void
check_channel_options(void)
{
	if (pppd_check_options)
		pppd_check_options();
	masq_enter();
}

static int
establish(int tty)
{
	int descriptor;

	if (established || ending) {
		error("masq: line %s: a pppd serves one call", masq_line());
		return -1;
	}
	established = 1;
	masq_enter();
	descriptor = pppd_establish(tty);
	masq_leave();
	/* Another number may be one of the host's: then so is its pid file. */
	if (descriptor >= 0 && welcome.unit > 0 && api_unit() != req_unit) {
		error("masq: line %s: the interface number %d is in use",
		    masq_line(), req_unit);
		the_channel->disestablish_ppp(tty);
		return -1;
	}
	return descriptor;
}

static const char *
end_reason(void)
{
	static const struct {
		int status;
		const char *text;
	} reasons[] = {
		{ EXIT_OK, "the caller ended the link" },
		{ EXIT_USER_REQUEST, "pppd was told to end" },
		{ EXIT_CONNECT_FAILED, "the line could not be opened" },
		{ EXIT_NEGOTIATION_FAILED, "PPP could not be negotiated" },
		{ EXIT_PEER_AUTH_FAILED, "the login failed" },
		{ EXIT_IDLE_TIMEOUT, "idle for too long" },
		{ EXIT_CONNECT_TIME, "the session's time is over" },
		{ EXIT_PEER_DEAD, "the caller does not answer" },
		{ EXIT_HANGUP, "the caller hung up" },
		{ EXIT_LOOPBACK, "the line is looped back" },
	};
	size_t i;

	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == (int)ppp_status())
			return reasons[i].text;
	return "pppd failed; its log says more";
}

/* What SIGTERM may have been: masqd hanging up, or masqd's end. */
static void
look_for_hangup(void)
{
	if (!ending && talk_over()) {
		end_soon();
		error("masq: line %s: the call ends: %v", masq_line(),
		    talk_reason());
	}
}

static void
say_down(void)
{
	struct handoff down = talk_message(HANDOFF_DOWN);

	look_for_hangup();
	talk_string(down.reason, sizeof(down.reason), end_reason());
	talk_say(&down);
	talk_close();
}

static void
phase_changed(void *context, int now)
{
	(void)context;
	switch (now) {
	case PHASE_SERIALCONN:
		masq_leave();
		/* pppd handles signals from here on. */
		talk_watch(getpid());
		break;
	case PHASE_ESTABLISH:
		running = 0;
		break;
	case PHASE_NETWORK:
		if (!running && !ending)
			network_ask();
		break;
	case PHASE_RUNNING:
		running = 1;
		masq_leave();
		break;
	case PHASE_TERMINATE:
		look_for_hangup();
		break;
	case PHASE_DEAD:
		if (presence_ended() && ppp_status() == EXIT_HANGUP)
			api_set_status(EXIT_OK);
		/* Not before: now the unit's number is free again. */
		say_down();
		break;
	}
}

static void
address_is_up(void *context, int ignored)
{
	struct handoff message = talk_message(HANDOFF_UP);

	(void)context, (void)ignored;
	if (!network_linked()) {
		masq_end("the interface is up", "but masqd has no link");
		return;
	}
	/* updetach has made another process of us. */
	talk_watch(getpid());
	if (!told_up)
		talk_say(&message);
	told_up = 1;
}

static void
process_changed(void *context, int pid)
{
	(void)context;
	talk_watch(pid);
}

/* A script, or what carries a pty's bytes: none of masqd's business. */
static void
child_begins(void *context, int ignored)
{
	(void)context, (void)ignored;
	talk_close();
	callers_forget();
}

static void
pppd_exits(void *context, int ignored)
{
	(void)context, (void)ignored;
	say_down();
}

static void
take_hooks(void)
{
	pppd_process_extra_options = the_channel->process_extra_options;
	the_channel->process_extra_options = options_complete;
	pppd_check_options = the_channel->check_options;
	the_channel->check_options = check_channel_options;
	pppd_establish = the_channel->establish_ppp;
	the_channel->establish_ppp = establish;
	ipcp_check_options = ipcp_protent.check_options;
	ipcp_protent.check_options = check_ipcp_options;
}

void
plugin_init(void)
{
	ppp_add_options(options);
	take_hooks();
	presence_take();
	network_take();
	ppp_add_notify(NF_PHASE_CHANGE, phase_changed, NULL);
	ppp_add_notify(NF_IP_UP, address_is_up, NULL);
	ppp_add_notify(NF_PID_CHANGE, process_changed, NULL);
	ppp_add_notify(NF_FORK, child_begins, NULL);
	ppp_add_notify(NF_EXIT, pppd_exits, NULL);
}
