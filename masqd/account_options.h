/*
 * account_options.h - what an account changes for its calls
 *
 * The fourth field of the accounts file: words, with blanks or commas between
 * them.  Read where the file is read, used in masqd, masq.so and by lines.
 */
#ifndef MASQD_ACCOUNT_OPTIONS_H
#define MASQD_ACCOUNT_OPTIONS_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

enum account_protocol { ACCOUNT_PPP = 1, ACCOUNT_SLIP = 2, ACCOUNT_CSLIP = 4 };

/* Ored into `given` where the file says so. */
enum account_option {
	ACCOUNT_PROTOCOLS = 1 << 0, /* ppp slip cslip: these, and no other */
	ACCOUNT_PROTOCOL = 1 << 1,  /* proto=slip: what is begun unasked */
	ACCOUNT_NO_VJ = 1 << 2,	    /* no-vj: no RFC 1144 with this caller */
	ACCOUNT_CLEAR_DF = 1 << 3,  /* clear-df, as in masqd.conf(5) */
	ACCOUNT_TTL_FLOOR = 1 << 4, /* ttl-floor=N, likewise */
	ACCOUNT_ONE_CALL = 1 << 5,  /* one-call: no second one beside it */
	ACCOUNT_IDLE = 1 << 6,	    /* idle=N: seconds, 0: without an end */
	ACCOUNT_SESSION = 1 << 7,   /* session=N, likewise */
	ACCOUNT_MAPPINGS = 1 << 8,  /* max-mappings=N */
	ACCOUNT_FLOWS = 1 << 9,	    /* max-flows=N */
	ACCOUNT_NEW_FLOWS = 1 << 10 /* new-flows=N: a second */
};

/* All zero: everything as masqd.conf has it.  It travels in messages. */
struct account_options {
	uint32_t given;	   /* enum account_option; no other field counts */
	uint8_t protocols; /* enum account_protocol, ored */
	uint8_t protocol;  /* one of them */
	uint8_t ttl_floor;
	uint8_t unused;
	uint32_t idle, session;
	uint32_t max_mappings, max_flows, new_flows;
};
static_assert(sizeof(struct account_options) == 28, "without holes");

/*
 * Read the field, which is changed on the way.  A word that is wrong does
 * nothing, the others count.  wrong: empty, or the first such word, and what
 * would be right.
 */
void account_options_read(char *field, struct account_options *, char *wrong,
    size_t size);

/* "ppp", "slip", "cslip"; of one protocol. */
const char *account_protocol_name(enum account_protocol);

/* May a call with these options be of the protocol? */
int account_options_allow(const struct account_options *,
    enum account_protocol);

#endif
