/*
 * banner.h - what a caller reads before it speaks SLIP, and before its login
 *
 * Scripts of the period take the first dotted quad of all that they read for
 * their own address (Trumpet's `address`, Windows' `getip`), hence the checks.
 * A template is text with these tokens: %peer the caller's address, %gate
 * ours, %mtu in octets, %line the line's name, %encap SLIP or CSLIP, %% a
 * percent sign.  A line ends with \n here and with CR LF on the line.  Pure.
 */
#ifndef SERIAL_BANNER_H
#define SERIAL_BANNER_H

#include <stdbool.h>
#include <stddef.h>

#define BANNER_DEFAULT                                                         \
	"Your IP address is %peer. My IP address is %gate. MTU is %mtu."

enum {
	BANNER_TEMPLATE_MOST = 1000, /* octets of a template */
	BANNER_SIZE = 2048	     /* holds what any template becomes */
};

struct banner_values {
	const char *line;
	const char *peer, *gate; /* dotted quads; "" in the issue text */
	const char *encap;	 /* "SLIP" or "CSLIP"; "" in the issue text */
	unsigned mtu;		 /* octets */
};

/*
 * Fill the template in.  A line end becomes CR LF, and other control
 * characters are left out.  Returns the text's length without its NUL; what
 * does not fit into `size` octets is left out.
 */
size_t banner_expand(const char *template, const struct banner_values *,
    char *text, size_t size);

/*
 * Can a script read its address from what these two make on the line of that
 * name?  The issue text (may be "") must hold no dotted quad; the banner's
 * first one must be %peer.  Returns false with one sentence in `error` on what
 * is wrong, and what would be right.
 */
bool banner_check_issue(const char *issue, const char *line, char *error,
    size_t size);
bool banner_check(const char *banner, const char *line, char *error,
    size_t size);

#endif
