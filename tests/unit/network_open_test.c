/*
 * The kernel is a list of rules and a log of what it was told, in order.
 */
#include <linux/rtnetlink.h>
#include <net/if.h>

static unsigned fake_index(const char *name);

/* Of netlink.c the part that writes requests, which is pure. */
#define netlink_open real_open
#define netlink_do real_do
#define netlink_dump real_dump
#include "masqd/keeper/netlink.c"
#undef netlink_open
#undef netlink_do
#undef netlink_dump
int netlink_open(void);
int netlink_do(int socket, struct netlink_request *);
int netlink_dump(int socket, struct netlink_request *,
    void (*take)(void *context, const struct nlmsghdr *), void *context);

#define if_nametoindex fake_index
#include "masqd/keeper/network_open.c"
#undef if_nametoindex

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

enum { ROOM = 64 };

static struct netlink_request kernel[ROOM];
static size_t there_count;
static char said[4096]; /* what was done, a word each */
static int rule_error, up_error, tun_error, address_error;
static int forwarding; /* of eth1 */

static void
say(const char *word)
{
	(void)strncat(said, word, sizeof said - strlen(said) - 2);
	(void)strcat(said, " ");
}

static unsigned
fake_index(const char *name)
{
	return strcmp(name, "gone0") == 0 ? 0 : 7;
}

int
netlink_open(void)
{
	return open("/dev/null", O_RDONLY);
}

/* The same but for the flags. */
static size_t
find(const struct netlink_request *request)
{
	size_t skip = sizeof(struct nlmsghdr), at = 0;

	while (at < there_count && (kernel[at].head.nlmsg_len !=
		   request->head.nlmsg_len ||
		   memcmp(kernel[at].rest, request->rest,
		       request->head.nlmsg_len - skip) != 0))
		at++;
	return at;
}

int
netlink_do(int socket, struct netlink_request *request)
{
	const struct rtmsg *route = NLMSG_DATA(&request->head);
	size_t at = find(request);

	assert_int_not_equal(socket, -1);
	switch (request->head.nlmsg_type) {
	case RTM_NEWROUTE:
		say(route->rtm_type == RTN_UNREACHABLE ? "end" : "tun");
		return 0;
	case RTM_NEWRULE:
		if (at < there_count)
			return EEXIST;
		if (rule_error != 0)
			return rule_error;
		say("rule");
		assert_true(there_count < ROOM);
		kernel[there_count++] = *request;
		return 0;
	default:
		assert_int_equal(request->head.nlmsg_type, RTM_DELRULE);
		if (at == there_count)
			return ENOENT;
		say("delete");
		kernel[at] = kernel[--there_count];
		return 0;
	}
}

int
netlink_dump(int socket, struct netlink_request *request,
    void (*take)(void *context, const struct nlmsghdr *), void *context)
{
	(void)socket;
	assert_int_equal(request->head.nlmsg_type, RTM_GETRULE);
	for (size_t i = 0; i < there_count; i++)
		take(context, &kernel[i].head);
	return 0;
}

int
interface_create_tun(const char *name, uint32_t mtu, char *error, size_t size)
{
	(void)name;
	(void)mtu;
	if (tun_error == 0)
		return open("/dev/null", O_RDONLY);
	(void)snprintf(error, size, "no such thing");
	return -1;
}

int
interface_up(const char *name)
{
	(void)name;
	return up_error;
}

int
interface_add_address(const char *name, in_addr_t address, unsigned prefix)
{
	(void)name;
	(void)address;
	say(prefix == 32 ? "address/32" : "address/24");
	return address_error;
}

bool
interface_set(const char *family, const char *name, const char *key, int value)
{
	(void)family;
	if (strcmp(key, "forwarding") == 0 && name != NULL)
		forwarding = value;
	say(key);
	return true;
}

int
interface_get(const char *family, const char *name, const char *key)
{
	(void)family;
	(void)name;
	(void)key;
	return forwarding;
}

static char tun_name[] = "masqlan", from_name[] = "eth1",
    other_tun[] = "masqlab", other_from[] = "eth2", a_name[] = "lan";
static struct config_network networks[2];
static struct config config;

static int
reset(void **state)
{
	(void)state;
	there_count = 0;
	said[0] = '\0';
	rule_error = up_error = tun_error = address_error = forwarding = 0;
	networks[0] = (struct config_network){ .name = a_name,
		.tun = tun_name, .from = from_name,
		.subnet = inet_addr("10.65.0.0"),
		.netmask = inet_addr("255.255.255.0"),
		.gateway = inet_addr("10.65.0.1") };
	networks[1] = networks[0];
	networks[1].tun = other_tun;
	networks[1].from = other_from;
	networks[1].subnet = inet_addr("10.66.0.0");
	config = (struct config){ .networks = networks, .network_count = 1 };
	return 0;
}

static int
open_rules(char error[128])
{
	said[0] = '\0';
	return network_open_rules(&config, error, 128);
}

/* The rules that are there, read as an earlier masqd's. */
static struct rules
now_there(void)
{
	struct rules rules = { .count = 0 };

	for (size_t i = 0; i < there_count; i++) {
		kernel[i].head.nlmsg_type = RTM_NEWRULE;
		read_rule(&rules, &kernel[i].head);
	}
	return rules;
}

static void
forwarding_comes_when_the_rules_stand(void **state)
{
	char error[128];

	(void)state;
	assert_int_equal(open_rules(error), 0);
	assert_string_equal(said, "end rule rule rule rule rule rule tun "
	    "address/24 forwarding ");
}

static void
each_rule_is_as_the_list_says(void **state)
{
	struct rules rules;
	char error[128];

	(void)state;
	assert_int_equal(open_rules(error), 0);
	rules = now_there();
	assert_int_equal(rules.count, RULES);
	for (size_t i = 1; i < RULES; i++)
		assert_true(rules.list[i].preference >
		    rules.list[i - 1].preference);
	assert_int_equal(rules.list[0].table, TABLE_FIRST);
	assert_int_equal(rules.list[0].from, inet_addr("10.65.0.0"));
	assert_int_equal(rules.list[0].from_bits, 24);
	assert_string_equal(rules.list[0].interface, "eth1");
	assert_int_equal(rules.list[1].table, RT_TABLE_MAIN);
	assert_int_equal(rules.list[1].to, inet_addr("10.65.0.0"));
	assert_int_equal(rules.list[1].suppress, 23);
	assert_string_equal(rules.list[1].interface, "masqlan");
	assert_int_equal(rules.list[2].action, FR_ACT_BLACKHOLE);
	assert_string_equal(rules.list[2].interface, "masqlan");
	assert_string_equal(rules.list[4].interface, "lo");
	assert_int_equal(rules.list[5].action, FR_ACT_BLACKHOLE);
	assert_string_equal(rules.list[5].interface, "eth1");
}

static void
an_interface_that_forwarded_before_is_left_open(void **state)
{
	char error[128];

	(void)state;
	forwarding = 1;
	assert_int_equal(open_rules(error), 0);
	assert_int_equal(there_count, RULES - 1);
}

static void
at_the_next_start_nothing_changes(void **state)
{
	char error[128];

	(void)state;
	assert_int_equal(open_rules(error), 0);
	assert_int_equal(forwarding, 1); /* by masqd: the rest stays closed */
	assert_int_equal(open_rules(error), 0);
	assert_int_equal(there_count, RULES);
	assert_string_equal(said, "end tun address/24 forwarding ");
}

static void
rules_of_an_older_configuration_go_last(void **state)
{
	char error[128];

	(void)state;
	config.network_count = 2;
	assert_int_equal(open_rules(error), 0);
	assert_int_equal(there_count, 2 * RULES);
	networks[0] = networks[1];
	config.network_count = 1;
	assert_int_equal(open_rules(error), 0);
	assert_int_equal(there_count, RULES);
	assert_true(strstr(said, "delete") > strstr(said, "rule"));
	assert_null(strstr(strstr(said, "delete"), "rule"));
	config.network_count = 0;
	assert_int_equal(open_rules(error), 0);
	assert_int_equal(there_count, 0);
}

static void
rules_of_others_stay(void **state)
{
	struct rule other = { .preference = 100, .action = FR_ACT_BLACKHOLE,
		.interface = "eth1" };
	uint8_t protocol = 3; /* RTPROT_BOOT */
	struct fib_rule_hdr body = { .family = AF_INET,
		.action = other.action };
	char error[128];

	(void)state;
	netlink_begin(&kernel[0], RTM_NEWRULE, 0, &body, sizeof body);
	netlink_add_number(&kernel[0], FRA_PRIORITY, other.preference);
	netlink_add_text(&kernel[0], FRA_IIFNAME, other.interface);
	netlink_add(&kernel[0], FRA_PROTOCOL, &protocol, 1);
	there_count = 1;
	assert_int_equal(open_rules(error), 0);
	config.network_count = 0;
	assert_int_equal(open_rules(error), 0);
	assert_int_equal(there_count, 1);
}

static void
without_the_rules_nothing_is_opened(void **state)
{
	char error[128];

	(void)state;
	rule_error = EOPNOTSUPP;
	assert_int_equal(open_rules(error), -1);
	assert_non_null(strstr(error, "routing rules"));
	assert_null(strstr(said, "forwarding"));
	assert_null(strstr(said, "tun"));
}

static void
an_interface_that_is_not_there_is_no_error(void **state)
{
	char error[128];

	(void)state;
	up_error = ENODEV;
	assert_int_equal(open_rules(error), 0);
	assert_int_equal(there_count, RULES);
	assert_null(strstr(said, "forwarding"));
}

static void
a_tun_interface_has_the_gateways_address(void **state)
{
	char error[128];
	int fd = network_open_tun(&networks[0], error, sizeof error);

	(void)state;
	assert_int_not_equal(fd, -1);
	close(fd);
	assert_string_equal(said, "accept_local "
	    "icmp_errors_use_inbound_ifaddr address/32 ");
	address_error = EADDRINUSE;
	assert_int_equal(network_open_tun(&networks[0], error, sizeof error),
	    -1);
	assert_non_null(strstr(error, "masqlan"));
	tun_error = ENODEV;
	assert_int_equal(network_open_tun(&networks[0], error, sizeof error),
	    -1);
	assert_string_equal(error, "no such thing");
}

#define TEST(f) cmocka_unit_test_setup(f, reset)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(forwarding_comes_when_the_rules_stand),
		TEST(each_rule_is_as_the_list_says),
		TEST(an_interface_that_forwarded_before_is_left_open),
		TEST(at_the_next_start_nothing_changes),
		TEST(rules_of_an_older_configuration_go_last),
		TEST(rules_of_others_stay),
		TEST(without_the_rules_nothing_is_opened),
		TEST(an_interface_that_is_not_there_is_no_error),
		TEST(a_tun_interface_has_the_gateways_address),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
