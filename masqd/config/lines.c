#include "lines.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool
read_port(const char *text, in_port_t *port)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end != '\0' || number < 1 ||
	    number > UINT16_MAX)
		return false;
	*port = htons((uint16_t)number);
	return true;
}

bool
config_line_address(const char *text, struct sockaddr_storage *address)
{
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)(void *)address;
	struct sockaddr_in *four = (struct sockaddr_in *)(void *)address;
	const char *colon = strrchr(text, ':');
	char host[INET6_ADDRSTRLEN];
	size_t length = colon == NULL ? 0 : (size_t)(colon - text);

	memset(address, 0, sizeof *address);
	if (length == 0 || length >= sizeof host)
		return false;
	if (length == 1 && *text == '*') {
		six->sin6_family = AF_INET6;
		six->sin6_addr = in6addr_any;
		return read_port(colon + 1, &six->sin6_port);
	}
	if (*text == '[' && text[length - 1] == ']') {
		memcpy(host, text + 1, length - 2);
		host[length - 2] = '\0';
		six->sin6_family = AF_INET6;
		return inet_pton(AF_INET6, host, &six->sin6_addr) == 1 &&
		    read_port(colon + 1, &six->sin6_port);
	}
	memcpy(host, text, length);
	host[length] = '\0';
	four->sin_family = AF_INET;
	return inet_pton(AF_INET, host, &four->sin_addr) == 1 &&
	    read_port(colon + 1, &four->sin_port);
}

static bool
is_within(const struct sockaddr_storage *address, const char *network,
    unsigned bits)
{
	const struct sockaddr_in *four = (const void *)address;
	uint32_t mask = ~(uint32_t)0 << (32 - bits);

	return address->ss_family == AF_INET &&
	    ((ntohl(four->sin_addr.s_addr) ^ ntohl(inet_addr(network))) &
		mask) == 0;
}

bool
config_address_is_loopback(const struct sockaddr_storage *address)
{
	const struct sockaddr_in6 *six = (const void *)address;

	return is_within(address, "127.0.0.0", 8) ||
	    (address->ss_family == AF_INET6 &&
		IN6_IS_ADDR_LOOPBACK(&six->sin6_addr));
}

bool
config_address_is_private(const struct sockaddr_storage *address)
{
	const struct sockaddr_in6 *six = (const void *)address;

	return config_address_is_loopback(address) ||
	    is_within(address, "10.0.0.0", 8) ||
	    is_within(address, "172.16.0.0", 12) ||
	    is_within(address, "192.168.0.0", 16) ||
	    is_within(address, "169.254.0.0", 16) ||
	    (address->ss_family == AF_INET6 &&
		(IN6_IS_ADDR_LINKLOCAL(&six->sin6_addr) ||
		    (six->sin6_addr.s6_addr[0] & 0xfe) == 0xfc));
}

static void
free_numbers(struct config_numbers *numbers)
{
	for (size_t i = 0; i < numbers->count; i++)
		free(numbers->list[i]);
	free(numbers->list);
}

/* The slots of a TCP line share all but their names with the first. */
void
config_line_free(struct config_line *line)
{
	free(line->name);
	if (line->slot > 1)
		return;
	for (size_t i = 0; i < line->init_count; i++)
		free(line->init[i]);
	free(line->init);
	free(line->port);
	free(line->modem);
	free(line->user);
	free(line->preset);
	free(line->group);
	free(line->ring);
	free_numbers(&line->allow);
	free_numbers(&line->deny);
}

static bool
make_slot(struct config_line *line, const struct config_line *from,
    uint32_t slot, size_t listener)
{
	*line = *from;
	line->slot = slot;
	line->listener = listener;
	return asprintf(&line->name, "%s/%u", from->name, slot) != -1;
}

static int
by_address(const void *a, const void *b)
{
	in_addr_t one, other;

	memcpy(&one, a, sizeof one);
	memcpy(&other, b, sizeof other);
	return one < other ? -1 : one > other;
}

static bool
gather_fixed(struct config *config)
{
	config->fixed = calloc(config->line_count + 1, sizeof *config->fixed);
	if (config->fixed == NULL)
		return false;
	for (size_t i = 0; i < config->line_count; i++)
		if (config->lines[i].address != 0)
			config->fixed[config->fixed_count++] =
			    config->lines[i].address;
	qsort(config->fixed, config->fixed_count, sizeof *config->fixed,
	    by_address);
	return true;
}

bool
config_is_fixed(const struct config *config, in_addr_t address)
{
	return config->fixed_count > 0 &&
	    bsearch(&address, config->fixed, config->fixed_count,
		sizeof *config->fixed, by_address) != NULL;
}

bool
config_lines_expand(struct config *config)
{
	size_t count = 0, to = 0, at = 0;
	struct config_line *lines;
	bool ok = true;

	for (size_t i = 0; i < config->line_count; i++)
		count += config->lines[i].port_kind == PORT_TCP ?
		    config->lines[i].calls : 1;
	lines = calloc(count + 1, sizeof *lines);
	config->listeners = calloc(config->line_count + 1,
	    sizeof *config->listeners);
	if (lines == NULL || config->listeners == NULL) {
		free(lines);
		return false;
	}
	for (size_t i = 0; i < config->line_count; i++) {
		struct config_line *from = &config->lines[i];

		if (from->port_kind != PORT_TCP) {
			lines[to++] = *from;
			continue;
		}
		config->listeners[at] = (struct config_listener){
			.name = from->name, .address = from->listen,
			.first_line = to, .line_count = from->calls,
			.calls_each = from->calls_each,
			.new_calls_each = from->new_calls_each };
		for (uint32_t slot = 1; slot <= from->calls; slot++)
			ok &= make_slot(&lines[to++], from, slot, at);
		at++; /* the name is the listener's now */
	}
	free(config->lines);
	config->lines = lines;
	config->line_count = to;
	config->listener_count = at;
	return ok && gather_fixed(config);
}
