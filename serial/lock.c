/*
 * lock.c - who has a serial port: lock files of the HDB form
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "serial/lock.h"

static const char *directory = LOCK_DIRECTORY;

static bool
file_of(const char *path, char *file, size_t size)
{
	char real[PATH_MAX];
	const char *name;

	if (realpath(path, real) == NULL)
		return false;
	name = strrchr(real, '/') + 1;
	return (size_t)snprintf(file, size, "%s/LCK..%s", directory, name) <
	    size;
}

/* Ten characters, or an int as some old programs write it; 0: neither. */
static pid_t
read_pid(const char *file)
{
	char text[16] = "";
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	ssize_t count;
	int number;

	if (fd < 0)
		return 0;
	count = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (count == (ssize_t)sizeof(number) &&
	    strspn(text, " 0123456789\n") < sizeof(number)) {
		memcpy(&number, text, sizeof(number));
		return number;
	}
	return count > 0 ? (pid_t)strtol(text, NULL, 10) : 0;
}

pid_t
lock_holder(const char *path)
{
	char file[PATH_MAX];
	pid_t pid;

	if (!file_of(path, file, sizeof(file)))
		return 0;
	pid = read_pid(file);
	if (pid <= 0 || (kill(pid, 0) < 0 && errno == ESRCH))
		return 0;
	return pid;
}

int
lock_take(const char *path, pid_t owner)
{
	char file[PATH_MAX], text[16];
	int fd, length = snprintf(text, sizeof(text), "%10d\n", (int)owner);
	pid_t holder = lock_holder(path);

	if (holder == owner)
		return 0;
	errno = holder != 0 ? EBUSY : ENAMETOOLONG;
	if (holder != 0 || !file_of(path, file, sizeof(file)))
		return -1;
	(void)unlink(file); /* a dead one's */
	fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
	    0644);
	if (fd < 0) {
		errno = errno == EEXIST ? EBUSY : errno;
		return -1;
	}
	if (write(fd, text, (size_t)length) != length)
		(void)unlink(file);
	close(fd);
	return 0;
}

void
lock_release(const char *path, pid_t owner)
{
	char file[PATH_MAX];

	if (file_of(path, file, sizeof(file)) && read_pid(file) == owner)
		(void)unlink(file);
}
