/*
 * presence.c - is the caller still there?
 *
 * An Echo-Reply holds a magic number, zero where none was agreed on (RFC 1661
 * 5.8).  KA9Q NOS leaves it out; pppd takes such an answer for none and would
 * hang up a caller that is well.
 *
 * Behind a Terminate-Request the carrier goes at once, and that is all that
 * pppd's exit status tells.
 */
#include <string.h>

#include "pppd-plugin/api.h"
#include "pppd-plugin/masq.h"

enum { WITH_MAGIC = HEADERLEN + 4 };

static void (*lcp_input)(int, unsigned char *, int);
static int ended;

static int
is_bare_reply(const unsigned char *packet, int length)
{
	return length >= HEADERLEN && packet[0] == ECHOREP &&
	    packet[2] == 0 && packet[3] == HEADERLEN;
}

static void
input(int unit, unsigned char *packet, int length)
{
	unsigned char whole[WITH_MAGIC] = { 0 };

	if (is_bare_reply(packet, length)) {
		memcpy(whole, packet, HEADERLEN);
		whole[3] = WITH_MAGIC;
		packet = whole;
		length = WITH_MAGIC;
	}
	if (length >= HEADERLEN && packet[0] == TERMREQ &&
	    lcp_fsm[unit].state == OPENED)
		ended = 1;
	lcp_input(unit, packet, length);
}

void
presence_take(void)
{
	lcp_input = lcp_protent.input;
	lcp_protent.input = input;
}

int
presence_ended(void)
{
	return ended;
}
