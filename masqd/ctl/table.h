/*
 * table.h - columns of text that fit a terminal of 80 columns
 *
 * Cells hold what masqd sent, and that may come from a caller or a modem:
 * octets that are not printable ASCII are shown as \xNN.
 */
#ifndef MASQCTL_TABLE_H
#define MASQCTL_TABLE_H

#include <stddef.h>
#include <stdio.h>

enum { TABLE_WIDTH = 80, TABLE_COLUMNS = 12 };

struct column {
	const char *heading;
	unsigned least; /* may be cut down to this width; 0: never cut */
	int right;	/* numbers stand at the right */
};

struct table;

/* columns: ended by a NULL heading, at most TABLE_COLUMNS. */
struct table *table_create(const struct column *columns);
/* Fill the next cell, row by row; NULL and "" become "-". */
void table_add(struct table *, const char *text);
/* Print it under its heading, bold where `bold`, and free it. */
void table_print(struct table *, FILE *, int bold);

/* Print a text with what is not printable ASCII escaped. */
void table_escape(const char *text, FILE *);

#endif
