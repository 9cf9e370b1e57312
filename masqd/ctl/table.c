#include "table.h"

#include <stdlib.h>
#include <string.h>

struct table {
	const struct column *columns;
	size_t count;
	char **cells;
	size_t used;
	size_t width[TABLE_COLUMNS];
	size_t gap; /* blanks between two columns */
};

static void
out_of_memory(void)
{
	(void)fputs("masqctl: out of memory\n", stderr);
	exit(1);
}

/* The text as it is printed, to be freed. */
static char *
escaped(const char *text)
{
	char *to = malloc(4 * strlen(text) + 1), *at = to;

	if (to == NULL)
		out_of_memory();
	for (; *text != '\0'; text++) {
		unsigned char octet = (unsigned char)*text;

		if (octet < ' ' || octet > '~')
			at += sprintf(at, "\\x%02x", octet);
		else
			*at++ = (char)octet;
	}
	*at = '\0';
	return to;
}

void
table_escape(const char *text, FILE *to)
{
	char *plain = escaped(text);

	(void)fputs(plain, to);
	free(plain);
}

struct table *
table_create(const struct column *columns)
{
	struct table *table = calloc(1, sizeof *table);

	if (table == NULL)
		out_of_memory();
	table->columns = columns;
	for (; columns[table->count].heading != NULL; table->count++)
		table->width[table->count] =
		    strlen(columns[table->count].heading);
	return table;
}

void
table_add(struct table *table, const char *text)
{
	size_t column = table->used % table->count, length;
	char **more = reallocarray(table->cells, table->used + 1,
	    sizeof *more);

	if (more == NULL)
		out_of_memory();
	table->cells = more;
	if (text == NULL || *text == '\0')
		text = *table->columns[column].heading == '\0' ? " " : "-";
	more[table->used] = escaped(text);
	length = strlen(more[table->used++]);
	if (length > table->width[column])
		table->width[column] = length;
}

/* About a column without heading there is one blank. */
static size_t
gap_behind(const struct table *table, size_t column)
{
	if (column + 1 == table->count)
		return 0;
	return *table->columns[column].heading == '\0' ||
	    *table->columns[column + 1].heading == '\0' ? 1 : table->gap;
}

static size_t
total(const struct table *table)
{
	size_t sum = 0;

	for (size_t i = 0; i < table->count; i++)
		sum += table->width[i] + gap_behind(table, i);
	return sum;
}

/* First stand closer; then take from the widest of those that may be cut. */
static void
fit(struct table *table)
{
	table->gap = 2;
	if (total(table) > TABLE_WIDTH)
		table->gap = 1;
	while (total(table) > TABLE_WIDTH) {
		size_t widest = table->count;

		for (size_t i = 0; i < table->count; i++)
			if (table->columns[i].least != 0 &&
			    table->width[i] > table->columns[i].least &&
			    (widest == table->count ||
				table->width[i] > table->width[widest]))
				widest = i;
		if (widest == table->count)
			return;
		table->width[widest]--;
	}
}

static void
print_cell(const struct table *table, size_t column, const char *text,
    FILE *to)
{
	int width = (int)table->width[column];
	int blanks = (int)gap_behind(table, column);

	if (strlen(text) > table->width[column])
		(void)fprintf(to, "%.*s~%*s", width - 1, text, blanks, "");
	else if (table->columns[column].right)
		(void)fprintf(to, "%*s%*s", width, text, blanks, "");
	else if (column + 1 == table->count)
		(void)fputs(text, to);
	else
		(void)fprintf(to, "%-*s", width + blanks, text);
}

void
table_print(struct table *table, FILE *to, int bold)
{
	fit(table);
	if (bold)
		(void)fputs("\033[1m", to);
	for (size_t i = 0; i < table->count; i++)
		print_cell(table, i, table->columns[i].heading, to);
	(void)fputs(bold ? "\033[0m\n" : "\n", to);
	for (size_t i = 0; i < table->used; i++) {
		print_cell(table, i % table->count, table->cells[i], to);
		if ((i + 1) % table->count == 0)
			(void)fputc('\n', to);
		free(table->cells[i]);
	}
	free(table->cells);
	free(table);
}
