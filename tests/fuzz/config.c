/* The text of a configuration file: read, or refused with sentences. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "masqd/config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t n)
{
	char path[32], *sentences = NULL;
	size_t length = 0;
	FILE *errors = open_memstream(&sentences, &length);
	int fd = memfd_create("config", MFD_CLOEXEC);
	struct config *config;

	if (errors == NULL || fd == -1 || write(fd, input, n) != (ssize_t)n)
		abort();
	(void)snprintf(path, sizeof path, "/dev/fd/%d", fd);
	config = config_read(path, errors);
	(void)fclose(errors);
	/* Refused without a word, or with what is no text? */
	if (config == NULL && length == 0)
		abort();
	for (size_t i = 0; i < length; i++)
		if (sentences[i] != '\n' &&
		    (sentences[i] < ' ' || sentences[i] > '~'))
			abort();
	config_free(config);
	free(sentences);
	close(fd);
	return 0;
}
