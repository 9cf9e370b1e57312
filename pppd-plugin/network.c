/*
 * network.c - the address, the lease, and the interface's way to masqd
 *
 * Life: a lease when the user is known, perhaps another one while IPCP
 * negotiates (a caller may ask for an address); then the interface is handed
 * over, and from there on the lease stands until the call's end, however
 * often IPCP or LCP begin anew.
 *
 * What must never happen: an interface that is up and not masqd's; an address
 * that masqd did not lease; a link that goes to another user than its lease.
 */
#include <errno.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "pppd-plugin/api.h"
#include "pppd-plugin/callers.h"
#include "pppd-plugin/masq.h"
#include "pppd-plugin/talk.h"

enum {
	/* How often a caller may ask for an address of its own choice. */
	WISHES = 4
};

static struct handoff lease; /* as answered, with the user in it */
static in_addr_t assigned; /* the user's own, or 0 */
static in_addr_t wish;	   /* the last one */
static int wishes;
static int linked; /* masqd has accepted the link */

static void (*ipcp_input)(int, unsigned char *, int);
static void (*ipcp_up)(struct fsm *);
static int (*other_allowed_address)(uint32_t);
static void (*other_choose)(uint32_t *);

int
network_linked(void)
{
	return linked;
}

/* IPv6CP would bring the interface up before masqd has it. */
static void
disable_ipv6(void)
{
	int i;

	for (i = 0; protocols[i]; i++)
		if (protocols[i]->protocol == PPP_IPV6CP)
			protocols[i]->enabled_flag = 0;
}

static void
use_lease(void)
{
	ipcp_options *want = &ipcp_wantoptions[0];
	ipcp_options *allow = &ipcp_allowoptions[0];

	want->ouraddr = lease.gateway;
	want->hisaddr = lease.address;
	want->accept_local = want->accept_remote = 0;
	/* One server only: given twice, as pppd's ms-dns does. */
	allow->dnsaddr[0] = lease.dns[0];
	allow->dnsaddr[1] = lease.dns[1] ? lease.dns[1] : lease.dns[0];
}

/* Ask for a lease, or for another address in place of the one we have. */
static void
ask_for_lease(in_addr_t wanted, int fixed)
{
	struct handoff question = talk_message(HANDOFF_ASK);
	struct handoff answer;

	question.address = wanted;
	question.fixed = fixed != 0;
	question.options = password_account()->options;
	if (talk_string(question.user, sizeof(question.user),
		password_user()) < 0) {
		masq_end("no lease", "the user's name is too long");
		return;
	}
	if (talk_ask(&question, -1, HANDOFF_LEASE, &answer, NULL) < 0) {
		masq_end("no lease", talk_reason());
		return;
	}
	if (answer.address == 0 || answer.gateway == 0) {
		masq_end("no lease", "masqd's answer holds no address");
		return;
	}
	lease = answer;
	lease.kind = HANDOFF_LEASE;
	talk_string(lease.user, sizeof(lease.user), password_user());
	use_lease();
}

/* The address that the account, pppd's secrets files or another plugin
 * (RADIUS) have for the user, or 0. */
static in_addr_t
assigned_address(void)
{
	uint32_t address = password_account()->address;

	if (address == 0)
		address = ipcp_wantoptions[0].hisaddr;
	if (other_choose)
		other_choose(&address);
	return address;
}

/* What the account changes, before IPCP begins and pppd's clocks start. */
static void
use_options(const struct account_options *options)
{
	if (options->given & ACCOUNT_NO_VJ)
		ipcp_wantoptions[0].neg_vj = ipcp_allowoptions[0].neg_vj = 0;
	if (options->given & ACCOUNT_IDLE)
		ppp_set_max_idle_time(options->idle);
	if (options->given & ACCOUNT_SESSION)
		maxconnect = (int)options->session;
}

void
network_ask(void)
{
	if (!linked) {
		assigned = assigned_address();
		use_options(&password_account()->options);
		ask_for_lease(assigned, assigned != 0);
	} else if (strcmp(lease.user, password_user()) != 0)
		masq_end("this call belongs to another user", lease.user);
}

static in_addr_t
load_address(const unsigned char *bytes)
{
	in_addr_t address;

	memcpy(&address, bytes, sizeof(address));
	return address;
}

/*
 * The address that a Configure-Request asks for (RFC 1332 3.3; the older
 * option 1 begins with it too, RFC 1172 5.1), or 0.
 */
static in_addr_t
requested_address(const unsigned char *packet, int length)
{
	int at, end;

	if (length < HEADERLEN || packet[0] != CONFREQ)
		return 0;
	end = packet[2] << 8 | packet[3];
	if (end > length)
		return 0;
	for (at = HEADERLEN; at + 2 <= end; at += packet[at + 1]) {
		int size = packet[at + 1];

		if (size < 2 || at + size > end)
			return 0;
		if ((packet[at] == CI_ADDR && size == 6) ||
		    (packet[at] == CI_ADDRS && size == 10))
			return load_address(packet + at + 2);
	}
	return 0;
}

/* A caller that insists on another address gets pppd's Nak with the lease. */
static void
input(int unit, unsigned char *packet, int length)
{
	in_addr_t wanted = requested_address(packet, length);

	if (masq_ending())
		return;
	if (wanted != 0 && lease.address != 0 && wanted != lease.address &&
	    wanted != wish && assigned == 0 && !linked && wishes < WISHES) {
		wish = wanted;
		wishes++;
		ask_for_lease(wanted, 0);
	}
	if (!masq_ending())
		ipcp_input(unit, packet, length);
}

static void
choose_address(uint32_t *address)
{
	if (lease.address != 0)
		*address = lease.address;
}

#if !API_OWN_STATISTICS
/*
 * pppd 2.5 settles at its first look how to read an interface's counters,
 * and of its three ways only the last, the ioctl on a socket made in
 * sys_init, reaches the callers' namespace.  From the host's the other two
 * fail, with a line in the log that would only worry.
 */
static void
settle_statistics(void)
{
	int mask = setlogmask(LOG_MASK(LOG_EMERG)), descriptor = log_to_fd;

	log_to_fd = -1;
	ppp_get_link_stats(NULL);
	log_to_fd = descriptor;
	setlogmask(mask);
}
#endif

/* Hand the interface over while it is still down: 0, or -1 and it ends. */
static int
hand_over(void)
{
	struct handoff link = talk_message(HANDOFF_LINK);
	struct handoff answer;
	int packets, result;

#if !API_OWN_STATISTICS
	settle_statistics();
#endif
	link.mtu = (uint32_t)ppp_get_mtu(0);
	talk_string(link.interface, sizeof(link.interface), ppp_ifname());
	masq_enter();
	packets = callers_socket(ppp_ifname());
	masq_leave();
	if (packets < 0) {
		masq_end("no packet socket", strerror(errno));
		return -1;
	}
	result = talk_ask(&link, packets, HANDOFF_ACCEPT, &answer, NULL);
	close(packets);
	if (result < 0)
		masq_end("the link is not accepted", talk_reason());
	return result;
}

/*
 * pppd asks whether the caller may have this address: long before there is a
 * link (secrets files), and as the last thing before it sets the address.
 */
static int
address_allowed(uint32_t address)
{
	int theirs = other_allowed_address ? other_allowed_address(address)
					   : -1;

	if (masq_ending() || theirs == 0 || address != lease.address)
		return 0;
	if (ipcp_fsm[0].state != OPENED)
		return 1;
	if (!linked && hand_over() < 0)
		return 0;
	linked = 1;
	/* ipcp_up looks the interface up by name: in there until it runs. */
	masq_enter();
	return 1;
}

/* However ipcp_up ended, pppd is back in the host's namespace. */
static void
up(struct fsm *ipcp)
{
	ipcp_up(ipcp);
	masq_leave();
}

void
network_take(void)
{
	ipcp_input = ipcp_protent.input;
	ipcp_protent.input = input;
	ipcp_up = ipcp_fsm[0].callbacks->up;
	ipcp_fsm[0].callbacks->up = up;
}

void
network_begin(const struct handoff *welcome)
{
	ipcp_options *want = &ipcp_wantoptions[0];
	ipcp_options *allow = &ipcp_allowoptions[0];

	/* An address of our own now keeps pppd from looking one up. */
	want->ouraddr = welcome->gateway;
	want->accept_local = want->accept_remote = 0;
	want->default_route = allow->default_route = 0;
	want->proxy_arp = allow->proxy_arp = 0;
	disable_ipv6();
	/* Hooks of one place: now, as the last of all plugins. */
	other_allowed_address = allowed_address_hook;
	allowed_address_hook = address_allowed;
	other_choose = ip_choose_hook;
	ip_choose_hook = choose_address;
}
