/*
 * account_edit.c - the accounts file, changed without an editor
 *
 * The lock is on the file itself, so that no other file is left behind; as the
 * one who held it before may have put a new file in its place, whoever gets it
 * looks again whether it is still the file of that name.
 *
 * What must never happen: a file that is half written, or readable by others
 * than the old one, for a moment.
 */
#include "account_edit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MOST = 4 * 1024 * 1024 };

static bool __attribute__((format(printf, 2, 3)))
fail(struct account_edit *edit, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(edit->error, sizeof edit->error, format, arguments);
	va_end(arguments);
	return false;
}

static bool
is_still(int fd, const char *path)
{
	struct stat opened, there;

	return fstat(fd, &opened) == 0 && stat(path, &there) == 0 &&
	    opened.st_dev == there.st_dev && opened.st_ino == there.st_ino;
}

static int
open_locked(const char *path, int how)
{
	int fd;

	for (;;) {
		/* Whatever stands in the file's place must not block. */
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		if (fd == -1 || flock(fd, how) == -1 || is_still(fd, path))
			return fd;
		close(fd);
	}
}

static bool
read_all(struct account_edit *edit)
{
	struct stat about;
	size_t used = 0, size;
	ssize_t got;

	if (fstat(edit->fd, &about) == -1 || !S_ISREG(about.st_mode) ||
	    about.st_size > FILE_MOST)
		return fail(edit, "%s: is not an accounts file", edit->path);
	size = (size_t)about.st_size;
	edit->text = calloc(1, size + 1);
	if (edit->text == NULL)
		return fail(edit, "out of memory");
	while (used < size &&
	    (got = read(edit->fd, edit->text + used, size - used)) > 0)
		used += (size_t)got;
	if (used != size || memchr(edit->text, '\0', size) != NULL)
		return fail(edit, "%s: cannot be read, or is no text",
		    edit->path);
	return true;
}

static bool
open_as(struct account_edit *edit, const char *path, int how)
{
	*edit = (struct account_edit){ .fd = -1 };
	edit->path = realpath(path, NULL);
	if (edit->path == NULL && errno == ENOENT)
		edit->path = strdup(path);
	if (edit->path == NULL)
		return fail(edit, "%s: %s", path, strerror(errno));
	edit->fd = open_locked(edit->path, how);
	if (edit->fd != -1)
		return read_all(edit);
	if (errno != ENOENT)
		return fail(edit, "%s: %s", path, strerror(errno));
	edit->text = strdup("");
	return edit->text != NULL || fail(edit, "out of memory");
}

bool
account_edit_open(struct account_edit *edit, const char *path)
{
	return open_as(edit, path, LOCK_EX);
}

bool
account_edit_read(struct account_edit *edit, const char *path)
{
	return open_as(edit, path, LOCK_SH);
}

void
account_edit_close(struct account_edit *edit)
{
	if (edit->text != NULL)
		explicit_bzero(edit->text, strlen(edit->text));
	free(edit->text);
	free(edit->path);
	if (edit->fd != -1)
		close(edit->fd);
	*edit = (struct account_edit){ .fd = -1 };
}

/* Is it this user's line, whether masqd can use it or not? */
static bool
is_line_of(const char *line, size_t length, const char *name)
{
	const char *colon = memchr(line, ':', length);
	size_t size = strlen(name);

	while (length > 0 && (*line == ' ' || *line == '\t')) {
		line++;
		length--;
	}
	if (colon == NULL || length == 0 || *line == '#' || colon < line)
		return false;
	while (colon > line && (colon[-1] == ' ' || colon[-1] == '\t'))
		colon--;
	return (size_t)(colon - line) == size && memcmp(line, name, size) == 0;
}

bool
account_edit_find(const struct account_edit *edit, const char *name,
    size_t *at, size_t *length)
{
	const char *line = edit->text;

	while (*line != '\0') {
		*length = strcspn(line, "\n");
		*at = (size_t)(line - edit->text);
		if (is_line_of(line, *length, name))
			return true;
		line += *length;
		line += *line == '\n';
	}
	return false;
}

/* The text with one line changed; the caller frees it. */
static char *
changed(const struct account_edit *edit, const char *name, const char *line)
{
	size_t at = strlen(edit->text), length = 0, room;
	bool found = account_edit_find(edit, name, &at, &length);
	const char *rest, *before;
	char *text;

	if (!found) {
		at = strlen(edit->text);
		length = 0;
	}
	rest = edit->text + at + length;
	rest += *rest == '\n';
	/* The last line may lack its newline. */
	before = at > 0 && edit->text[at - 1] != '\n' ? "\n" : "";
	room = strlen(edit->text) + (line == NULL ? 0 : strlen(line)) + 3;
	text = malloc(room);
	if (text != NULL)
		(void)snprintf(text, room, "%.*s%s%s%s%s", (int)at,
		    edit->text, before, line == NULL ? "" : line,
		    line == NULL ? "" : "\n", rest);
	return text;
}

static bool
write_all(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		ssize_t done = write(fd, text, left);

		if (done == -1)
			return false;
		text += done;
		left -= (size_t)done;
	}
	return fsync(fd) == 0;
}

/* As the old file; a new one is root's alone. */
static bool
dress(int fd, int old)
{
	struct stat about;

	if (old == -1)
		return true;
	return fstat(old, &about) == 0 &&
	    fchown(fd, about.st_uid, about.st_gid) == 0 &&
	    fchmod(fd, about.st_mode & 07777) == 0;
}

/* The name of the new file lasts once its directory is on the disk. */
static void
settle(const char *path)
{
	char folder[PATH_MAX];
	char *slash;
	int fd;

	(void)snprintf(folder, sizeof folder, "%s", path);
	slash = strrchr(folder, '/');
	if (slash == NULL)
		return;
	slash[1] = '\0';
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return;
	(void)fsync(fd);
	close(fd);
}

static bool
replace(struct account_edit *edit, const char *text)
{
	char fresh[PATH_MAX];
	int fd;

	if (snprintf(fresh, sizeof fresh, "%s.XXXXXX", edit->path) >=
	    (int)sizeof fresh)
		return fail(edit, "%s: the path is too long", edit->path);
	fd = mkostemp(fresh, O_CLOEXEC); /* mode 600 */
	if (fd == -1)
		return fail(edit, "%s: no new file can be made beside it: %s",
		    edit->path, strerror(errno));
	if (write_all(fd, text) && dress(fd, edit->fd) &&
	    rename(fresh, edit->path) == 0) {
		close(fd);
		settle(edit->path);
		return true;
	}
	(void)fail(edit, "%s: cannot be written: %s", edit->path,
	    strerror(errno));
	close(fd);
	(void)unlink(fresh);
	return false;
}

bool
account_edit_put(struct account_edit *edit, const char *name,
    const char *line)
{
	char *text = changed(edit, name, line);
	bool done;

	if (text == NULL)
		return fail(edit, "out of memory");
	done = replace(edit, text);
	explicit_bzero(edit->text, strlen(edit->text));
	free(edit->text);
	edit->text = text;
	return done;
}
