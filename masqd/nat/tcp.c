#include "tcp.h"

#include <assert.h>
#include <netinet/tcp.h>

#include "checksum.h"
#include "octets.h"

enum { TCP_HEADER = 20 };

enum event { EVENT_SYN, EVENT_FIN, EVENT_RST, EVENT_OTHER, EVENTS };

/* An RST this far ahead of what the receiver acknowledged may be genuine:
 * data on the way (RFC 7323 windows are larger, but on no dial-up link). */
static const uint32_t reset_window = 1 << 20;

static const uint8_t phases[] = {
	[TCP_STATE_NONE] = TCP_PHASE_OPENING,
	[TCP_STATE_SYN_OUT] = TCP_PHASE_OPENING,
	[TCP_STATE_SYN_IN] = TCP_PHASE_OPENING,
	[TCP_STATE_OPEN] = TCP_PHASE_ESTABLISHED,
	[TCP_STATE_FIN_OUT] = TCP_PHASE_ESTABLISHED,
	[TCP_STATE_FIN_IN] = TCP_PHASE_ESTABLISHED,
	[TCP_STATE_CLOSED] = TCP_PHASE_CLOSING,
	[TCP_STATE_RESET] = TCP_PHASE_TRANSITORY,
	[TCP_STATE_LOST] = TCP_PHASE_TRANSITORY,
};
static_assert(sizeof phases / sizeof phases[0] == TCP_STATES,
    "a row for each state");

#define S(name) TCP_STATE_##name
static const uint8_t after[][DIRECTIONS][EVENTS] = {
	/*               SYN         FIN         RST         other */
	[S(NONE)] = {
	    [OUTBOUND] = { S(SYN_OUT), S(NONE), S(NONE), S(NONE) },
	    [INBOUND] =  { S(SYN_IN), S(NONE), S(NONE), S(NONE) } },
	[S(SYN_OUT)] = {
	    [OUTBOUND] = { S(SYN_OUT), S(SYN_OUT), S(SYN_OUT), S(SYN_OUT) },
	    [INBOUND] =  { S(OPEN), S(SYN_OUT), S(SYN_OUT), S(SYN_OUT) } },
	[S(SYN_IN)] = {
	    [OUTBOUND] = { S(OPEN), S(SYN_IN), S(SYN_IN), S(SYN_IN) },
	    [INBOUND] =  { S(SYN_IN), S(SYN_IN), S(SYN_IN), S(SYN_IN) } },
	[S(OPEN)] = {
	    [OUTBOUND] = { S(OPEN), S(FIN_OUT), S(RESET), S(OPEN) },
	    [INBOUND] =  { S(OPEN), S(FIN_IN), S(RESET), S(OPEN) } },
	[S(FIN_OUT)] = {
	    [OUTBOUND] = { S(FIN_OUT), S(FIN_OUT), S(RESET), S(FIN_OUT) },
	    [INBOUND] =  { S(FIN_OUT), S(CLOSED), S(RESET), S(FIN_OUT) } },
	[S(FIN_IN)] = {
	    [OUTBOUND] = { S(FIN_IN), S(CLOSED), S(RESET), S(FIN_IN) },
	    [INBOUND] =  { S(FIN_IN), S(FIN_IN), S(RESET), S(FIN_IN) } },
	[S(CLOSED)] = {
	    [OUTBOUND] = { S(SYN_OUT), S(CLOSED), S(CLOSED), S(CLOSED) },
	    [INBOUND] =  { S(SYN_IN), S(CLOSED), S(CLOSED), S(CLOSED) } },
	[S(RESET)] = {
	    [OUTBOUND] = { S(SYN_OUT), S(OPEN), S(RESET), S(OPEN) },
	    [INBOUND] =  { S(SYN_IN), S(OPEN), S(RESET), S(OPEN) } },
	[S(LOST)] = {
	    [OUTBOUND] = { S(SYN_OUT), S(LOST), S(LOST), S(LOST) },
	    [INBOUND] =  { S(SYN_IN), S(LOST), S(LOST), S(LOST) } },
};
static_assert(sizeof after / sizeof after[0] == TCP_STATES,
    "a row for each state");
#undef S

static const char *const names[] = {
	[TCP_STATE_NONE] = "",
	[TCP_STATE_SYN_OUT] = "syn-out",
	[TCP_STATE_SYN_IN] = "syn-in",
	[TCP_STATE_OPEN] = "open",
	[TCP_STATE_FIN_OUT] = "fin-out",
	[TCP_STATE_FIN_IN] = "fin-in",
	[TCP_STATE_CLOSED] = "closed",
	[TCP_STATE_RESET] = "reset",
	[TCP_STATE_LOST] = "lost",
};
static_assert(sizeof names / sizeof names[0] == TCP_STATES,
    "a name for each state");

const char *
tcp_state_name(enum tcp_state state)
{
	return names[state];
}

enum tcp_phase
tcp_phase(enum tcp_state state)
{
	return phases[state];
}

static enum event
event_of(uint8_t flags)
{
	if (flags & TH_RST)
		return EVENT_RST;
	if (flags & TH_SYN)
		return EVENT_SYN;
	return flags & TH_FIN ? EVENT_FIN : EVENT_OTHER;
}

/* May the receiver take an RST with this sequence number? */
static bool
is_acceptable(enum direction d, uint32_t sequence,
    const struct tcp_numbers *numbers)
{
	if (d == INBOUND)
		return sequence - numbers->awaited < reset_window;
	return sequence - numbers->sent + reset_window < 2 * reset_window;
}

static void
note_caller(struct tcp_numbers *numbers, const struct packet *p,
    uint32_t sequence)
{
	/* What is sent again is not the highest. */
	if (p->tcp_flags & TH_SYN || (int32_t)(sequence - numbers->sent) > 0)
		numbers->sent = sequence;
	if (p->tcp_flags & TH_ACK)
		numbers->awaited = ntohl(octets_get32(p->data + p->transport +
		    8));
}

enum tcp_state
tcp_step(enum tcp_state state, enum direction d, const struct packet *p,
    struct tcp_numbers *numbers, bool *refresh)
{
	uint32_t sequence = ntohl(octets_get32(p->data + p->transport + 4));
	enum event event = event_of(p->tcp_flags);
	enum tcp_state next = after[state][d][event];

	if (event == EVENT_RST) {
		if (!is_acceptable(d, sequence, numbers))
			next = state;
		*refresh = next != state;
		return next;
	}
	if (d == OUTBOUND)
		note_caller(numbers, p, sequence);
	else if (event == EVENT_SYN && phases[state] != TCP_PHASE_ESTABLISHED)
		numbers->awaited = sequence + 1;
	*refresh = next != state || phases[next] == TCP_PHASE_ESTABLISHED ||
	    (event == EVENT_SYN && next != TCP_STATE_CLOSED);
	return next;
}

/* The MSS option's value (RFC 9293 3.2), or NULL. */
static uint8_t *
find_mss(const struct packet *p)
{
	uint8_t *tcp = p->data + p->transport, *option = tcp + TCP_HEADER;
	size_t n = (size_t)(tcp[12] >> 4) * 4 - TCP_HEADER, length;

	for (; n > 0 && *option != TCPOPT_EOL; option += length, n -= length) {
		length = 1;
		if (*option == TCPOPT_NOP)
			continue;
		if (n < 2 || option[1] < 2 || option[1] > n)
			return NULL;
		length = option[1];
		if (*option == TCPOPT_MAXSEG && length == TCPOLEN_MAXSEG)
			return option + 2;
	}
	return NULL;
}

void
tcp_clamp_mss(struct packet *p, uint32_t mtu)
{
	uint32_t most = mtu > PACKET_HEADER + TCP_HEADER ?
	    mtu - PACKET_HEADER - TCP_HEADER : 0;
	uint8_t *value, *field, whole[4] = { 0 };
	uint32_t before;

	if (p->protocol != IPPROTO_TCP || !(p->tcp_flags & TH_SYN) ||
	    p->fragment_offset != 0)
		return;
	value = find_mss(p);
	if (value == NULL || ntohs(octets_get16(value)) <= most)
		return;
	/* The option may lie at an odd offset: its octets then belong to two
	 * words of the sum, as those in `whole` do. */
	field = p->data + p->transport + 16;
	memcpy(whole + (value - field) % 2, value, 2);
	before = octets_get32(whole);
	octets_put16(value, htons((uint16_t)most));
	memcpy(whole + (value - field) % 2, value, 2);
	if (!p->partial_checksum)
		octets_put16(field, checksum_adjust(octets_get16(field),
		    checksum_delta32(before, octets_get32(whole))));
}

/* The octets of sequence space that the segment takes. */
static uint32_t
sequence_length(const struct packet *p)
{
	const uint8_t *tcp = p->data + p->transport;
	uint32_t header = (uint32_t)(tcp[12] >> 4) * 4;

	return p->length - p->transport - header +
	    !!(p->tcp_flags & TH_SYN) + !!(p->tcp_flags & TH_FIN);
}

enum verdict
tcp_reset(struct packet *p, enum verdict why)
{
	const uint8_t *old = p->data + p->transport;
	in_port_t from = p->destination_port, to = p->source_port;
	uint32_t sequence = 0, acknowledged = 0;
	uint8_t flags = TH_RST, *tcp = p->data + PACKET_HEADER;

	if (p->tcp_flags & TH_RST || IN_MULTICAST(ntohl(p->destination)) ||
	    p->destination == INADDR_BROADCAST)
		return why;
	if (p->tcp_flags & TH_ACK) {
		sequence = octets_get32(old + 8);
	} else {
		acknowledged = htonl(ntohl(octets_get32(old + 4)) +
		    sequence_length(p));
		flags |= TH_ACK;
	}
	packet_write_header(p, IPPROTO_TCP, p->destination, p->source,
	    PACKET_HEADER + TCP_HEADER, 0, 0);
	memset(tcp, 0, TCP_HEADER);
	octets_put16(tcp, from);
	octets_put16(tcp + 2, to);
	octets_put32(tcp + 4, sequence);
	octets_put32(tcp + 8, acknowledged);
	tcp[12] = TCP_HEADER / 4 << 4;
	tcp[13] = flags;
	p->source_port = from;
	p->destination_port = to;
	p->tcp_flags = flags;
	packet_complete_checksum(p);
	return REPLY;
}
