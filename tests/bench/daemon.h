/*
 * daemon.h - masqd as it is, without root, for programs that measure it
 *
 * Whatever fails ends the program: a figure of half a daemon is none.
 */
#ifndef MASQD_TESTS_BENCH_DAEMON_H
#define MASQD_TESTS_BENCH_DAEMON_H

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static inline double
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static inline void __attribute__((noreturn))
die(const char *what)
{
	perror(what);
	exit(1);
}

/* A folder of our own, from mkdtemp()'s template; root becomes nobody. */
static inline void
daemon_folder(char *template)
{
	if (mkdtemp(template) == NULL)
		die(template);
	if (geteuid() == 0 && (chown(template, 65534, 65534) == -1 ||
		setgid(65534) == -1 || setuid(65534) == -1))
		die("nobody");
}

/* Start masqd with the sections given; its warnings come to us. */
static inline pid_t
daemon_start(const char *folder, const char *sections)
{
	const char *build = getenv("B");
	char program[256], file[256];
	FILE *config;
	pid_t pid;

	(void)snprintf(program, sizeof program, "%s/masqd/masqd",
	    build == NULL ? "build" : build);
	(void)snprintf(file, sizeof file, "%s/masqd.conf", folder);
	config = fopen(file, "w");
	if (config == NULL)
		die(file);
	(void)fprintf(config,
	    "uplink { socket = \"%s/up\" address = \"192.0.2.1\" }\n"
	    "control { socket = \"%s/control\" }\n"
	    "log { level = \"warn\" }\n%s", folder, folder, sections);
	(void)fclose(config);
	pid = fork();
	if (pid == 0) {
		execl(program, program, "--foreground", "--config", file,
		    NULL);
		die(program);
	}
	return pid;
}

/* Wait until the gateway's loop runs: it answers masqctl. */
static inline void
daemon_wait(const char *folder)
{
	const char *build = getenv("B");
	const struct timespec pause = { 0, 20000000 };
	char command[512];

	(void)snprintf(command, sizeof command,
	    "%s/masqd/masqctl --socket %s/control status >%s/status 2>&1",
	    build == NULL ? "build" : build, folder, folder);
	for (int tries = 0; system(command) != 0; tries++) {
		if (tries == 500)
			die(command);
		nanosleep(&pause, NULL);
	}
}

/* 0 where it ended as it should. */
static inline int
daemon_stop(pid_t pid)
{
	int status;

	kill(pid, SIGTERM);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* The socket of this name, which is there before masqd serves it. */
static inline int
daemon_reach(const char *folder, const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const struct timespec pause = { 0, 5000000 };

	(void)snprintf(address.sun_path, sizeof address.sun_path, "%s/%s",
	    folder, name);
	for (int tries = 0; tries < 1000; tries++) {
		int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

		if (connect(fd, (struct sockaddr *)&address,
			sizeof address) == 0)
			return fd;
		close(fd);
		nanosleep(&pause, NULL);
	}
	die(address.sun_path);
}

#endif
