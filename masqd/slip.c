/*
 * slip.c - SLIP callers, from the word `slip` to the end of the call
 *
 * The session is its own link: what the gateway sends on it becomes octets for
 * the line at once, and what the line brings goes to the gateway packet by
 * packet.  All that a session holds is given back in slip_session_end().
 *
 * What must never happen: two sessions with one address; a packet compressed
 * and then not sent, since the caller could not restore the next one.
 */
#include "slip.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bootp.h"
#include "lease.h"
#include "log.h"
#include "pool.h"
#include "masqd/gateway/queue_link.h"
#include "serial/cslip.h"
#include "serial/slip.h"

enum {
	MTU_USUAL = 1006, /* RFC 1055 */
	MTU_SLOW = 296,	  /* RFC 1144 5.2: a keystroke waits 0.3 s at most */
	RATE_SLOW = 9600, /* bit/s */
	MTU_MOST = 1500,
	/* A caller's packet, and an answer built in its place. */
	PACKET_ROOM = CSLIP_RECEIVE_MAX + 548
};

struct slip_session {
	struct link link; /* first: see link.h */
	struct slip_house house;
	struct slip_setup setup;
	struct account_options options;
	char user[128], caller[64];
	struct session_guest guest;
	struct gateway_link *place;
	struct link *queue; /* before the link, or the link itself */
	struct cslip *codec;
	in_addr_t address;
	uint64_t since_ms;
	uint64_t seen;	   /* packets of the caller's, when last looked at */
	uint64_t active_ms; /* when there were more than before */
};

/* ---- the link ---------------------------------------------------------- */

/* The gateway has cut what is longer than the MTU, but for BOOTP's reply: a
 * caller without an address does not join pieces. */
static size_t
longest(const struct slip_session *session)
{
	return session->link.mtu > BOOTP_REPLY ? session->link.mtu :
						 BOOTP_REPLY;
}

static enum verdict
send_one(struct slip_session *session, const struct packet *packet)
{
	static uint8_t octets[2 * MTU_MOST + 2];
	const struct slip_setup *line = &session->setup;
	size_t n;

	if (packet->length > longest(session))
		return DROP_TOO_BIG;
	if (line->room(line->context) < slip_room(packet->length))
		return DROP_LINK_BUSY;
	n = cslip_send(session->codec, packet->data, packet->length, octets);
	line->send(line->context, octets, n);
	return PASS;
}

static size_t
send_packets(struct link *link, struct packet *const *packets, size_t n)
{
	struct slip_session *session = (struct slip_session *)link;
	size_t sent = 0;

	for (size_t i = 0; i < n; i++) {
		enum verdict verdict = send_one(session, packets[i]);

		if (verdict == PASS)
			sent++;
		else
			packets[i]->verdict = verdict;
	}
	return sent;
}

/* There is no descriptor: slip_session_octets() is called. */
static int
receive_nothing(struct link *link, struct batch *batch)
{
	(void)link;
	batch->count = 0;
	return 0;
}

/* The session is freed as a whole. */
static void
close_nothing(struct link *link)
{
	(void)link;
}

static const struct link_ops slip_ops = { send_packets, receive_nothing,
	close_nothing };

/* ---- what the caller sends --------------------------------------------- */

/* The smallest subnet, of 256 addresses or more, that holds both ends: what
 * callers of the time take for a mask.  Nothing depends on it, since all that
 * a caller sends goes to the other end of his line. */
static in_addr_t
netmask_of(in_addr_t a, in_addr_t b)
{
	uint32_t mask = 0xffffff00;

	while (((ntohl(a) ^ ntohl(b)) & mask) != 0)
		mask <<= 1;
	return htonl(mask);
}

static bool
answer_bootp(struct slip_session *session, const struct packet *request)
{
	const struct config_callers *callers = &session->house.config->callers;
	struct bootp_lease lease = { .address = session->address,
		.gateway = callers->gateway,
		.netmask = netmask_of(session->address, callers->gateway),
		.dns = callers->dns, .dns_count = callers->dns_count };
	uint8_t octets[BOOTP_REPLY];
	struct packet reply, *one[1] = { &reply };
	size_t n = bootp_answer(request, &lease, octets);

	if (n == 0)
		return false;
	log_debug("line %s: user %s asks for an address by BOOTP",
	    session->setup.line, session->user);
	(void)packet_parse(&reply, octets, n, sizeof octets);
	link_send(session->place->link, one, 1);
	return true;
}

void
slip_session_octets(struct slip_session *session, const uint8_t *octets,
    size_t n, uint64_t now)
{
	static uint8_t arena[PACKET_ROOM];
	struct packet packet;
	size_t used, length;

	for (; n > 0; octets += used, n -= used) {
		used = cslip_receive(session->codec, octets, n, arena,
		    &length);
		if (length == 0)
			continue;
		if (session->queue != &session->link)
			queue_link_heard(session->queue, arena, length);
		if (packet_parse(&packet, arena, length, sizeof arena) ==
		    PASS && answer_bootp(session, &packet))
			continue;
		gateway_from_link(session->house.gateway, session->place,
		    &packet, 1, now);
	}
}

/* ---- begin and end ----------------------------------------------------- */

static const char *
dotted(in_addr_t address, char text[INET_ADDRSTRLEN])
{
	return inet_ntop(AF_INET, &address, text, INET_ADDRSTRLEN);
}

static void
view(const struct session_guest *guest, struct session_view *out)
{
	const struct slip_session *session = (const struct slip_session *)(
	    (const char *)guest - offsetof(struct slip_session, guest));

	*out = (struct session_view){ .user = session->user,
		.line = session->setup.line, .device = session->setup.device,
		.caller = session->caller, .interface = "slip",
		.protocol = cslip_compresses(session->codec) ? "cslip" :
							       "slip",
		.address = session->address, .up = true,
		.since_ms = session->since_ms, .place = session->place };
}

static enum cslip_mode
mode_of(const struct slip_session *session)
{
	static const enum cslip_mode modes[] = {
		[COMPRESSION_OFF] = CSLIP_PLAIN,
		[COMPRESSION_ADAPTIVE] = CSLIP_ADAPTIVE,
		[COMPRESSION_ON] = CSLIP_COMPRESSED,
	};

	if (session->options.given & ACCOUNT_NO_VJ)
		return CSLIP_PLAIN;
	if (session->setup.compressed)
		return CSLIP_COMPRESSED;
	return modes[session->house.config->slip.compression];
}

static uint32_t
mtu_of(const struct config_slip *config, uint32_t rate)
{
	if (config->mtu != 0)
		return config->mtu;
	return rate != 0 && rate <= RATE_SLOW ? MTU_SLOW : MTU_USUAL;
}

static struct lease_house
lease_house(const struct slip_session *session)
{
	const struct slip_house *house = &session->house;

	return (struct lease_house){ .config = house->config,
		.gateway = house->gateway,
		.pool = sessions_pool(house->sessions) };
}

/* False with a sentence: the caller gets no address. */
static bool
take_address(struct slip_session *session, char *error, size_t error_size)
{
	const struct lease_house house = lease_house(session);
	const struct lease_wish wish = { .user = session->user,
		.options = &session->options,
		.protocol = session->setup.compressed ? ACCOUNT_CSLIP :
							ACCOUNT_SLIP,
		.fixed = session->setup.address };

	session->address = lease_take(&house, &wish, error, error_size);
	return session->address != 0;
}

static bool
take_place(struct slip_session *session, uint64_t now)
{
	const struct slip_house *house = &session->house;
	const struct lease_house lease = lease_house(session);
	uint32_t address = ntohl(session->address);

	session->queue = session->setup.queue == NULL ? &session->link :
	    session->setup.queue(session->setup.queue_context,
		session->setup.line, &session->link);
	session->place = gateway_link_add(house->gateway, session->queue,
	    house->config->callers.gateway, address, address, session->user,
	    now);
	if (session->place == NULL)
		return false;
	lease_apply(&lease, session->place, &session->options);
	return true;
}

static struct slip_session *
session_new(const struct slip_house *house, const struct slip_setup *setup,
    uint64_t now)
{
	struct slip_session *session = calloc(1, sizeof *session);

	if (session == NULL)
		return NULL;
	session->house = *house;
	session->setup = *setup;
	if (setup->options != NULL)
		session->options = *setup->options;
	session->setup.options = NULL;
	(void)snprintf(session->user, sizeof session->user, "%s",
	    setup->user);
	(void)snprintf(session->caller, sizeof session->caller, "%s",
	    setup->caller);
	session->setup.user = session->user;
	session->setup.caller = session->caller;
	session->guest.view = view;
	session->since_ms = session->active_ms = now;
	session->link = (struct link){ .ops = &slip_ops, .fd = -1,
		.mtu = mtu_of(&house->config->slip, setup->rate) };
	(void)snprintf(session->link.name, sizeof session->link.name,
	    "slip on %s", setup->line);
	session->codec = cslip_create(mode_of(session),
	    house->config->slip.slots);
	if (session->codec == NULL) {
		free(session);
		return NULL;
	}
	return session;
}

struct slip_session *
slip_session_begin(const struct slip_house *house,
    const struct slip_setup *setup, uint64_t now, char *error,
    size_t error_size)
{
	struct slip_session *session = session_new(house, setup, now);
	char text[INET_ADDRSTRLEN];

	if (session == NULL) {
		(void)snprintf(error, error_size, "out of memory");
		return NULL;
	}
	if (!take_address(session, error, error_size))
		goto failed;
	if (!take_place(session, now)) {
		(void)snprintf(error, error_size,
		    "there is no room for another caller");
		goto failed;
	}
	sessions_join(house->sessions, &session->guest);
	log_info("line %s: user %s has %s on SLIP, MTU %" PRIu32,
	    setup->line, session->user, dotted(session->address, text),
	    session->link.mtu);
	return session;
failed:
	if (session->address != 0)
		pool_release(sessions_pool(house->sessions),
		    session->address);
	link_close(session->queue);
	cslip_destroy(session->codec);
	free(session);
	return NULL;
}

in_addr_t
slip_session_address(const struct slip_session *session)
{
	return session->address;
}

uint32_t
slip_session_mtu(const struct slip_session *session)
{
	return session->link.mtu;
}

enum slip_limit
slip_session_limit(struct slip_session *session, uint64_t now)
{
	const struct config_callers *callers = &session->house.config->callers;
	const struct account_options *options = &session->options;
	uint64_t idle = options->given & ACCOUNT_IDLE ? options->idle :
							callers->idle_timeout;
	uint64_t most = options->given & ACCOUNT_SESSION ? options->session :
	    callers->session_timeout;
	/* Who has gone may still be sent to for ever. */
	uint64_t packets = session->place->packets_out;

	if (packets != session->seen) {
		session->seen = packets;
		session->active_ms = now;
	}
	if (most != 0 && now - session->since_ms >= most * 1000)
		return SLIP_TIME_OVER;
	if (idle != 0 && now - session->active_ms >= idle * 1000)
		return SLIP_IDLE;
	return SLIP_NO_LIMIT;
}

static void
log_counts(const struct slip_session *session)
{
	struct cslip_counts c;

	cslip_counts(session->codec, &c);
	log_debug("line %s: user %s: %" PRIu64 " packets came, %" PRIu64
		  " of them compressed; thrown away: %" PRIu32
		  " too long, %" PRIu32 " not IP, %" PRIu32
		  " not to be restored; %" PRIu32 " bad escapes",
	    session->setup.line, session->user, c.frames, c.compressed,
	    c.overlong, c.not_ip, c.tossed, c.bad_escapes);
}

void
slip_session_end(struct slip_session *session, const char *reason,
    uint64_t now)
{
	const struct slip_house *house = &session->house;
	char text[INET_ADDRSTRLEN];

	log_info("line %s: user %s, %s: session ended: %s",
	    session->setup.line, session->user,
	    dotted(session->address, text), reason);
	log_counts(session);
	session->place->link = NULL;
	link_close(session->queue);
	gateway_link_remove(house->gateway, session->place, now);
	sessions_leave(house->sessions, &session->guest);
	pool_release(sessions_pool(house->sessions), session->address);
	cslip_destroy(session->codec);
	free(session);
}
