#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "masqd/config/value.h"
#include "forward.h"
#include "handoff.h"

/* A whole decimal number of 1..65535, ended by `end`; *text is moved behind
 * it. */
static bool
read_port(const char **text, char end, uint16_t *port)
{
	size_t digits = strspn(*text, "0123456789");
	uint32_t value = 0;

	if (digits < 1 || digits > 5 || (*text)[digits] != end)
		return false;
	for (size_t i = 0; i < digits; i++)
		value = value * 10 + (uint32_t)((*text)[i] - '0');
	*text += digits + (end != '\0');
	*port = (uint16_t)value;
	return value >= 1 && value <= UINT16_MAX;
}

static bool
read_ports(struct config_forward *forward, const char *text)
{
	bool range = strchr(text, '-') != NULL;

	if (!read_port(&text, range ? '-' : '\0', &forward->port_low))
		return false;
	forward->port_high = forward->port_low;
	return !range || (read_port(&text, '\0', &forward->port_high) &&
		forward->port_high >= forward->port_low);
}

/* As masqd.conf takes it: printable ASCII without blank, colon and comma. */
static bool
is_user(const char *name)
{
	for (const char *at = name; *at != '\0'; at++)
		if (*at <= ' ' || *at > '~' || *at == ':' || *at == ',')
			return false;
	return *name != '\0';
}

/* "WHO" or "WHO:PORT"; WHO is an address where it looks like one. */
static bool
read_target(struct config_target *target, const char *text, uint16_t port)
{
	const char *colon = strrchr(text, ':');
	size_t length = colon == NULL ? strlen(text) : (size_t)(colon - text);
	char who[sizeof ((struct handoff *)0)->user];

	target->port = port;
	if (length >= sizeof who)
		return false;
	if (colon != NULL) {
		const char *number = colon + 1;

		if (!read_port(&number, '\0', &target->port))
			return false;
	}
	memcpy(who, text, length);
	who[length] = '\0';
	if (length > 0 && strspn(who, "0123456789.") == length)
		return inet_pton(AF_INET, who, &target->address) == 1 &&
		    value_is_host(target->address);
	if (!is_user(who))
		return false;
	target->user = strdup(who);
	return target->user != NULL;
}

static bool
read_targets(struct config_forward *forward, const char *const *texts,
    size_t count, char *error, size_t error_size)
{
	uint32_t more = (uint32_t)(forward->port_high - forward->port_low);

	forward->targets = calloc(count, sizeof *forward->targets);
	if (forward->targets == NULL) {
		(void)snprintf(error, error_size, "masqd is out of memory");
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		struct config_target *target = &forward->targets[i];

		forward->target_count++;
		if (!read_target(target, texts[i], forward->port_low)) {
			(void)snprintf(error, error_size,
			    "\"%.80s\" is no target; give a user or an address "
			    "and a port, like alice:80 or 10.64.0.9:80",
			    texts[i]);
			return false;
		}
		if (target->port + more > UINT16_MAX) {
			(void)snprintf(error, error_size,
			    "\"%.80s\": the ports would go beyond 65535; begin "
			    "lower", texts[i]);
			return false;
		}
	}
	return true;
}

bool
forward_read(struct config_forward *forward, const char *name,
    const char *protocol, const char *ports, const char *const *targets,
    size_t target_count, char *error, size_t error_size)
{
	*forward = (struct config_forward){ .name = NULL };
	if (!value_is_title(name)) {
		(void)snprintf(error, error_size,
		    "\"%.80s\" is no name for a forward; give one of letters, "
		    "digits, . _ and -, at most 63", name);
		return false;
	}
	if (strcmp(protocol, "tcp") != 0 && strcmp(protocol, "udp") != 0) {
		(void)snprintf(error, error_size,
		    "\"%.80s\" cannot be forwarded; give tcp or udp", protocol);
		return false;
	}
	forward->protocol = *protocol == 't' ? IPPROTO_TCP : IPPROTO_UDP;
	if (!read_ports(forward, ports)) {
		(void)snprintf(error, error_size,
		    "\"%.80s\" is no outside port; give one of 1 to 65535, or "
		    "a range like 8000-8010", ports);
		return false;
	}
	if (target_count == 0 || target_count > CONFIG_TARGETS) {
		(void)snprintf(error, error_size,
		    "give 1 to %d targets, like alice:80", CONFIG_TARGETS);
		return false;
	}
	forward->name = strdup(name);
	if (read_targets(forward, targets, target_count, error, error_size) &&
	    forward->name != NULL)
		return true;
	forward_clear(forward);
	return false;
}

void
forward_clear(struct config_forward *forward)
{
	for (size_t i = 0; i < forward->target_count; i++)
		free(forward->targets[i].user);
	free(forward->targets);
	free(forward->name);
	*forward = (struct config_forward){ .name = NULL };
}
