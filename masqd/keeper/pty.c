#include "pty.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

int
pty_open(char slave[PTY_NAME])
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	int error;

	if (master == -1)
		return -1;
	if (grantpt(master) == 0 && unlockpt(master) == 0 &&
	    ptsname_r(master, slave, PTY_NAME) == 0)
		return master;
	error = errno;
	close(master);
	errno = error;
	return -1;
}

int
pty_open_slave(const char *slave)
{
	int fd = open(slave, O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct termios mode;

	if (fd == -1 || tcgetattr(fd, &mode) == -1)
		return fd;
	cfmakeraw(&mode);
	(void)tcsetattr(fd, TCSANOW, &mode);
	return fd;
}

/* Raw, so that nothing is echoed before the opener has set it up; and closed
 * again: from then on the master tells by POLLHUP that nobody has it open. */
static bool
prepare(const char *slave, gid_t group)
{
	int fd = pty_open_slave(slave);
	bool done = fd != -1 &&
	    (group == (gid_t)-1 || fchown(fd, (uid_t)-1, group) == 0) &&
	    fchmod(fd, group == (gid_t)-1 ? 0600 : 0660) == 0;

	if (fd != -1)
		close(fd);
	return done;
}

static bool
link_at(const char *path, const char *slave)
{
	char copy[PATH_MAX], fresh[PATH_MAX];
	struct stat there;

	if (lstat(path, &there) == 0 && !S_ISLNK(there.st_mode)) {
		errno = EEXIST;
		return false;
	}
	(void)snprintf(copy, sizeof copy, "%s", path);
	(void)mkdir(dirname(copy), 0755);
	if ((size_t)snprintf(fresh, sizeof fresh, "%s.new", path) >=
	    sizeof fresh) {
		errno = ENAMETOOLONG;
		return false;
	}
	(void)unlink(fresh);
	return symlink(slave, fresh) == 0 && rename(fresh, path) == 0;
}

int
pty_open_at(const char *path, gid_t group)
{
	char slave[PTY_NAME];
	int master = pty_open(slave), error;

	if (master == -1 || (prepare(slave, group) && link_at(path, slave)))
		return master;
	error = errno;
	close(master);
	errno = error;
	return -1;
}

void
pty_unlink(const char *path)
{
	struct stat there;

	if (lstat(path, &there) == 0 && S_ISLNK(there.st_mode))
		(void)unlink(path);
}
