/*
 * account_edit.h - the accounts file, changed without an editor
 *
 * Whoever changes it holds a lock on it.  The new file takes the old one's
 * place at once, by rename(2), with its owner and mode; all lines but the one
 * that is changed are what they were, octet by octet.
 */
#ifndef MASQCTL_ACCOUNT_EDIT_H
#define MASQCTL_ACCOUNT_EDIT_H

#include <stdbool.h>
#include <stddef.h>

struct account_edit {
	char *path; /* without symbolic links */
	int fd;	    /* locked; -1: there is no file yet */
	char *text; /* a string */
	char error[256];
};

/* Open and lock the file; one that is not there is made by the first change,
 * for root only.  False, and error says why: it cannot be read, or is no
 * text. */
bool account_edit_open(struct account_edit *, const char *path);

/* The same without a lock, to look at the text only. */
bool account_edit_read(struct account_edit *, const char *path);

/* The line of an account that is the name's, as offset of its first octet
 * and its length without newline.  False: there is none. */
bool account_edit_find(const struct account_edit *, const char *name,
    size_t *at, size_t *length);

/* Put a line (without newline) in the place of the name's, or behind the last
 * one; NULL: take the name's away.  False, and error says why. */
bool account_edit_put(struct account_edit *, const char *name,
    const char *line);

/* Everything is wiped; the lock goes. */
void account_edit_close(struct account_edit *);

#endif
