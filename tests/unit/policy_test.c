/* What callers may reach where nobody is there but them. */
#include "masqd/gateway/policy.c"

#include "craft.h"

static struct config_range pool = { 0x0a400002, 0x0a4000fa };
static struct config_network networks[2];

static void
keeps_inside_what_is_callers(void **state)
{
	static const struct {
		const char *to;
		enum verdict verdict, where_allowed;
	} rows[] = {
		{ "10.64.0.77", DROP_EACH_OTHER, DROP_EACH_OTHER },
		{ "10.64.0.1", DROP_EACH_OTHER, DROP_EACH_OTHER },
		{ "10.9.0.77", DROP_EACH_OTHER, DROP_EACH_OTHER },
		{ "10.9.0.255", DROP_MARTIAN, DROP_MARTIAN },
		{ "10.9.0.0", DROP_MARTIAN, DROP_MARTIAN },
		{ "10.9.4.1", DROP_EACH_OTHER, DROP_EACH_OTHER }, /* a /31 */
		{ "192.168.7.255", DROP_MARTIAN, DROP_MARTIAN },
		{ "192.168.7.9", DROP_PRIVATE, PASS },
		{ "10.9.1.0", DROP_PRIVATE, PASS },
		{ "198.51.100.255", PASS, PASS },
		{ "10.9.0.53", DROP_EACH_OTHER, DROP_EACH_OTHER }, /* DNS */
		{ "10.9.1.53", PASS, PASS },
	};
	in_addr_t dns[] = { inet_addr("10.9.0.53"), inet_addr("10.9.1.53") };
	struct config config = {
		.callers = { .gateway = inet_addr("10.64.0.1"), .pool = &pool,
		    .pool_count = 1, .dns = dns, .dns_count = 2 },
		.networks = networks, .network_count = 2 };
	const struct policy_uplink uplink = { inet_addr("192.168.7.1"),
		inet_addr("255.255.255.0") };
	struct craft c;

	(void)state;
	networks[0].subnet = inet_addr("10.9.0.0");
	networks[0].netmask = inet_addr("255.255.255.0");
	networks[1].subnet = inet_addr("10.9.4.0");
	networks[1].netmask = inet_addr("255.255.255.254");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct packet *p = craft_udp(&c, "10.64.0.2", 5000, rows[i].to,
		    53, "text");

		config.callers.private_networks = false;
		assert_int_equal(policy_outbound(&config, &uplink, p),
		    rows[i].verdict);
		config.callers.private_networks = true;
		assert_int_equal(policy_outbound(&config, &uplink, p),
		    rows[i].where_allowed);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_inside_what_is_callers),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
