#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

static bool to_syslog;
static enum log_level most = LOG_LEVEL_INFO;
static const char *part_name = "masqd";

static const int priorities[] = {
	[LOG_LEVEL_ERROR] = LOG_ERR,
	[LOG_LEVEL_WARN] = LOG_WARNING,
	[LOG_LEVEL_INFO] = LOG_INFO,
	[LOG_LEVEL_DEBUG] = LOG_DEBUG,
};

void
log_open(bool foreground, enum log_level level)
{
	most = level;
	to_syslog = !foreground;
	/* NDELAY: the gateway's system-call filter allows no connect(). */
	if (to_syslog)
		openlog("masqd", LOG_PID | LOG_NDELAY, LOG_DAEMON);
}

void
log_part(const char *part)
{
	part_name = part;
}

/* Octets that could forge a line or drive a terminal become `?`. */
static void
make_printable(char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
}

static void write_line(enum log_level, const char *, va_list, int)
    __attribute__((format(printf, 2, 0)));

/* error: an errno to name at the end, or 0. */
static void
write_line(enum log_level level, const char *format, va_list arguments,
    int error)
{
	char text[1024];
	size_t used;

	if (level > most)
		return;
	(void)vsnprintf(text, sizeof text, format, arguments);
	used = strlen(text);
	if (error != 0)
		(void)snprintf(text + used, sizeof text - used, ": %s",
		    strerror(error));
	make_printable(text);
	if (to_syslog)
		syslog(priorities[level], "%s: %s", part_name, text);
	else
		(void)fprintf(stderr, "%s: %s\n", part_name, text);
}

#define WRITE_LINE(level, error)                                               \
	do {                                                                   \
		va_list arguments;                                             \
		va_start(arguments, format);                                   \
		write_line(level, format, arguments, error);                   \
		va_end(arguments);                                             \
	} while (0)

void
log_debug(const char *format, ...)
{
	WRITE_LINE(LOG_LEVEL_DEBUG, 0);
}

void
log_info(const char *format, ...)
{
	WRITE_LINE(LOG_LEVEL_INFO, 0);
}

void
log_warnx(const char *format, ...)
{
	WRITE_LINE(LOG_LEVEL_WARN, 0);
}

void
log_warn(const char *format, ...)
{
	WRITE_LINE(LOG_LEVEL_WARN, errno);
}

void
fatalx(const char *format, ...)
{
	WRITE_LINE(LOG_LEVEL_ERROR, 0);
	exit(1);
}

void
fatal(const char *format, ...)
{
	WRITE_LINE(LOG_LEVEL_ERROR, errno);
	exit(1);
}
