/*
 * call_login.c - LOGIN: from CONNECT to PPP or SLIP
 *
 * dialogue.c knows what a caller may say and what is answered; here it gets
 * its octets and its time, and what it decides is done.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

#include "masqd/log.h"
#include "serial/banner.h"
#include "serial/line_state.h"

enum {
	HOUSE_MS = 10000, /* for a pppd to come, or an account to be found */
	/* Silence before the first prompt: a caller that speaks PPP begins by
	 * itself, and a soft modem takes some time to let data through. */
	QUIET_MODEM_MS = 1500,
	QUIET_TCP_MS = 500,
	LAST_WORDS_MS = 1000 /* to reach the caller before DTR falls */
};

static const enum line_cause causes[] = {
	[DIALOGUE_NO_REASON] = CAUSE_NAS_ERROR,
	[DIALOGUE_TIMEOUT] = CAUSE_USER_ERROR,
	[DIALOGUE_IDLE] = CAUSE_IDLE_TIMEOUT,
	[DIALOGUE_TRIES] = CAUSE_USER_ERROR,
	[DIALOGUE_QUIT] = CAUSE_USER_REQUEST,
	[DIALOGUE_REFUSED] = CAUSE_SERVICE_UNAVAILABLE,
};
_Static_assert(sizeof(causes) / sizeof(*causes) == DIALOGUE_REASONS,
    "a cause for each reason");

/* What the dialogue says goes to the port with whatever else does. */
static void
say(struct line *line)
{
	size_t count;
	const uint8_t *octets = dialogue_output(&line->dialogue, &count);

	if (count > line_room(line))
		count = line_room(line);
	if (count == 0)
		return;
	line_write(line, octets, count);
	dialogue_sent(&line->dialogue, count);
}

static void
start_ppp(struct line *line)
{
	const char *user = line->checked ? line->dialogue.user : "";

	line->ppp = LINE_PPP_ASKED;
	line_wait(line, HOUSE_MS);
	line->house.ppp_start(line->house.context, line, line->caller, user);
}

/* A script takes its address from this. */
static void
announce(struct line *line, bool compressed, const struct line_slip *terms)
{
	char peer[INET_ADDRSTRLEN], gate[INET_ADDRSTRLEN], text[BANNER_SIZE];
	struct banner_values values = { .line = line->config.name,
		.peer = peer, .gate = gate, .mtu = terms->mtu,
		.encap = compressed ? "CSLIP" : "SLIP" };

	inet_ntop(AF_INET, &terms->peer, peer, sizeof(peer));
	inet_ntop(AF_INET, &terms->gate, gate, sizeof(gate));
	(void)banner_expand(line->config.login->banner, &values, text,
	    sizeof(text));
	dialogue_say(&line->dialogue, text);
	dialogue_say(&line->dialogue, "\n");
}

/* SLIP has no way round an octet that telnet takes.  Without a login it begins
 * before anything is negotiated: there it is tried. */
static bool
passes_telnet(struct line *line)
{
	if (!line->checked || port_is_clean(line->port))
		return true;
	log_warnx("line %s: user %s: refused: SLIP needs a telnet that is"
	    " binary both ways, or none", line->config.name,
	    line->dialogue.user);
	dialogue_say(&line->dialogue, "SLIP needs a telnet that is binary both"
	    " ways, or none.\n");
	say(line);
	return false;
}

static void
start_slip(struct line *line)
{
	bool compressed = line->dialogue.protocol == DIALOGUE_CSLIP;
	const struct login *login = &line->dialogue.login;
	struct line_slip terms;

	if (!passes_telnet(line) ||
	    !line->house.slip_begin(line->house.context, line,
		line->dialogue.user, compressed, &terms)) {
		line_call_end(line, CAUSE_SERVICE_UNAVAILABLE);
		return;
	}
	line->slip = true;
	if (line->checked) {
		announce(line, compressed, &terms);
		say(line);
	}
	line_enter(line, LINE_SLIP);
	/* What came while we looked for an address. */
	if (line->state == LINE_SLIP && login->length > 0)
		line->house.slip_octets(line->house.context, line,
		    login->kept, login->length);
}

/* Nobody has logged in: it is the line's own user. */
static void
ask_for_account(struct line *line)
{
	line_wait(line, HOUSE_MS);
	line->house.check(line->house.context, line, line->dialogue.user,
	    NULL);
}

static void
hang_up(struct line *line)
{
	enum dialogue_reason reason = line->dialogue.reason;
	bool spoken = line->out > 0 || line->out_first != line->out_end;

	log_info("line %s: no login: %s (the caller sends %s)",
	    line->config.name, dialogue_reason_text(reason),
	    login_kind_name(line->dialogue.login.kind));
	if (line->cause == CAUSE_NONE)
		line->cause = causes[reason];
	line->leaving = true;
	line_wait(line, spoken && line->config.kind != LINE_TCP ?
		LAST_WORDS_MS : 0);
}

void
line_login_event(struct line *line, enum dialogue_event event)
{
	const struct dialogue *dialogue = &line->dialogue;

	say(line);
	if (dialogue->state != DIALOGUE_OVER)
		line->deadline = dialogue_deadline(dialogue);
	switch (event) {
	case DIALOGUE_GOES:
		break;
	case DIALOGUE_CHECK:
		line->house.check(line->house.context, line, dialogue->user,
		    dialogue->password);
		break;
	case DIALOGUE_START:
		if (dialogue->protocol == DIALOGUE_PPP)
			start_ppp(line);
		else if (line->checked)
			start_slip(line);
		else
			ask_for_account(line);
		break;
	case DIALOGUE_END:
		hang_up(line);
		break;
	}
}

enum dialogue_event
line_login_begin(struct line *line)
{
	const unsigned protocols = line->config.protocols;
	const struct dialogue_line about = { .name = line->config.name,
		.user = line->config.user,
		.protocols = protocols & ~(unsigned)LINE_WITH_LOGIN,
		.text = protocols & LINE_WITH_LOGIN,
		.greets = line->profile->greets,
		.quiet_ms = line->config.kind == LINE_TCP ? QUIET_TCP_MS :
							    QUIET_MODEM_MS };

	line->leaving = line->checked = false;
	return dialogue_begin(&line->dialogue, line->config.login, &about,
	    line_now(line));
}

static void
login_late(struct line *line)
{
	if (line->leaving) {
		line_call_end(line, line->cause);
	} else if (line->dialogue.state == DIALOGUE_OVER) {
		log_warnx("line %s: %s in time", line->config.name,
		    line->ppp != LINE_PPP_NONE ? "no pppd came" :
		    "the user's account was not found");
		line_call_end(line, CAUSE_NAS_ERROR);
	} else {
		line_login_event(line,
		    dialogue_late(&line->dialogue, line_now(line)));
	}
}

static void
login_octets(struct line *line, const uint8_t *octets, size_t count)
{
	enum dialogue_event event;

	line->in += count;
	if (line->leaving)
		return;
	event = dialogue_feed(&line->dialogue, octets, count, line_now(line));
	if (line->ppp == LINE_PPP_NONE)
		line_login_event(line, event);
}

void
line_checked(struct line *line, bool right, unsigned protocols,
    unsigned protocol)
{
	const struct dialogue_user user = { .protocols = protocols,
		.protocol = protocol };

	if (line->dying || line->state != LINE_LOGIN || line->leaving)
		return;
	if (line->dialogue.state == DIALOGUE_CHECKS) {
		line->checked = right;
		line_login_event(line, dialogue_checked(&line->dialogue,
		    right ? &user : NULL, line_now(line)));
	} else if (line->dialogue.state == DIALOGUE_OVER &&
	    line->ppp == LINE_PPP_NONE) {
		start_slip(line);
	}
	line_arm(line);
}

static void
login_signals(struct line *line)
{
	if (!line_has_carrier(line))
		line_call_end(line, CAUSE_LOST_CARRIER);
}

_Static_assert((int)LINE_WITH_PPP == (int)DIALOGUE_PPP &&
    (int)LINE_WITH_SLIP == (int)DIALOGUE_SLIP &&
    (int)LINE_WITH_CSLIP == (int)DIALOGUE_CSLIP, "the same bits");

const struct line_does line_in_login = {
	.name = "login",
	.late = login_late,
	.octets = login_octets,
	.signals = login_signals,
};
