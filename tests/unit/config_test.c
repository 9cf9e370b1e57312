/* What masqd.conf says, as masqd understands it; its errors are the golden
 * files of tests/config. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "masqd/config/config.c"
#include "masqd/config/check.c"
#include "masqd/handoff.h"

static char path[] = "/tmp/config-XXXXXX";
static char said[8192];

static int
make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd == -1 ? -1 : close(fd);
}

static int
remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

/* Read this text; what is said about it is in `said`, with the file's name
 * cut off. */
static struct config *
read_text(const char *text)
{
	FILE *file = fopen(path, "w"), *errors;
	struct config *config;
	char *at = said;

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	memset(said, 0, sizeof said);
	errors = fmemopen(said, sizeof said - 1, "w");
	assert_non_null(errors);
	config = config_read(path, errors);
	assert_int_equal(fclose(errors), 0);
	while ((at = strstr(at, path)) != NULL)
		memmove(at, at + strlen(path),
		    strlen(at + strlen(path)) + 1);
	return config;
}

static void
test_defaults(void **state)
{
	struct config *config = read_text("callers { dns = 192.0.2.53 }");

	(void)state;
	assert_non_null(config);
	assert_string_equal(said, "");
	assert_int_equal(config->uplink.kind, UPLINK_INTERFACE);
	assert_string_equal(config->uplink.interface, "auto");
	assert_int_equal(config->uplink.port_low, 61000);
	assert_int_equal(config->uplink.port_high, 65095);
	assert_int_equal(config->uplink.mtu, 0);
	assert_int_equal(config->callers.gateway, inet_addr("10.64.0.1"));
	assert_int_equal(config->callers.pool_count, 1);
	assert_int_equal(config->callers.pool[0].first, 0x0a400002);
	assert_int_equal(config->callers.pool[0].last, 0x0a4000fa);
	assert_int_equal(config->callers.idle_timeout, 900);
	assert_int_equal(config->callers.session_timeout, 0);
	assert_int_equal(config->auth, AUTH_ACCOUNTS);
	assert_string_equal(config->accounts, "/etc/masqd/accounts");
	assert_string_equal(config->plugin, "masq.so");
	assert_string_equal(config->plugin_socket, HANDOFF_SOCKET);
	assert_int_equal(config->nat.filtering, FILTERING_ADDRESS);
	assert_int_equal(config->nat.tcp_established, 7440);
	assert_true(config->nat.mss_clamp);
	assert_string_equal(config->control.group, "masqadmin");
	assert_int_equal(config->log_level, LOG_LEVEL_INFO);
	assert_true(config_needs_root(config));
	config_free(config);
}

static void
test_socket_links_need_no_root(void **state)
{
	struct config *config = read_text(
	    "uplink { socket = \"/tmp/u\" address = \"192.0.2.1\" mtu = 576\n"
	    "	ports = \"5000-5000\" }\n"
	    "network \"lab\" { socket = \"/tmp/l\" subnet = \"10.9.0.0/24\"\n"
	    "	gateway = \"10.9.0.1\" mtu = 1400 }\n"
	    "callers { dns = { \"192.0.2.53\", \"192.0.2.54\" }\n"
	    "	private-networks = yes }\n"
	    "nat { filtering = \"endpoint-independent\" mss-clamp = no }\n");

	(void)state;
	assert_non_null(config);
	assert_string_equal(said, "");
	assert_int_equal(config->uplink.kind, UPLINK_SOCKET);
	assert_string_equal(config->uplink.socket, "/tmp/u");
	assert_int_equal(config->uplink.address, inet_addr("192.0.2.1"));
	assert_int_equal(config->uplink.mtu, 576);
	assert_int_equal(config->uplink.port_low, 5000);
	assert_int_equal(config->network_count, 1);
	assert_string_equal(config->networks[0].name, "lab");
	assert_int_equal(config->networks[0].source_line, 3);
	assert_int_equal(config->networks[0].subnet, inet_addr("10.9.0.0"));
	assert_int_equal(config->networks[0].netmask,
	    inet_addr("255.255.255.0"));
	assert_int_equal(config->networks[0].gateway, inet_addr("10.9.0.1"));
	assert_int_equal(config->networks[0].mtu, 1400);
	assert_int_equal(config->callers.dns_count, 2);
	assert_int_equal(config->callers.dns[1], inet_addr("192.0.2.54"));
	assert_true(config->callers.private_networks);
	assert_false(config->callers.each_other);
	assert_int_equal(config->nat.filtering,
	    FILTERING_ENDPOINT_INDEPENDENT);
	assert_false(config->nat.mss_clamp);
	assert_false(config_needs_root(config));
	config_free(config);
}

static void
test_line(void **state)
{
	struct config *config = read_text(
	    "auth = \"pam\"\n"
	    "line \"s1\" { port = \"serial:/dev/masqd-test\" speed = 38400\n"
	    "	init = { \"AT&K3\", 'ATS7=60' } rings = 2 user = \"bob\"\n"
	    "	protocols = { \"ppp\", \"login\" } address = 10.64.1.9 }\n"
	    "callers { dns = 192.0.2.53 }\n");

	(void)state;
	assert_non_null(config);
	assert_string_equal(said, "");
	assert_int_equal(config->line_count, 1);
	assert_string_equal(config->lines[0].name, "s1");
	assert_int_equal(config->lines[0].source_line, 2);
	assert_int_equal(config->lines[0].port_kind, PORT_SERIAL);
	assert_string_equal(config->lines[0].port, "/dev/masqd-test");
	assert_int_equal(config->lines[0].speed, 38400);
	assert_string_equal(config->lines[0].modem, "auto");
	assert_int_equal(config->lines[0].init_count, 2);
	assert_string_equal(config->lines[0].init[1], "ATS7=60");
	assert_int_equal(config->lines[0].rings, 2);
	assert_int_equal(config->lines[0].protocols,
	    PROTOCOL_PPP | PROTOCOL_LOGIN);
	assert_int_equal(config->lines[0].address, inet_addr("10.64.1.9"));
	assert_true(config_is_fixed(config, inet_addr("10.64.1.9")));
	assert_false(config_is_fixed(config, inet_addr("10.64.1.8")));
	assert_false(config_is_fixed(config, 0));
	assert_string_equal(config->lines[0].user, "bob");
	assert_int_equal(config->auth, AUTH_PAM);
	config_free(config);
}

static void
test_forward(void **state)
{
	struct config *config = read_text(
	    "uplink { socket = /tmp/u address = 192.0.2.1 }\n"
	    "callers { dns = 192.0.2.53 }\n"
	    "forward \"web\" { protocol = \"tcp\" port = 8080 to = \"al:80\" }\n"
	    "forward \"game\" { protocol = \"udp\" port = \"7000-7009\"\n"
	    "	to = { \"10.64.0.9:7000\", \"bob:7100\" } }\n");
	const struct config_forward *forward;

	(void)state;
	assert_non_null(config);
	assert_int_equal(config->forward_count, 2);
	forward = &config->forwards[0];
	assert_int_equal(forward->protocol, IPPROTO_TCP);
	assert_int_equal(forward->port_low, 8080);
	assert_int_equal(forward->port_high, 8080);
	assert_string_equal(forward->targets[0].user, "al");
	assert_int_equal(forward->targets[0].port, 80);
	forward = &config->forwards[1];
	assert_int_equal(forward->protocol, IPPROTO_UDP);
	assert_int_equal(forward->port_high, 7009);
	assert_int_equal(forward->target_count, 2);
	assert_null(forward->targets[0].user);
	assert_int_equal(forward->targets[0].address, inet_addr("10.64.0.9"));
	assert_int_equal(forward->targets[1].port, 7100);
	config_free(config);
}

static void
test_empty_dns_is_the_hosts(void **state)
{
	struct config *config = read_text("callers { dns = {} }");
	in_addr_t servers[RESOLVERS_MOST];
	size_t count = resolver_find(NULL, servers, RESOLVERS_MOST);

	(void)state;
	assert_non_null(config);
	assert_int_equal(config->callers.dns_count, count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(config->callers.dns[i], servers[i]);
	config_free(config);
}

static void
test_default_pool_makes_way(void **state)
{
	struct config *config = read_text(
	    "callers { dns = 192.0.2.53 }\n"
	    "network \"lab\" { socket = \"/tmp/l\" subnet = \"10.64.0.0/24\"\n"
	    "	gateway = \"10.64.0.1\" }\n");

	(void)state;
	assert_non_null(config);
	assert_int_equal(config->callers.pool_count, 0);
	assert_non_null(strstr(said, ":2: warning: network \"lab\" takes"));
	config_free(config);
}

static void
test_hostile_text_is_escaped(void **state)
{
	(void)state;
	assert_null(read_text("nat { udp = \"\\e[2J\\n\xff\" }"));
	assert_non_null(strstr(said, ":1: udp \"\\x1b[2J\\x0a\\xff\": give"));
	assert_int_equal(strcspn(said, "\n"), strlen(said) - 1);
}

/* Lines are counted through comments of all kinds and lists. */
static void
test_lines_are_right(void **state)
{
	(void)state;
	assert_null(read_text("/* one */ # one\n"
			      "callers { /* two\n three */ dns = { # a\n"
			      " \"192.0.2.1\", // four }\n"
			      " \"x\" /* } */, \"192.0.2.2\",\n"
			      " \"y\" }\n"
			      "}\n"
			      "nat { udp = 0 }\n"));
	assert_non_null(strstr(said, ":5: dns \"x\""));
	assert_non_null(strstr(said, ":6: dns \"y\""));
	assert_non_null(strstr(said, ":8: udp \"0\""));
}

/* What check_local_ports() says of a host with that range. */
static bool
warns(const struct config *config, const char *range)
{
	struct problems problems = { .file = "conf" };
	bool option = true;
	cfg_t *root = config_parse(&(struct config_text){ .text = said },
	    &problems, &option);
	const struct check check = { config, root, &problems };
	FILE *file = fopen(path, "w");
	bool warned;

	assert_non_null(root);
	assert_non_null(file);
	assert_true(fputs(range, file) >= 0);
	assert_int_equal(fclose(file), 0);
	check_local_ports(&check, path);
	warned = problems.count == 1 && !problems.failed;
	problems_print(&problems, stderr);
	cfg_free(root);
	return warned;
}

static void
test_local_ports(void **state)
{
	struct config config = { .uplink = { .port_low = 2000,
	    .port_high = 3000 } };

	(void)state;
	said[0] = '\0';
	assert_true(warns(&config, "3000\t4000\n"));
	assert_true(warns(&config, "1024\t2000\n"));
	assert_true(warns(&config, "1024\t60999\n"));
	assert_false(warns(&config, "3001\t60999\n"));
	assert_false(warns(&config, "1024\t1999\n"));
	assert_false(warns(&config, "odd\n"));
	config.uplink.kind = UPLINK_SOCKET;
	assert_false(warns(&config, "1024\t60999\n"));
}

/* No text makes it crash, leak or talk without end. */
static void
test_mangled_files(void **state)
{
	static const char whole[] =
	    "uplink { socket = \"/tmp/u\" address = '192.0.2.1' }\n"
	    "callers { dns = { \"192.0.2.53\" } } # c\n"
	    "network \"lab\" { socket = /l /* x */ subnet = 10.9.0.0/24\n"
	    "gateway = 10.9.0.1 }\nnat { udp += 300 }\n";
	uint32_t random = 1;

	(void)state;
	for (size_t i = 0; i < sizeof whole; i++) {
		char text[sizeof whole];

		memcpy(text, whole, sizeof whole);
		text[i] = '\0';
		config_free(read_text(text));
	}
	for (int i = 0; i < 2000; i++) {
		char text[sizeof whole];

		memcpy(text, whole, sizeof whole);
		for (int j = 0; j < 3; j++) {
			random = random * 1664525 + 1013904223;
			text[(random >> 8) % (sizeof whole - 1)] =
			    "{}=\"'#/*\n|+,$(9~\\a "[(random >> 24) % 19];
		}
		config_free(read_text(text));
		assert_true(strlen(said) < sizeof said - 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_socket_links_need_no_root),
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_forward),
		cmocka_unit_test(test_empty_dns_is_the_hosts),
		cmocka_unit_test(test_default_pool_makes_way),
		cmocka_unit_test(test_hostile_text_is_escaped),
		cmocka_unit_test(test_lines_are_right),
		cmocka_unit_test(test_local_ports),
		cmocka_unit_test(test_mangled_files),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("config", tests, make_file,
	    remove_file);
}
