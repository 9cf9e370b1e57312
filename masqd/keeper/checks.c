/*
 * checks.c - the keeper's children that check passwords, one a check
 *
 * Life of a check: waiting in the queue, at most one a line; running, in one
 * of CHECKS_MOST children; gone once the child was reaped.  One that is no
 * longer wanted, because its line asks anew, is killed, or taken out of the
 * queue, and not answered.
 *
 * What must never happen: an answer of one check taken for another's (the
 * ticket tells); a child that waits for ever; a password that stays.
 */
#include "checks.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/queue.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keeper.h"
#include "masqd/log.h"
#include "masqd/message.h"
#include "masqd/password.h"

enum {
	CHECKS_MOST = 8,       /* children at a time */
	CHECKS_MS = 20 * 1000, /* a PAM module may ask a server far away */
	NAME_ROOM = KEEPER_USER
};

struct waiting {
	struct keeper_message question;
	TAILQ_ENTRY(waiting) entry;
};

struct running {
	struct checks *all;
	pid_t pid; /* 0: this place is free */
	uint32_t line, ticket;
	char user[NAME_ROOM];
	bool unwanted;
	uv_timer_t timer;
};

struct checks {
	const struct config *config;
	int gateway;
	bool stopped;
	struct running running[CHECKS_MOST];
	TAILQ_HEAD(, waiting) queue;
};

static void
say(const struct checks *all, struct keeper_message *answer)
{
	answer->op = KEEPER_CHECKED;
	if (message_send(all->gateway, answer, sizeof *answer, -1) == -1)
		log_warn("cannot tell the gateway");
}

static void
unable(const struct checks *all, uint32_t line, uint32_t ticket,
    const char *user)
{
	struct keeper_message answer = { .line = line, .ticket = ticket,
		.status = CHECK_UNABLE };

	strncpy(answer.user, user, sizeof answer.user - 1);
	say(all, &answer);
}

static void
forget(struct checks *all, struct waiting *waiting)
{
	TAILQ_REMOVE(&all->queue, waiting, entry);
	explicit_bzero(waiting, sizeof *waiting);
	free(waiting);
}

/* In the child: nothing of the keeper's signals, no trace of a crash, and no
 * life without the keeper. */
static void
prepare_child(pid_t keeper)
{
	const struct rlimit none = { 0, 0 };
	sigset_t nothing;

	for (int i = 1; i < NSIG; i++)
		(void)signal(i, SIG_DFL);
	(void)signal(SIGPIPE, SIG_IGN);
	sigemptyset(&nothing);
	(void)sigprocmask(SIG_SETMASK, &nothing, NULL);
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != keeper)
		_exit(1);
}

/* What the log says, and what the gateway is to know of it. */
static enum keeper_check
judge(enum account_result result, const char *line, const char *user,
    const char *why)
{
	const char *shown = *user != '\0' ? user : "-";

	switch (result) {
	case ACCOUNT_OK:
		log_info("line %s: user %s has logged in", line, shown);
		break;
	case ACCOUNT_UNKNOWN:
		log_warnx("line %s: user %s: there is no such account", line,
		    shown);
		return CHECK_WRONG;
	case ACCOUNT_WRONG:
		log_warnx("line %s: user %s: wrong password", line, shown);
		return CHECK_WRONG;
	case ACCOUNT_UNUSABLE:
		log_warnx("line %s: user %s: %s", line, shown, why);
		return CHECK_UNABLE;
	}
	if (*why != '\0')
		log_warnx("%s", why);
	return CHECK_RIGHT;
}

static enum keeper_check
check(const struct config *config, const struct keeper_message *message,
    struct account *account)
{
	const char *line = config->lines[message->line].name;
	const struct password_question ask = {
		.pam = config->auth == AUTH_PAM, .accounts = config->accounts,
		.line = line, .user = message->user,
		.password = message->password };
	char why[256] = "";
	enum account_result result = ACCOUNT_OK;

	if (config->auth != AUTH_NONE)
		result = password_check(&ask, account, why, sizeof why);
	return judge(result, line, message->user, why);
}

/* The name is masqd.conf's, whatever was asked: the gateway learns nobody
 * else's options.  There need not be such an account. */
static enum keeper_check
find(const struct config *config, const struct keeper_message *message,
    struct account *account)
{
	const char *user = config->lines[message->line].user;
	char why[256] = "";

	if (user != NULL && config->auth != AUTH_NONE)
		(void)account_find(config->accounts, user, account, why,
		    sizeof why);
	if (*why != '\0')
		log_warnx("%s", why);
	return CHECK_RIGHT;
}

static void __attribute__((noreturn))
be_child(const struct checks *all, struct keeper_message *message)
{
	struct account account = { .address = 0 };
	enum keeper_check result = message->op == KEEPER_FIND ?
	    find(all->config, message, &account) :
	    check(all->config, message, &account);

	explicit_bzero(message->password, sizeof message->password);
	message->op = KEEPER_CHECKED;
	message->status = (int32_t)result;
	message->address = account.address;
	message->options = account.options;
	_exit(message_send(all->gateway, message, sizeof *message, -1) == -1);
}

/* The keeper's reaper frees the place. */
static void
too_long(uv_timer_t *timer)
{
	struct running *running = timer->data;

	if (running->unwanted)
		return;
	log_warnx("line %s: user %s: the check took longer than %d seconds",
	    running->all->config->lines[running->line].name, running->user,
	    CHECKS_MS / 1000);
	running->unwanted = true;
	(void)kill(running->pid, SIGKILL);
	unable(running->all, running->line, running->ticket, running->user);
}

static void
start(struct checks *all, struct running *place, struct waiting *next)
{
	struct keeper_message *question = &next->question;
	sigset_t every, before;
	pid_t self = getpid();

	sigfillset(&every);
	(void)sigprocmask(SIG_BLOCK, &every, &before);
	place->pid = fork();
	if (place->pid == 0) {
		prepare_child(self);
		be_child(all, question);
	}
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	if (place->pid == -1) {
		log_warn("line %s: cannot check a password",
		    all->config->lines[question->line].name);
		place->pid = 0;
		unable(all, question->line, question->ticket, question->user);
		return;
	}
	place->line = question->line;
	place->ticket = question->ticket;
	place->unwanted = false;
	memcpy(place->user, question->user, sizeof place->user);
	(void)uv_timer_start(&place->timer, too_long, CHECKS_MS, 0);
}

static struct running *
free_place(struct checks *all)
{
	for (size_t i = 0; i < CHECKS_MOST; i++)
		if (all->running[i].pid == 0)
			return &all->running[i];
	return NULL;
}

static void
start_next(struct checks *all)
{
	struct running *place;
	struct waiting *next;

	while ((next = TAILQ_FIRST(&all->queue)) != NULL &&
	    (place = free_place(all)) != NULL) {
		start(all, place, next);
		forget(all, next);
	}
}

/* The line asks anew, or its call is over: what it asked before is moot. */
static void
give_up(struct checks *all, uint32_t line)
{
	struct waiting *waiting;

	for (size_t i = 0; i < CHECKS_MOST; i++) {
		struct running *running = &all->running[i];

		if (running->pid == 0 || running->line != line ||
		    running->unwanted)
			continue;
		running->unwanted = true;
		(void)kill(running->pid, SIGKILL);
	}
	TAILQ_FOREACH (waiting, &all->queue, entry)
		if (waiting->question.line == line)
			break;
	if (waiting != NULL)
		forget(all, waiting);
}

void
checks_ask(struct checks *all, const struct keeper_message *question)
{
	struct waiting *waiting;

	if (all->stopped)
		return;
	give_up(all, question->line);
	if (question->op == KEEPER_CHECK && all->config->auth == AUTH_PPPD) {
		log_warnx("line %s: a text login needs auth = \"accounts\" or "
			  "\"pam\"; with \"pppd\" callers begin PPP at once",
		    all->config->lines[question->line].name);
		unable(all, question->line, question->ticket, "");
		return;
	}
	waiting = malloc(sizeof *waiting);
	if (waiting == NULL) {
		unable(all, question->line, question->ticket, "");
		return;
	}
	waiting->question = *question;
	waiting->question.user[KEEPER_USER - 1] = '\0';
	waiting->question.password[KEEPER_PASSWORD - 1] = '\0';
	TAILQ_INSERT_TAIL(&all->queue, waiting, entry);
	start_next(all);
}

bool
checks_child_ended(struct checks *all, pid_t pid, int status)
{
	for (size_t i = 0; i < CHECKS_MOST; i++) {
		struct running *running = &all->running[i];

		if (running->pid != pid)
			continue;
		(void)uv_timer_stop(&running->timer);
		running->pid = 0;
		if (status != 0 && !running->unwanted) {
			log_warnx("line %s: user %s: the check has failed",
			    all->config->lines[running->line].name,
			    running->user);
			unable(all, running->line, running->ticket,
			    running->user);
		}
		start_next(all);
		return true;
	}
	return false;
}

void
checks_stop(struct checks *all)
{
	struct waiting *waiting;

	all->stopped = true;
	while ((waiting = TAILQ_FIRST(&all->queue)) != NULL)
		forget(all, waiting);
	for (size_t i = 0; i < CHECKS_MOST; i++)
		if (all->running[i].pid != 0) {
			all->running[i].unwanted = true;
			(void)kill(all->running[i].pid, SIGKILL);
		}
}

bool
checks_none(const struct checks *all)
{
	for (size_t i = 0; i < CHECKS_MOST; i++)
		if (all->running[i].pid != 0)
			return false;
	return true;
}

struct checks *
checks_create(uv_loop_t *loop, const struct config *config, int gateway)
{
	struct checks *all = calloc(1, sizeof *all);

	if (all == NULL)
		return NULL;
	all->config = config;
	all->gateway = gateway;
	TAILQ_INIT(&all->queue);
	for (size_t i = 0; i < CHECKS_MOST; i++) {
		all->running[i].all = all;
		(void)uv_timer_init(loop, &all->running[i].timer);
		all->running[i].timer.data = &all->running[i];
	}
	return all;
}

/* At the keeper's end: its loop does not run again. */
void
checks_destroy(struct checks *all)
{
	if (all == NULL)
		return;
	checks_stop(all);
	free(all);
}
