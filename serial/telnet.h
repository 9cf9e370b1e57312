/*
 * telnet.h - telnet or not: the octets of a call that comes over TCP
 *
 * RFC 854, RFC 856 (binary), RFC 857 (echo), RFC 858 (no go-ahead), options
 * by RFC 1143's method.  Pure: no descriptor, no clock.  Nothing is sent
 * before the caller has sent something, and a sequence may be cut anywhere.
 *
 * Callers are not what RFCs say they are: most send plain octets, soft modems
 * greet with telnet commands and then go on without, or read telnet and do
 * not write it.  telnet.c's head says how they are told apart.
 */
#ifndef SERIAL_TELNET_H
#define SERIAL_TELNET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A line's `telnet`, in the order of masqd.conf(5)'s words. */
enum telnet_setting {
	TELNET_AUTO,
	TELNET_YES, /* the caller speaks it: said with the first answer */
	TELNET_NO   /* every octet is data, both ways */
};

enum {
	/* What telnet_in() may give out beyond the octets it is given, as
	 * data or as reply. */
	TELNET_MORE = 32,
	TELNET_OPTIONS = 4 /* 0 to 3: those that we know are among them */
};

/* Room for what comes out of count octets. */
#define TELNET_IN_ROOM(count) ((count) + TELNET_MORE)
#define TELNET_OUT_ROOM(count) (2 * (count) + 1)

enum telnet_mode {
	TELNET_UNDECIDED, /* no telnet yet; a command would be understood */
	TELNET_RAW,	  /* every octet is data, for good */
	TELNET_SPOKEN	  /* telnet; what is sent is doubled */
};

/* RFC 1143 7, of one option on one side.  No queue: nothing is ever asked
 * for while the opposite is under way. */
enum telnet_state { TELNET_OFF, TELNET_ASKED, TELNET_ON };

struct telnet {
	enum telnet_setting setting;
	enum telnet_mode mode;
	bool begun;	  /* a data octet came */
	bool greeted;	  /* our own options were offered */
	bool single;	  /* the caller does not double its FF */
	bool flag;	  /* undecided: the octet before was PPP's flag */
	bool after_cr;	  /* inwards: a NUL belongs to the CR */
	bool sent_cr;	  /* outwards, likewise */
	uint8_t held[2];  /* of a command that is not whole */
	uint8_t held_count;
	uint8_t preamble; /* octets so far that are a soft modem's greeting */
	uint8_t answers;  /* how many were given */
	bool sub_iac;	  /* subnegotiation: the octet before was IAC */
	uint16_t sub;	  /* octets of a subnegotiation; 0: in none */
	enum telnet_state ours[TELNET_OPTIONS], theirs[TELNET_OPTIONS];
};

void telnet_reset(struct telnet *, enum telnet_setting);

/*
 * Octets from the caller: data goes to `out`, what is to be answered to
 * `reply`, which is telnet already: it goes around telnet_out().  Each has
 * room for TELNET_IN_ROOM(count) and does not overlap `in`.
 */
void telnet_in(struct telnet *, const uint8_t *in, size_t count, uint8_t *out,
    size_t *out_count, uint8_t *reply, size_t *reply_count);

/* Data to the caller, as it goes over TCP: `out` has TELNET_OUT_ROOM(count). */
void telnet_out(struct telnet *, const uint8_t *in, size_t count, uint8_t *out,
    size_t *out_count);

/* Does each of the 256 octets pass both ways?  SLIP needs that. */
bool telnet_is_clean(const struct telnet *);

#endif
