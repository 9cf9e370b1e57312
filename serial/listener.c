/*
 * listener.c - TCP callers: a listening socket and the lines that it leads to
 *
 * Sources.  How many calls a source has is counted when another one comes:
 * by the lines that are not idle, so that no count can go wrong.  New calls
 * are a bucket of tokens for each source, in a table of a fixed size; a full
 * bucket is as good as none, and when the table is full of others the one
 * that was used longest ago makes way.  Beside the tokens are the failed logins
 * of the source, of which one a minute is forgotten.
 *
 * Who is turned away shall read BUSY: a socket closed with octets unread
 * would be reset, and the text with it.  So it is ended on our side and
 * closed a second later, some at a time.
 */
#include "serial/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "masqd/log.h"

enum {
	SOURCES = 1024,	 /* remembered at a time */
	REFUSED = 64,	 /* sockets that are still to read BUSY */
	REFUSED_MS = 1000,
	ACCEPTS = 64,	 /* in one turn: other lines wait */
	FAILURES = 10,	 /* a household that mistypes has less */
	MINUTE_MS = 60000,
	QUIET_MS = 60000 /* between two log lines of one kind */
};

/* IPv4 mapped into IPv6, which is cut to its first 64 bits. */
struct source {
	uint8_t octets[16];
};

struct bucket {
	struct source source;
	double tokens, failures;
	uint64_t last; /* ms; 0: free */
};

struct listener {
	struct listener_config config;
	uv_loop_t *loop;
	uv_poll_t poll;
	uv_timer_t timer;
	unsigned handles;
	int fd;
	struct source *callers; /* of the line's present or last call */
	struct bucket buckets[SOURCES];
	struct {
		int fd;
		uint64_t until;
	} refused[REFUSED]; /* a ring, oldest first */
	size_t refused_first, refused_count;
	uint64_t told; /* ms: the log was told of one turned away */
	unsigned untold; /* and how many there were since */
};

static struct source
source_of(const struct sockaddr_storage *address)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct source source = { { 0 } };

	if (address->ss_family == AF_INET) {
		memcpy(source.octets, mapped, sizeof(mapped));
		memcpy(source.octets + 12, &((const struct sockaddr_in *)
		    (const void *)address)->sin_addr, 4);
	} else if (address->ss_family == AF_INET6) {
		memcpy(source.octets, &((const struct sockaddr_in6 *)
		    (const void *)address)->sin6_addr, 16);
		if (memcmp(source.octets, mapped, sizeof(mapped)) != 0)
			memset(source.octets + 8, 0, 8);
	}
	return source;
}

/* As people write it: an IPv4 caller of an IPv6 socket is an IPv4 caller. */
static void
source_text(const struct sockaddr_storage *address,
    char text[INET6_ADDRSTRLEN])
{
	const struct sockaddr_in6 *six = (const void *)address;
	const struct sockaddr_in *four = (const void *)address;

	text[0] = '\0';
	if (address->ss_family == AF_INET)
		inet_ntop(AF_INET, &four->sin_addr, text, INET6_ADDRSTRLEN);
	else if (address->ss_family == AF_INET6 &&
	    IN6_IS_ADDR_V4MAPPED(&six->sin6_addr))
		inet_ntop(AF_INET, &six->sin6_addr.s6_addr[12], text,
		    INET6_ADDRSTRLEN);
	else if (address->ss_family == AF_INET6)
		inet_ntop(AF_INET6, &six->sin6_addr, text, INET6_ADDRSTRLEN);
}

static bool
is_same(const struct source *a, const struct source *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static bool
has_its_share(const struct listener *listener, const struct source *source)
{
	uint32_t calls = 0;

	if (listener->config.calls_each == 0)
		return false;
	for (size_t i = 0; i < listener->config.line_count; i++)
		calls += listener->config.lines[i] != NULL &&
		    is_same(&listener->callers[i], source) &&
		    line_has_call(listener->config.lines[i]);
	return calls >= listener->config.calls_each;
}

static struct bucket *
find_bucket(struct listener *listener, const struct source *source,
    uint64_t now)
{
	struct bucket *best = &listener->buckets[0];

	for (size_t i = 0; i < SOURCES; i++) {
		struct bucket *bucket = &listener->buckets[i];

		if (bucket->last != 0 && is_same(&bucket->source, source))
			return bucket;
		if (bucket->last < best->last)
			best = bucket;
	}
	*best = (struct bucket){ .source = *source, .last = now,
		.tokens = listener->config.new_calls_each };
	return best;
}

/* As it is now. */
static struct bucket *
bucket_of(struct listener *listener, const struct source *source)
{
	double most = listener->config.new_calls_each;
	uint64_t now = uv_now(listener->loop);
	struct bucket *bucket = find_bucket(listener, source, now);
	double minutes = (double)(now - bucket->last) / MINUTE_MS;

	bucket->last = now;
	bucket->tokens += minutes * most;
	if (bucket->tokens > most)
		bucket->tokens = most;
	bucket->failures -= minutes;
	if (bucket->failures < 0)
		bucket->failures = 0;
	return bucket;
}

static bool
guesses_passwords(struct listener *listener, const struct source *source)
{
	return listener->config.new_calls_each != 0 &&
	    bucket_of(listener, source)->failures > FAILURES;
}

void
listener_login_failed(struct listener *listener, const struct line *line)
{
	for (size_t i = 0; i < listener->config.line_count; i++)
		if (listener->config.lines[i] == line)
			bucket_of(listener, &listener->callers[i])->failures++;
}

static bool
calls_too_often(struct listener *listener, const struct source *source)
{
	struct bucket *bucket;

	if (listener->config.new_calls_each == 0)
		return false;
	bucket = bucket_of(listener, source);
	if (bucket->tokens < 1)
		return true;
	bucket->tokens -= 1;
	return false;
}

static void
close_refused(struct listener *listener, uint64_t now)
{
	while (listener->refused_count > 0 &&
	    listener->refused[listener->refused_first].until <= now) {
		close(listener->refused[listener->refused_first].fd);
		listener->refused_first = (listener->refused_first + 1) %
		    REFUSED;
		listener->refused_count--;
	}
}

static void on_call(uv_poll_t *, int status, int events);

static void
on_time(uv_timer_t *timer)
{
	struct listener *listener = timer->data;

	close_refused(listener, uv_now(listener->loop));
	if (listener->refused_count > 0)
		uv_timer_start(timer, on_time, REFUSED_MS / 2, 0);
	uv_poll_start(&listener->poll, UV_READABLE, on_call);
}

static void
turn_away(struct listener *listener, int fd)
{
	static const char busy[] = "\r\nBUSY\r\n";
	uint64_t now = uv_now(listener->loop);
	size_t last;

	(void)!send(fd, busy, sizeof(busy) - 1, MSG_NOSIGNAL);
	(void)shutdown(fd, SHUT_WR);
	if (listener->refused_count == REFUSED)
		close_refused(listener,
		    listener->refused[listener->refused_first].until);
	last = (listener->refused_first + listener->refused_count++) % REFUSED;
	listener->refused[last].fd = fd;
	listener->refused[last].until = now + REFUSED_MS;
	uv_timer_start(&listener->timer, on_time, REFUSED_MS, 0);
}

/* A flood is told once a minute. */
static void
tell(struct listener *listener, const char *caller, const char *why)
{
	uint64_t now = uv_now(listener->loop);

	if (listener->told != 0 && now - listener->told < QUIET_MS) {
		listener->untold++;
		return;
	}
	log_info("%s: a call from %s was answered BUSY: %s (and %u others"
	    " since this was told last)", listener->config.name, caller, why,
	    listener->untold);
	listener->told = now;
	listener->untold = 0;
}

/* True where a line has taken the call. */
static bool
find_line(struct listener *listener, int fd, const struct source *source,
    const char *caller)
{
	for (size_t i = 0; i < listener->config.line_count; i++) {
		struct line *line = listener->config.lines[i];

		if (line == NULL || line_state(line) != LINE_IDLE ||
		    !line_admits(line, caller))
			continue;
		listener->callers[i] = *source;
		if (line_tcp_call(line, fd, caller))
			return true;
	}
	return false;
}

static void
take_call(struct listener *listener, int fd,
    const struct sockaddr_storage *address)
{
	struct source source = source_of(address);
	char caller[INET6_ADDRSTRLEN];

	source_text(address, caller);
	if (has_its_share(listener, &source))
		tell(listener, caller, "it has as many as it may have");
	else if (guesses_passwords(listener, &source))
		tell(listener, caller, "too many of its logins have failed");
	else if (calls_too_often(listener, &source))
		tell(listener, caller, "it calls too often");
	else if (find_line(listener, fd, &source, caller))
		return;
	else
		tell(listener, caller, "no line is idle");
	turn_away(listener, fd);
}

/* No descriptor left: the caller waits in the backlog, and so do we. */
static void
rest(struct listener *listener)
{
	log_warn("%s: cannot take a call", listener->config.name);
	uv_poll_stop(&listener->poll);
	uv_timer_start(&listener->timer, on_time, REFUSED_MS, 0);
}

static void
on_call(uv_poll_t *poll, int status, int events)
{
	struct listener *listener = poll->data;

	(void)status;
	(void)events;
	for (int i = 0; i < ACCEPTS; i++) {
		struct sockaddr_storage address = { .ss_family = AF_UNSPEC };
		socklen_t length = sizeof(address);
		int fd = accept4(listener->fd, (struct sockaddr *)&address,
		    &length, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd >= 0) {
			take_call(listener, fd, &address);
		} else if (errno == EAGAIN) {
			return;
		} else if (errno != ECONNABORTED && errno != EINTR) {
			rest(listener);
			return;
		}
	}
}

struct listener *
listener_create(uv_loop_t *loop, int fd, const struct listener_config *config)
{
	struct listener *listener = calloc(1, sizeof(*listener));

	if (listener == NULL)
		goto failed;
	listener->config = *config;
	listener->loop = loop;
	listener->fd = fd;
	listener->callers = calloc(config->line_count + 1,
	    sizeof(*listener->callers));
	if (listener->callers == NULL ||
	    uv_poll_init(loop, &listener->poll, fd) < 0)
		goto failed;
	uv_timer_init(loop, &listener->timer);
	listener->handles = 2;
	listener->poll.data = listener->timer.data = listener;
	uv_poll_start(&listener->poll, UV_READABLE, on_call);
	return listener;
failed:
	if (listener != NULL)
		free(listener->callers);
	free(listener);
	close(fd);
	return NULL;
}

static void
handle_closed(uv_handle_t *handle)
{
	struct listener *listener = handle->data;

	if (--listener->handles > 0)
		return;
	free(listener->callers);
	free(listener);
}

void
listener_destroy(struct listener *listener)
{
	if (listener == NULL)
		return;
	close_refused(listener, UINT64_MAX);
	uv_poll_stop(&listener->poll);
	close(listener->fd);
	uv_close((uv_handle_t *)&listener->poll, handle_closed);
	uv_close((uv_handle_t *)&listener->timer, handle_closed);
}
