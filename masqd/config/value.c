#include "value.h"

#include <arpa/inet.h>
#include <confuse.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "config.h"
#include "lines.h"
#include "masqd/handoff.h"

enum { INIT_MOST = 16, MODEM_FILES_MOST = 8, DNS_MOST = 8,
	SUBNET_WIDEST = 16, SUBNET_NARROWEST = 30 };

enum { NUMBERS_MOST = 256, NUMBER_LENGTH = 40 };

/* What modem_command() takes, with AT and NUL. */
enum { INIT_LENGTH = 125 };

/* Of messages: no more of a value than says which it is. */
#define SHOWN "\"%.60s\""

static void __attribute__((format(printf, 2, 3)))
wrong(const struct value *value, const char *format, ...)
{
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	problem_error(value->problems, value->line, "%s " SHOWN ": %s",
	    value->key->name, value->text, text);
}

static bool
parse_number(const char *text, uint32_t *number)
{
	unsigned long long parsed;
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	parsed = strtoull(text, &end, 10);
	if (errno != 0 || *end != '\0' || parsed > UINT32_MAX)
		return false;
	*number = (uint32_t)parsed;
	return true;
}

static void
keep_text(char **to, const char *text)
{
	free(*to);
	*to = strdup(text);
}

void
value_number(const struct value *value, void *to)
{
	const struct key *key = value->key;
	uint32_t number;

	if (!parse_number(value->text, &number) || number < key->low ||
	    number > key->high)
		wrong(value, "give a whole number from %" PRIu32 " to %" PRIu32,
		    key->low, key->high);
	else
		memcpy(to, &number, sizeof number);
}

void
value_bool(const struct value *value, void *to)
{
	int parsed = cfg_parse_boolean(value->text);
	bool is = parsed == 1;

	if (parsed != 0 && parsed != 1)
		wrong(value, "give yes or no");
	else
		memcpy(to, &is, sizeof is);
}

void
value_word(const struct value *value, void *to)
{
	char known[256] = "";
	const char *const *words = value->key->words;

	for (unsigned i = 0; words[i] != NULL; i++) {
		size_t used = strlen(known);

		if (strcmp(words[i], value->text) == 0) {
			memcpy(to, &i, sizeof i);
			return;
		}
		(void)snprintf(known + used, sizeof known - used,
		    "%s\"%s\"", i == 0 ? "" :
		    words[i + 1] == NULL ? " or " : ", ", words[i]);
	}
	wrong(value, "give %s", known);
}

static bool
is_printable(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text < ' ' || *text > '~')
			return false;
	return true;
}

static bool
is_plain(const char *text)
{
	size_t length = strlen(text);

	return length > 0 && is_printable(text) && text[0] != ' ' &&
	    text[length - 1] != ' ';
}

void
value_text(const struct value *value, void *to)
{
	if (!is_plain(value->text))
		wrong(value, "give printable ASCII, without blanks at an end");
	else
		keep_text(to, value->text);
}

static bool
check_path(const struct value *value, size_t size)
{
	if (value->text[0] != '/' || !is_plain(value->text)) {
		wrong(value, "give an absolute path, from / on");
		return false;
	}
	if (strlen(value->text) >= size) {
		wrong(value, "this path is too long; give one of at most %zu "
			     "octets", size - 1);
		return false;
	}
	return true;
}

void
value_path(const struct value *value, void *to)
{
	/* The accounts file's name travels to masq.so in a message. */
	if (check_path(value, HANDOFF_PATH))
		keep_text(to, value->text);
}

void
value_socket(const struct value *value, void *to)
{
	if (check_path(value, sizeof ((struct sockaddr_un *)0)->sun_path))
		keep_text(to, value->text);
}

void
value_name(const struct value *value, void *to)
{
	if (!is_plain(value->text) || strpbrk(value->text, " :,") != NULL ||
	    strlen(value->text) >= sizeof ((struct handoff *)0)->user)
		wrong(value, "give a name of printable ASCII without blank, "
			     "colon and comma, at most %zu octets",
		    sizeof ((struct handoff *)0)->user - 1);
	else
		keep_text(to, value->text);
}

void
value_title(const struct value *value, void *to)
{
	if (value_is_title(value->text))
		keep_text(to, value->text);
	else
		wrong(value, "give a name of letters, digits, . _ and -");
}

void
value_interface(const struct value *value, void *to)
{
	if (!is_plain(value->text) || strpbrk(value->text, " /") != NULL ||
	    strlen(value->text) >= IFNAMSIZ)
		wrong(value, "give the name of a network interface, at most "
			     "%d octets, without blank and slash",
		    IFNAMSIZ - 1);
	else
		keep_text(to, value->text);
}

bool
value_is_host(in_addr_t address)
{
	uint32_t host = ntohl(address), net = host >> 24;

	return net != 0 && net != IN_LOOPBACKNET && net < 224;
}

bool
value_is_title(const char *title)
{
	size_t length = strlen(title);

	return length > 0 && length < sizeof ((struct handoff *)0)->line &&
	    title[strspn(title, "abcdefghijklmnopqrstuvwxyz"
				"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")] ==
	    '\0';
}

static bool
parse_host(const char *text, in_addr_t *address)
{
	return inet_pton(AF_INET, text, address) == 1 &&
	    value_is_host(*address);
}

void
value_address(const struct value *value, void *to)
{
	in_addr_t address;

	if (!parse_host(value->text, &address))
		wrong(value, "give the IPv4 address of one host, like "
			     "192.0.2.1");
	else
		memcpy(to, &address, sizeof address);
}

/* Cut "a-b" in two; one text alone is both ends. */
static bool
cut(const char *text, char separator, char first[64], char second[64])
{
	const char *at = strchr(text, separator);
	size_t length = at == NULL ? strlen(text) : (size_t)(at - text);

	if (length >= 64 || (at != NULL && strlen(at + 1) >= 64))
		return false;
	memcpy(first, text, length);
	first[length] = '\0';
	strcpy(second, at == NULL ? first : at + 1);
	return true;
}

static bool
parse_ports(const struct value *value, uint16_t *low, uint16_t *high)
{
	char first[64], second[64];
	uint32_t a, b;

	if (!cut(value->text, '-', first, second) ||
	    !parse_number(first, &a) || !parse_number(second, &b) ||
	    a > b || a < value->key->low || b > value->key->high)
		return false;
	*low = (uint16_t)a;
	*high = (uint16_t)b;
	return true;
}

static void
set_ports(const struct value *value, uint16_t *low, uint16_t *high)
{
	if (!parse_ports(value, low, high))
		wrong(value, "give a port or a range of ports from %" PRIu32 " to %"
			     PRIu32 ", the lower one first, like \"%s\"",
		    value->key->low, value->key->high,
		    value->key->low >= 1024 ? "61000-65095" :
		    value->key->high < 1024 ? "600-1023" : "8080-8089");
}

void
value_uplink_ports(const struct value *value, void *to)
{
	struct config_uplink *uplink = to;

	set_ports(value, &uplink->port_low, &uplink->port_high);
}

void
value_uplink_privileged(const struct value *value, void *to)
{
	struct config_uplink *uplink = to;

	if (*value->text != '\0')
		set_ports(value, &uplink->privileged_low,
		    &uplink->privileged_high);
}

/* Room for one more at the end of an array of items of that size. */
static void *
grow(void *list, size_t *count, size_t size, const struct value *value,
    size_t most)
{
	char **array = list, *more;

	if (*count == most) {
		wrong(value, "at most %zu are allowed here", most);
		return NULL;
	}
	more = reallocarray(*array, *count + 1, size);
	if (more == NULL)
		return NULL;
	*array = more;
	memset(more + *count * size, 0, size);
	return more + (*count)++ * size;
}

void
value_callers_pool(const struct value *value, void *to)
{
	struct config_callers *callers = to;
	struct config_range *range;
	char first[64], second[64];
	in_addr_t a, b;

	if (!cut(value->text, '-', first, second) || !parse_host(first, &a) ||
	    !parse_host(second, &b) || ntohl(a) > ntohl(b)) {
		wrong(value, "give a range of addresses, the lower one "
			     "first, like \"10.64.0.2-10.64.0.250\"");
		return;
	}
	range = grow(&callers->pool, &callers->pool_count, sizeof *range,
	    value, 256);
	if (range != NULL)
		*range = (struct config_range){ ntohl(a), ntohl(b) };
}

void
value_callers_dns(const struct value *value, void *to)
{
	struct config_callers *callers = to;
	in_addr_t address, *place;

	if (!parse_host(value->text, &address)) {
		wrong(value, "give the IPv4 address of a server that callers "
			     "can reach (never a loopback address), or dns = "
			     "{} for the host's own resolvers");
		return;
	}
	place = grow(&callers->dns, &callers->dns_count, sizeof *place, value,
	    DNS_MOST);
	if (place != NULL)
		*place = address;
}

void
value_line_port(const struct value *value, void *to)
{
	static const char *const kinds[] = { "serial:", "pty:", "tcp:" };
	struct config_line *line = to;

	for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		const char *rest = value->text + strlen(kinds[i]);
		struct value path = *value;

		if (strncmp(value->text, kinds[i], strlen(kinds[i])) != 0)
			continue;
		line->port_kind = i;
		path.text = rest;
		if (i != PORT_TCP)
			value_path(&path, &line->port);
		else if (config_line_address(rest, &line->listen))
			value_text(&path, &line->port);
		else
			wrong(value, "give \"tcp:\", the address to listen at "
				     "and a port, like \"tcp:127.0.0.1:2323\", "
				     "\"tcp:[::1]:2323\" or \"tcp:*:2323\"");
		return;
	}
	wrong(value, "give \"serial:\" and the path of a serial port, like "
		     "\"serial:/dev/ttyS0\", or \"pty:\" and a path, or "
		     "\"tcp:\" and an address");
}

void
value_line_speed(const struct value *value, void *to)
{
	/* What termios has a name for, and modems are used at. */
	static const uint32_t speeds[] = { 300, 600, 1200, 2400, 4800, 9600,
		19200, 38400, 57600, 115200, 230400, 460800, 921600 };
	struct config_line *line = to;
	uint32_t speed;

	if (parse_number(value->text, &speed))
		for (size_t i = 0; i < sizeof speeds / sizeof speeds[0]; i++)
			if (speeds[i] == speed) {
				line->speed = speed;
				return;
			}
	wrong(value, "give the speed of a serial port in bit/s: 300, 600, "
		     "1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, "
		     "230400, 460800 or 921600");
}

void
value_modem_file(const struct value *value, void *to)
{
	struct config *config = to;
	char **place;

	if (!check_path(value, PATH_MAX))
		return;
	place = grow(&config->modem_files, &config->modem_file_count,
	    sizeof *place, value, MODEM_FILES_MOST);
	if (place != NULL)
		keep_text(place, value->text);
}

void
value_line_init(const struct value *value, void *to)
{
	struct config_line *line = to;
	char **place;

	if (!is_plain(value->text) || strlen(value->text) > INIT_LENGTH) {
		wrong(value, "give one AT command of printable ASCII, at most "
			     "%d octets", INIT_LENGTH);
		return;
	}
	place = grow(&line->init, &line->init_count, sizeof *place, value,
	    INIT_MOST);
	if (place != NULL)
		keep_text(place, value->text);
}

void
value_ppp_auth(const struct value *value, void *to)
{
	struct config *config = to;
	unsigned method = METHODS;

	value_word(value, &method);
	if (method == METHODS)
		return;
	for (size_t i = 0; i < config->ppp_auth_count; i++)
		if (config->ppp_auth[i] == method) {
			wrong(value, "is given twice; keep one");
			return;
		}
	config->ppp_auth[config->ppp_auth_count++] = method;
}

void
value_line_protocols(const struct value *value, void *to)
{
	struct config_line *line = to;
	unsigned bit = 0;

	value_word(value, &bit);
	line->protocols |= 1U << bit;
}

void
value_network_subnet(const struct value *value, void *to)
{
	struct config_network *network = to;
	char first[64], second[64];
	in_addr_t address, mask;
	uint32_t bits;

	if (strchr(value->text, '/') == NULL ||
	    !cut(value->text, '/', first, second) ||
	    !parse_host(first, &address) || !parse_number(second, &bits) ||
	    bits < SUBNET_WIDEST || bits > SUBNET_NARROWEST) {
		wrong(value, "give a subnet of /%d to /%d, like "
			     "\"10.9.0.0/24\"", SUBNET_WIDEST,
		    SUBNET_NARROWEST);
		return;
	}
	mask = htonl(UINT32_MAX << (32 - bits));
	if ((address & ~mask) != 0) {
		char text[INET_ADDRSTRLEN];
		struct in_addr subnet = { address & mask };

		wrong(value, "a host's address; the subnet is \"%s/%" PRIu32
			     "\"",
		    inet_ntop(AF_INET, &subnet, text, sizeof text), bits);
		return;
	}
	network->subnet = address;
	network->netmask = mask;
}

void
value_forward_protocol(const struct value *value, void *to)
{
	static const uint8_t protocols[] = { IPPROTO_TCP, IPPROTO_UDP };
	struct config_forward *forward = to;
	unsigned which = 0;

	value_word(value, &which);
	forward->protocol = protocols[which];
}

void
value_forward_port(const struct value *value, void *to)
{
	struct config_forward *forward = to;

	set_ports(value, &forward->port_low, &forward->port_high);
}

void
value_forward_to(const struct value *value, void *to)
{
	struct config_forward *forward = to;
	struct config_target *target;
	const char *colon = strrchr(value->text, ':');
	struct value name = *value;
	char who[256];
	uint32_t port;

	if (colon == NULL || colon == value->text ||
	    (size_t)(colon - value->text) >= sizeof who ||
	    !parse_number(colon + 1, &port) || port < 1 || port > UINT16_MAX) {
		wrong(value, "give a user or an address and a port, like "
			     "\"alice:80\" or \"10.64.0.9:80\"");
		return;
	}
	target = grow(&forward->targets, &forward->target_count,
	    sizeof *target, value, CONFIG_TARGETS);
	if (target == NULL)
		return;
	(void)snprintf(who, sizeof who, "%.*s", (int)(colon - value->text),
	    value->text);
	name.text = who;
	target->port = (uint16_t)port;
	if (strspn(who, "0123456789.") == strlen(who))
		value_address(&name, &target->address);
	else
		value_name(&name, &target->user);
}

void
value_numbers(const struct value *value, void *to)
{
	struct config_numbers *numbers = to;
	char **place;

	if (*value->text == '\0' || strlen(value->text) > NUMBER_LENGTH ||
	    strspn(value->text, "0123456789+*#.:abcdefghijklmnopqrstuvwxyzPO")
	    != strlen(value->text)) {
		wrong(value, "give the beginning of a number or an address, "
			     "or one of \"all\", \"none\", \"P\", \"O\"");
		return;
	}
	place = grow(&numbers->list, &numbers->count, sizeof *place, value,
	    NUMBERS_MOST);
	if (place != NULL)
		keep_text(place, value->text);
}

void
value_unkept_number(const struct value *value, void *to)
{
	uint32_t number;

	(void)to;
	value_number(value, &number);
}

void
value_unkept_bool(const struct value *value, void *to)
{
	bool is;

	(void)to;
	value_bool(value, &is);
}

void
value_unkept_path(const struct value *value, void *to)
{
	(void)to;
	(void)check_path(value, HANDOFF_PATH);
}
