#include "pppd.h"

#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "masqd/log.h"
#include "pty.h"

enum { ARGUMENTS_MOST = 32 };

static void
keep_harmless(char *out, size_t size, const char *number)
{
	size_t used = 0;

	for (; *number != '\0' && used + 1 < size; number++)
		if (strchr("0123456789+*#.:abcdefghijklmnopqrstuvwxyz"
			   "ABCDEFGHIJKLMNOPQRSTUVWXYZ", *number) != NULL)
			out[used++] = *number;
	out[used] = '\0';
}

/* Options for a kind of callers, where there is such a file. */
static bool
preset_path(char path[PATH_MAX], const struct config *config,
    const char *name)
{
	(void)snprintf(path, PATH_MAX, "%s/%s", config->presets, name);
	if (access(path, R_OK) == 0)
		return true;
	log_warn("%s", path);
	return false;
}

/*
 * In the child.  Options on the command line are privileged ones and stand
 * after /etc/ppp/options, so they win: the pty has no modem signals, pppd
 * stays in the foreground, and the plugin goes first, since the options file
 * may use what it defines.
 */
static void __attribute__((noreturn))
become_pppd(const struct config *config, const struct config_line *line,
    const char *slave, const char *caller, const char *user)
{
	char idle[16], session[16], base[PATH_MAX], preset[PATH_MAX];
	const char *arguments[] = { config->pppd, slave, "115200", "local",
		"nocrtscts", "nodetach", "nodefaultroute", "plugin",
		config->plugin, "masq-socket", config->plugin_socket,
		"masq-line", line->name, "idle", idle, "maxconnect", session,
		[ARGUMENTS_MOST] = NULL };
	size_t n = 17;
	sigset_t none;

	(void)snprintf(idle, sizeof idle, "%u", config->callers.idle_timeout);
	(void)snprintf(session, sizeof session, "%u",
	    config->callers.session_timeout);
	if (*caller != '\0') {
		arguments[n++] = "masq-caller";
		arguments[n++] = caller;
	}
	if (*user != '\0') {
		arguments[n++] = "masq-user";
		arguments[n++] = user;
	}
	if (line->port_kind == PORT_TCP) { /* an FF may be a telnet command */
		arguments[n++] = "escape";
		arguments[n++] = "ff";
	}
	if (preset_path(base, config, "base")) {
		arguments[n++] = "file";
		arguments[n++] = base;
	}
	if (strcmp(line->preset, "base") != 0 &&
	    preset_path(preset, config, line->preset)) {
		arguments[n++] = "file";
		arguments[n++] = preset;
	}
	if (access(config->ppp_options, R_OK) == 0) {
		arguments[n++] = "file";
		arguments[n++] = config->ppp_options;
	}
	/* Raw from the first octet on, and open until pppd has it: what the
	 * line sends early is neither echoed nor lost, and the master sees no
	 * end of file. */
	if (dup(pty_open_slave(slave)) == -1)
		log_warn("line %s: %s", line->name, slave);
	(void)setsid(); /* the terminal that we run on is not pppd's */
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	execv(config->pppd, (char **)(size_t)arguments);
	log_warn("line %s: cannot start %s", line->name, config->pppd);
	_exit(127);
}

pid_t
pppd_start(const struct config *config, const struct config_line *line,
    const char *number, const char *user, int *master)
{
	char slave[PTY_NAME], caller[64];
	pid_t pid;

	*master = pty_open(slave);
	if (*master == -1) {
		log_warn("line %s: cannot open a pty", line->name);
		return -1;
	}
	keep_harmless(caller, sizeof caller, number);
	pid = fork();
	if (pid == 0)
		become_pppd(config, line, slave, caller, user);
	if (pid == -1) {
		log_warn("line %s: cannot start pppd", line->name);
		close(*master);
	}
	return pid;
}
