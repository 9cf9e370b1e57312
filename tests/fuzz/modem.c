/*
 * modem.c - fuzz what reads a modem's and a caller's first octets
 *
 * The first octet of the input cuts the rest into reads; all of it goes
 * through the result code parser, with a command outstanding, and through
 * the recognition of first octets.
 */
#include <stdlib.h>
#include <string.h>

#include "serial/login.h"
#include "serial/modem.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
read_once(struct modem *modem, struct login *login, const uint8_t *octets,
    size_t count)
{
	char caller[RESULT_NUMBER_SIZE] = "";
	struct result_rates rates = { 0, 0, false };
	struct modem_event event;

	login_feed(login, octets, count);
	if (login->length > LOGIN_KEEP)
		abort();
	while (count > 0) {
		size_t used = modem_feed(modem, octets, count, &event);

		if (used == 0 || used > count ||
		    strlen(event.text) >= MODEM_TEXT_SIZE)
			abort();
		result_rates(event.text, &rates);
		if (result_caller(event.text, caller) &&
		    caller[strspn(caller, "0123456789+*#")] != '\0')
			abort();
		octets += used;
		count -= used;
		modem_call_octets(modem, octets, count);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t count)
{
	static struct login login;
	struct modem modem;
	size_t part = count > 0 ? (size_t)octets[0] % 16 + 1 : 1;

	login_reset(&login);
	modem_reset(&modem);
	for (size_t i = 1; i < count; i += part) {
		modem_command(&modem, i % 3 == 0 ? "ATA" : "ATI3", i, 1);
		read_once(&modem, &login, octets + i,
		    count - i < part ? count - i : part);
	}
	return 0;
}
