/*
 * keys.h - every section and key of masqd.conf, once
 */
#ifndef MASQD_CONFIG_KEYS_H
#define MASQD_CONFIG_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "value.h"

struct section {
	const char *name; /* NULL: keys outside of any section */
	const struct key *keys;
	size_t key_count;
	/* Without a title: of the section's struct in struct config.  With
	 * one: of the array, and of its count, in struct config; `size` is an
	 * element's, which begins as a struct config_titled. */
	size_t offset, count_offset, size;
	bool titled;
	/* A title must be one of these, where not NULL. */
	const char *const *titles;
	/* What the warning says of a section that has no effect yet. */
	const char *unserved;
};

/* How config_line, config_network and config_forward begin. */
struct config_titled {
	char *name;
	unsigned source_line;
};

#define SECTION_NOWHERE SIZE_MAX /* as offset: checked and not kept */

extern const struct section config_sections[];
extern const size_t config_section_count;

const struct section *section_find(const char *name);

/* The name of a section or key that looks most like the word: of a key in
 * that section; section NULL: outside of any, where sections are names too. */
const char *section_nearest(const char *section, const char *word);

/* The one of the words, ended by NULL, that looks most like `word`. */
const char *word_nearest(const char *const *words, const char *word);

#endif
