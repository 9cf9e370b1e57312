#include "problem.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { PROBLEMS_MOST = 100 };

struct problem {
	unsigned line;
	size_t order; /* of those of one line */
	bool warning;
	char *text;
};

/* A file that is read again after an error has the same problems again. */
static bool
is_known(const struct problems *problems, unsigned line, const char *text)
{
	for (size_t i = 0; i < problems->count; i++)
		if (problems->list[i].line == line &&
		    strcmp(problems->list[i].text, text) == 0)
			return true;
	return false;
}

static void
add(struct problems *problems, unsigned line, bool warning,
    const char *format, va_list arguments)
    __attribute__((format(printf, 4, 0)));

static void
add(struct problems *problems, unsigned line, bool warning,
    const char *format, va_list arguments)
{
	struct problem *more;
	char *text;

	if (!warning)
		problems->failed = true;
	if (problems->count == PROBLEMS_MOST ||
	    vasprintf(&text, format, arguments) == -1)
		return;
	if (is_known(problems, line, text)) {
		free(text);
		return;
	}
	more = reallocarray(problems->list, problems->count + 1,
	    sizeof *more);
	if (more == NULL) {
		free(text);
		return;
	}
	problems->list = more;
	more[problems->count] = (struct problem){ .line = line,
		.order = problems->count, .warning = warning, .text = text };
	problems->count++;
}

void
problem_error(struct problems *problems, unsigned line, const char *format,
    ...)
{
	va_list arguments;

	va_start(arguments, format);
	add(problems, line, false, format, arguments);
	va_end(arguments);
}

void
problem_warning(struct problems *problems, unsigned line, const char *format,
    ...)
{
	va_list arguments;

	va_start(arguments, format);
	add(problems, line, true, format, arguments);
	va_end(arguments);
}

static int
by_line(const void *a, const void *b)
{
	const struct problem *one = a, *other = b;

	if (one->line != other->line)
		return one->line < other->line ? -1 : 1;
	return one->order < other->order ? -1 : 1;
}

static void
print_escaped(const char *text, FILE *to)
{
	for (; *text != '\0'; text++) {
		unsigned char octet = (unsigned char)*text;

		if (octet < ' ' || octet > '~')
			(void)fprintf(to, "\\x%02x", octet);
		else
			(void)fputc(octet, to);
	}
}

void
problems_print(struct problems *problems, FILE *to)
{
	if (problems->count > 0)
		qsort(problems->list, problems->count,
		    sizeof *problems->list, by_line);
	for (size_t i = 0; i < problems->count; i++) {
		const struct problem *problem = &problems->list[i];

		print_escaped(problems->file, to);
		if (problem->line != 0)
			(void)fprintf(to, ":%u", problem->line);
		(void)fputs(problem->warning ? ": warning: " : ": ", to);
		print_escaped(problem->text, to);
		(void)fputc('\n', to);
		free(problem->text);
	}
	if (problems->count == PROBLEMS_MOST) {
		print_escaped(problems->file, to);
		(void)fputs(": and perhaps more; mend these first\n", to);
	}
	free(problems->list);
	problems->list = NULL;
	problems->count = 0;
}
