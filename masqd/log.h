/*
 * log.h - one line an event, to standard error or to syslog
 *
 * A message names the line, the user and the address it is about and ends
 * without a full stop.  fatal() is for the time before the loop only.
 */
#ifndef MASQD_LOG_H
#define MASQD_LOG_H

#include <stdbool.h>
#include <stddef.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG };

#define LOG_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* Open the log: standard error in the foreground, else syslog as `masqd`.
 * Until called everything goes to standard error at level info. */
void log_open(bool foreground, enum log_level level);

/* From now on each line goes to that SEQPACKET socket, whole or not at all: a
 * process that may connect to syslog writes it by log_relayed(). */
void log_relay(int socket);

/* Write what log_relay() has sent: n octets, at most LOG_LINE, which are
 * changed; what is no line is made one.  part: whose it is. */
void log_relayed(const char *part, char *octets, size_t n);
enum { LOG_LINE = 1024 };

/* The part of the program whose lines these are ("keeper", "gateway");
 * a string that lives as long as the process. */
void log_part(const char *part);

void log_debug(const char *format, ...) LOG_PRINTF(1, 2);
void log_info(const char *format, ...) LOG_PRINTF(1, 2);
void log_warnx(const char *format, ...) LOG_PRINTF(1, 2);
/* With `: ` and strerror(errno) behind it. */
void log_warn(const char *format, ...) LOG_PRINTF(1, 2);

/* Log and exit with status 1. */
void fatalx(const char *format, ...) LOG_PRINTF(1, 2)
    __attribute__((noreturn));
void fatal(const char *format, ...) LOG_PRINTF(1, 2)
    __attribute__((noreturn));

#endif
