#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>

static bool to_syslog;
static int relay = -1; /* to the process that writes our lines */
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
	if (to_syslog)
		openlog("masqd", LOG_PID | LOG_NDELAY, LOG_DAEMON);
}

void
log_relay(int socket)
{
	relay = socket;
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

static void
put(enum log_level level, const char *part, const char *text)
{
	if (to_syslog)
		syslog(priorities[level], "%s: %s", part, text);
	else
		(void)fprintf(stderr, "%s: %s\n", part, text);
}

void
log_relayed(const char *part, char *octets, size_t n)
{
	enum log_level level;

	if (n < 2)
		return;
	level = (enum log_level)(octets[0] - '0');
	octets[n - 1] = '\0';
	make_printable(octets);
	if (level >= LOG_LEVEL_ERROR && level <= most)
		put(level, part, octets + 1);
}

static void write_line(enum log_level, const char *, va_list, int)
    __attribute__((format(printf, 2, 0)));

/* error: an errno to name at the end, or 0. */
static void
write_line(enum log_level level, const char *format, va_list arguments,
    int error)
{
	char text[LOG_LINE] = { (char)('0' + level) };
	size_t used;

	if (level > most)
		return;
	(void)vsnprintf(text + 1, sizeof text - 1, format, arguments);
	used = strlen(text);
	if (error != 0)
		(void)snprintf(text + used, sizeof text - used, ": %s",
		    strerror(error));
	make_printable(text);
	if (relay == -1)
		put(level, part_name, text + 1);
	else
		(void)send(relay, text, strlen(text) + 1,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
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
