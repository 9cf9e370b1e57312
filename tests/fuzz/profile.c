/* A file of modem profiles: read, or refused with sentences. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "serial/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Each profile's steps are commands that can be sent. */
static void
check(const struct profiles *profiles)
{
	const char *const answers[] = { "ATI3 Courier", "AT+GMI CONEXANT" };
	const char *name;

	for (size_t i = 0; (name = profiles_name(profiles, i)) != NULL; i++) {
		struct step step;

		for (size_t j = 0; profile_step(profiles_find(profiles, name),
		     j, &step); j++)
			if (strncmp(step.text, "AT", 2) != 0 ||
			    strlen(step.text) >= PROFILE_COMMAND_SIZE)
				abort();
	}
	if (profiles_choose(profiles, answers, 2) == NULL)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t n)
{
	struct profiles *profiles = profiles_create();
	char path[32], *sentences = NULL;
	size_t length = 0;
	FILE *errors = open_memstream(&sentences, &length);
	int fd = memfd_create("modems", MFD_CLOEXEC), result;

	if (profiles == NULL || errors == NULL || fd == -1 ||
	    write(fd, input, n) != (ssize_t)n)
		abort();
	(void)snprintf(path, sizeof path, "/dev/fd/%d", fd);
	result = profiles_read(profiles, path, errors);
	(void)fclose(errors);
	/* Refused without a word, or with what is no text? */
	if ((result != 0) != (length != 0))
		abort();
	for (size_t i = 0; i < length; i++)
		if (sentences[i] != '\n' &&
		    (sentences[i] < ' ' || sentences[i] > '~'))
			abort();
	check(profiles);
	profiles_free(profiles);
	free(sentences);
	close(fd);
	return 0;
}
