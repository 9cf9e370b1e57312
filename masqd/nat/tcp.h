/*
 * tcp.h - what the gateway knows of a TCP flow
 *
 * The state machine of RFC 7857 section 2, figure 1 (from RFC 6146 3.5.2.2).
 * It decides how long a flow lives idle; no segment of a known flow is
 * dropped for its state, the two ends know better.
 */
#ifndef MASQD_NAT_TCP_H
#define MASQD_NAT_TCP_H

#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>

#include "caller.h"
#include "packet.h"

/* "both": the two sides.  Any state may also end by its idle time. */
enum tcp_state {
	TCP_STATE_NONE,	   /* a flow of another protocol; left never */
	TCP_STATE_SYN_OUT, /* SYN from the caller; left by a SYN inbound,
			    * to OPEN: an answer or a simultaneous open */
	TCP_STATE_SYN_IN,  /* SYN from outside; left by a SYN outbound */
	TCP_STATE_OPEN,	   /* left by FIN of a side, or RST to RESET */
	TCP_STATE_FIN_OUT, /* caller's FIN seen; left by FIN inbound, RST */
	TCP_STATE_FIN_IN,  /* remote's FIN seen; left by FIN outbound, RST */
	TCP_STATE_CLOSED,  /* FIN from both; a SYN opens anew, nothing else
			    * prolongs it */
	TCP_STATE_RESET,   /* RST seen; any segment but RST: it was a blind
			    * or an old one, back to OPEN; a SYN opens anew */
	TCP_STATE_LOST,	   /* our address has changed under it; the caller's
			    * SYN opens anew, his other segments end it */
	TCP_STATES
};

/* "syn-out", "open" and so on; "" for TCP_STATE_NONE. */
const char *tcp_state_name(enum tcp_state);

/* Which of the timeouts a flow has in a state (RFC 7857 2.1). */
enum tcp_phase {
	TCP_PHASE_OPENING,
	TCP_PHASE_ESTABLISHED,
	TCP_PHASE_CLOSING,
	TCP_PHASE_TRANSITORY, /* after RST, or lost */
	TCP_PHASES
};
enum tcp_phase tcp_phase(enum tcp_state);

/* A segment that may open a flow: SYN without ACK, RST, FIN. */
static inline bool
tcp_opens(uint8_t flags)
{
	return (flags & (TH_SYN | TH_ACK | TH_RST | TH_FIN)) == TH_SYN;
}

/*
 * By which a blind RST (RFC 5961) and a blind ICMP error (RFC 5927) are known:
 * what the caller has said himself, since by his link nobody else can speak
 * (RFC 2827).  From outside only a SYN that opens a flow is believed: whoever
 * guesses the endpoints can forge the rest.
 */
struct tcp_numbers {
	uint32_t sent;	  /* the highest with which he has begun a segment */
	uint32_t awaited; /* the next octet that he expects */
};

/*
 * The state after a segment in this direction; the numbers are kept up to
 * date.  An RST counts only where its sequence number is one that the receiver
 * may take (RFC 5961 section 3), otherwise the state stays.  *refresh: whether
 * the idle time begins anew.
 */
enum tcp_state tcp_step(enum tcp_state, enum direction, const struct packet *,
    struct tcp_numbers *, bool *refresh);

/*
 * Lower the maximum segment size that a SYN announces to what fits a link of
 * this MTU (octets; 40 for the headers), checksum included; nothing is done
 * to other packets, to a smaller size, or where the option is missing.
 */
void tcp_clamp_mss(struct packet *, uint32_t mtu);

/*
 * Turn a segment that belongs to no flow into the RST that answers it, in
 * place (RFC 9293 3.10.7.1).  REPLY, or `why` for an RST, which is never
 * answered, and for a source or destination that is no host's.
 */
enum verdict tcp_reset(struct packet *, enum verdict why);

#endif
