/*
 * modem.c - fuzz what reads a modem: result codes, caller id, reports
 *
 * The first octet of the input cuts the rest into reads.  Each line that
 * comes of it goes through all that takes meaning from a line; whatever it
 * was, what is kept of it is short, printable, and of the letters promised.
 */
#include <stdlib.h>
#include <string.h>

#include "serial/diagnosis.h"
#include "serial/modem.h"
#include "serial/probe.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const char digits[] = "0123456789+*#";
static const char letters[] = "0123456789-"
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/* All that is known of the modem. */
static struct known {
	char caller[RESULT_NUMBER_SIZE], ring[RESULT_KIND_SIZE];
	struct result_connect connect;
	struct probe probe;
	struct diagnosis diagnosis;
} known;

static void
check(const char *text, size_t size, const char *of)
{
	size_t length = strnlen(text, size);

	if (length == size || (of != NULL && text[strspn(text, of)] != '\0'))
		abort();
	for (size_t i = 0; i < length; i++)
		if (text[i] < ' ' || text[i] > '~')
			abort();
}

static void
check_known(void)
{
	char text[DIAGNOSIS_TEXT_SIZE], model[PROBE_MODEL_SIZE];
	const struct diagnosis *d = &known.diagnosis;

	check(known.caller, sizeof(known.caller), digits);
	check(known.ring, sizeof(known.ring), letters);
	check(known.connect.modulation, RESULT_WORD_SIZE, letters);
	check(known.connect.protocol, RESULT_WORD_SIZE, letters);
	check(known.connect.compression, RESULT_WORD_SIZE, letters);
	check(d->reason, sizeof(d->reason), NULL);
	check(d->protocol, sizeof(d->protocol), NULL);
	check(d->compression, sizeof(d->compression), NULL);
	diagnosis_text(d, text);
	check(text, sizeof(text), NULL);
	probe_model(&known.probe, probe_choose(&known.probe,
	    profiles_built_in()), model);
	check(model, sizeof(model), NULL);
}

static void
take_line(const char *line)
{
	char withheld = result_withheld(line);

	if (withheld != 0 && withheld != 'P' && withheld != 'O')
		abort();
	result_connect(line, &known.connect);
	result_caller(line, known.caller);
	result_ring(line, known.ring);
	probe_line(&known.probe, "ATI3", line);
	diagnosis_line(&known.diagnosis, line);
	diagnosis_wants_key(line);
}

static void
read_once(struct modem *modem, const uint8_t *octets, size_t count)
{
	struct modem_event event;

	while (count > 0) {
		size_t used = modem_feed(modem, octets, count, &event);

		if (used == 0 || used > count ||
		    strlen(event.text) >= MODEM_TEXT_SIZE)
			abort();
		take_line(event.text);
		octets += used;
		count -= used;
		modem_call_octets(modem, octets, count);
	}
	check_known();
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t count)
{
	struct modem modem;
	size_t part = count > 0 ? (size_t)octets[0] % 16 + 1 : 1;

	memset(&known, 0, sizeof(known));
	modem_reset(&modem);
	memset(&known.probe, 0, sizeof(known.probe));
	diagnosis_reset(&known.diagnosis);
	for (size_t i = 1; i < count; i += part) {
		modem_command(&modem, i % 3 == 0 ? "ATA" : "ATI3", i, 1);
		read_once(&modem, octets + i,
		    count - i < part ? count - i : part);
		if (i % 7 == 0)
			probe_next(&known.probe);
	}
	return 0;
}
