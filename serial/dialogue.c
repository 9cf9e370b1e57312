/*
 * dialogue.c - from CONNECT to PPP or SLIP: everything a caller may do first
 *
 * LISTENS    nothing is sent: to NAME by silence, or when a line is typed
 * NAME       `login: ` stands; what is typed is echoed; to PASSWORD
 * PASSWORD   `Password: ` stands, no echo; to CHECKS
 * CHECKS     what arrives is kept; to ASKS, OVER or WAITS by the answer
 * WAITS      after a wrong password; what arrives is dropped; to NAME or OVER
 * ASKS       `Protocol: ` stands; to OVER by a word
 * OVER       the owner was told to start or to hang up
 *
 * A PPP frame leads from any of them to OVER, but from CHECKS, where it waits
 * for the answer.  An octet that may be a frame's first is held until it is
 * known to be one or not, so that no frame is echoed, and a `~` may be typed.
 *
 * Never: an octet of a password in the output; more output than a screen or
 * so for an octet, nor more than fits; SLIP for somebody who is not known.
 */
#include <stdio.h>
#include <string.h>

#include "serial/banner.h"
#include "serial/dialogue.h"
#include "serial/menu.h"

enum {
	REFUSED_MS = 5000, /* noise looks like anything: PPP may follow */
	DELAY_MOST_MS = 30000
};

static const char *const reasons[] = {
	[DIALOGUE_NO_REASON] = "",
	[DIALOGUE_TIMEOUT] = "no login in time",
	[DIALOGUE_IDLE] = "nothing came from the caller",
	[DIALOGUE_TRIES] = "too many wrong passwords",
	[DIALOGUE_QUIT] = "the user's wish",
	[DIALOGUE_REFUSED] = "what the caller speaks is not served here",
};
_Static_assert(sizeof(reasons) / sizeof(*reasons) == DIALOGUE_REASONS,
    "a text for each reason");

const char *
dialogue_reason_text(enum dialogue_reason reason)
{
	return reasons[reason];
}

/* OUTPUT */

static void
put(struct dialogue *dialogue, char c)
{
	if (dialogue->out_count < sizeof(dialogue->out))
		dialogue->out[dialogue->out_count++] =
		    typing_dress(&dialogue->typing, (uint8_t)c);
}

void
dialogue_say(struct dialogue *dialogue, const char *text)
{
	char before = '\0';

	for (; *text != '\0'; before = *text++) {
		if (*text == '\n' && before != '\r')
			put(dialogue, '\r');
		put(dialogue, *text);
	}
}

const uint8_t *
dialogue_output(const struct dialogue *dialogue, size_t *count)
{
	*count = dialogue->out_count;
	return dialogue->out;
}

void
dialogue_sent(struct dialogue *dialogue, size_t count)
{
	dialogue->out_count -= count;
	memmove(dialogue->out, dialogue->out + count, dialogue->out_count);
}

/* These come from programs, which want no echo of them. */
static bool
is_greeting(const struct dialogue *dialogue)
{
	const char *text = dialogue->typing.text;

	return strncmp(text, "**", 2) == 0 || strcmp(text, "*") == 0 ||
	    (dialogue->cabled &&
		strncmp(text, "CLIENT", dialogue->typing.count) == 0);
}

/* Bring the screen to what is typed. */
static void
echo(struct dialogue *dialogue)
{
	const struct typing *typing = &dialogue->typing;

	if (dialogue->state != DIALOGUE_NAME && dialogue->state != DIALOGUE_ASKS)
		return;
	for (; dialogue->echoed > typing->count; dialogue->echoed--)
		dialogue_say(dialogue, "\b \b");
	if (dialogue->state == DIALOGUE_NAME && is_greeting(dialogue))
		return;
	while (dialogue->echoed < typing->count)
		put(dialogue, typing->text[dialogue->echoed++]);
}

/* STATES */

static void
prompt(struct dialogue *dialogue, enum dialogue_state state, const char *text)
{
	dialogue->state = state;
	dialogue->until = 0;
	dialogue->echoed = 0;
	dialogue->typing.wide = state == DIALOGUE_PASSWORD;
	dialogue_say(dialogue, text);
}

static void
first_prompt(struct dialogue *dialogue)
{
	const struct banner_values values = { .line = dialogue->line.name,
		.peer = "", .gate = "", .encap = "" };
	char issue[BANNER_SIZE];

	dialogue_say(dialogue, "\n");
	if (banner_expand(dialogue->options->issue, &values, issue,
		sizeof(issue)) > 0) {
		dialogue_say(dialogue, issue);
		dialogue_say(dialogue, "\n");
	}
	prompt(dialogue, DIALOGUE_NAME, "login: ");
}

static enum dialogue_event
end(struct dialogue *dialogue, enum dialogue_reason reason)
{
	dialogue->state = DIALOGUE_OVER;
	dialogue->reason = reason;
	return DIALOGUE_END;
}

static enum dialogue_event
start(struct dialogue *dialogue, unsigned protocol, enum login_kind kind)
{
	dialogue->state = DIALOGUE_OVER;
	dialogue->protocol = protocol;
	login_decide(&dialogue->login, kind);
	return DIALOGUE_START;
}

/* By a word, or because the user has one protocol only. */
static enum dialogue_event
start_said(struct dialogue *dialogue, unsigned protocol)
{
	if (protocol == DIALOGUE_PPP) {
		dialogue_say(dialogue, "Entering PPP mode.\n");
		return start(dialogue, protocol, LOGIN_PPP);
	}
	return start(dialogue, protocol, protocol == DIALOGUE_SLIP ?
		LOGIN_SLIP : LOGIN_CSLIP);
}

/* Not at once: what looks like this may be noise before the first frame. */
static enum dialogue_event
refuse(struct dialogue *dialogue, uint64_t now)
{
	if (!dialogue->refused)
		dialogue->until = now + REFUSED_MS;
	dialogue->refused = true;
	return DIALOGUE_GOES;
}

/* PROTOCOL */

static void
list_words(struct dialogue *dialogue)
{
	char text[300];

	menu_list(dialogue->allowed, text, sizeof(text));
	dialogue_say(dialogue, text);
}

static enum dialogue_event
ask(struct dialogue *dialogue)
{
	login_reset(&dialogue->login);
	if (dialogue->options->menu) {
		dialogue_say(dialogue, "\n");
		list_words(dialogue);
	}
	prompt(dialogue, DIALOGUE_ASKS, "Protocol: ");
	return DIALOGUE_GOES;
}

static enum dialogue_event
protocol_entered(struct dialogue *dialogue)
{
	const char *text = dialogue->typing.text;
	const struct menu_word *word = dialogue->typing.spoilt ? NULL :
	    menu_find(text);

	if (word != NULL && word->protocol == 0)
		return end(dialogue, DIALOGUE_QUIT);
	if (word != NULL && (word->protocol & dialogue->allowed))
		return start_said(dialogue, word->protocol);
	if (text[strspn(text, " ")] != '\0')
		list_words(dialogue);
	prompt(dialogue, DIALOGUE_ASKS, "Protocol: ");
	return DIALOGUE_GOES;
}

/* NAME AND PASSWORD */

static void
trim(const char *text, char *to)
{
	size_t length;

	text += strspn(text, " ");
	length = strlen(text);
	while (length > 0 && text[length - 1] == ' ')
		length--;
	memcpy(to, text, length);
	to[length] = '\0';
}

static enum dialogue_event
name_entered(struct dialogue *dialogue)
{
	trim(dialogue->typing.text, dialogue->user);
	if (strncmp(dialogue->user, "**EMSI", 6) == 0)
		dialogue->echoed = 0; /* a mailer: as if nothing had come */
	else if (dialogue->user[0] == '\0' || dialogue->typing.spoilt)
		prompt(dialogue, DIALOGUE_NAME, "login: ");
	else
		prompt(dialogue, DIALOGUE_PASSWORD, "Password: ");
	return DIALOGUE_GOES;
}

static enum dialogue_event
wrong(struct dialogue *dialogue, uint64_t now)
{
	uint64_t delay = dialogue->options->delay_ms;

	for (uint32_t i = 0; i < dialogue->tries && delay < DELAY_MOST_MS; i++)
		delay *= 2;
	if (delay > DELAY_MOST_MS)
		delay = DELAY_MOST_MS;
	dialogue->tries++;
	dialogue->state = DIALOGUE_WAITS;
	dialogue->until = now + delay;
	return DIALOGUE_GOES;
}

static enum dialogue_event
password_entered(struct dialogue *dialogue, uint64_t now)
{
	if (dialogue->typing.spoilt)
		return wrong(dialogue, now);
	memcpy(dialogue->password, dialogue->typing.text,
	    sizeof(dialogue->password));
	dialogue->state = DIALOGUE_CHECKS;
	return DIALOGUE_CHECK;
}

static enum dialogue_event
line_entered(struct dialogue *dialogue, uint64_t now)
{
	enum dialogue_event event = DIALOGUE_GOES;

	dialogue->cabled = false;
	if (dialogue->state == DIALOGUE_LISTENS)
		first_prompt(dialogue);
	echo(dialogue);
	dialogue_say(dialogue, "\n");
	switch (dialogue->state) {
	case DIALOGUE_NAME:
		event = name_entered(dialogue);
		break;
	case DIALOGUE_PASSWORD:
		event = password_entered(dialogue, now);
		break;
	case DIALOGUE_ASKS:
		event = protocol_entered(dialogue);
		break;
	default:
		break;
	}
	typing_clear(&dialogue->typing);
	return event;
}

static void
interrupted(struct dialogue *dialogue)
{
	if (dialogue->state == DIALOGUE_LISTENS)
		return;
	typing_clear(&dialogue->typing);
	dialogue_say(dialogue, "\n");
	if (dialogue->state == DIALOGUE_ASKS)
		prompt(dialogue, DIALOGUE_ASKS, "Protocol: ");
	else
		prompt(dialogue, DIALOGUE_NAME, "login: ");
}

/* A Windows computer at the other end of a cable takes it for a modem that
 * answers so; PPP follows. */
static bool
greet_cable(struct dialogue *dialogue)
{
	if (!dialogue->cabled || dialogue->state > DIALOGUE_NAME ||
	    strcmp(dialogue->typing.text, "CLIENT") != 0)
		return false;
	typing_clear(&dialogue->typing);
	dialogue->echoed = 0;
	dialogue_say(dialogue, "CLIENTSERVER");
	return true;
}

static enum dialogue_event
typed(struct dialogue *dialogue, uint8_t octet, uint64_t now)
{
	if (dialogue->state == DIALOGUE_WAITS)
		return DIALOGUE_GOES;
	if (!dialogue->line.text) {
		if (typing_octet(&dialogue->typing, octet) == TYPING_ADDED)
			(void)greet_cable(dialogue);
		return DIALOGUE_GOES;
	}
	switch (typing_octet(&dialogue->typing, octet)) {
	case TYPING_ENTERED:
		return line_entered(dialogue, now);
	case TYPING_INTERRUPTED:
		interrupted(dialogue);
		break;
	case TYPING_ADDED:
		if (!greet_cable(dialogue))
			echo(dialogue);
		break;
	case TYPING_ERASED:
		echo(dialogue);
		break;
	case TYPING_NOTHING:
		break;
	}
	return DIALOGUE_GOES;
}

/* OCTETS */

static bool
may_slip(const struct dialogue *dialogue)
{
	return (dialogue->allowed & (DIALOGUE_SLIP | DIALOGUE_CSLIP)) &&
	    (dialogue->state == DIALOGUE_ASKS ||
		(dialogue->state <= DIALOGUE_NAME &&
		    dialogue->line.user[0] != '\0'));
}

/* A frame of PPP or a packet of SLIP has begun. */
static enum dialogue_event
framed(struct dialogue *dialogue, enum login_kind kind, uint64_t now)
{
	unsigned protocol = kind == LOGIN_PPP ? DIALOGUE_PPP :
	    kind == LOGIN_CSLIP && (dialogue->allowed & DIALOGUE_CSLIP) ?
	    DIALOGUE_CSLIP : DIALOGUE_SLIP;

	if (kind == LOGIN_PPP && !(dialogue->allowed & DIALOGUE_PPP))
		return refuse(dialogue, now);
	if (dialogue->state != DIALOGUE_ASKS)
		(void)snprintf(dialogue->user, sizeof(dialogue->user), "%s",
		    kind == LOGIN_PPP ? "" : dialogue->line.user);
	return start(dialogue, protocol, kind);
}

static enum dialogue_event
let_go(struct dialogue *dialogue, uint8_t octet, uint64_t now)
{
	size_t count = dialogue->held_count;

	dialogue->held_count = 0;
	for (size_t i = 0; i < count; i++)
		(void)typed(dialogue, dialogue->held[i], now);
	return typed(dialogue, octet, now);
}

static enum dialogue_event
take(struct dialogue *dialogue, uint8_t octet, uint64_t now)
{
	enum login_kind kind;

	if (dialogue->state == DIALOGUE_CHECKS) {
		if (dialogue->ahead_count < sizeof(dialogue->ahead))
			dialogue->ahead[dialogue->ahead_count++] = octet;
		return DIALOGUE_GOES;
	}
	kind = login_feed(&dialogue->login, &octet, 1);
	if (kind == LOGIN_PPP || ((kind == LOGIN_SLIP || kind == LOGIN_CSLIP) &&
		may_slip(dialogue)))
		return framed(dialogue, kind, now);
	if (kind != LOGIN_UNKNOWN && !dialogue->line.text)
		return refuse(dialogue, now);
	if (!dialogue->login.in_frame ||
	    dialogue->held_count == sizeof(dialogue->held))
		return let_go(dialogue, octet, now);
	dialogue->held[dialogue->held_count++] = octet;
	return DIALOGUE_GOES;
}

enum dialogue_event
dialogue_feed(struct dialogue *dialogue, const uint8_t *octets, size_t count,
    uint64_t now)
{
	enum dialogue_event event = DIALOGUE_GOES;
	size_t i = 0;

	if (count > 0)
		dialogue->heard = now;
	while (i < count && dialogue->state != DIALOGUE_OVER) {
		enum dialogue_event one = take(dialogue, octets[i++], now);

		if (one != DIALOGUE_GOES)
			event = one;
	}
	if (dialogue->state == DIALOGUE_OVER &&
	    dialogue->reason == DIALOGUE_NO_REASON)
		(void)login_feed(&dialogue->login, octets + i, count - i);
	return event;
}

/* BEGIN, TIME, ANSWERS */

enum dialogue_event
dialogue_begin(struct dialogue *dialogue,
    const struct dialogue_options *options, const struct dialogue_line *line,
    uint64_t now)
{
	memset(dialogue, 0, sizeof(*dialogue));
	dialogue->options = options;
	dialogue->line = *line;
	dialogue->allowed = line->protocols;
	dialogue->begun = dialogue->heard = now;
	dialogue->cabled = line->greets;
	login_reset(&dialogue->login);
	typing_reset(&dialogue->typing);
	if (line->text)
		dialogue->until = now + line->quiet_ms;
	/* Nothing else could come, and some wait for us to begin. */
	if (line->user[0] != '\0' && !line->text &&
	    (line->protocols & DIALOGUE_SLIP) &&
	    !(line->protocols & DIALOGUE_PPP))
		return framed(dialogue, LOGIN_SLIP, now);
	return DIALOGUE_GOES;
}

uint64_t
dialogue_deadline(const struct dialogue *dialogue)
{
	uint64_t first = dialogue->until, then;

	if (dialogue->state == DIALOGUE_OVER)
		return 0;
	then = dialogue->begun + dialogue->options->timeout_ms;
	if (dialogue->options->timeout_ms != 0 && (first == 0 || then < first))
		first = then;
	then = dialogue->heard + dialogue->options->idle_ms;
	if (dialogue->options->idle_ms != 0 &&
	    dialogue->state != DIALOGUE_CHECKS &&
	    dialogue->state != DIALOGUE_WAITS && (first == 0 || then < first))
		first = then;
	return first;
}

static enum dialogue_event
waited(struct dialogue *dialogue, uint64_t now)
{
	dialogue->until = 0;
	if (dialogue->refused)
		return end(dialogue, DIALOGUE_REFUSED);
	if (dialogue->state == DIALOGUE_LISTENS) {
		first_prompt(dialogue);
		echo(dialogue);
	} else if (dialogue->state == DIALOGUE_WAITS) {
		dialogue->heard = now;
		dialogue_say(dialogue, "Login incorrect\n");
		if (dialogue->tries >= dialogue->options->tries)
			return end(dialogue, DIALOGUE_TRIES);
		prompt(dialogue, DIALOGUE_NAME, "\nlogin: ");
	}
	return DIALOGUE_GOES;
}

enum dialogue_event
dialogue_late(struct dialogue *dialogue, uint64_t now)
{
	bool whole = dialogue->options->timeout_ms != 0 &&
	    now >= dialogue->begun + dialogue->options->timeout_ms;

	if (dialogue_deadline(dialogue) == 0 ||
	    now < dialogue_deadline(dialogue))
		return DIALOGUE_GOES;
	if (!whole && dialogue->until != 0 && now >= dialogue->until)
		return waited(dialogue, now);
	if (dialogue->state != DIALOGUE_LISTENS)
		dialogue_say(dialogue, "\nLogin timed out\n");
	if (dialogue->login.kind > LOGIN_TEXT)
		return end(dialogue, DIALOGUE_REFUSED);
	return end(dialogue, whole ? DIALOGUE_TIMEOUT : DIALOGUE_IDLE);
}

static enum dialogue_event
known(struct dialogue *dialogue, const struct dialogue_user *user)
{
	if (user->protocols != 0)
		dialogue->allowed &= user->protocols;
	if (dialogue->allowed == 0) {
		dialogue_say(dialogue, "None of your protocols is served "
				       "here.\n");
		return end(dialogue, DIALOGUE_REFUSED);
	}
	if (user->protocol & dialogue->allowed)
		return start_said(dialogue, user->protocol);
	if ((dialogue->allowed & (dialogue->allowed - 1)) == 0)
		return start_said(dialogue, dialogue->allowed);
	return ask(dialogue);
}

enum dialogue_event
dialogue_checked(struct dialogue *dialogue, const struct dialogue_user *user,
    uint64_t now)
{
	uint8_t ahead[DIALOGUE_AHEAD];
	size_t count = dialogue->ahead_count;
	enum dialogue_event event;

	if (dialogue->state != DIALOGUE_CHECKS)
		return DIALOGUE_GOES;
	explicit_bzero(dialogue->password, sizeof(dialogue->password));
	memcpy(ahead, dialogue->ahead, count);
	explicit_bzero(dialogue->ahead, sizeof(dialogue->ahead));
	dialogue->ahead_count = 0;
	dialogue->heard = now;
	if (user == NULL) {
		event = wrong(dialogue, now);
	} else {
		event = known(dialogue, user);
		if (event == DIALOGUE_GOES)
			event = dialogue_feed(dialogue, ahead, count, now);
		else if (event == DIALOGUE_START)
			(void)login_feed(&dialogue->login, ahead, count);
	}
	explicit_bzero(ahead, sizeof(ahead));
	return event;
}

void
dialogue_end(struct dialogue *dialogue)
{
	explicit_bzero(dialogue->password, sizeof(dialogue->password));
	explicit_bzero(dialogue->ahead, sizeof(dialogue->ahead));
	explicit_bzero(dialogue->held, sizeof(dialogue->held));
	explicit_bzero(&dialogue->login, sizeof(dialogue->login));
	typing_clear(&dialogue->typing);
	dialogue->state = DIALOGUE_OVER;
}
