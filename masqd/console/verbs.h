/*
 * verbs.h - the verbs of the console that have files of their own
 */
#ifndef MASQD_CONSOLE_VERBS_H
#define MASQD_CONSOLE_VERBS_H

#include <jansson.h>
#include <stddef.h>

/* As control_verb.run; the context is a struct console. */
typedef json_t *console_verb(void *context, json_t *parameters, char *error,
    size_t error_size);

console_verb console_mappings, console_flows, console_drops, console_explain;
console_verb console_modems, console_busy_out, console_restore, console_drain;
console_verb console_forwards, console_forward_add, console_forward_del;

#endif
