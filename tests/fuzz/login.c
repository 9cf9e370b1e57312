/*
 * login.c - fuzz what tells PPP, SLIP and text apart
 *
 * What comes out must not depend on how the octets were cut, what is kept is
 * from the input as it was, and the room is kept to.
 */
#include <stdlib.h>
#include <string.h>

#include "serial/login.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t count)
{
	static struct login whole, cut;

	login_reset(&whole);
	login_reset(&cut);
	login_feed(&whole, octets, count);
	for (size_t i = 0; i < count; i++) {
		enum login_kind before = cut.kind;

		if (login_feed(&cut, octets + i, 1) < before)
			abort();
		if (cut.frame_length > LOGIN_FRAME)
			abort();
	}
	if (whole.kind != cut.kind || whole.length != cut.length ||
	    memcmp(whole.kept, cut.kept, whole.length) != 0)
		abort();
	if (whole.length > LOGIN_KEEP ||
	    (whole.length < LOGIN_KEEP && whole.length > count))
		abort();
	if (whole.kind < LOGIN_SLIP && whole.length != 0)
		abort();
	if (whole.length > 0 && memmem(octets, count, whole.kept,
		whole.length) == NULL)
		abort();
	return 0;
}
