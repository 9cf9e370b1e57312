#include "keys.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "config.h"
#include "masqd/handoff.h"
#include "serial/banner.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* What names and values a key has, and where its value goes. */
#define KEY(type, field, ...) { .offset = offsetof(type, field), __VA_ARGS__ }
#define WHOLE(...) { .offset = KEY_WHOLE, __VA_ARGS__ }

enum {
	DAY = 24 * 60 * 60,
	TIMER_MOST = 30 * DAY,
	TABLE_MOST = 1 << 20, /* entries of a table */
	MTU_LEAST = 68	      /* RFC 791 3.2 */
};

static const char *const auths[] = { [AUTH_ACCOUNTS] = "accounts",
	[AUTH_PAM] = "pam", [AUTH_PPPD] = "pppd", [AUTH_NONE] = "none",
	NULL };
static const char *const methods[] = { [METHOD_PAP] = "pap",
	[METHOD_CHAP] = "chap", [METHOD_MSCHAP] = "mschap",
	[METHOD_MSCHAPV2] = "mschapv2", NULL };
static const char *const filterings[] = {
	[FILTERING_ENDPOINT_INDEPENDENT] = "endpoint-independent",
	[FILTERING_ADDRESS] = "address",
	[FILTERING_ADDRESS_AND_PORT] = "address-and-port", NULL };
static const char *const compressions[] = { [COMPRESSION_OFF] = "off",
	[COMPRESSION_ADAPTIVE] = "adaptive", [COMPRESSION_ON] = "on", NULL };
static const char *const levels[] = { [LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARN] = "warn", [LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug", NULL };
/* In the order of the bits of enum config_protocol. */
static const char *const protocols[] = { "ppp", "slip", "login", NULL };
static const char *const telnet[] = { [CONFIG_TELNET_AUTO] = "auto",
	[CONFIG_TELNET_YES] = "yes", [CONFIG_TELNET_NO] = "no", NULL };
static const char *const transports[] = { "tcp", "udp", NULL };
static const char *const helpers[] = { "ftp", "irc", "raudio", "rtsp",
	"cuseeme", "vdolive", "quake", "pptp", "tftp", NULL };

static_assert(PROTOCOL_PPP == 1 << 0 && PROTOCOL_SLIP == 1 << 1 &&
    PROTOCOL_LOGIN == 1 << 2, "as in protocols[]");
static_assert(sizeof(enum config_auth) == sizeof(unsigned) &&
    sizeof(enum config_filtering) == sizeof(unsigned) &&
    sizeof(enum config_compression) == sizeof(unsigned) &&
    sizeof(enum log_level) == sizeof(unsigned), "value_word() stores these");

static const struct key root_keys[] = {
	KEY(struct config, auth, .name = "auth", .set = value_word,
	    .words = auths, .initial = "accounts"),
	KEY(struct config, accounts, .name = "accounts", .set = value_path,
	    .initial = "/etc/masqd/accounts"),
	WHOLE(.name = "ppp-auth", .set = value_ppp_auth, .words = methods,
	    .list = true),
	KEY(struct config, ppp_options, .name = "ppp-options",
	    .set = value_path, .initial = "/etc/masqd/ppp-options"),
	WHOLE(.name = "modems", .set = value_modem_file, .list = true),
	KEY(struct config, presets, .name = "presets", .set = value_path,
	    .initial = MASQD_SHARE "/presets"),
	KEY(struct config, pppd, .name = "pppd", .set = value_path,
	    .initial = "/usr/sbin/pppd"),
	KEY(struct config, plugin, .name = "plugin", .set = value_text,
	    .initial = "masq.so"),
	KEY(struct config, plugin_socket, .name = "plugin-socket",
	    .set = value_socket, .initial = HANDOFF_SOCKET),
};

static const struct key uplink_keys[] = {
	KEY(struct config_uplink, interface, .name = "interface",
	    .set = value_interface),
	KEY(struct config_uplink, tun, .name = "tun", .set = value_interface),
	KEY(struct config_uplink, socket, .name = "socket",
	    .set = value_socket),
	KEY(struct config_uplink, address, .name = "address",
	    .set = value_address),
	KEY(struct config_uplink, mtu, .name = "mtu", .set = value_number,
	    .low = MTU_LEAST, .high = UINT16_MAX),
	WHOLE(.name = "ports", .set = value_uplink_ports,
	    .initial = "61000-65095", .low = 1024, .high = UINT16_MAX),
	WHOLE(.name = "privileged-ports", .set = value_uplink_privileged,
	    .low = 1, .high = 1023),
};

static const struct key callers_keys[] = {
	KEY(struct config_callers, gateway, .name = "gateway",
	    .set = value_address, .initial = "10.64.0.1"),
	WHOLE(.name = "pool", .set = value_callers_pool, .list = true,
	    .initial = "10.64.0.2-10.64.0.250"),
	WHOLE(.name = "dns", .set = value_callers_dns, .list = true),
	KEY(struct config_callers, private_networks,
	    .name = "private-networks", .set = value_bool),
	KEY(struct config_callers, each_other, .name = "each-other",
	    .set = value_bool),
	KEY(struct config_callers, max_mappings, .name = "max-mappings",
	    .set = value_number, .initial = "512", .low = 1,
	    .high = TABLE_MOST),
	KEY(struct config_callers, max_flows, .name = "max-flows",
	    .set = value_number, .initial = "1024", .low = 1,
	    .high = TABLE_MOST),
	KEY(struct config_callers, new_flows, .name = "new-flows",
	    .set = value_number, .initial = "50", .low = 1, .high = 100000),
	KEY(struct config_callers, idle_timeout, .name = "idle-timeout",
	    .set = value_number, .initial = "900", .high = TIMER_MOST),
	KEY(struct config_callers, session_timeout,
	    .name = "session-timeout", .set = value_number,
	    .high = TIMER_MOST),
	KEY(struct config_callers, clear_df, .name = "clear-df",
	    .set = value_bool),
	KEY(struct config_callers, ttl_floor, .name = "ttl-floor",
	    .set = value_number, .high = UINT8_MAX),
	KEY(struct config_callers, allow, .name = "allow",
	    .set = value_numbers, .list = true),
	KEY(struct config_callers, deny, .name = "deny",
	    .set = value_numbers, .list = true),
	KEY(struct config_callers, queue, .name = "queue",
	    .set = value_bool, .initial = "yes"),
};

static const struct key line_keys[] = {
	WHOLE(.name = "port", .set = value_line_port),
	WHOLE(.name = "speed", .set = value_line_speed, .initial = "115200"),
	KEY(struct config_line, modem, .name = "modem",
	    .set = value_text, .initial = "auto"),
	WHOLE(.name = "init", .set = value_line_init, .list = true),
	KEY(struct config_line, rings, .name = "rings", .set = value_number,
	    .high = 20),
	WHOLE(.name = "protocols", .set = value_line_protocols,
	    .words = protocols, .list = true),
	KEY(struct config_line, address, .name = "address",
	    .set = value_address),
	KEY(struct config_line, user, .name = "user", .set = value_name),
	KEY(struct config_line, preset, .name = "preset",
	    .set = value_title),
	KEY(struct config_line, group, .name = "group", .set = value_name),
	KEY(struct config_line, ring, .name = "ring", .set = value_name),
	KEY(struct config_line, allow, .name = "allow", .set = value_numbers,
	    .list = true),
	KEY(struct config_line, deny, .name = "deny", .set = value_numbers,
	    .list = true),
	KEY(struct config_line, calls, .name = "calls", .set = value_number,
	    .initial = "1", .low = 1, .high = 4096),
	KEY(struct config_line, rate, .name = "rate", .set = value_number,
	    .low = 300, .high = 10000000),
	KEY(struct config_line, telnet, .name = "telnet", .set = value_word,
	    .words = telnet, .initial = "auto"),
	KEY(struct config_line, calls_each, .name = "calls-each",
	    .set = value_number, .high = 4096),
	KEY(struct config_line, new_calls_each, .name = "new-calls-each",
	    .set = value_number, .high = 1000000),
};

static const struct key network_keys[] = {
	KEY(struct config_network, socket, .name = "socket",
	    .set = value_socket),
	KEY(struct config_network, tun, .name = "tun",
	    .set = value_interface),
	KEY(struct config_network, from, .name = "from",
	    .set = value_interface),
	WHOLE(.name = "subnet", .set = value_network_subnet),
	KEY(struct config_network, gateway, .name = "gateway",
	    .set = value_address),
	KEY(struct config_network, mtu, .name = "mtu", .set = value_number,
	    .initial = "1500", .low = MTU_LEAST, .high = UINT16_MAX),
	KEY(struct config_network, clear_df, .name = "clear-df",
	    .set = value_bool),
	KEY(struct config_network, ttl_floor, .name = "ttl-floor",
	    .set = value_number, .high = UINT8_MAX),
};

static const struct key forward_keys[] = {
	WHOLE(.name = "protocol", .set = value_forward_protocol,
	    .words = transports),
	WHOLE(.name = "port", .set = value_forward_port, .low = 1,
	    .high = UINT16_MAX),
	WHOLE(.name = "to", .set = value_forward_to, .list = true),
};

static const struct key nat_keys[] = {
	KEY(struct config_nat, filtering, .name = "filtering",
	    .set = value_word, .words = filterings, .initial = "address"),
	KEY(struct config_nat, udp, .name = "udp", .set = value_number,
	    .initial = "300", .low = 1, .high = TIMER_MOST),
	KEY(struct config_nat, icmp, .name = "icmp", .set = value_number,
	    .initial = "60", .low = 1, .high = TIMER_MOST),
	KEY(struct config_nat, tcp_established, .name = "tcp-established",
	    .set = value_number, .initial = "7440", .low = 1,
	    .high = TIMER_MOST),
	KEY(struct config_nat, tcp_transitory, .name = "tcp-transitory",
	    .set = value_number, .initial = "240", .low = 1,
	    .high = TIMER_MOST),
	KEY(struct config_nat, tcp_opening, .name = "tcp-opening",
	    .set = value_number, .high = TIMER_MOST),
	KEY(struct config_nat, tcp_closing, .name = "tcp-closing",
	    .set = value_number, .high = TIMER_MOST),
	KEY(struct config_nat, fragment, .name = "fragment",
	    .set = value_number, .initial = "15", .low = 1, .high = 120),
	KEY(struct config_nat, mss_clamp, .name = "mss-clamp",
	    .set = value_bool, .initial = "yes"),
	KEY(struct config_nat, inbound_refresh, .name = "inbound-refresh",
	    .set = value_bool, .initial = "yes"),
	KEY(struct config_nat, syn_errors, .name = "syn-errors",
	    .set = value_bool, .initial = "yes"),
	KEY(struct config_nat, icmp_errors, .name = "icmp-errors",
	    .set = value_number, .initial = "100", .high = 100000),
	KEY(struct config_nat, max_mappings, .name = "max-mappings",
	    .set = value_number, .initial = "4096", .low = 16,
	    .high = TABLE_MOST),
	KEY(struct config_nat, max_flows, .name = "max-flows",
	    .set = value_number, .initial = "16384", .low = 16,
	    .high = TABLE_MOST),
};

static const struct key helper_keys[] = {
	WHOLE(.name = "enable", .set = value_unkept_bool),
	WHOLE(.name = "ports", .set = value_unkept_number, .list = true,
	    .low = 1, .high = UINT16_MAX),
};

static const struct key slip_keys[] = {
	KEY(struct config_slip, mtu, .name = "mtu", .set = value_number,
	    .low = MTU_LEAST, .high = 1500),
	KEY(struct config_slip, slots, .name = "slots", .set = value_number,
	    .initial = "16", .low = 3, .high = 254),
	KEY(struct config_slip, compression, .name = "compression",
	    .set = value_word, .words = compressions, .initial = "adaptive"),
};

static const struct key login_keys[] = {
	KEY(struct config_login, banner, .name = "banner",
	    .set = value_template, .initial = BANNER_DEFAULT),
	KEY(struct config_login, issue, .name = "issue",
	    .set = value_template, .initial = ""),
	KEY(struct config_login, timeout, .name = "timeout",
	    .set = value_number, .initial = "60", .high = 3600),
	KEY(struct config_login, idle, .name = "idle", .set = value_number,
	    .initial = "30", .high = 3600),
	KEY(struct config_login, tries, .name = "tries", .set = value_number,
	    .initial = "3", .low = 1, .high = 20),
	KEY(struct config_login, delay, .name = "delay", .set = value_number,
	    .initial = "2", .high = 30),
	KEY(struct config_login, menu, .name = "menu", .set = value_bool,
	    .initial = "yes"),
};

static const struct key control_keys[] = {
	KEY(struct config_control, socket, .name = "socket",
	    .set = value_socket, .initial = "/run/masqd/control"),
	KEY(struct config_control, group, .name = "group", .set = value_name,
	    .initial = "masqadmin"),
	KEY(struct config_control, observe, .name = "observe",
	    .set = value_bool),
};

static const struct key records_keys[] = {
	WHOLE(.name = "file", .set = value_unkept_path),
	WHOLE(.name = "keep-days", .set = value_unkept_number, .high = 36500),
};

static const struct key log_keys[] = {
	KEY(struct config, log_level, .name = "level", .set = value_word,
	    .words = levels, .initial = "info"),
	KEY(struct config, log_mappings, .name = "mappings",
	    .set = value_bool),
};

#define KEYS(n) .keys = n##_keys, .key_count = COUNT(n##_keys)
#define ARRAY(list, list_count)                                                \
	.titled = true, .offset = offsetof(struct config, list),               \
	.count_offset = offsetof(struct config, list_count),                   \
	.size = sizeof *((struct config *)0)->list

const struct section config_sections[] = {
	{ .name = NULL, KEYS(root), .offset = 0 },
	{ .name = "uplink", KEYS(uplink),
	    .offset = offsetof(struct config, uplink) },
	{ .name = "callers", KEYS(callers),
	    .offset = offsetof(struct config, callers) },
	{ .name = "line", KEYS(line), ARRAY(lines, line_count) },
	{ .name = "network", KEYS(network), ARRAY(networks, network_count) },
	{ .name = "forward", KEYS(forward), ARRAY(forwards, forward_count) },
	{ .name = "nat", KEYS(nat), .offset = offsetof(struct config, nat) },
	{ .name = "slip", KEYS(slip),
	    .offset = offsetof(struct config, slip) },
	{ .name = "login", KEYS(login),
	    .offset = offsetof(struct config, login) },
	{ .name = "helper", KEYS(helper), .titled = true,
	    .offset = SECTION_NOWHERE, .titles = helpers,
	    .unserved = "helpers are not served by this version" },
	{ .name = "control", KEYS(control),
	    .offset = offsetof(struct config, control) },
	{ .name = "records", KEYS(records), .offset = SECTION_NOWHERE,
	    .unserved = "call records are not kept by this version" },
	{ .name = "log", KEYS(log), .offset = 0 },
};
const size_t config_section_count = COUNT(config_sections);

const struct section *
section_find(const char *name)
{
	for (size_t i = 0; i < COUNT(config_sections); i++) {
		const char *known = config_sections[i].name;

		if (name == NULL ? known == NULL :
		    known != NULL && strcmp(known, name) == 0)
			return &config_sections[i];
	}
	return NULL;
}

/* Levenshtein's distance: letters to change, put in or take out. */
static unsigned
distance(const char *a, const char *b)
{
	enum { MOST = 32 };
	unsigned row[MOST + 1], n = (unsigned)strnlen(b, MOST);

	for (unsigned j = 0; j <= n; j++)
		row[j] = j;
	for (unsigned i = 1; i <= MOST && a[i - 1] != '\0'; i++) {
		unsigned corner = row[0];

		row[0] = i;
		for (unsigned j = 1; j <= n; j++) {
			unsigned best = corner + (a[i - 1] != b[j - 1]);

			corner = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[n];
}

struct nearest {
	const char *word, *best;
	unsigned distance;
};

static void
consider(struct nearest *nearest, const char *known)
{
	unsigned far = distance(nearest->word, known);

	if (nearest->best != NULL && far >= nearest->distance)
		return;
	nearest->best = known;
	nearest->distance = far;
}

const char *
section_nearest(const char *name, const char *word)
{
	const struct section *section = section_find(name);
	struct nearest nearest = { .word = word };

	for (size_t i = 0; i < section->key_count; i++)
		consider(&nearest, section->keys[i].name);
	for (size_t i = 0; name == NULL && i < COUNT(config_sections); i++)
		if (config_sections[i].name != NULL)
			consider(&nearest, config_sections[i].name);
	return nearest.best;
}

const char *
word_nearest(const char *const *words, const char *word)
{
	struct nearest nearest = { .word = word };

	for (; *words != NULL; words++)
		consider(&nearest, *words);
	return nearest.best;
}
