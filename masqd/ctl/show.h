/*
 * show.h - what masqctl prints of masqd's answers
 *
 * Each takes the answer's parameters of the verb it is named after.  bold:
 * headings may be set off, on a terminal whose user has not said NO_COLOR.
 */
#ifndef MASQCTL_SHOW_H
#define MASQCTL_SHOW_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

void show_status(json_t *, FILE *, bool bold);
void show_lines(json_t *, FILE *, bool bold);
void show_sessions(json_t *, FILE *, bool bold);
void show_mappings(json_t *, FILE *, bool bold);
void show_flows(json_t *, FILE *, bool bold);
void show_drops(json_t *, FILE *, bool bold);
void show_explain(json_t *, FILE *, bool bold);
void show_forwards(json_t *, FILE *, bool bold);
void show_kick(json_t *, FILE *, bool bold);
void show_modems(json_t *, FILE *, bool bold);
void show_drain(json_t *, FILE *, bool bold);

/* Print as JSON, in ASCII. */
void show_json(const json_t *, FILE *);

#endif
