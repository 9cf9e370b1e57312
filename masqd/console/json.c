#include "json.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

json_t *
console_dotted(in_addr_t address)
{
	char text[INET_ADDRSTRLEN];

	if (address == 0)
		return json_null();
	return json_string(inet_ntop(AF_INET, &address, text, sizeof text));
}

json_t *
console_endpoint(in_addr_t address, in_port_t port)
{
	char text[INET_ADDRSTRLEN + 8], dots[INET_ADDRSTRLEN];

	(void)snprintf(text, sizeof text, "%s:%u",
	    inet_ntop(AF_INET, &address, dots, sizeof dots), ntohs(port));
	return json_string(text);
}

/* Octets of a caller or a modem need not be UTF-8; JSON must be. */
json_t *
console_text(const char *text)
{
	char plain[512];
	size_t used = 0;
	json_t *value = json_string(text);

	if (value != NULL)
		return value;
	for (; *text != '\0' && used + 1 < sizeof plain; text++)
		plain[used++] = (unsigned char)*text < 0x80 ? *text : '?';
	plain[used] = '\0';
	return json_string(plain);
}

const char *
console_protocol(uint8_t protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	case IPPROTO_ICMP:
		return "icmp";
	default:
		return "?";
	}
}

const char *
console_word(const json_t *parameters, const char *name)
{
	return json_string_value(json_object_get(parameters, name));
}

json_t *
console_refuse(char *error, size_t error_size, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(error, error_size, format, arguments);
	va_end(arguments);
	return NULL;
}
