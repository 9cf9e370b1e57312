/*
 * value.h - from the text of a value in masqd.conf to what it means
 */
#ifndef MASQD_CONFIG_VALUE_H
#define MASQD_CONFIG_VALUE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "problem.h"

struct value;

/* Adds a problem where the value is wrong; stores it otherwise.  to: the
 * key's place; for a key without a place of its own, the section's struct. */
typedef void value_setter(const struct value *, void *to);

struct key {
	const char *name;
	value_setter *set;
	size_t offset;	     /* in the section's struct, or KEY_WHOLE */
	const char *initial; /* the default, as text, or NULL: 0, none */
	uint32_t low, high;  /* of a number */
	/* The words of a value_word, its enum's names in order. */
	const char *const *words;
	bool list; /* `set` is called for each element */
};

#define KEY_WHOLE SIZE_MAX /* `set` gets the section's struct */

struct value {
	const struct key *key;
	const char *text;
	unsigned line; /* 0: the default */
	struct problems *problems;
};

/* Of a scalar: to points at ... */
value_setter value_number;    /* uint32_t */
value_setter value_bool;      /* bool */
value_setter value_word;      /* an enum */
value_setter value_text;      /* char *: printable, without blanks at an end */
value_setter value_template;  /* char *: printable, may be empty, \n ends a
			       * line; login.c */
value_setter value_path;      /* char *: an absolute path */
value_setter value_socket;    /* char *: one that fits in sun_path */
value_setter value_name;      /* char *: of a user or group */
value_setter value_title;     /* char *: see value_is_title() */
value_setter value_interface; /* char *: of a network interface */
value_setter value_address;   /* in_addr_t: of one host */
/* Of a whole section: to points at its struct in config.h. */
value_setter value_ppp_auth;
value_setter value_uplink_ports;
value_setter value_uplink_privileged;
value_setter value_callers_pool;
value_setter value_modem_file;
value_setter value_callers_dns;
value_setter value_line_port;
value_setter value_line_speed;
value_setter value_line_init;
value_setter value_line_protocols;
value_setter value_network_subnet;
value_setter value_forward_protocol;
value_setter value_forward_port;
value_setter value_forward_to;
/* Checked and not kept. */
value_setter value_numbers;
value_setter value_unkept_number;
value_setter value_unkept_bool;
value_setter value_unkept_path;

/* True for the address of one host: not 0/8, loopback, multicast, class E. */
bool value_is_host(in_addr_t);

/* Titles of sections, for messages and the console: letters, digits and
 * `._-`, at most 63. */
bool value_is_title(const char *);

#endif
