#include "listen.h"

#include <errno.h>
#include <libgen.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static bool
somebody_answers(const struct sockaddr_un *address, int type)
{
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool answers;

	if (fd == -1)
		return false;
	answers = connect(fd, (const struct sockaddr *)address,
		      sizeof *address) == 0 ||
	    errno == EAGAIN;
	close(fd);
	return answers;
}

/* Only a socket is ever taken away: a file of that name is left alone. */
static void
remove_stale(const char *path)
{
	struct stat status;

	if (lstat(path, &status) == 0 && S_ISSOCK(status.st_mode))
		(void)unlink(path);
}

static void
make_directory(const char *path)
{
	char copy[sizeof((struct sockaddr_un *)0)->sun_path];

	(void)snprintf(copy, sizeof copy, "%s", path);
	(void)mkdir(dirname(copy), 0755);
}

static bool
bind_with_mode(int fd, const struct sockaddr_un *address, mode_t mode,
    gid_t group)
{
	mode_t before = umask(0177);
	int bound = bind(fd, (const struct sockaddr *)address, sizeof *address);

	(void)umask(before);
	return bound == 0 &&
	    (group == (gid_t)-1 ||
		chown(address->sun_path, (uid_t)-1, group) == 0) &&
	    chmod(address->sun_path, mode) == 0;
}

int
listen_at(const char *path, int type, mode_t mode, gid_t group, char *error,
    size_t error_size)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof address.sun_path) {
		(void)snprintf(error, error_size,
		    "%s: the path is too long for a socket", path);
		return -1;
	}
	(void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	if (somebody_answers(&address, type)) {
		(void)snprintf(error, error_size,
		    "%s: another masqd is listening there; stop it first",
		    path);
		return -1;
	}
	remove_stale(path);
	make_directory(path);
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd != -1 && bind_with_mode(fd, &address, mode, group) &&
	    listen(fd, 16) == 0)
		return fd;
	(void)snprintf(error, error_size, "%s: cannot listen: %s", path,
	    strerror(errno));
	if (fd != -1)
		close(fd);
	return -1;
}

/* Numbers: a caller who is gone without a word is noticed after a minute, with
 * or without octets on their way to him.  The buffer is what may wait below
 * the queue (masqd/gateway/queue.h) on a fast link. */
static bool
set_tcp(int fd)
{
	static const struct {
		int level, option, value;
	} options[] = { { SOL_SOCKET, SO_REUSEADDR, 1 },
		{ SOL_SOCKET, SO_KEEPALIVE, 1 },
		{ SOL_SOCKET, SO_SNDBUF, 16384 },
		{ IPPROTO_TCP, TCP_KEEPIDLE, 30 },
		{ IPPROTO_TCP, TCP_KEEPINTVL, 10 },
		{ IPPROTO_TCP, TCP_KEEPCNT, 3 },
		{ IPPROTO_TCP, TCP_USER_TIMEOUT, 60000 },
		{ IPPROTO_TCP, TCP_NODELAY, 1 } };

	for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
		if (setsockopt(fd, options[i].level, options[i].option,
			&options[i].value, sizeof options[i].value) == -1)
			return false;
	return true;
}

int
listen_tcp(const struct sockaddr_storage *address, char *error,
    size_t error_size)
{
	int fd = socket(address->ss_family,
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd != -1 && set_tcp(fd) &&
	    bind(fd, (const struct sockaddr *)address, sizeof *address) == 0 &&
	    listen(fd, SOMAXCONN) == 0)
		return fd;
	(void)snprintf(error, error_size, "cannot listen for callers: %s",
	    strerror(errno));
	if (fd != -1)
		close(fd);
	return -1;
}
