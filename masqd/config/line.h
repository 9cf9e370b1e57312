/*
 * line.h - a line, as masqd.conf(5) says; a part of config.h
 */
#ifndef MASQD_CONFIG_LINE_H
#define MASQD_CONFIG_LINE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum config_protocol {
	PROTOCOL_PPP = 1 << 0,
	PROTOCOL_SLIP = 1 << 1,
	PROTOCOL_LOGIN = 1 << 2
};

enum config_port_kind { PORT_SERIAL, PORT_PTY, PORT_TCP };

/* Beginnings of calling numbers and addresses, or "all", "none", "P", "O". */
struct config_numbers {
	char **list;
	size_t count;
};

struct config_line {
	char *name;
	unsigned source_line; /* in the file */
	enum config_port_kind port_kind;
	char *port; /* without its "serial:" or the like */
	uint32_t speed; /* bit/s between us and the modem */
	char *modem; /* "auto", "none" or a profile's name */
	char **init; /* sent after the profile's own, in order */
	size_t init_count;
	uint32_t rings; /* 0: one, or two where caller id is wanted */
	unsigned protocols; /* config_protocol, ored */
	in_addr_t address; /* fixed address or 0 */
	char *user; /* fixed user or NULL */
	char *preset; /* the name of a file in config.presets */
	char *group; /* of lines that should do equally well, or NULL */
	char *ring;  /* the kind of ring that is answered, or NULL: any */
	struct config_numbers allow, deny; /* whose calls are answered */

	/* Of a TCP line; it stands once for each of its calls, as name/1,
	 * name/2 ..., one behind the other. */
	struct sockaddr_storage listen;
	uint32_t calls;
	uint32_t slot;	   /* 1 .. calls; 0: no TCP line */
	size_t listener;   /* index into struct config's */
	uint32_t rate;	   /* bit/s that callers are to see; 0: any */
	unsigned telnet;   /* enum config_telnet */
	uint32_t calls_each, new_calls_each; /* see struct config_listener */
};

enum config_telnet { CONFIG_TELNET_AUTO, CONFIG_TELNET_YES, CONFIG_TELNET_NO };

/* Where the callers of a TCP line come in. */
struct config_listener {
	char *name; /* the line's, as in the file */
	struct sockaddr_storage address;
	size_t first_line, line_count; /* of struct config's lines */
	uint32_t calls_each;	 /* at a time, from one source; 0: any */
	uint32_t new_calls_each; /* a minute, from one source; 0: any */
};

#endif
