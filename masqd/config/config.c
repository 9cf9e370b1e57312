#include "config.h"

#include <confuse.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "keys.h"
#include "modems.h"
#include "lines.h"
#include "parse.h"
#include "problem.h"
#include "text.h"
#include "resolver.h"
#include "serial/profile.h"

enum { RESOLVERS_MOST = 8 };

/* What one source may have of a TCP line, where nothing else is said: calls
 * at a time, new ones a minute. */
enum { CALLS_EACH = 8, NEW_CALLS_EACH = 60 };

/* The defaults of a section that is not there: cfg NULL. */
static void
set_key(cfg_t *cfg, const struct key *key, char *base,
    struct problems *problems)
{
	char *to = key->offset == KEY_WHOLE ? base : base + key->offset;
	struct value value = { .key = key, .text = key->initial,
		.problems = problems };
	cfg_opt_t *option = cfg == NULL ? NULL : cfg_getopt(cfg, key->name);
	unsigned count = option == NULL ? 0 : cfg_opt_size(option);

	if (!config_given(cfg, key->name) && key->initial != NULL)
		key->set(&value, to);
	for (unsigned i = 0; i < count; i++) {
		value.text = cfg_opt_getnstr(option, i);
		value.line = config_line_of(cfg, key->name, i);
		key->set(&value, to);
	}
}

static void
set_keys(const struct section *section, cfg_t *cfg, void *base,
    struct problems *problems)
{
	for (size_t i = 0; i < section->key_count; i++)
		set_key(cfg, &section->keys[i], base, problems);
}

static void
check_title(const struct section *section, cfg_t *cfg,
    struct problems *problems)
{
	const char *title = cfg_title(cfg);
	unsigned line = (unsigned)cfg->line;

	if (!value_is_title(title))
		problem_error(problems, line, "%s \"%.60s\": give a name of "
					      "letters, digits, . _ and -, at "
					      "most 63", section->name, title);
	if (section->titles == NULL)
		return;
	for (size_t i = 0; section->titles[i] != NULL; i++)
		if (strcmp(section->titles[i], title) == 0)
			return;
	problem_error(problems, line,
	    "unknown %s \"%.60s\"; the nearest known one is \"%s\"",
	    section->name, title, word_nearest(section->titles, title));
}

/* One more element at the end of the section's array; NULL: no memory. */
static void *
add_titled(const struct section *section, cfg_t *cfg, struct config *config)
{
	char *base = (char *)config, **array, *more;
	size_t *count = (size_t *)(void *)(base + section->count_offset);
	struct config_titled *titled;

	array = (char **)(void *)(base + section->offset);
	more = reallocarray(*array, *count + 1, section->size);
	if (more == NULL)
		return NULL;
	*array = more;
	titled = (struct config_titled *)(void *)(more +
	    *count * section->size);
	memset(titled, 0, section->size);
	titled->name = strdup(cfg_title(cfg));
	titled->source_line = (unsigned)cfg->line;
	(*count)++;
	return titled;
}

static void
set_section(const struct section *section, cfg_t *root,
    struct config *config, struct problems *problems)
{
	unsigned count = section->name == NULL ? 0 :
	    cfg_size(root, section->name);
	char *base = section->offset == SECTION_NOWHERE ? NULL :
	    (char *)config + section->offset;

	if (section->name == NULL)
		set_keys(section, root, base, problems);
	else if (!section->titled && count == 0)
		set_keys(section, NULL, base, problems);
	for (unsigned i = 0; i < count; i++) {
		cfg_t *cfg = cfg_getnsec(root, section->name, i);
		void *to = base;

		if (section->titled)
			check_title(section, cfg, problems);
		else if (i > 0)
			problem_error(problems, (unsigned)cfg->line,
			    "section %s is given twice, first in line %d; "
			    "keep one", section->name,
			    cfg_getnsec(root, section->name, 0)->line);
		if (section->titled && base != NULL &&
		    (to = add_titled(section, cfg, config)) == NULL)
			continue;
		set_keys(section, cfg, to, problems);
		if (section->unserved != NULL && i == 0)
			problem_warning(problems, (unsigned)cfg->line, "%s",
			    section->unserved);
	}
}

/* PAP first: it goes with hashed passwords, and with the oldest callers. */
static void
set_default_methods(struct config *config)
{
	static const enum config_method order[METHODS] = { METHOD_PAP,
		METHOD_CHAP, METHOD_MSCHAPV2, METHOD_MSCHAP };

	if (config->ppp_auth_count > 0)
		return;
	memcpy(config->ppp_auth, order, sizeof order);
	config->ppp_auth_count = METHODS;
}

/* The default pool makes way for a network; only pppds of others, if any,
 * would have had use for it. */
static void
withdraw_default_pool(struct config *config, struct problems *problems)
{
	const struct config_range *pool = config->callers.pool;

	for (size_t i = 0; i < config->network_count; i++) {
		const struct config_network *network = &config->networks[i];

		if (config->line_count > 0 || network->subnet == 0 ||
		    config->callers.pool_count == 0 ||
		    ntohl(network->subnet) > pool->last ||
		    ntohl(network->subnet | ~network->netmask) < pool->first)
			continue;
		config->callers.pool_count = 0;
		problem_warning(problems, network->source_line,
		    "network \"%s\" takes the place of the default pool; for "
		    "PPP callers give callers { gateway pool }",
		    network->name);
	}
}

/* What is not said of a network is as for the callers. */
static void
complete_network(struct config_network *network,
    const struct config_callers *callers, cfg_t *given)
{
	if (!config_given(given, "clear-df"))
		network->clear_df = callers->clear_df;
	if (!config_given(given, "ttl-floor"))
		network->ttl_floor = callers->ttl_floor;
}

/* A TCP line on a loopback address: all its callers are one source. */
static void
complete_line(struct config_line *line, cfg_t *given)
{
	bool limits = line->port_kind == PORT_TCP &&
	    !config_address_is_loopback(&line->listen);

	if (line->protocols == 0)
		line->protocols = PROTOCOL_PPP | PROTOCOL_SLIP |
		    PROTOCOL_LOGIN;
	if (line->preset == NULL)
		line->preset = strdup(line->port_kind == PORT_TCP ?
		    "tcp-raw" : "base");
	if (limits && !config_given(given, "calls-each"))
		line->calls_each = CALLS_EACH;
	if (limits && !config_given(given, "new-calls-each"))
		line->new_calls_each = NEW_CALLS_EACH;
}

/* What follows from what was given. */
static void
complete(struct config *config, cfg_t *root, struct problems *problems)
{
	struct config_uplink *uplink = &config->uplink;
	struct config_callers *callers = &config->callers;
	cfg_t *given = cfg_getnsec(root, "uplink", 0);

	uplink->kind = uplink->socket != NULL ? UPLINK_SOCKET :
	    uplink->tun != NULL ? UPLINK_TUN : UPLINK_INTERFACE;
	if (uplink->kind == UPLINK_INTERFACE && uplink->interface == NULL &&
	    !config_given(given, "interface"))
		uplink->interface = strdup("auto");
	for (size_t i = 0; i < config->line_count; i++)
		complete_line(&config->lines[i],
		    cfg_getnsec(root, "line", (unsigned)i));
	for (size_t i = 0; i < config->network_count; i++)
		complete_network(&config->networks[i], callers,
		    cfg_getnsec(root, "network", (unsigned)i));
	set_default_methods(config);
	if (!config_given(cfg_getnsec(root, "callers", 0), "pool"))
		withdraw_default_pool(config, problems);
	if (callers->dns_count > 0)
		return;
	callers->dns = calloc(RESOLVERS_MOST, sizeof *callers->dns);
	if (callers->dns != NULL)
		callers->dns_count = resolver_find(NULL, callers->dns,
		    RESOLVERS_MOST);
}

static struct config *
build(const char *file, struct problems *problems, FILE *errors)
{
	struct config *config = NULL;
	struct config_text text;
	cfg_t *root = NULL;
	bool whole;

	if (config_text_load(&text, file, problems) == -1)
		return NULL;
	root = config_parse(&text, problems, &whole);
	config = calloc(1, sizeof *config);
	if (root == NULL || config == NULL) {
		problem_error(problems, 0, "cannot be read: out of memory");
		goto done;
	}
	for (size_t i = 0; i < config_section_count; i++)
		set_section(&config_sections[i], root, config, problems);
	complete(config, root, problems);
	config_modems_read(config, root, problems, errors);
	/* With a part missing the whole would seem wrong too. */
	if (whole)
		config_check(config, root, problems);
	config_modems_check(config, root, problems);
	if (!problems->failed && !config_lines_expand(config))
		problem_error(problems, 0, "cannot be read: out of memory");
done:
	if (root != NULL)
		cfg_free(root);
	config_text_free(&text);
	return config;
}

struct config *
config_read(const char *file, FILE *errors)
{
	struct problems problems = { .file = file };
	struct config *config = build(file, &problems, errors);

	problems_print(&problems, errors);
	if (!problems.failed)
		return config;
	config_free(config);
	return NULL;
}

static void
free_lines(struct config *config)
{
	for (size_t i = 0; i < config->line_count; i++)
		config_line_free(&config->lines[i]);
	free(config->lines);
	free(config->fixed);
	for (size_t i = 0; i < config->callers.allow.count; i++)
		free(config->callers.allow.list[i]);
	for (size_t i = 0; i < config->callers.deny.count; i++)
		free(config->callers.deny.list[i]);
	free(config->callers.allow.list);
	free(config->callers.deny.list);
}

static void
free_listeners(struct config *config)
{
	for (size_t i = 0; i < config->listener_count; i++)
		free(config->listeners[i].name);
	free(config->listeners);
}

static void
free_networks(struct config *config)
{
	for (size_t i = 0; i < config->network_count; i++) {
		struct config_network *network = &config->networks[i];

		free(network->name);
		free(network->socket);
		free(network->tun);
		free(network->from);
	}
	free(config->networks);
}

static void
free_forwards(struct config *config)
{
	for (size_t i = 0; i < config->forward_count; i++) {
		struct config_forward *forward = &config->forwards[i];

		for (size_t j = 0; j < forward->target_count; j++)
			free(forward->targets[j].user);
		free(forward->targets);
		free(forward->name);
	}
	free(config->forwards);
}

void
config_free(struct config *config)
{
	if (config == NULL)
		return;
	free_lines(config);
	free_listeners(config);
	free_networks(config);
	free_forwards(config);
	for (size_t i = 0; i < config->modem_file_count; i++)
		free(config->modem_files[i]);
	free(config->modem_files);
	profiles_free(config->profiles);
	free(config->uplink.interface);
	free(config->uplink.tun);
	free(config->uplink.socket);
	free(config->callers.pool);
	free(config->callers.dns);
	free(config->accounts);
	free(config->ppp_options);
	free(config->presets);
	free(config->pppd);
	free(config->plugin);
	free(config->plugin_socket);
	free(config->login.banner);
	free(config->login.issue);
	free(config->control.socket);
	free(config->control.group);
	free(config);
}

bool
config_needs_root(const struct config *config)
{
	bool tun = false, ppp = false;

	for (size_t i = 0; i < config->network_count; i++)
		tun |= config->networks[i].tun != NULL;
	for (size_t i = 0; i < config->line_count; i++)
		ppp |= (config->lines[i].protocols & PROTOCOL_PPP) != 0;
	return config->uplink.kind != UPLINK_SOCKET || ppp || tun;
}
