/*
 * modem.h - a modem as the console's answers show it
 */
#ifndef MASQD_CONSOLE_MODEM_H
#define MASQD_CONSOLE_MODEM_H

#include <jansson.h>

#include "serial/line.h"

/* Family and model; rates (bit/s, 0: unknown), modulation, protocol and
 * compression of the call there is; what the modem said of the last one. */
json_t *console_modem(const struct line_status *);

#endif
