/* The host's DNS servers, and what stands behind a stub. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include <ifaddrs.h>

#include "masqd/config/resolver.c"

/* This host has one address, and an interface without one. */
#define OWN "203.0.113.9"

static struct sockaddr_in own = { .sin_family = AF_INET };
static struct ifaddrs interfaces[] = { { .ifa_next = &interfaces[1] },
	{ .ifa_addr = (struct sockaddr *)&own } };

int
getifaddrs(struct ifaddrs **all)
{
	own.sin_addr.s_addr = inet_addr(OWN);
	*all = interfaces;
	return 0;
}

void
freeifaddrs(struct ifaddrs *all)
{
	assert_ptr_equal(all, interfaces);
}

static char folder[] = "/tmp/resolver-XXXXXX";
static char host[64], behind[64];

static void
write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static int
make_folder(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	(void)snprintf(host, sizeof host, "%s/host", folder);
	(void)snprintf(behind, sizeof behind, "%s/behind", folder);
	for (size_t i = 0; i < sizeof behind_stub / sizeof behind_stub[0]; i++)
		behind_stub[i] = "/nonexistent/resolv.conf";
	behind_stub[2] = behind;
	return 0;
}

static int
remove_folder(void **state)
{
	(void)state;
	unlink(host);
	unlink(behind);
	return rmdir(folder);
}

static void
test_plain(void **state)
{
	in_addr_t servers[4];

	(void)state;
	write_file(host, "# nameserver 192.0.2.9\nsearch example.org\n"
			 "nameserver 192.0.2.1\nnameserver\t192.0.2.2 \n"
			 " nameserver 192.0.2.3 # third\n");
	assert_int_equal(resolver_find(host, servers, 4), 3);
	assert_int_equal(servers[0], inet_addr("192.0.2.1"));
	assert_int_equal(servers[1], inet_addr("192.0.2.2"));
	assert_int_equal(servers[2], inet_addr("192.0.2.3"));
	assert_int_equal(resolver_find(host, servers, 2), 2);
}

static void
test_what_does_not_serve_a_caller(void **state)
{
	in_addr_t servers[4];

	(void)state;
	write_file(host, "nameserver 2001:db8::1\nnameserver 0.0.0.0\n"
			 "nameserver 192.0.2.1000\nnameserver\n"
			 "nameserver example.org\noptions nameserver\n"
			 "nameserver 192.0.2.7\nnameserver 192.0.2.7\n");
	assert_int_equal(resolver_find(host, servers, 4), 1);
	assert_int_equal(servers[0], inet_addr("192.0.2.7"));
}

/* A resolver of this host's, at one of its other addresses, is a stub too. */
static void
test_own_address_is_a_stub(void **state)
{
	in_addr_t servers[4];

	(void)state;
	write_file(host, "nameserver " OWN "\n");
	write_file(behind, "nameserver 198.51.100.53\n");
	assert_int_equal(resolver_find(host, servers, 4), 1);
	assert_int_equal(servers[0], inet_addr("198.51.100.53"));
}

static void
test_stub_is_replaced(void **state)
{
	in_addr_t servers[4];

	(void)state;
	write_file(host, "nameserver 127.0.0.53\noptions edns0\n");
	write_file(behind, "nameserver 198.51.100.53\nnameserver 127.0.0.1\n");
	assert_int_equal(resolver_find(host, servers, 4), 1);
	assert_int_equal(servers[0], inet_addr("198.51.100.53"));
}

static void
test_stub_with_nothing_behind(void **state)
{
	in_addr_t servers[4];

	(void)state;
	write_file(host, "nameserver 127.0.0.1\n");
	write_file(behind, "nameserver 127.0.0.1\n");
	assert_int_equal(resolver_find(host, servers, 4), 0);
}

static void
test_server_beside_stub_is_enough(void **state)
{
	in_addr_t servers[4];

	(void)state;
	write_file(host, "nameserver 127.0.0.1\nnameserver 192.0.2.1\n");
	write_file(behind, "nameserver 198.51.100.53\n");
	assert_int_equal(resolver_find(host, servers, 4), 1);
	assert_int_equal(servers[0], inet_addr("192.0.2.1"));
}

static void
test_missing_and_odd_files(void **state)
{
	in_addr_t servers[4];

	(void)state;
	assert_int_equal(resolver_find("/nonexistent", servers, 4), 0);
	assert_int_equal(resolver_find("/", servers, 4), 0);
	assert_int_equal(resolver_find("/dev/zero", servers, 4), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_what_does_not_serve_a_caller),
		cmocka_unit_test(test_own_address_is_a_stub),
		cmocka_unit_test(test_stub_is_replaced),
		cmocka_unit_test(test_stub_with_nothing_behind),
		cmocka_unit_test(test_server_beside_stub_is_enough),
		cmocka_unit_test(test_missing_and_odd_files),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("resolver", tests, make_folder,
	    remove_folder);
}
