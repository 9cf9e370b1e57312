/*
 * replay.c - a fuzz target's main without a fuzzer: each argument is the file
 * of one input
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* In memory of its own size: the sanitizer sees a read beyond the end. */
static void
replay(const char *path)
{
	FILE *file = fopen(path, "rb");
	struct stat status;
	uint8_t *octets;
	size_t size;

	if (file == NULL || fstat(fileno(file), &status) == -1) {
		perror(path);
		exit(1);
	}
	size = (size_t)status.st_size;
	octets = malloc(size);
	if ((octets == NULL && size > 0) ||
	    fread(octets, 1, size, file) != size) {
		perror(path);
		exit(1);
	}
	(void)fclose(file);
	(void)fprintf(stderr, "%s\n", path); /* the last one is to blame */
	(void)LLVMFuzzerTestOneInput(octets, size);
	free(octets);
}

int
main(int count, char **paths)
{
	for (int i = 1; i < count; i++)
		replay(paths[i]);
	return 0;
}
