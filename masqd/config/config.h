/*
 * config.h - what masqd.conf(5) says, read once, checked whole
 *
 * Strings and arrays belong to the struct config.  Addresses are in network
 * byte order; times are seconds unless the name says otherwise.
 */
#ifndef MASQD_CONFIG_H
#define MASQD_CONFIG_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "line.h"
#include "masqd/log.h"

#define CONFIG_FILE "/etc/masqd/masqd.conf"

enum config_uplink_kind { UPLINK_INTERFACE, UPLINK_TUN, UPLINK_SOCKET };

struct config_uplink {
	enum config_uplink_kind kind;
	char *interface; /* "auto": the default route's */
	char *tun;
	char *socket;
	in_addr_t address; /* tun and socket only, otherwise 0 */
	uint32_t mtu;	   /* octets; 0: the interface's own */
	uint16_t port_low, port_high; /* host order, inclusive */
	uint16_t privileged_low, privileged_high; /* likewise; 0: none */
};

struct config_range {	     /* host byte order, inclusive */
	uint32_t first, last;
};

struct config_callers {
	in_addr_t gateway;
	struct config_range *pool;
	size_t pool_count;
	in_addr_t *dns; /* as configured, or the host's own resolvers */
	size_t dns_count;
	bool private_networks;
	bool each_other;
	uint32_t max_mappings, max_flows, new_flows;
	uint32_t idle_timeout, session_timeout; /* 0: none */
	bool clear_df;	    /* of what they send and get */
	uint32_t ttl_floor; /* of what they send; 0: none */
	struct config_numbers allow, deny; /* of lines that have none */
	bool queue;	    /* masqd keeps their packets back itself */
};

enum config_auth { AUTH_ACCOUNTS, AUTH_PAM, AUTH_PPPD, AUTH_NONE };

/* How a PPP caller may prove that it knows the password. */
enum config_method { METHOD_PAP, METHOD_CHAP, METHOD_MSCHAP, METHOD_MSCHAPV2,
	METHODS };

struct config_network {
	char *name;
	unsigned source_line;
	char *socket; /* the path masqd listens on, or NULL */
	char *tun;    /* or the TUN interface's name */
	char *from;   /* tun: the interface the subnet is behind */
	in_addr_t subnet, netmask, gateway;
	uint32_t mtu;
	bool clear_df;	    /* as in struct config_callers, */
	uint32_t ttl_floor; /* and by default the same */
};

struct config_target { /* user or address */
	char *user;
	in_addr_t address;
	uint16_t port; /* host order */
};

enum {
	CONFIG_FORWARDS = 128, /* sections, at most */
	CONFIG_TUN_NETWORKS = 64,
	/* Room for outside ports that are forwarded while masqd runs, besides
	 * those of the configuration: the table is sized at start. */
	CONFIG_ADDED_PORTS = 1024
};

enum { CONFIG_TARGETS = 16 }; /* of one forward, at most */

struct config_forward {
	char *name;
	unsigned source_line;
	uint8_t protocol;	      /* IPPROTO_TCP or IPPROTO_UDP */
	uint16_t port_low, port_high; /* outside, host order, inclusive */
	struct config_target *targets; /* port: that of port_low */
	size_t target_count;
};

enum config_filtering { FILTERING_ENDPOINT_INDEPENDENT, FILTERING_ADDRESS,
	FILTERING_ADDRESS_AND_PORT };

struct config_nat {
	enum config_filtering filtering;
	uint32_t udp, icmp, tcp_established, tcp_transitory, fragment;
	uint32_t tcp_opening, tcp_closing; /* 0: tcp_transitory */
	bool mss_clamp;
	bool inbound_refresh; /* UDP and ICMP from outside prolong a flow */
	bool syn_errors; /* a stranger's SYN is answered after 6 seconds */
	uint32_t icmp_errors; /* of ours a second, a link; 0: no limit */
	uint32_t max_mappings, max_flows;
};

enum config_compression { COMPRESSION_OFF, COMPRESSION_ADAPTIVE,
	COMPRESSION_ON };

struct config_slip {
	uint32_t mtu;	/* towards the caller; 0: by the line's rate */
	uint32_t slots; /* conversations whose headers are compressed */
	enum config_compression compression; /* where he said no more than
					      * `slip` */
};

/* Texts are templates, serial/banner.h. */
struct config_login {
	char *banner; /* before SLIP begins */
	char *issue;  /* before the login; may be "" */
	uint32_t timeout, idle; /* 0: none */
	uint32_t tries;
	uint32_t delay; /* after the first wrong password, then double */
	bool menu;	/* list the protocols before asking for one */
};

struct config_control {
	char *socket;
	char *group;
	bool observe; /* may everybody look */
};

struct config {
	struct config_uplink uplink;
	struct config_callers callers;
	enum config_auth auth;
	enum config_method ppp_auth[METHODS]; /* in the order of offer */
	size_t ppp_auth_count;
	char *accounts;
	char *presets; /* the directory of options for pppd, for a line's */
	char *ppp_options;
	char *pppd;	     /* the program; default /usr/sbin/pppd */
	char *plugin;	     /* masq.so, as pppd's `plugin` wants it */
	char *plugin_socket; /* where masq.so finds masqd */
	char **modem_files; /* as given; none: the usual ones */
	size_t modem_file_count;
	struct profiles *profiles; /* serial/profile.h: what a modem may be */
	struct config_line *lines;
	size_t line_count;
	in_addr_t *fixed; /* the lines' own addresses, for bsearch() */
	size_t fixed_count;
	struct config_listener *listeners;
	size_t listener_count;
	struct config_network *networks;
	size_t network_count;
	struct config_forward *forwards;
	size_t forward_count;
	struct config_nat nat;
	struct config_slip slip;
	struct config_login login;
	struct config_control control;
	enum log_level log_level;
	bool log_mappings;
};

/*
 * Read and check the file.  Every error is one line on `errors`:
 * FILE:LINE: what is wrong, and what would be right; reading goes on after an
 * error where that makes sense.  Warnings go there too, marked `warning:`.
 *
 * Returns the configuration, to be freed with config_free(), or NULL when
 * there was an error.
 */
struct config *config_read(const char *file, FILE *errors);
void config_free(struct config *);

/* True where the configuration needs root: anything but a socket uplink, socket
 * links, and lines that offer no PPP. */
bool config_needs_root(const struct config *);

/* Can the address (network order) be a caller's: of a pool, a network, or a
 * line's own? */
bool config_is_inside(const struct config *, in_addr_t);

/* Is it a line's own?  Quick: asked for each packet. */
bool config_is_fixed(const struct config *, in_addr_t);

#endif
