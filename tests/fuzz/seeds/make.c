/*
 * make.c - seeds for the fuzzer from the tables of packets
 *
 * Usage: make FOLDER TABLE...  Each scenario becomes one file of the records
 * that tests/fuzz/gateway.c reads; what is expected to come out is left out.
 * An outside port that the scenario learns is not known here: the record asks
 * for an answer to what left last.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/scenario/text.h"

enum { CHECKSUMS = 4, STEP_SHIFT = 3, HANG_UP = 0x40, ANSWER = 0x80 };

struct seed {
	const char *folder;
	FILE *file;
	unsigned number;
	double seconds;
	unsigned step;
};

static void
next_file(struct seed *seed)
{
	char path[4096];

	if (seed->file != NULL)
		(void)fclose(seed->file);
	(void)snprintf(path, sizeof path, "%s/scenario%u", seed->folder,
	    seed->number++);
	seed->file = fopen(path, "w");
	if (seed->file == NULL) {
		perror(path);
		exit(1);
	}
	seed->seconds = 0;
	seed->step = 0;
}

/* UP is the outside address, $name some outside port. */
static void
expand(const char *in, char *out, size_t room)
{
	size_t used = 0;

	while (*in != '\0' && used + 16 < room) {
		const char *value = NULL;

		if (strncmp(in, "UP", 2) == 0) {
			value = "192.0.2.1";
			in += 2;
		} else if (*in == '$') {
			value = "61000";
			for (in++; isalnum((unsigned char)*in); in++)
				continue;
		}
		if (value != NULL)
			used += (size_t)sprintf(out + used, "%s", value);
		else
			out[used++] = *in++;
	}
	out[used] = '\0';
}

static void
put_packet(struct seed *seed, const char *where, const char *text)
{
	static const char *const places[] = { "net", "lab", "alice", "bob" };
	static uint8_t packet[TEXT_PACKET_ROOM];
	char line[TEXT_LINE_ROOM];
	size_t length;
	unsigned what = seed->step << STEP_SHIFT;

	for (unsigned i = 0; i < 4; i++)
		if (strcmp(where, places[i]) == 0)
			what |= i;
	if (strcmp(where, "net") == 0 && strchr(text, '$') != NULL)
		what |= ANSWER | CHECKSUMS;
	expand(text, line, sizeof line);
	length = text_build(line, packet);
	if (length == 0)
		return;
	(void)fputc((int)what, seed->file);
	(void)fputc((int)(length >> 8), seed->file);
	(void)fputc((int)(length & 0xff), seed->file);
	(void)fwrite(packet, 1, length, seed->file);
	seed->step = 0;
}

/* The nearest of the steps that the target knows. */
static void
put_time(struct seed *seed, double until)
{
	static const double steps[] = { 0, 0.001, 0.05, 0.999, 3, 21, 130,
		8000 };

	for (seed->step = 0; seed->step < 7; seed->step++)
		if (steps[seed->step] >= until - seed->seconds)
			break;
	seed->seconds = until;
}

static void
read_line(struct seed *seed, const char *line)
{
	char where[16];
	double seconds;
	int at = 0;

	if (strncmp(line, "scenario ", 9) == 0)
		next_file(seed);
	else if (seed->file == NULL)
		return;
	else if (sscanf(line, "@ %lf", &seconds) == 1)
		put_time(seed, seconds);
	else if (sscanf(line, "> %15s %n", where, &at) == 1 && at > 0)
		put_packet(seed, where, line + at);
	else if (strncmp(line, "end alice", 9) == 0) {
		static const uint8_t gone[] = { HANG_UP | 2, 0, 0 };

		(void)fwrite(gone, 1, sizeof gone, seed->file);
	}
}

int
main(int argc, char **argv)
{
	struct seed seed = { .folder = argc > 1 ? argv[1] : "." };
	char line[TEXT_LINE_ROOM];

	for (int i = 2; i < argc; i++) {
		FILE *table = fopen(argv[i], "r");

		if (table == NULL) {
			perror(argv[i]);
			return 1;
		}
		while (fgets(line, sizeof line, table) != NULL) {
			line[strcspn(line, "#\n")] = '\0';
			read_line(&seed, line + strspn(line, " \t"));
		}
		(void)fclose(table);
	}
	if (seed.file != NULL)
		(void)fclose(seed.file);
	return seed.number == 0;
}
