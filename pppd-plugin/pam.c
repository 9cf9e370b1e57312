/*
 * pam.c - PAM, at arm's length from a pppd
 *
 * The child writes its answer, of fixed size, into a pipe and is gone.  It
 * knows nothing of pppd: it neither logs nor talks to masqd.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "pppd-plugin/pam.h"

struct answer {
	enum account_result result;
	struct account account;
	char error[256];
};

static void __attribute__((noreturn))
be_child(const struct password_question *ask, int to)
{
	const struct rlimit none = { 0, 0 };
	struct answer answer = { .result = ACCOUNT_UNUSABLE };
	sigset_t nothing;

	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigemptyset(&nothing);
	sigprocmask(SIG_SETMASK, &nothing, NULL);
	setrlimit(RLIMIT_CORE, &none);
	answer.result = password_check(ask, &answer.account, answer.error,
	    sizeof(answer.error));
	_exit(write(to, &answer, sizeof(answer)) != sizeof(answer));
}

static int64_t
milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* 1: the whole answer is there. */
static int
read_answer(int from, struct answer *answer)
{
	int64_t deadline = milliseconds() + PAM_PATIENCE * 1000;
	struct pollfd ready = { .fd = from, .events = POLLIN };
	int64_t left;

	/* pppd's signals interrupt; the deadline still holds. */
	while ((left = deadline - milliseconds()) > 0)
		if (poll(&ready, 1, (int)left) == 1)
			/* Less than PIPE_BUF: it comes whole, or not. */
			return read(from, answer, sizeof(*answer)) ==
			    sizeof(*answer);
	return 0;
}

enum account_result
pam_ask(const struct password_question *ask, struct account *account,
    char *error, size_t size)
{
	struct answer answer;
	int ends[2], whole;
	pid_t child;

	memset(account, 0, sizeof(*account));
	if (pipe(ends) < 0 || (child = fork()) < 0) {
		snprintf(error, size, "PAM cannot be asked: %s",
		    strerror(errno));
		return ACCOUNT_UNUSABLE;
	}
	if (child == 0)
		be_child(ask, ends[1]);
	close(ends[1]);
	whole = read_answer(ends[0], &answer);
	close(ends[0]);
	kill(child, SIGKILL);
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	if (!whole) {
		snprintf(error, size, "PAM gave no answer within %d seconds",
		    PAM_PATIENCE);
		return ACCOUNT_UNUSABLE;
	}
	answer.error[sizeof(answer.error) - 1] = '\0';
	snprintf(error, size, "%s", answer.error);
	*account = answer.account;
	return answer.result;
}
