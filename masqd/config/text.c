#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MOST = 256 * 1024 };

/* Where the scan is. */
struct scan {
	struct config_text *to;
	struct problems *problems;
	char *at;
	unsigned line;
	unsigned depth;
	char before; /* the last octet that was neither blank nor comment */
};

static char *
read_whole(int fd, size_t size, size_t *length)
{
	char *text = malloc(size + 1);

	*length = 0;
	while (text != NULL && *length < size) {
		ssize_t got = read(fd, text + *length, size - *length);

		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1) {
			free(text);
			return NULL;
		}
		if (got == 0)
			break;
		*length += (size_t)got;
	}
	if (text != NULL)
		text[*length] = '\0';
	return text;
}

static char *
load(const char *path, struct problems *problems, size_t *length)
{
	struct stat about;
	char *text = NULL;
	/* NONBLOCK: a FIFO without a writer must not hold us. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd == -1 || fstat(fd, &about) == -1)
		problem_error(problems, 0, "cannot be read: %s; "
			      "masqd.conf(5) says what belongs there",
		    strerror(errno));
	else if (!S_ISREG(about.st_mode))
		problem_error(problems, 0, "is not a regular file; give the "
					   "path of a masqd.conf(5)");
	else if (about.st_size > FILE_MOST)
		problem_error(problems, 0, "has more than %d octets; this is "
					   "hardly a masqd.conf(5)",
		    FILE_MOST);
	else if ((text = read_whole(fd, (size_t)about.st_size, length)) ==
	    NULL)
		problem_error(problems, 0, "cannot be read: %s",
		    strerror(errno));
	if (fd != -1)
		close(fd);
	return text;
}

/* Text has no control characters but those that move to a line or column. */
static int
check_plain(const char *text, size_t length, struct problems *problems)
{
	unsigned line = 1;

	for (size_t i = 0; i < length; i++) {
		unsigned char octet = (unsigned char)text[i];

		line += octet == '\n';
		if (octet >= ' ' && octet != 0x7f)
			continue;
		if (octet == '\t' || octet == '\n' || octet == '\r')
			continue;
		problem_error(problems, line, "an octet of value %u; the file "
					      "must be plain text", octet);
		return -1;
	}
	return 0;
}

static void
blank(struct scan *scan, size_t count)
{
	for (; count > 0 && *scan->at != '\0'; count--, scan->at++) {
		if (*scan->at == '\n')
			scan->line++;
		else
			*scan->at = ' ';
	}
}

static int
skip_comment(struct scan *scan)
{
	char *end;

	if (*scan->at == '#' || scan->at[1] == '/') {
		blank(scan, strcspn(scan->at, "\n"));
		return 0;
	}
	end = strstr(scan->at + 2, "*/");
	if (end == NULL) {
		problem_error(scan->problems, scan->line,
		    "a comment begins here and never ends; close it with */");
		return -1;
	}
	blank(scan, (size_t)(end + 2 - scan->at));
	return 0;
}

/* libconfuse lets a string go on over lines: a forgotten quote would be
 * noticed only where the next string begins. */
static int
skip_string(struct scan *scan)
{
	char quote = *scan->at++;

	for (; *scan->at != quote; scan->at++) {
		if (*scan->at == '\\' && scan->at[1] != '\0')
			scan->at++;
		if (*scan->at == '\n' || *scan->at == '\0') {
			problem_error(scan->problems, scan->line,
			    "a string begins here and does not end on its "
			    "line; close it with %c", quote);
			return -1;
		}
	}
	scan->at++;
	return 0;
}

static int
note_brace(struct scan *scan)
{
	struct config_text *to = scan->to;
	unsigned *more;

	if (*scan->at == '}') {
		scan->depth -= scan->depth > 0;
		return 0;
	}
	if (scan->depth++ > 0 || scan->before == '=')
		return 0;
	more = reallocarray(to->section_lines, to->section_count + 1,
	    sizeof *more);
	if (more == NULL)
		return -1;
	more[to->section_count++] = scan->line;
	to->section_lines = more;
	return 0;
}

static bool
is_comment(const char *at)
{
	return *at == '#' || (*at == '/' && (at[1] == '/' || at[1] == '*'));
}

static int
prepare(struct config_text *to, struct problems *problems)
{
	struct scan scan = { .to = to, .problems = problems, .at = to->text,
		.line = 1 };

	to->section_count = 0;
	while (*scan.at != '\0') {
		char octet = *scan.at;

		if (is_comment(scan.at)) {
			if (skip_comment(&scan) == -1)
				return -1;
			continue;
		}
		if ((octet == '{' || octet == '}') && note_brace(&scan) == -1)
			return -1;
		if (octet == '\n')
			scan.line++;
		else if (octet != ' ' && octet != '\t' && octet != '\r')
			scan.before = octet;
		if (octet == '"' || octet == '\'') {
			if (skip_string(&scan) == -1)
				return -1;
			continue;
		}
		scan.at++;
	}
	return 0;
}

int
config_text_load(struct config_text *to, const char *path,
    struct problems *problems)
{
	size_t length;

	*to = (struct config_text){ .text = load(path, problems, &length) };
	if (to->text == NULL)
		return -1;
	if (check_plain(to->text, length, problems) == -1 ||
	    prepare(to, problems) == -1) {
		problems->failed = true;
		config_text_free(to);
		return -1;
	}
	return 0;
}

/* libconfuse's unquoted strings end at one of these. */
#define ENDS " \t\r\n\"'={}()+,"

/* The word, not quoted, on a line that begins at `at`. */
static char *
find_word(char *at, const char *word)
{
	while (*at != '\0' && *at != '\n') {
		size_t length = strcspn(at, ENDS);

		if (length == strlen(word) && strncmp(at, word, length) == 0)
			return at;
		if (*at == '"' || *at == '\'') {
			struct scan scan = { .at = at };

			if (skip_string(&scan) == -1)
				return NULL;
			at = scan.at;
		} else
			at += length > 0 ? length : 1;
	}
	return NULL;
}

static char *
skip_blanks(char *at)
{
	return at + strspn(at, " \t\r\n");
}

/* Behind a word, a string, or braces and what they hold. */
static char *
skip_value(char *at)
{
	unsigned depth = 0;

	do {
		struct scan scan = { .at = at };

		depth += *at == '{';
		depth -= *at == '}';
		if (*at == '"' || *at == '\'') {
			(void)skip_string(&scan);
			at = scan.at;
		} else
			at += strcspn(at, ENDS) > 0 ? strcspn(at, ENDS) : 1;
		if (depth > 0)
			at = skip_blanks(at);
	} while (depth > 0 && *at != '\0');
	return at;
}

bool
config_text_forget(struct config_text *text, unsigned line,
    const char *name, struct problems *problems)
{
	struct scan scan = { .at = text->text };
	char *end;

	if (*name == '\0')
		return false;
	for (; line > 1 && scan.at != NULL; line--)
		if ((scan.at = strchr(scan.at, '\n')) != NULL)
			scan.at++;
	if (scan.at == NULL || (scan.at = find_word(scan.at, name)) == NULL)
		return false;
	end = skip_blanks(scan.at + strlen(name));
	if (*end == '+' || *end == '=') {
		end = skip_blanks(end + strspn(end, "+="));
	} else if (*end != '{' && *end != '}' && *end != '\0') {
		/* a section's title */
		end = skip_blanks(skip_value(end));
		if (*end != '{')
			return false;
	}
	if (*end == '\0' || *end == '}')
		return false;
	blank(&scan, (size_t)(skip_value(end) - scan.at));
	return prepare(text, problems) == 0;
}

void
config_text_free(struct config_text *text)
{
	free(text->text);
	free(text->section_lines);
	*text = (struct config_text){ .text = NULL };
}
