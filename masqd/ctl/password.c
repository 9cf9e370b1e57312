#include "password.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* One line, without its newline. */
static bool
read_line(char password[PASSWORD_MOST + 1])
{
	size_t used = 0;
	char octet;

	while (read(STDIN_FILENO, &octet, 1) == 1) {
		if (octet == '\n')
			break;
		if (used == PASSWORD_MOST)
			return false;
		password[used++] = octet;
	}
	password[used] = '\0';
	return used > 0;
}

/* Ctrl-C must not leave a terminal without echo behind. */
static bool
ask(const char *prompt, const char *user, char password[PASSWORD_MOST + 1])
{
	struct termios usual, quiet;
	sigset_t stops, before;
	bool done;

	if (tcgetattr(STDIN_FILENO, &usual) == -1)
		return false;
	quiet = usual;
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
	quiet.c_lflag |= ICANON;
	sigemptyset(&stops);
	sigaddset(&stops, SIGTSTP);
	sigaddset(&stops, SIGINT);
	sigaddset(&stops, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &stops, &before);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	(void)fprintf(stderr, "%s %s: ", prompt, user);
	done = read_line(password);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &usual);
	(void)fputc('\n', stderr);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return done;
}

/* Octets that pppd would show to us in another form than they were sent in,
 * and a blank that the file would lose. */
static bool
is_printable(const char *password)
{
	size_t length = strlen(password);

	if (password[0] == ' ' || password[length - 1] == ' ')
		return false;
	for (; *password != '\0'; password++)
		if (*password < ' ' || *password > '~')
			return false;
	return true;
}

static bool
read_twice(const char *user, char password[PASSWORD_MOST + 1], char *error,
    size_t size)
{
	char again[PASSWORD_MOST + 1] = "";
	bool done = false;

	if (!ask("Password of", user, password) ||
	    !ask("The same again, of", user, again))
		(void)snprintf(error, size, "no password was given: it has 1 "
			       "to %d characters", PASSWORD_MOST);
	else if (strcmp(password, again) != 0)
		(void)snprintf(error, size, "the two are not the same; "
			       "nothing is changed");
	else
		done = true;
	explicit_bzero(again, sizeof again);
	return done;
}

bool
password_read(const char *user, char password[PASSWORD_MOST + 1],
    char *error, size_t size)
{
	if (isatty(STDIN_FILENO)) {
		if (!read_twice(user, password, error, size))
			return false;
	} else if (!read_line(password)) {
		(void)snprintf(error, size, "no password came: give it on "
			       "standard input, 1 to %d characters",
		    PASSWORD_MOST);
		return false;
	}
	if (is_printable(password))
		return true;
	(void)snprintf(error, size, "a password has letters, digits and signs "
		       "of ASCII, and blanks inside only");
	return false;
}
