/*
 * json.h - addresses and texts as the console's answers hold them
 */
#ifndef MASQD_CONSOLE_JSON_H
#define MASQD_CONSOLE_JSON_H

#include <jansson.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

/* Each returns a new reference.  Addresses and ports: network order. */

/* "10.64.0.2"; null for 0. */
json_t *console_dotted(in_addr_t);

/* "10.64.0.2:80" */
json_t *console_endpoint(in_addr_t, in_port_t);

/* A text of a caller or a modem, whose octets need not be UTF-8. */
json_t *console_text(const char *);

/* "tcp", "udp", "icmp"; "?" for others. */
const char *console_protocol(uint8_t protocol);

/* The text of a parameter, or NULL where it is not there or is no text. */
const char *console_word(const json_t *parameters, const char *name);

/* Write the refusal into error; NULL, for a verb to return. */
json_t *console_refuse(char *error, size_t error_size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
