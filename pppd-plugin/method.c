/*
 * method.c - which way to prove the password is offered, and which is next
 *
 * pppd itself offers the strongest that it may, takes PAP when the caller
 * answers with a Nak, and gives up at a Reject, or where it offered PAP and
 * the caller wants CHAP.  Callers of all ages need an order of choice, and to
 * be offered the next one however they say no; so the LCP option is taken out
 * of their Naks and Rejects before pppd reads them, and the choice is made
 * here.  RFC 1661 5.3, 5.4, 6.2.
 */
#include <string.h>

#include "pppd-plugin/api.h"
#include "pppd-plugin/masq.h"
#include "pppd-plugin/talk.h"

enum {
	OPTION_AUTH = 3,  /* RFC 1661 6.2 */
	PAP_LENGTH = 4,
	CHAP_LENGTH = 5
};

/* A way, as LCP and as pppd know it. */
static const struct way {
	enum handoff_method method;
	unsigned protocol, algorithm;
	int type; /* pppd's bit; 0: PAP */
} ways[] = {
	{ HANDOFF_PAP, PPP_PAP, 0, 0 },
	{ HANDOFF_CHAP, PPP_CHAP, CHAP_MD5, MDTYPE_MD5 },
	{ HANDOFF_MSCHAP, PPP_CHAP, CHAP_MICROSOFT, MDTYPE_MICROSOFT },
	{ HANDOFF_MSCHAPV2, PPP_CHAP, CHAP_MICROSOFT_V2, MDTYPE_MICROSOFT_V2 },
};

static uint8_t order[HANDOFF_METHODS];
static const struct way *left[HANDOFF_METHODS]; /* not refused yet */
static int left_count;

static void (*lcp_resetci)(struct fsm *);
static int (*lcp_nakci)(struct fsm *, unsigned char *, int, int);
static int (*lcp_rejci)(struct fsm *, unsigned char *, int);

static const struct way *
way_of(enum handoff_method method)
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (ways[i].method == method)
			return &ways[i];
	return NULL;
}

/* Does pppd want it, as its options and secrets files have it? */
static int
is_wanted(const struct way *way)
{
	const lcp_options *want = &lcp_wantoptions[0];

	if (way->type == 0)
		return want->neg_upap;
	return want->neg_chap && (want->chap_mdtype & way->type);
}

/* Offer the first that is left, or nothing. */
static void
offer(void)
{
	lcp_options *go = &lcp_gotoptions[0];

	go->neg_eap = 0;
	go->neg_upap = left_count > 0 && left[0]->type == 0;
	go->neg_chap = left_count > 0 && left[0]->type != 0;
	if (go->neg_chap)
		go->chap_mdtype = (unsigned char)left[0]->type;
}

/* The negotiation begins, or begins anew. */
static void
reset(struct fsm *lcp)
{
	lcp_resetci(lcp);
	left_count = 0;
	for (int i = 0; i < HANDOFF_METHODS; i++) {
		const struct way *way = way_of(order[i]);

		if (way && is_wanted(way))
			left[left_count++] = way;
	}
	if (left_count > 0)
		offer();
}

static void
take_away(int at)
{
	left_count--;
	for (int i = at; i < left_count; i++)
		left[i] = left[i + 1];
}

/* The caller asks for another way in a Nak: it comes first, if we have it. */
static void
prefer(const unsigned char *option, int length)
{
	unsigned protocol = (unsigned)(option[2] << 8 | option[3]);

	for (int i = 0; i < left_count; i++) {
		const struct way *way = left[i];

		if (way->protocol != protocol || (protocol == PPP_CHAP &&
			(length < CHAP_LENGTH || option[4] != way->algorithm)))
			continue;
		memmove(&left[1], &left[0], (size_t)i * sizeof(left[0]));
		left[0] = way;
		return;
	}
}

/*
 * Take the option out of a Nak's or Reject's list of options.
 *
 * Returns where it was, after a copy to option, or -1; *length: of the rest.
 */
static int
cut_out(unsigned char *options, int *length, unsigned char option[256])
{
	int at = 0;

	while (at + 2 <= *length) {
		int size = options[at + 1];

		if (size < 2 || at + size > *length)
			return -1;
		if (options[at] == OPTION_AUTH && size >= PAP_LENGTH) {
			memcpy(option, options + at, (size_t)size);
			*length -= size;
			memmove(options + at, options + at + size,
			    (size_t)(*length - at));
			return at;
		}
		at += size;
	}
	return -1;
}

static void
refused(void)
{
	if (left_count > 0)
		take_away(0);
}

static int
nak(struct fsm *lcp, unsigned char *options, int length, int as_reject)
{
	unsigned char option[256];
	int ours = left_count > 0 && cut_out(options, &length, option) >= 0;
	int good = lcp_nakci(lcp, options, length, as_reject);

	if (!ours || good == 0 || lcp->state == OPENED)
		return good;
	refused();
	prefer(option, option[1]);
	offer();
	return good;
}

static int
reject(struct fsm *lcp, unsigned char *options, int length)
{
	unsigned char option[256];
	int ours = left_count > 0 && cut_out(options, &length, option) >= 0;
	int good = lcp_rejci(lcp, options, length);

	if (!ours || good == 0 || lcp->state == OPENED)
		return good;
	refused();
	offer();
	return good;
}

void
method_begin(const struct handoff *welcome)
{
	fsm_callbacks *callbacks = lcp_fsm[0].callbacks;

	memcpy(order, welcome->methods, sizeof(order));
	lcp_resetci = callbacks->resetci;
	callbacks->resetci = reset;
	lcp_nakci = callbacks->nakci;
	callbacks->nakci = nak;
	lcp_rejci = callbacks->rejci;
	callbacks->rejci = reject;
}

int
method_types(const struct handoff *welcome, int *pap)
{
	int types = 0;

	*pap = 0;
	for (int i = 0; i < HANDOFF_METHODS; i++) {
		const struct way *way = way_of(welcome->methods[i]);

		if (way && way->type == 0)
			*pap = 1;
		else if (way)
			types |= way->type & chap_mdtype_all;
	}
	return types;
}
