/* The table of forwards, before a gateway that we are ourselves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "masqd/forward.c"
#include "masqd/forward_read.c"

enum { ALICE = 3, BOB = 4, LAB = 9, ASKS = 64, NOW = 1000 };

/* What the translation was told. */
static struct given {
	bool there;
	size_t count;
	struct nat_target targets[NAT_TARGETS];
} given[UINT16_MAX + 1];
static uint16_t in_use; /* by a mapping */
static size_t adds, removes;

static int32_t alice = PACKET_NO_CALLER, bob = PACKET_NO_CALLER;

struct nat *
gateway_nat(struct gateway *gateway)
{
	(void)gateway;
	return NULL;
}

int32_t
gateway_user_slot(struct gateway *gateway, const char *user)
{
	(void)gateway;
	return strcmp(user, "alice") == 0 ? alice :
	    strcmp(user, "bob") == 0 ? bob : PACKET_NO_CALLER;
}

int32_t
gateway_slot(struct gateway *gateway, in_addr_t inside, uint64_t now)
{
	(void)gateway;
	(void)now;
	return inside == inet_addr("10.65.0.9") ? LAB : PACKET_NO_CALLER;
}

const char *
gateway_caller(const struct gateway *gateway, uint32_t slot, in_addr_t *address)
{
	(void)gateway;
	*address = htonl(0x0a400000 + slot);
	return "";
}

bool
nat_forward_add(struct nat *nat, uint8_t protocol, in_port_t outside,
    const struct nat_target *targets, size_t n)
{
	struct given *to = &given[ntohs(outside)];

	(void)nat;
	assert_true(protocol == IPPROTO_TCP || protocol == IPPROTO_UDP);
	assert_true(n <= NAT_TARGETS);
	if (ntohs(outside) == in_use)
		return false;
	*to = (struct given){ .there = true, .count = n };
	memcpy(to->targets, targets, n * sizeof *targets);
	adds++;
	return true;
}

void
nat_forward_remove(struct nat *nat, uint8_t protocol, in_port_t outside)
{
	(void)nat;
	(void)protocol;
	assert_true(given[ntohs(outside)].there);
	given[ntohs(outside)].there = false;
	removes++;
}

static bool all_held; /* or asked for */
static uint16_t asked_for[ASKS];
static size_t asks, releases;

bool
hold_claim(struct hold *hold, uint8_t protocol, in_port_t port)
{
	(void)hold;
	(void)protocol;
	if (all_held)
		return true;
	assert_true(asks < ASKS);
	asked_for[asks++] = ntohs(port);
	return false;
}

void
hold_release(struct hold *hold, uint8_t protocol, in_port_t port)
{
	(void)hold;
	(void)protocol;
	(void)port;
	releases++;
}

static struct config_range pool = { 0x0a400002, 0x0a4000fa };
static struct config_network network;
static struct config config = { .callers = { .pool = &pool, .pool_count = 1 },
	.networks = &network, .network_count = 1 };
static struct forwards *all;
static char error[512];

static void
start(bool held)
{
	struct forward_setup setup = { .config = &config };

	network.subnet = inet_addr("10.65.0.0");
	network.netmask = inet_addr("255.255.255.0");
	memset(given, 0, sizeof given);
	adds = removes = asks = releases = 0;
	alice = bob = PACKET_NO_CALLER;
	in_use = 0;
	all_held = held;
	all = forwards_create(&setup, NOW);
	assert_non_null(all);
}

static bool
add(const char *name, const char *protocol, const char *ports,
    const char *first, const char *second)
{
	const char *targets[] = { first, second };
	struct config_forward forward;
	bool done;

	*error = '\0';
	if (!forward_read(&forward, name, protocol, ports, targets,
		second == NULL ? 1 : 2, error, sizeof error))
		return false;
	done = forwards_add(all, &forward, NOW, error, sizeof error);
	forward_clear(&forward);
	return done;
}

static struct forward_view seen;

static void
see(void *name, const struct forward_view *view)
{
	if (strcmp(name, view->forward->name) == 0)
		seen = *view;
}

static const struct forward_view *
view_of(char *name)
{
	seen = (struct forward_view){ .forward = NULL };
	forwards_each(all, see, name);
	assert_non_null(seen.forward);
	return &seen;
}

static void
test_read(void **state)
{
	const char *two[] = { "alice:80", "10.65.0.9" };
	struct config_forward f;

	(void)state;
	assert_true(forward_read(&f, "web", "tcp", "8000-8010", two, 2, error,
	    sizeof error));
	assert_string_equal(f.name, "web");
	assert_int_equal(f.protocol, IPPROTO_TCP);
	assert_int_equal(f.port_low, 8000);
	assert_int_equal(f.port_high, 8010);
	assert_int_equal(f.target_count, 2);
	assert_string_equal(f.targets[0].user, "alice");
	assert_int_equal(f.targets[0].port, 80);
	assert_null(f.targets[1].user);
	assert_int_equal(f.targets[1].address, inet_addr("10.65.0.9"));
	assert_int_equal(f.targets[1].port, 8000);
	forward_clear(&f);
}

static void
test_wrong_words(void **state)
{
	static const struct {
		const char *name, *protocol, *ports, *target, *says;
	} rows[] = {
		{ "a b", "tcp", "80", "alice", "no name" },
		{ "", "tcp", "80", "alice", "no name" },
		{ "web", "icmp", "80", "alice", "tcp or udp" },
		{ "web", "TCP", "80", "alice", "tcp or udp" },
		{ "web", "tcp", "0", "alice", "no outside port" },
		{ "web", "tcp", "65536", "alice", "no outside port" },
		{ "web", "tcp", "", "alice", "no outside port" },
		{ "web", "tcp", "80-", "alice", "no outside port" },
		{ "web", "tcp", "90-80", "alice", "no outside port" },
		{ "web", "tcp", "80-90-100", "alice", "no outside port" },
		{ "web", "tcp", "-80", "alice", "no outside port" },
		{ "web", "tcp", "80x", "alice", "no outside port" },
		{ "web", "tcp", "80", "", "no target" },
		{ "web", "tcp", "80", ":80", "no target" },
		{ "web", "tcp", "80", "alice:", "no target" },
		{ "web", "tcp", "80", "alice:0", "no target" },
		{ "web", "tcp", "80", "alice:80:80", "no target" },
		{ "web", "tcp", "80", "al ice:80", "no target" },
		{ "web", "tcp", "80", "alice\x1b:80", "no target" },
		{ "web", "tcp", "80", "10.65.0:80", "no target" },
		{ "web", "tcp", "80", "10.65.0.999:80", "no target" },
		{ "web", "tcp", "80", "224.0.0.1:80", "no target" },
		{ "web", "tcp", "80-90", "alice:65530", "beyond 65535" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct config_forward f;

		*error = '\0';
		if (forward_read(&f, rows[i].name, rows[i].protocol,
			rows[i].ports, &rows[i].target, 1, error,
			sizeof error) ||
		    strstr(error, rows[i].says) == NULL)
			fail_msg("row %zu: \"%s\"", i, error);
		assert_null(f.name);
		assert_null(f.targets);
	}
}

static void
test_too_many_targets(void **state)
{
	const char *targets[17];
	struct config_forward f;

	(void)state;
	for (size_t i = 0; i < 17; i++)
		targets[i] = "alice";
	assert_false(forward_read(&f, "web", "tcp", "80", targets, 17, error,
	    sizeof error));
	assert_false(forward_read(&f, "web", "tcp", "80", targets, 0, error,
	    sizeof error));
}

static void
test_as_many_targets_as_may_be(void **state)
{
	const char *targets[16];
	struct config_forward f;

	(void)state;
	start(true);
	bob = BOB;
	for (size_t i = 0; i < 16; i++)
		targets[i] = "bob";
	assert_true(forward_read(&f, "web", "tcp", "80", targets, 16, error,
	    sizeof error));
	assert_true(forwards_add(all, &f, NOW, error, sizeof error));
	forward_clear(&f);
	assert_int_equal(given[80].count, 16);
	forwards_destroy(all);
}

static void
test_follows_a_user(void **state)
{
	(void)state;
	start(true);
	assert_true(add("web", "tcp", "8080", "alice:80", NULL));
	assert_true(given[8080].there);
	assert_int_equal(given[8080].count, 0); /* closed */
	alice = ALICE;
	forwards_update(all, NOW);
	assert_int_equal(given[8080].count, 1);
	assert_int_equal(given[8080].targets[0].caller, ALICE);
	assert_int_equal(given[8080].targets[0].port, htons(80));
	assert_int_equal(given[8080].targets[0].address,
	    htonl(0x0a400000 + ALICE));
	adds = 0;
	forwards_update(all, NOW);
	assert_int_equal(adds, 0); /* nothing new */
	alice = BOB; /* another session of hers */
	forwards_update(all, NOW);
	assert_int_equal(given[8080].targets[0].caller, BOB);
	alice = PACKET_NO_CALLER;
	forwards_update(all, NOW);
	assert_int_equal(given[8080].count, 0);
	assert_int_equal(view_of("web")->present, 0);
	forwards_destroy(all);
}

static void
test_several_targets_and_a_range(void **state)
{
	(void)state;
	start(true);
	bob = BOB;
	assert_true(add("game", "udp", "26000-26002", "10.65.0.9:500",
	    "bob"));
	for (uint16_t i = 0; i < 3; i++) {
		const struct given *at = &given[26000 + i];

		assert_int_equal(at->count, 2);
		assert_int_equal(at->targets[0].caller, LAB);
		assert_int_equal(at->targets[0].address,
		    inet_addr("10.65.0.9"));
		assert_int_equal(at->targets[0].port, htons(500 + i));
		assert_int_equal(at->targets[1].caller, BOB);
		assert_int_equal(at->targets[1].port, htons(26000 + i));
	}
	assert_int_equal(view_of("game")->present, 3);
	assert_int_equal(view_of("game")->open, 3);
	bob = PACKET_NO_CALLER;
	forwards_update(all, NOW);
	assert_int_equal(given[26002].count, 1);
	assert_int_equal(view_of("game")->present, 1);
	assert_true(forwards_remove(all, "game", error, sizeof error));
	assert_int_equal(removes, 3);
	assert_false(forwards_remove(all, "game", error, sizeof error));
	assert_non_null(strstr(error, "no forward \"game\""));
	forwards_destroy(all);
}

static void
test_what_is_refused(void **state)
{
	(void)state;
	start(true);
	assert_true(add("web", "tcp", "8000-8010", "alice", NULL));
	assert_false(add("web", "tcp", "9000", "alice", NULL));
	assert_non_null(strstr(error, "web already"));
	assert_false(add("other", "tcp", "8010", "alice", NULL));
	assert_non_null(strstr(error, "forward web has"));
	assert_true(add("other", "udp", "8010", "alice", NULL));
	assert_false(add("far", "tcp", "9000", "192.168.7.7:80", NULL));
	assert_non_null(strstr(error, "no pool and no network"));
	assert_false(add("many", "tcp", "10000-20000", "alice", NULL));
	assert_non_null(strstr(error, "there is room for"));
	in_use = 9001;
	removes = 0;
	assert_false(add("range", "tcp", "9000-9002", "alice", NULL));
	assert_non_null(strstr(error, "9001 is in use"));
	assert_false(given[9000].there); /* all or none */
	assert_false(given[9002].there);
	assert_int_equal(removes, 2);
	in_use = 0;
	assert_true(add("range", "tcp", "9000-9002", "alice", NULL));
	forwards_destroy(all);
}

static void
test_configured_ones_are_there_at_once(void **state)
{
	struct config_target target = { .user = "alice", .port = 80 };
	struct config_forward forward = { .name = "web",
		.protocol = IPPROTO_TCP, .port_low = 80, .port_high = 80,
		.targets = &target, .target_count = 1 };

	(void)state;
	config.forwards = &forward;
	config.forward_count = 1;
	start(true);
	config.forward_count = 0;
	assert_true(given[80].there);
	assert_true(view_of("web")->configured);
	alice = ALICE;
	forwards_update(all, NOW);
	assert_int_equal(given[80].count, 1);
	forwards_destroy(all);
}

static void
test_served_when_held(void **state)
{
	(void)state;
	start(false);
	alice = ALICE;
	assert_true(add("ftp", "tcp", "20-21", "alice", NULL));
	assert_int_equal(asks, 2);
	assert_false(given[21].there); /* the host would answer too */
	assert_int_equal(view_of("ftp")->waiting, 2);
	forwards_held(all, IPPROTO_UDP, htons(21), 0);
	forwards_held(all, IPPROTO_TCP, htons(22), 0);
	assert_int_equal(adds, 0);
	forwards_held(all, IPPROTO_TCP, htons(21), 0);
	assert_true(given[21].there);
	assert_int_equal(given[21].count, 1);
	forwards_held(all, IPPROTO_TCP, htons(20), EADDRINUSE);
	assert_false(given[20].there);
	assert_int_equal(view_of("ftp")->troubled, 20);
	assert_int_equal(view_of("ftp")->trouble, EADDRINUSE);
	forwards_update(all, NOW);
	assert_int_equal(asks, 2);
	forwards_update(all, NOW + RETRY_MS);
	assert_int_equal(asks, 3);
	assert_int_equal(asked_for[2], 20);
	forwards_held(all, IPPROTO_TCP, htons(20), 0);
	assert_true(given[20].there);
	assert_int_equal(view_of("ftp")->trouble, 0);
	assert_true(forwards_remove(all, "ftp", error, sizeof error));
	assert_int_equal(releases, 2);
	assert_int_equal(removes, 2);
	forwards_destroy(all);
}

static void
test_taken_away_while_it_waits(void **state)
{
	(void)state;
	start(false);
	assert_true(add("late", "tcp", "2000", "alice", NULL));
	assert_true(forwards_remove(all, "late", error, sizeof error));
	assert_int_equal(releases, 1);
	assert_int_equal(removes, 0);
	forwards_held(all, IPPROTO_TCP, htons(2000), 0);
	assert_false(given[2000].there);
	forwards_destroy(all);
}

static void
test_in_use_by_a_mapping_until_it_ends(void **state)
{
	(void)state;
	start(false);
	assert_true(add("web", "tcp", "61000", "alice", NULL));
	in_use = 61000;
	forwards_held(all, IPPROTO_TCP, htons(61000), 0);
	assert_int_equal(view_of("web")->trouble, EBUSY);
	in_use = 0;
	forwards_update(all, NOW);
	assert_true(given[61000].there);
	assert_int_equal(view_of("web")->trouble, 0);
	forwards_destroy(all);
}

static void
test_address_of_the_uplink_changes(void **state)
{
	(void)state;
	start(true);
	assert_true(add("web", "tcp", "80-81", "alice", NULL));
	adds = 0;
	forwards_held(all, IPPROTO_TCP, htons(80), 0);
	assert_int_equal(adds, 0); /* served all the while */
	forwards_held(all, IPPROTO_TCP, htons(81), EADDRINUSE);
	assert_false(given[81].there); /* the host answers there */
	assert_true(given[80].there);
	assert_int_equal(view_of("web")->open, 1);
	forwards_update(all, NOW + RETRY_MS);
	assert_true(given[81].there);
	forwards_destroy(all);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_wrong_words),
		cmocka_unit_test(test_too_many_targets),
		cmocka_unit_test(test_as_many_targets_as_may_be),
		cmocka_unit_test(test_follows_a_user),
		cmocka_unit_test(test_several_targets_and_a_range),
		cmocka_unit_test(test_what_is_refused),
		cmocka_unit_test(test_configured_ones_are_there_at_once),
		cmocka_unit_test(test_served_when_held),
		cmocka_unit_test(test_taken_away_while_it_waits),
		cmocka_unit_test(test_in_use_by_a_mapping_until_it_ends),
		cmocka_unit_test(test_address_of_the_uplink_changes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
